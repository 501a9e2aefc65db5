"""Gateway API rules: what a route's rules mean in the words of a VirtualService.

In: rules of HTTPRoute, GRPCRoute, TCPRoute and TLSRoute. Out: Routes with matches and destinations, one
per match as istiod makes them, and the order the API asks for. Facts: pilot/pkg/config/kube/gateway
(conversion.go) of Istio.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from meshlint.kube.fields import integer, mapping, maps, text, texts
from meshlint.kube.resource import Resource
from meshlint.mesh.host import service_name
from meshlint.mesh.route_match import Match, StringMatch
from meshlint.mesh.virtual_services import Block, Destination, Route
from meshlint.text.origin import Path

ZERO_WEIGHT = "internal.cluster.local"  # istiod sends connections without backend to this host
_RANKS = {"exact": 3, "segments": 2, "prefix": 2, "regex": 1}

# (namespace of the route, kind of the route, kind, namespace, name of the backend) -> allowed
Allowed = Callable[[str, str, str, str, str], bool]


class Unusable(Exception):
    """A rule that makes istiod give up the whole route."""


class Converter:
    """Makes Routes of the rules of one route object.

    grants   tells if a backend of another namespace may be used; None: every one may (routes of the mesh)
    """

    __slots__ = ("domain", "grants", "resource")

    def __init__(self, resource: Resource, domain: str, grants: Allowed | None) -> None:
        self.resource = resource
        self.domain = domain
        self.grants = grants

    def routes(self) -> list[Route]:
        """The routes of the object in the order istiod tries them; empty if a rule is unusable."""
        kind = self.resource.kind
        try:
            if kind in ("TCPRoute", "TLSRoute"):
                return [self._connection(path, rule) for path, rule in self._rules()]
            return sorted_routes([route for path, rule in self._rules() for route in self._http(path, rule)])
        except Unusable:
            return []

    def _rules(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        for index, rule in maps(self.resource.spec.get("rules")):
            yield ("spec", "rules", index), rule

    def _http(self, path: Path, rule: Mapping[str, Any]) -> Iterator[Route]:
        """One route per match, so that they can be ordered among all routes of a host."""
        name = text(rule.get("name"))
        if not name:
            name = f"{self.resource.namespace}.{self.resource.name}.{path[-1]}"
        data = self._action(rule)
        destinations = () if "directResponse" in data else self._destinations(path, rule)
        mirrors = self._mirrors(path, rule)
        grpc = self.resource.kind == "GRPCRoute"
        written = maps(rule.get("matches"))
        if not written and not grpc:
            written = [(0, {})]  # the API server's default: any path
        if not written:
            yield Route("http", name, self.resource, path, (), destinations, mirrors, data)
        for index, item in written:
            place = (*path, "matches", index) if item else path
            match = _grpc_match(item, self.resource, place) if grpc else _match(item, self.resource, place)
            yield Route("http", name, self.resource, path, (match,), destinations, mirrors, data)

    def _action(self, rule: Mapping[str, Any]) -> dict[str, Any]:
        """Redirects and rewrites; 500 for a rule without backend of any weight."""
        data: dict[str, Any] = {}
        for _, item in maps(rule.get("filters")):
            if text(item.get("type")) == "RequestRedirect":
                redirect = mapping(item.get("requestRedirect"))
                data["redirect"] = {"redirectCode": integer(redirect.get("statusCode")) or 302, **redirect}
            elif text(item.get("type")) == "URLRewrite":
                data["rewrite"] = mapping(item.get("urlRewrite"))
        backends = [one for _, one in maps(rule.get("backendRefs"))]
        if not sum(map(_weight, backends)) and "redirect" not in data:
            data["directResponse"] = {"status": 500}
        return data

    def _connection(self, path: Path, rule: Mapping[str, Any]) -> Route:
        """A tcp or tls route; without backends it leads nowhere."""
        block: Block = "tcp" if self.resource.kind == "TCPRoute" else "tls"
        destinations = self._destinations(path, rule)
        if not destinations:
            place = (*path, "backendRefs")
            nowhere = Destination(
                ZERO_WEIGHT, "", "zero-weight", 65535, 0, 100.0, False, self.resource, place
            )
            destinations = (nowhere,)
        matches: tuple[Match, ...] = ()
        if block == "tls":
            names = tuple(texts(self.resource.spec.get("hostnames"))) or ("*",)
            matches = (Match(self.resource, ("spec", "hostnames"), sni=names),)
        name = text(rule.get("name"))
        return Route(block, name, self.resource, path, matches, destinations, (), rule)

    def _destinations(self, path: Path, rule: Mapping[str, Any]) -> tuple[Destination, ...]:
        """The backends with a weight; the only one has all requests whatever its weight."""
        kept = [(index, one) for index, one in maps(rule.get("backendRefs")) if _weight(one)]
        total = sum(_weight(one) for _, one in kept)
        found = []
        for index, one in kept:
            weight = _weight(one) if len(kept) > 1 else 0
            place = (*path, "backendRefs", index)
            found.append(self._destination(one, place, weight, 100.0 * _weight(one) / total, mirror=False))
        return tuple(found)

    def _mirrors(self, path: Path, rule: Mapping[str, Any]) -> tuple[Destination, ...]:
        found = []
        for index, item in maps(rule.get("filters")):
            if text(item.get("type")) != "RequestMirror":
                continue
            mirror = mapping(item.get("requestMirror"))
            place = (*path, "filters", index, "requestMirror", "backendRef")
            made = self._destination(
                mapping(mirror.get("backendRef")), place, 0, _percent(mirror), mirror=True
            )
            if made.host:
                found.append(made)
        return tuple(found)

    def _destination(
        self, backend: Mapping[str, Any], path: Path, weight: int, share: float, *, mirror: bool
    ) -> Destination:
        """A backend; one that may not be used, or is no Service, has no host (the cluster UnknownService)."""
        name, namespace = text(backend.get("name")), text(backend.get("namespace"))
        kind, group = text(backend.get("kind")) or "Service", text(backend.get("group"))
        host = ""
        if kind == "Service" and not group:
            if "." in name:
                raise Unusable
            host = service_name(name, namespace or self.resource.namespace, self.domain)
        elif kind == "Hostname" and group == "networking.istio.io":
            host = name
        port = integer(backend.get("port"))
        foreign = bool(namespace) and namespace != self.resource.namespace
        if foreign and self.grants is not None:
            own = self.resource
            if not self.grants(own.namespace, own.kind, kind, namespace, name):
                host = ""
        if host and port is None:
            raise Unusable
        return Destination(host, name, "", port, weight, share, mirror, self.resource, path)


def sorted_routes(routes: list[Route]) -> list[Route]:
    """Exact paths before prefixes before expressions, longer before shorter, more conditions before fewer."""
    return sorted(routes, key=_rank)


def _rank(route: Route) -> tuple[float, ...]:
    if not route.matches:
        return (1, 0, 0, 0, 0, 0)
    match = route.matches[0]
    uri = match.uri
    rank, length = (_RANKS.get(uri.kind, -1), len(uri.text)) if uri is not None else (-1, 0)
    methods = 0 if "method" in match.pseudo else 1
    return (0, -rank, -length, methods, -len(match.headers), -len(match.query))


def _weight(backend: Mapping[str, Any]) -> int:
    written = integer(backend.get("weight"))
    return 1 if written is None else written


def _percent(mirror: Mapping[str, Any]) -> float:
    fraction = mapping(mirror.get("fraction"))
    if fraction:
        part, whole = integer(fraction.get("numerator")) or 0, integer(fraction.get("denominator")) or 100
        return 100.0 * part / whole
    percent = integer(mirror.get("percent"))
    return 100.0 if percent is None else float(percent)


def _match(written: Mapping[str, Any], resource: Resource, path: Path) -> Match:
    uri = mapping(written.get("path"))
    value = text(uri.get("value")) or "/"
    kind = text(uri.get("type")) or "PathPrefix"
    if kind == "PathPrefix":
        wanted = (
            StringMatch("segments", value.removesuffix("/")) if value != "/" else StringMatch("prefix", "/")
        )
    else:
        wanted = StringMatch("exact" if kind == "Exact" else "regex", value)
    pseudo = {"method": StringMatch("exact", text(written["method"]))} if written.get("method") else {}
    return Match(
        resource,
        path,
        uri=wanted,
        pseudo=pseudo,
        headers=_pairs(written.get("headers")),
        query=_pairs(written.get("queryParams")),
    )


def _grpc_match(written: Mapping[str, Any], resource: Resource, path: Path) -> Match:
    """Service and method become the path /SERVICE/METHOD."""
    wanted = mapping(written.get("method"))
    service, method = text(wanted.get("service")), text(wanted.get("method"))
    uri: StringMatch | None = None
    if text(wanted.get("type")) == "RegularExpression":
        uri = StringMatch("regex", f"/{service or '[^/]+'}/{method or '.+'}")
    elif service and method:
        uri = StringMatch("exact", f"/{service}/{method}")
    elif service:
        uri = StringMatch("segments", f"/{service}")
    elif method:
        uri = StringMatch("regex", f"/[^/]+/{method}")
    return Match(resource, path, uri=uri, headers=_pairs(written.get("headers")))


def _pairs(written: Any) -> dict[str, StringMatch]:
    """Header and query matches; of several with one name the last counts, as in istiod."""
    return {
        text(one.get("name")): StringMatch(
            "regex" if text(one.get("type")) == "RegularExpression" else "exact", text(one.get("value"))
        )
        for _, one in maps(written)
    }
