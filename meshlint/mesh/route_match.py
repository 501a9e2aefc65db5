"""Matches: the conditions of VirtualService routes, read, compared, described and evaluated.

In: HTTPMatchRequest, L4MatchAttributes and TLSMatchAttributes as written. Out: one Match each.
Facts: pilot/pkg/networking/core/route/route.go (TranslateRouteMatch) and virtualservice.go
(hasConflict, mergeHTTPMatchRequest) of Istio.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from meshlint.kube.fields import integer, mapping, string_map, text, texts
from meshlint.kube.resource import Resource
from meshlint.mesh.host import gateway_name
from meshlint.re2.pattern import RegexError, compile_go
from meshlint.text.origin import Path

CLAIM_PREFIX = "@request.auth.claims"
PSEUDO_HEADERS = ("method", "authority", "scheme")


class StringMatch(NamedTuple):
    """How a text is compared: kind "exact", "prefix", "segments", "regex" or "present".

    "segments" is the Gateway API's prefix: `/foo` covers `/foo` and `/foo/bar`, not `/foobar`.
    """

    kind: str
    text: str

    def matches(self, value: str, ignore_case: bool = False) -> bool:
        """Envoy's comparison: a prefix is a plain string prefix, a regex matches the whole text."""
        wanted = self.text
        if ignore_case and self.kind != "regex":
            value, wanted = value.lower(), wanted.lower()
        if self.kind == "exact":
            return value == wanted
        if self.kind == "prefix":
            return value.startswith(wanted)
        if self.kind == "segments":
            return value == wanted or value.startswith(f"{wanted}/")
        return self.kind == "present" or _full_match(wanted, value, ignore_case)

    def label(self) -> str:
        """`prefix /foo`."""
        if self.kind == "segments":
            return f"path prefix {self.text}"
        return self.kind if self.kind == "present" else f"{self.kind} {self.text}"


def _full_match(pattern: str, value: str, ignore_case: bool) -> bool:
    """RE2 full match; a pattern that Envoy would refuse matches nothing."""
    try:
        return compile_go(f"(?i){pattern}" if ignore_case else pattern).full_match(value)
    except RegexError:
        return False


def string_match(value: Any) -> StringMatch:
    """The StringMatch written at `value`; one without exact, prefix or regex asks for presence only."""
    written = mapping(value)
    for kind in ("exact", "prefix", "regex"):
        if written.get(kind) is not None:
            found = text(written[kind])
            return (
                StringMatch("present", "") if kind == "regex" and found == "*" else StringMatch(kind, found)
            )
    return StringMatch("present", "")


class Match(NamedTuple):
    """One match entry of a route; None and empty fields ask for nothing.

    resource, path   where it is written (the delegate's match for a merged one)
    pseudo           method, authority, scheme
    gateways         resolved names, "mesh" or "namespace/name"
    subnets, sni     of tcp and tls matches
    """

    resource: Resource
    path: Path
    name: str = ""
    uri: StringMatch | None = None
    ignore_case: bool = False
    pseudo: Mapping[str, StringMatch] = {}
    headers: Mapping[str, StringMatch] = {}
    without_headers: Mapping[str, StringMatch] = {}
    query: Mapping[str, StringMatch] = {}
    port: int | None = None
    source_labels: Mapping[str, str] = {}
    source_namespace: str = ""
    gateways: tuple[str, ...] = ()
    subnets: tuple[str, ...] = ()
    sni: tuple[str, ...] = ()

    def catch_all(self) -> bool:
        """True if every request passes: no condition beyond a path of `/` or `.*` (Istio's test)."""
        open_path = self.uri is None or self.uri in (StringMatch("prefix", "/"), StringMatch("regex", ".*"))
        return open_path and not (self.pseudo or self.headers or self.without_headers or self.query)

    def applies_to(self, gateway: str, namespace: str, labels: Mapping[str, str], port: int | None) -> bool:
        """True if istiod keeps the entry for this proxy and listener port.

        gateway   "mesh" for a sidecar, else the Gateway's "namespace/name"
        port      None: any port
        A match with gateways is not tested for source labels and namespace at all.
        """
        if self.port is not None and port is not None and self.port != port:
            return False
        if self.gateways:
            return gateway in self.gateways
        if any(labels.get(key) != value for key, value in self.source_labels.items()):
            return False
        return self.source_namespace in ("", namespace)

    def accepts(self, method: str, host: str, path: str, headers: Mapping[str, str], scheme: str) -> bool:
        """True if a concrete request passes; `path` may carry a query, header names are lower case."""
        route, _, query = path.partition("?")
        if self.uri is not None and not self.uri.matches(route, self.ignore_case):
            return False
        actual = {"method": method, "authority": host, "scheme": scheme}
        if not all(want.matches(actual[name]) for name, want in self.pseudo.items()):
            return False
        return self._headers_pass(headers) and self._query_passes(query)

    def _headers_pass(self, headers: Mapping[str, str]) -> bool:
        for name, want in self.headers.items():
            value = headers.get(name.lower())
            if value is None or not want.matches(value):
                return False
        for name, want in self.without_headers.items():
            value = headers.get(name.lower())
            if want.kind == "present":
                if value is not None:
                    return False
            elif want.matches(value or ""):
                return False
        return True

    def _query_passes(self, query: str) -> bool:
        if not self.query:
            return True
        pairs = dict(reversed([pair.partition("=")[::2] for pair in query.split("&") if pair]))
        return all(name in pairs and want.matches(pairs[name]) for name, want in self.query.items())

    def describe(self) -> str:
        """The conditions in words: `uri prefix /v1, header x-user exact jason`; "any request" if none."""
        parts = [f"uri {self.uri.label()}{' (any case)' if self.ignore_case else ''}"] if self.uri else []
        parts += [f"{name} {want.label()}" for name, want in self.pseudo.items()]
        parts += [f"header {name} {want.label()}" for name, want in self.headers.items()]
        parts += [f"no header {name} {want.label()}" for name, want in self.without_headers.items()]
        parts += [f"query {name} {want.label()}" for name, want in self.query.items()]
        parts += [f"port {self.port}"] if self.port is not None else []
        parts += [f"sni {', '.join(self.sni)}"] if self.sni else []
        parts += [f"destination {', '.join(self.subnets)}"] if self.subnets else []
        parts += [f"source label {key}={value}" for key, value in self.source_labels.items()]
        parts += [f"source namespace {self.source_namespace}"] if self.source_namespace else []
        parts += [f"gateway {', '.join(self.gateways)}"] if self.gateways else []
        return ", ".join(parts) or "any request"


