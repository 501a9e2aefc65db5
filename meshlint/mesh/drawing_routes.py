"""Drawing routes: VirtualServices and Gateway API routes, and where each of their destinations leads.

In: a Mesh, a Canvas, the drawing of services. Out: a card per route object with a row per route, edges to
services and subsets (broken where some client has no such cluster), and to delegates.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from meshlint.kube.kinds import VIRTUAL_SERVICE
from meshlint.kube.resource import Resource
from meshlint.mesh.clusters import ClusterState
from meshlint.mesh.drawing_services import ServiceDrawing
from meshlint.mesh.picture import Canvas, Edge, Node, NodeState, Verdict
from meshlint.mesh.scope import sidecar_client
from meshlint.mesh.steps import Spot
from meshlint.mesh.uses import Use
from meshlint.mesh.virtual_services import Delegation, Destination, Route, VirtualService
from meshlint.text.origin import Path

if TYPE_CHECKING:
    from meshlint.mesh.graph import Mesh

_DELEGATION = {
    "missing": "no such VirtualService",
    "not-exported": "exportTo of the delegate does not admit this namespace",
    "not-a-delegate": "it has hosts, so it is no delegate",
    "nested": "it delegates again, which is not followed",
}


class RouteDrawing:
    """Draws route objects and what they lead to."""

    __slots__ = ("canvas", "mesh", "services")

    def __init__(self, mesh: Mesh, canvas: Canvas, services: ServiceDrawing) -> None:
        self.mesh = mesh
        self.canvas = canvas
        self.services = services

    def draw(self) -> None:
        """Every VirtualService and Gateway API route of the world."""
        named = {id(one.target) for virtual in self.mesh.virtual_services for one in virtual.delegations}
        for virtual in self.mesh.virtual_services:
            self.card(virtual.resource, virtual)
            for delegation in virtual.delegations:
                self._delegation(virtual, delegation)
            if not (virtual.is_delegate and id(virtual.resource) in named):
                self._routes(virtual)
        for route in self.mesh.api_routes.routes:
            for resource in route.sources:
                self.card(resource, route)
            self._routes(route)

    def card(self, resource: Resource, virtual: VirtualService | None = None) -> str:
        """The card of a route object."""
        key = f"{resource.kind}/{resource.namespace}/{resource.name}"
        facts: list[tuple[str, str]] = []
        about = ""
        if virtual is not None and virtual.resource is resource and resource.is_a(VIRTUAL_SERVICE):
            about = ", ".join(virtual.hosts) or "a delegate"
            facts = [("hosts", about), ("gateways", ", ".join(virtual.gateways))]
        elif not resource.is_a(VIRTUAL_SERVICE):
            written = resource.get("spec", "hostnames", default=[])
            names = [one for one in written if isinstance(one, str)] if isinstance(written, list) else []
            about = ", ".join(names) or "every host"
            facts = [("hostnames", about)]
        spot = Spot(resource, ("metadata", "name"))
        state = self.services.state(resource)
        return self.canvas.put(
            Node(
                key,
                "routes",
                resource.kind,
                resource.name,
                resource.namespace,
                about,
                "",
                state,
                spot,
                tuple(facts),
            )
        )

    def _routes(self, virtual: VirtualService) -> None:
        for route in virtual.routes:
            row = self._row(route)
            for target in (*route.destinations, *route.mirrors):
                self._destination(virtual, route, target, row)

    def _row(self, route: Route) -> str:
        """The row of a route; an HTTPRoute's rule is one row whatever number of matches it has."""
        card = self.card(route.resource)
        key = f"{card}#{route.path[1]}[{route.position}]"
        matches = "; ".join(match.describe() for match in route.matches) or "any request"
        facts = [("matches", matches)]
        if route.action in ("redirect", "directResponse"):
            facts.append(
                ("answers with", "a redirect" if route.action == "redirect" else "a direct response")
            )
            matches = f"{matches}: {facts[-1][1].removeprefix('a ')}"
        spot = Spot(route.resource, route.path)
        known = self.canvas.nodes.get(key)
        if known is not None and route.resource.kind != "VirtualService" and matches not in known.about:
            about = f"{known.about}; {matches}"
            self.canvas.nodes[key] = known._replace(about=about, facts=(("matches", about), *known.facts[1:]))
        state = self.services.state(route.resource)
        name = route.name if route.resource.kind == "VirtualService" and route.name else ""
        title = name or f"{route.block} route {route.position + 1}"
        return self.canvas.put(
            Node(
                key,
                "route",
                f"{route.block} route",
                title,
                route.resource.namespace,
                matches,
                card,
                state,
                spot,
                tuple(facts),
            )
        )

    # Destinations

    def _destination(self, virtual: VirtualService, route: Route, target: Destination, row: str) -> None:
        states = list(self._states(virtual, route, target))
        if not states:
            self._unread(target, row)
        for state, clients in states:
            node = self._target(state, target)
            if state.service is not None:
                self.services.used.setdefault(
                    (self.services.service(state.service), target.subset), []
                ).append(state)
            verdict, code, detail = _judged(state)
            if clients and verdict != "ok":
                detail = f"{detail} (for {clients})"
            share = f"{target.share:g} %"
            label = f"mirror {share}" if target.mirror else share
            if target.port is not None:
                label += f", port {target.port}"
            http = "500" if code and virtual.gateway_api else ""
            spots = tuple(_spots(route, target, state, code))
            self.canvas.draw(
                Edge(
                    row,
                    node,
                    "routes",
                    label,
                    verdict,
                    code,
                    detail,
                    (state.name,),
                    target.share,
                    target.mirror,
                    spots,
                    http,
                )
            )

    def _unread(self, target: Destination, row: str) -> None:
        """A destination that no proxy sends to: its ports carry another protocol, or nobody imports it."""
        state = next(_alone(self.mesh, target)).cluster
        why = "no proxy of the input reads this route"
        spots = (Spot(target.resource, target.path),)
        label = f"{target.share:g} %"
        node = self._target(state, target)
        self.canvas.draw(Edge(row, node, "routes", label, "unknown", "", why, (), target.share, spots=spots))

    def _states(
        self, virtual: VirtualService, route: Route, target: Destination
    ) -> Iterator[tuple[ClusterState, str]]:
        """The clusters the destination leads to, each once, with the clients that have it."""
        found: dict[str, list[Use]] = {}
        uses = _alone(self.mesh, target) if virtual.is_delegate else self.mesh.uses(virtual, route, target)
        for use in uses:
            found.setdefault(f"{use.cluster.name} {use.cluster.state} {use.cluster.code}", []).append(use)
        for group in found.values():
            names = dict.fromkeys(_client(use) for use in group)
            yield group[0].cluster, ", ".join(names) if len(found) > 1 else ""

    def _target(self, state: ClusterState, target: Destination) -> str:
        service = state.service
        if service is None and state.resolution.state == "FOUND" and state.resolution.services:
            service = state.resolution.services[0]
        if service is None:
            return self.services.unknown_host(state.host, state.resolution, target.resource.namespace)
        if not target.subset:
            return self.services.service(service)
        chosen = state.effective.subsets.get(target.subset) if state.effective else None
        return self.services.subset(service, target.subset, chosen)

    # Delegates

    def _delegation(self, virtual: VirtualService, delegation: Delegation) -> None:
        card = self.card(virtual.resource, virtual)
        row = f"{card}#http[{delegation.path[2]}]"
        route = Spot(virtual.resource, delegation.path[:-1])
        title = f"http route {int(delegation.path[2]) + 1}"
        name = f"{delegation.namespace}/{delegation.name}"
        state = self.services.state(virtual.resource)
        self.canvas.put(
            Node(
                row,
                "route",
                "http route",
                title,
                virtual.namespace,
                f"delegates to {name}",
                card,
                state,
                route,
            )
        )
        if delegation.target is not None:
            target = self.card(delegation.target)
        else:
            gone: NodeState = "missing" if self._knows(delegation) else "outside"
            key = f"VirtualService/{name}"
            target = self.canvas.put(
                Node(
                    key,
                    "routes",
                    "VirtualService",
                    delegation.name,
                    delegation.namespace,
                    "not in the input",
                    "",
                    gone,
                )
            )
        lost = delegation.state != "merged" and (delegation.state != "missing" or self._knows(delegation))
        verdict: Verdict = "broken" if lost else "unknown" if delegation.state == "missing" else "ok"
        spots = [Spot(virtual.resource, delegation.path, f"means {name}")]
        if delegation.target is not None:
            spots.append(Spot(delegation.target, ("metadata", "name"), "the delegate"))
        code = "RDS-NOROUTE" if lost else ""
        detail = _DELEGATION.get(delegation.state, "")
        self.canvas.draw(Edge(row, target, "delegates", "", verdict, code, detail, spots=tuple(spots)))

        for path, field in delegation.dropped:
            self._dropped(row, virtual, delegation, path, field)

    def _dropped(
        self, row: str, virtual: VirtualService, delegation: Delegation, path: Path, field: str
    ) -> None:
        """A route of the delegate that istiod leaves out, because its match contradicts the root's."""
        if delegation.target is None:
            return
        card = self.card(delegation.target)
        position = int(path[-1])
        here = Spot(delegation.target, path, f"its {field} contradicts the root's match")
        lost = self.canvas.put(
            Node(
                f"{card}#http[{position}]",
                "route",
                "http route",
                f"http route {position + 1}",
                delegation.target.namespace,
                "left out",
                card,
                self.services.state(delegation.target),
                here,
            )
        )
        why = f"its {field} contradicts the root's match, so istiod leaves the route out"
        spots = (here, Spot(virtual.resource, delegation.path, "delegated here"))
        self.canvas.draw(Edge(row, lost, "delegates", "", "broken", "RDS-NOROUTE", why, spots=spots))

    def _knows(self, delegation: Delegation) -> bool:
        """True if the input has VirtualServices of the delegate's namespace, so it would have this one."""
        return self.mesh.closed(delegation.namespace) or any(
            one.namespace == delegation.namespace and one.is_delegate for one in self.mesh.virtual_services
        )


