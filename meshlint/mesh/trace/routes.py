"""Routes: the virtual host and the route that take a request, and what the route does with it.

In: a route configuration by name and a Way. Out: Branches: answered at once, or a branch per destination
with its share, mirrors beside them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from meshlint.kube.fields import mapping
from meshlint.mesh.envoy import Domains, RouteConfig, RouteEntry
from meshlint.mesh.gateway_api import hostnames
from meshlint.mesh.host import covers, overlap
from meshlint.mesh.outbound_chains import destination_target
from meshlint.mesh.request import DEFAULT_PORTS, Request
from meshlint.mesh.route_match import Match
from meshlint.mesh.steps import Branch, Spot, Step, broken
from meshlint.mesh.trace import evidence
from meshlint.mesh.trace.dns import Address
from meshlint.mesh.trace.route_actions import abort_share, changes, redirected, rewritten
from meshlint.mesh.trace.sidecar import past
from meshlint.mesh.trace.way import Sender, Way

if TYPE_CHECKING:
    from meshlint.mesh.trace.tracer import Tracer

_MOST_NOTES = 3


class Wanted(NamedTuple):
    """The route a question is about.

    sure   the request was made so that the route accepts it; else the route is taken as it is
    gone   why the route is not there at all, "" if it is
    unknown   whether it is gone depends on things outside the input
    """

    entry: RouteEntry
    sure: bool
    gone: str = ""
    unknown: bool = False


def take_route(
    tracer: Tracer, sender: Sender, way: Way, name: str, address: Address | None, wanted: Wanted | None
) -> list[Branch]:
    """What becomes of a request in a route configuration; `address` is what a sidecar's client asked for."""
    config = tracer.xds.route_config(sender.client, name)
    found = tracer.xds.virtual_host(sender.client, name, way.request.authority)
    if found is None or found.name.startswith("blackhole:"):
        return _no_host(tracer, sender, way, config, address)
    confirm = evidence.routes(sender, name)
    entry, passed = choose(found.routes, way.request)
    step = Step("RDS", f"{name} / {found.name}", detail=_stands_for(found), confirm=confirm)
    step = step._replace(sources=_host_spots(found, way.request))
    if found.redirect is not None:
        return way.end(step, _to_https(found, way.request))
    way = way.plus(step)
    if wanted is not None and wanted.gone:
        spots = _spot(wanted.entry)
        if wanted.unknown:
            return way.end(Step("RDS", _label(wanted.entry), "UNKNOWN", "", wanted.gone, spots))
        return way.end(broken("RDS-NOROUTE", _label(wanted.entry), wanted.gone, spots, confirm))
    if wanted is not None and not _is(entry, wanted.entry):
        if wanted.sure:
            return way.end(_shadowed(found, entry, wanted.entry, confirm))
        entry, passed = wanted.entry, []
    if entry is None:
        return way.end(_no_route(found, passed, confirm))
    return _act(tracer, sender, way, entry, passed, address)


def choose(entries: Sequence[RouteEntry], request: Request) -> tuple[RouteEntry | None, list[RouteEntry]]:
    """(the first route that accepts the request, those before it)."""
    for index, entry in enumerate(entries):
        if entry.match is None or accepts(entry.match, request):
            return entry, list(entries[:index])
    return None, list(entries)


def accepts(match: Match, request: Request) -> bool:
    """True if Envoy takes the request for the match."""
    return match.accepts(
        request.method, _authority(request), request.path, _headers(request), _scheme(request)
    )


def _authority(request: Request) -> str:
    """The :authority Envoy sees: with the port unless it is the scheme's own."""
    host = request.authority
    if request.header("host") or DEFAULT_PORTS.get(request.scheme) == request.port:
        return host
    return f"{host}:{request.port}"


def _scheme(request: Request) -> str:
    return "https" if request.secured else "http"


def _headers(request: Request) -> Mapping[str, str]:
    own = dict(reversed(request.headers))
    pseudo = {
        ":authority": _authority(request),
        ":method": request.method,
        ":path": request.path,
        ":scheme": _scheme(request),
    }
    return {**pseudo, **({"content-type": "application/grpc"} if request.http2 else {}), **own}


def _is(entry: RouteEntry | None, wanted: RouteEntry) -> bool:
    if entry is None:
        return False
    same = entry.route is wanted.route and entry.match is wanted.match
    return same and (entry.route is not None or entry.service is wanted.service)


def _stands_for(found: Domains) -> str:
    owner = next((entry.virtual for entry in found.routes if entry.virtual is not None), None)
    if owner is None:
        return "no VirtualService" if found.service is not None else ""
    others = {id(entry.virtual) for entry in found.routes} - {id(owner)}
    more = f" and {len(others)} more" if others else ""
    return f"{owner.resource.label()}{more}"