def match_from(written: Mapping[str, Any], resource: Resource, path: Path) -> Match:
    """The Match written at `path` of a VirtualService."""
    return Match(
        resource,
        path,
        text(written.get("name")),
        string_match(written["uri"]) if written.get("uri") is not None else None,
        written.get("ignoreUriCase") is True,
        {name: string_match(written[name]) for name in PSEUDO_HEADERS if written.get(name) is not None},
        _string_matches(written.get("headers")),
        _string_matches(written.get("withoutHeaders")),
        _string_matches(written.get("queryParams")),
        integer(written.get("port")) or None,
        string_map(written.get("sourceLabels")),
        text(written.get("sourceNamespace")),
        tuple(gateway_name(name, resource.namespace) for name in texts(written.get("gateways"))),
        tuple(texts(written.get("destinationSubnets"))),
        tuple(texts(written.get("sniHosts"))),
    )


def _string_matches(value: Any) -> dict[str, StringMatch]:
    return {text(name): string_match(item) for name, item in mapping(value).items()}


def merge_matches(roots: tuple[Match, ...], leaves: tuple[Match, ...]) -> tuple[Match, ...] | None:
    """The matches of a delegate's route under its root's; None if one finds no compatible root match."""
    if not roots or not leaves:
        return leaves or roots
    merged: list[Match] = []
    for leaf in leaves:
        found = [_merge(root, leaf) for root in roots if not conflict(root, leaf)]
        if not found:
            return None
        merged += found
    return tuple(merged)


def _merge(root: Match, leaf: Match) -> Match:
    return leaf._replace(
        name="-".join(name for name in (root.name, leaf.name) if name),
        uri=leaf.uri or root.uri,
        pseudo={**root.pseudo, **leaf.pseudo},
        headers={**root.headers, **leaf.headers},
        without_headers={**root.without_headers, **leaf.without_headers},
        query={**root.query, **leaf.query},
        port=leaf.port or root.port,
        source_labels={**root.source_labels, **leaf.source_labels},
        source_namespace=leaf.source_namespace or root.source_namespace,
        gateways=leaf.gateways or root.gateways,
    )


def conflict(root: Match, leaf: Match) -> str:
    """What keeps a delegate's match from lying inside the root's: a field's name, "" if nothing."""
    if _strings_conflict(root.uri, leaf.uri):
        return "uri"
    for field in ("pseudo", "headers", "without_headers", "query"):
        ours: Mapping[str, StringMatch] = getattr(root, field)
        theirs: Mapping[str, StringMatch] = getattr(leaf, field)
        for name, want in theirs.items():
            if _strings_conflict(ours.get(name), want):
                return name
    if root.ignore_case != leaf.ignore_case:
        return "ignoreUriCase"
    if root.port and leaf.port and root.port != leaf.port:
        return "port"
    if root.source_namespace and leaf.source_namespace != root.source_namespace:
        return "sourceNamespace"
    if any(root.source_labels.get(key, value) != value for key, value in leaf.source_labels.items()):
        return "sourceLabels"
    if root.gateways and leaf.gateways and not _inside(leaf.gateways, root.gateways):
        return "gateways"
    return ""


def _inside(leaves: tuple[str, ...], roots: tuple[str, ...]) -> bool:
    return len(leaves) <= len(roots) and set(leaves) <= set(roots)


def _strings_conflict(root: StringMatch | None, leaf: StringMatch | None) -> bool:
    """Istio's stringMatchConflict: only an exact or prefix leaf can lie inside an exact or prefix root."""
    if root is None or leaf is None:
        return False
    if root.kind == "exact":
        return leaf != root
    if root.kind == "prefix":
        return leaf.kind not in ("exact", "prefix") or not leaf.text.startswith(root.text)
    return True
