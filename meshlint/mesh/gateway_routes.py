"""Gateway routes: the route configurations of a gateway proxy.

In: the servers that share a route configuration and the VirtualServices bound to their Gateways. Out:
a RouteConfig: hosts intersected, routes of several VirtualServices joined, catch-all routes last.
Facts: buildGatewayHTTPRouteConfig (pilot/pkg/networking/core/gateway.go) of Istio.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from meshlint.mesh.envoy import Domains, Redirect, RouteConfig, RouteEntry
from meshlint.mesh.gateway_merge import Placed
from meshlint.mesh.gateway_servers import Server, ServerHost
from meshlint.mesh.host import covers
from meshlint.mesh.scope import Client
from meshlint.mesh.virtual_hosts import active_routes
from meshlint.mesh.virtual_services import VirtualService

Bound = Callable[[str], Sequence[VirtualService]]


class _Host:
    """A virtual host in the making."""

    __slots__ = ("name", "redirect", "routes")

    def __init__(self, name: str, routes: Iterable[RouteEntry]) -> None:
        self.name = name
        self.routes = list(routes)
        self.redirect: Redirect | None = None


def gateway_route_config(client: Client, name: str, placed: Sequence[Placed], bound: Bound) -> RouteConfig:
    """The route configuration `name` of a gateway proxy.

    client   the proxy; its `gateway` is set for each server in turn
    bound    the VirtualServices of a Gateway "namespace/name" in the order the proxy's namespace gets them
    """
    hosts: dict[str, _Host] = {}
    built: dict[tuple[str, int], list[RouteEntry]] = {}
    for one in placed:
        server = one.server
        for virtual in bound(server.bound):
            wanted = intersect(server.hosts, virtual)
            if not wanted:
                continue
            key = (server.bound, id(virtual))
            if key not in built:
                built[key] = _routes(client, server, virtual)
            if not built[key]:
                del built[key]
                continue
            for host in wanted:
                _add(hosts, host.lower(), built[key], server)
        _redirect(hosts, server)
    number = placed[0].server.number
    if not hosts:
        return RouteConfig(name, (Domains(f"blackhole:{number}", ("*",), ()),))
    return RouteConfig(name, tuple(_collapsed(hosts)))


def intersect(entries: Iterable[ServerHost], virtual: VirtualService) -> list[str]:
    """The hosts a server serves of a VirtualService: of each pair that meets, the more specific one."""
    found: dict[str, None] = {}
    for entry in entries:
        if entry.namespace not in ("*", virtual.namespace):
            continue
        for host in virtual.hosts:
            if covers(host, entry.spelt):
                found.setdefault(entry.spelt)
            elif covers(entry.spelt, host):
                found.setdefault(host)
    return list(found)


def _routes(client: Client, server: Server, virtual: VirtualService) -> list[RouteEntry]:
    port = server.number or 0
    labels = dict(client.labels)
    return [
        RouteEntry(virtual, active.route, active.match, port)
        for active in active_routes(virtual, server.bound, client.namespace, labels, port)
    ]


def _add(hosts: dict[str, _Host], host: str, routes: list[RouteEntry], server: Server) -> None:
    known = hosts.get(host)
    if known is None:
        known = hosts[host] = _Host(f"{host}:{server.number}", routes)
    else:
        known.routes += routes
    if server.redirects and known.redirect is None:
        known.redirect = Redirect(server)


def _redirect(hosts: dict[str, _Host], server: Server) -> None:
    """With httpsRedirect a server answers for every host of its own, even without a VirtualService."""
    if not server.redirects:
        return
    for entry in server.hosts:
        # istiod compares and keeps the host as written here, namespace prefix included
        name = (entry.host if entry.namespace == "*" else f"{entry.namespace}/{entry.host}").lower()
        _add(hosts, name, [], server)


def _collapsed(hosts: dict[str, _Host]) -> Iterable[Domains]:
    """Virtual hosts by name; those with the same routes are one with several domains."""
    known: dict[tuple[object, ...], Domains] = {}
    for domain in sorted(hosts, key=_specific):
        host = hosts[domain]
        key = (host.redirect is not None, *(id(entry) for entry in host.routes))
        if key in known:
            known[key] = known[key]._replace(domains=(*known[key].domains, domain))
        else:
            ordered = sorted(host.routes, key=lambda entry: entry.catch_all())
            known[key] = Domains(host.name, (domain,), tuple(ordered), None, host.redirect)
    return sorted(known.values(), key=lambda one: one.name)


def _specific(host: str) -> tuple[bool, int, str]:
    """Exact names first, longer before shorter, then by the alphabet."""
    return host.startswith("*"), -len(host), host