def _host_spots(found: Domains, request: Request) -> tuple[Spot, ...]:
    """The VirtualService's host, or the service the virtual host stands for."""
    for entry in found.routes:
        if entry.virtual is None or entry.virtual.gateway_api:
            continue
        written = entry.virtual.hosts
        names = (request.authority, found.name.rpartition(":")[0])
        index = next(
            (at for at, host in enumerate(written) if any(covers(host.lower(), name) for name in names)), 0
        )
        return (Spot(entry.virtual.resource, ("spec", "hosts", index)),)
    if found.service is not None:
        return (Spot(found.service.resource, found.service.path),)
    return ()


def _to_https(found: Domains, request: Request) -> Step:
    assert found.redirect is not None
    server = found.redirect.server
    where = f"https://{request.authority}{request.path}"
    spot = Spot(server.gateway, (*server.path, "tls", "httpsRedirect"))
    return Step("RDS", "httpsRedirect", detail=f"answers 301 to {where}", sources=(spot,))


def _label(entry: RouteEntry) -> str:
    if entry.route is None:
        return "default route"
    owner = f"{entry.virtual.resource.label()} " if entry.virtual is not None else ""
    return f"{owner}{entry.route.label()}"


def _spot(entry: RouteEntry, label: str = "") -> tuple[Spot, ...]:
    if entry.route is None:
        return ()
    path = entry.match.path if entry.match is not None else entry.route.path
    owner = entry.match.resource if entry.match is not None else entry.route.resource
    spots = (Spot(owner, path, label),)
    root = entry.route.root
    return (*spots, Spot(root[0], root[1], "delegated by")) if root is not None else spots


def _shadowed(found: Domains, winner: RouteEntry | None, loser: RouteEntry, confirm: str) -> Step:
    if winner is None:
        what = f"the virtual host {found.name} has no such route"
        return broken("RDS-NOROUTE", _label(loser), what, _spot(loser), confirm)
    what = f"{_label(winner)} takes its requests"
    return broken("RDS-SHADOWED", _label(loser), what, (*_spot(loser), *_spot(winner, "wins")), confirm)


def _no_route(found: Domains, passed: list[RouteEntry], confirm: str) -> Step:
    spots = [spot for entry in passed[:_MOST_NOTES] for spot in _spot(entry)]
    what = f"none of the {len(passed)} routes of {found.name} matches" if passed else "there is no route"
    notes = tuple(_notes_of(passed))
    return broken("RDS-NOROUTE", found.name, what, spots, confirm)._replace(notes=notes)


def _notes_of(passed: Sequence[RouteEntry]) -> Iterator[str]:
    for entry in passed[:_MOST_NOTES]:
        asked = entry.match.describe() if entry.match is not None else "any request"
        yield f"{_label(entry)} is passed by: it asks for {asked}"
    if len(passed) > _MOST_NOTES:
        yield f"{len(passed) - _MOST_NOTES} more routes are passed by"


def _act(
    tracer: Tracer,
    sender: Sender,
    way: Way,
    entry: RouteEntry,
    passed: Sequence[RouteEntry],
    address: Address | None,
) -> list[Branch]:
    """What the route does: answers, or sends on."""
    route = entry.route
    asked = entry.match.describe() if entry.match is not None else "any request"
    step = Step("RDS", _label(entry), detail=asked, sources=_spot(entry), notes=tuple(_notes_of(passed)))
    if route is None:
        return tracer.share_out(sender, way.plus(step), tracer.xds.targets(sender.client, entry), address)
    if route.action == "redirect":
        return way.end(step._replace(detail=f"{asked}: {redirected(route, way.request)}"))
    if route.action == "directResponse":
        return _answer(way, step, entry)
    if route.action == "none":
        what = "the route has no destination of any weight, and no answer that Envoy knows"
        spots = (Spot(route.resource, route.path),)
        return way.end(broken("RDS-BADACTION", _label(entry), what, spots, way.steps[-1].confirm))
    step = step._replace(notes=(*changes(route), *step.notes))
    return _send(tracer, sender, way.plus(step), entry, address)


def _answer(way: Way, step: Step, entry: RouteEntry) -> list[Branch]:
    """A fixed answer; the 500 of a Gateway API rule without a usable backend is none that anybody wrote."""
    route = entry.route
    assert route is not None
    status = mapping(route.data.get("directResponse")).get("status")
    made = entry.virtual is not None and entry.virtual.gateway_api
    if made:
        what = "no backend of the rule can be used"
        return way.end(broken("CDS-NOSVC", _label(entry), what, step.sources, http=f"{status}"))
    return way.end(step._replace(detail=f"{step.detail}: answers {status}"))


