"""Explore room, objects: which Kubernetes objects the text of a template writes, told before it is rendered.

In: the list of nodes of a template or branch. Out: the kinds that stand at the start of a line in its text.
Only what the rules of the mesh look at counts: Istio and Gateway API objects, Services, workloads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from meshlint.gotemplate.nodes import ListNode, TemplateNode, TextNode
from meshlint.kube.kinds import (
    EXTENSIONS,
    GATEWAY_API,
    ISTIO_GROUPS,
    NETWORKING,
    POD_TEMPLATES,
    SECURITY,
    SERVICE,
    TELEMETRY,
    GroupKind,
)
from meshlint.text.pattern import lazy

_KIND = lazy(r"^kind:[ \t]*[\"']?([A-Z]\w*)", re.MULTILINE)
_API_VERSION = lazy(r"^apiVersion:[ \t]*[\"']?([^\s\"'{]+)", re.MULTILINE)
_MESH = {
    NETWORKING: "VirtualService DestinationRule Gateway ServiceEntry Sidecar WorkloadEntry WorkloadGroup "
    "EnvoyFilter ProxyConfig",
    SECURITY: "AuthorizationPolicy PeerAuthentication RequestAuthentication",
    TELEMETRY: "Telemetry",
    EXTENSIONS: "WasmPlugin",
    GATEWAY_API: "GatewayClass HTTPRoute GRPCRoute TLSRoute TCPRoute UDPRoute ReferenceGrant",
}
MESH_KINDS = {kind: GroupKind(group, kind) for group, kinds in _MESH.items() for kind in kinds.split()}
_OTHERS = {each.kind: each for each in (*reversed(POD_TEMPLATES), SERVICE)}
_BY_NAME = {**_OTHERS, **MESH_KINDS}
_WANTED_GROUPS = frozenset({*ISTIO_GROUPS, GATEWAY_API})
_WANTED = frozenset((*POD_TEMPLATES, SERVICE))


def is_mesh(kind: GroupKind) -> bool:
    """True for an object of Istio or the Gateway API."""
    return kind.group in _WANTED_GROUPS


def objects_in(body: ListNode) -> tuple[GroupKind, ...]:
    """The kinds of the objects that begin in the list's own text."""
    found: list[GroupKind] = []
    for node in body.nodes:
        if isinstance(node, TextNode) and "kind:" in node.text_written:
            found += objects_of_text(node.text_written)
    return tuple(found)


def objects_of_text(text: str) -> Iterable[GroupKind]:
    """The same for a text as a whole."""
    versions = [(match.start(), match[1]) for match in _API_VERSION.finditer(text)]
    for match in _KIND.finditer(text):
        start, name = match.start(), match[1]
        near = min(versions, key=lambda version: abs(version[0] - start), default=None)
        if near is None:
            if name in _BY_NAME:
                yield _BY_NAME[name]
            continue
        kind = GroupKind(near[1].rpartition("/")[0], name)
        if kind in _WANTED or kind.group in _WANTED_GROUPS:
            yield kind


def writers(templates: Iterable[TemplateNode]) -> dict[ListNode, tuple[GroupKind, ...]]:
    """The lists in which objects begin, in the order of the templates."""
    found: dict[ListNode, tuple[GroupKind, ...]] = {}
    texts: dict[int, bool] = {}
    for template in templates:
        source = template.source
        if not texts.setdefault(id(source), "kind:" in source.text):
            continue
        for body in lists(template):
            kinds = objects_in(body)
            if kinds:
                found[body] = kinds
    return found


def lists(template: TemplateNode) -> Iterable[ListNode]:
    """The body of a template and all branches in it."""
    yield template.body
    for node in template.body.walk():
        yield from node.children()