def _judged(state: ClusterState) -> tuple[Verdict, str, str]:
    """(verdict, code, detail): a cluster without endpoint is there, and breaks further on."""
    if state.code and state.code != "EDS-EMPTY":
        return "broken", state.code, state.why
    return ("unknown", "", state.why) if state.state == "UNKNOWN" else ("ok", "", "")


def _client(use: Use) -> str:
    client = use.client
    if client.gateway:
        namespace, _, name = client.gateway.partition("/")
        return f"gateway {namespace}/{name.partition('~')[0]}"
    return f"sidecars of {client.namespace}"


def _alone(mesh: Mesh, target: Destination) -> Iterator[Use]:
    """A delegate that no root names, as a sidecar of its namespace would see it."""
    client = sidecar_client(target.resource.namespace)
    service = mesh.resolve_host(target.written, target.resource.namespace).service
    port = target.port or next(iter(service.by_number), 0) if service else 0
    yield Use(client, None, mesh.cluster(client, target.host, port, target.subset))


def _spots(route: Route, target: Destination, state: ClusterState, code: str) -> Iterator[Spot]:
    """The destination, the decisive field of it first; then what it names."""
    share = f"{target.share:g} % of {route.label()} goes to it"
    if target.mirror:
        share = f"a copy of {share}"
    field: Path = {
        "CDS-NOSUBSET": ("subset",),
        "CDS-NOPORT": ("port", "number") if target.port is not None else (),
        "CDS-NOSVC": ("host",),
    }.get(code, ("subset",) if target.subset else ("host",))
    if target.resource.kind != "VirtualService":
        field = ("port",) if code == "CDS-NOPORT" else ("name",)
    yield Spot(target.resource, (*target.path, *field), share)
    chosen = state.effective.subsets.get(target.subset) if state.effective and target.subset else None
    if chosen is not None:
        yield Spot(chosen.resource, chosen.path, "the subset")
    elif code == "CDS-NOSUBSET" and state.effective is not None:
        for source in state.effective.sources:
            yield Spot(source, ("spec", "subsets"), "the subsets in effect")
        for hidden in state.effective.hidden:
            if any(one.name == target.subset for one in hidden.rule.subsets):
                yield Spot(
                    hidden.rule.resource, ("spec", "host"), f"has the subset; not in effect: {hidden.reason}"
                )
    if state.service is not None:
        path: Path = ("spec", "ports") if code == "CDS-NOPORT" else state.service.path
        yield Spot(state.service.resource, path, "the service")