def _send(
    tracer: Tracer, sender: Sender, way: Way, entry: RouteEntry, address: Address | None
) -> list[Branch]:
    route = entry.route
    assert route is not None
    aborted, status = abort_share(route)
    found: list[Branch] = []
    if aborted:
        spot = Spot(route.resource, (*route.path, "fault", "abort"))
        step = Step("RDS", "fault injection", detail=f"answers {status} on purpose", sources=(spot,))
        found += way.part(aborted).end(step)
        way = way.part(100 - aborted)
    if way.share or not aborted:
        changed = way._replace(request=rewritten(route, entry.match, way.request))
        found += tracer.share_out(sender, changed, tracer.xds.targets(sender.client, entry), address)
    scope = tracer.mesh.scope(sender.client)
    for mirror in route.mirrors:
        if mirror.share and not way.mirror:
            target = destination_target(
                tracer.mesh, sender.client, scope, mirror, entry.listener_port, "http", lone=True
            )
            copied = way._replace(mirror=True).part(mirror.share)
            found += tracer.share_out(sender, copied, [target._replace(share=100.0)], address)
    return found


# ------------------------------------------------------------------------------------- no virtual host


def _no_host(
    tracer: Tracer, sender: Sender, way: Way, config: RouteConfig, address: Address | None
) -> list[Branch]:
    host = way.request.authority
    confirm = evidence.routes(sender, config.name)
    if address is None or not config.fallback:
        what, spots = _unserved(tracer, sender, config, host)
        return way.end(broken("RDS-NOVHOST", config.name, what, spots, confirm))
    why = _hidden(tracer, sender, address, host)
    scope = tracer.mesh.scope(sender.client)
    spots = [Spot(scope.source, ("spec", "egress"))] if scope.source is not None else []
    name = f"{config.name} / {config.fallback}"
    if config.fallback == "block_all":
        return way.end(broken("RDS-BLOCKED", name, f"{why}; REGISTRY_ONLY blocks it", spots, confirm))
    what = f"{why}; PassthroughCluster passes it on without routes, rules and mTLS"
    step = Step("RDS", name, "BYPASS", "RDS-PASSTHROUGH", what, tuple(spots), None, confirm)
    return past(tracer, sender, way.plus(step), address)


def _hidden(tracer: Tracer, sender: Sender, address: Address, host: str) -> str:
    """Why the client's proxy does not know a host."""
    service = address.service
    if service is None or host != way_host(address, host):
        return f"no service or route of the mesh has the host `{host}`"
    if not service.visible_to(sender.client.namespace):
        return f"{service.label()} is not exported to namespace {sender.client.namespace}"
    source = tracer.mesh.scope(sender.client).source
    if source is not None and tracer.mesh.scope(sender.client).service(service.host) is None:
        return f"{source.label()} does not import {service.label()}"
    return f"`{host}` is no name of {service.label()} on this port"


def way_host(address: Address, host: str) -> str:
    """The host itself if it is a name of the address, "" for a Host header of another one."""
    return host if host == address.host or host.partition(".")[0] == address.host.partition(".")[0] else ""


def _unserved(tracer: Tracer, sender: Sender, config: RouteConfig, host: str) -> tuple[str, list[Spot]]:
    """Why a gateway has no virtual host: nearest VirtualServices, and what keeps them out."""
    merged = tracer.xds.gateway(sender.client).merged
    servers = [placed.server for placed in merged.routes.get(config.name, ())]
    spots = [Spot(one.gateway, one.hosts[0].path if one.hosts else one.path) for one in servers[:_MOST_NOTES]]
    bound = {one.bound for one in servers}
    for virtual in tracer.mesh.virtual_services:
        place = next((at for at, name in enumerate(virtual.hosts) if overlap(name.lower(), host)), None)
        if place is None or virtual.gateways == ("mesh",):
            continue
        spots.insert(0, Spot(virtual.resource, ("spec", "hosts", place)))
        label = virtual.resource.label()
        if not bound & set(virtual.gateways):
            return f"{label} has the host but is bound to {', '.join(virtual.gateways)}", spots
        if not virtual.visible_to(sender.client.namespace):
            return f"{label} is not exported to namespace {sender.client.namespace} of the gateway", spots
        if not any(entry.serves(host, virtual.namespace) for one in servers for entry in one.hosts):
            return f"no server of the gateway serves `{host}` for {label}", spots
        return f"{label} has no route for this gateway and port", spots
    for refusal in tracer.mesh.api_routes.refusals:
        here = refusal.parent is not None and refusal.parent.server.bound in bound
        if here and any(covers(name.lower(), host) for name in hostnames(refusal.route)):
            spots.insert(0, Spot(refusal.route, refusal.path))
            return f"{refusal.route.label()} is refused: {refusal.reason}", spots
    gateways = ", ".join(sorted({one.gateway.label() for one in servers})) or "the gateway"
    return f"no route bound to {gateways} has the host `{host}`", spots
