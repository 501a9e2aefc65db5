"""Tables: what `istioctl proxy-config` would print for a proxy, predicted from manifests.

In: the Xds view of a world, a client and the workload it is. Out: Rows under istioctl's columns, so that the
prediction can be laid beside a live proxy; each knows where it is written. Addresses that only a cluster
knows are spelt after what has them, as `VIP(db.shop)` and `2 pods of Deployment shop/db`. Facts:
istioctl/pkg/writer/envoy of Istio.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from meshlint.kube.workload import Workload
from meshlint.mesh.clusters import ClusterState
from meshlint.mesh.endpoint_table import endpoint_cells
from meshlint.mesh.envoy import (
    ANY_ADDRESS,
    BLACK_HOLE_CLUSTER,
    INBOUND_PASSTHROUGH,
    PASSTHROUGH_CLUSTER,
    Chain,
    Domains,
    Listener,
    RouteConfig,
    RouteEntry,
    Target,
)
from meshlint.mesh.inbound import INBOUND_PORT, MESH_TCP_ALPN, InboundPort, inbound_ports
from meshlint.mesh.inbound import inbound_listener as inbound
from meshlint.mesh.outbound_chains import service_addresses
from meshlint.mesh.outbound_listeners import catch_all_cluster
from meshlint.mesh.route_match import Match
from meshlint.mesh.scope import Client
from meshlint.mesh.steps import Spot
from meshlint.mesh.xds import Xds

OUTBOUND_PORT = 15001  # virtualOutbound: what no other listener takes
MOST_DOMAINS = 2  # shown per virtual host, as istioctl does
NOTHING = "Non-HTTP/Non-TCP"  # istioctl's words for a chain that leads to BlackHoleCluster
_DOMAIN_SUFFIXES = (".svc.cluster.local", ".svc")


class Row(NamedTuple):
    """One line of a table.

    cells    under the columns
    more     what istioctl leaves out: conditions, clusters, reasons
    sources  where it is written
    """

    cells: tuple[str, ...]
    more: Mapping[str, str] = {}
    sources: tuple[Spot, ...] = ()


class Table(NamedTuple):
    """Columns and rows; `more` are the columns of Row.more."""

    columns: tuple[str, ...]
    rows: list[Row]
    more: tuple[str, ...] = ()


class Proxy(NamedTuple):
    """Whose tables: a client, and its workload unless its pods are not in the input."""

    client: Client
    workload: Workload | None = None


def listeners(xds: Xds, proxy: Proxy) -> Table:
    """ADDRESSES PORT MATCH DESTINATION, a row per filter chain."""
    found = [*xds.listeners(proxy.client).values()]
    ports: dict[int, InboundPort] = {}
    if proxy.client.kind == "sidecar":
        hole = Chain("tcp", targets=(Target(BLACK_HOLE_CLUSTER),), port=OUTBOUND_PORT)
        rest = Chain("tcp", targets=(Target(catch_all_cluster(xds.mesh.scope(proxy.client))),))
        found.append(Listener("virtualOutbound", ANY_ADDRESS, OUTBOUND_PORT, (hole, rest)))
        if proxy.workload is not None:
            found.append(inbound(xds.mesh, proxy.workload))
            ports = {port.number: port for port in inbound_ports(xds.mesh, proxy.workload)}
    rows: list[Row] = []
    for listener in sorted(found, key=lambda one: (one.port, one.address)):
        cells = [
            (_chain_match(chain), _chain_target(chain), _chain_sources(chain, listener, ports))
            for chain in (*listener.chains, *([listener.default] if listener.default else []))
        ]
        cells.sort(key=lambda one: one[1], reverse=True)  # as istioctl does
        rows += [Row((listener.address, str(listener.port), *one[:2]), {}, one[2]) for one in cells]
    return Table(("ADDRESSES", "PORT", "MATCH", "DESTINATION"), rows)


def _chain_match(chain: Chain) -> str:
    parts = [f"SNI: {','.join(sorted(chain.sni))}"] if chain.sni and "*" not in chain.sni else []
    parts += [f"Trans: {chain.transport}"] if chain.transport else []
    if chain.alpn:
        parts.append("App: TCP TLS" if chain.alpn == MESH_TCP_ALPN else f"App: {','.join(chain.alpn)}")
    port = f":{chain.port}" if chain.port else ""
    if chain.subnets or port:
        subnets = ",".join(one if "/" in one else f"{one}/32" for one in chain.subnets)
        parts.append(f"Addr: {subnets or '*'}{port}")
    return "; ".join(parts) or "ALL"


def _chain_target(chain: Chain) -> str:
    if chain.route_name:
        return f"Route: {chain.route_name}"
    shown = [_weighted(target, len(chain.targets)) for target in chain.targets]
    return NOTHING if shown == [BLACK_HOLE_CLUSTER] else ", ".join(shown)


def _weighted(target: Target, count: int) -> str:
    name = target.cluster if "Cluster" in target.cluster else f"Cluster: {target.cluster}"
    return name if count == 1 else f"{name} ({target.share:g}%)"


def _chain_sources(chain: Chain, listener: Listener, ports: Mapping[int, InboundPort]) -> tuple[Spot, ...]:
    if listener.port == INBOUND_PORT and chain.port in ports:
        port = ports[chain.port]
        mode = port.decision
        return (
            *([Spot(port.resource, port.path, "port")] if port.resource is not None else []),
            *([Spot(mode.resource, mode.path, f"mTLS {mode.mode}")] if mode.resource is not None else []),
        )
    found = []
    if chain.virtual is not None and chain.route is not None:
        found.append(Spot(chain.route.resource, chain.route.path, f"{chain.route.block} route"))
    if chain.server is not None:
        found.append(Spot(chain.server.gateway, chain.server.path, "server"))
    elif chain.service is not None:
        port_of = chain.service.by_number.get(listener.port)
        at = port_of.path if port_of is not None else chain.service.path
        found.append(Spot(chain.service.resource if port_of is None else port_of.resource, at, "port"))
    return tuple(found)


def routes(xds: Xds, proxy: Proxy) -> Table:
    """NAME, VHOST NAME, DOMAINS, MATCH, VIRTUAL SERVICE, a row per route.

    What goes to PassthroughCluster has no row in istioctl's table either.
    """
    rows: list[Row] = []
    for name in sorted(xds.route_names(proxy.client), key=lambda text: (not text.isdigit(), _padded(text))):
        rows += _config_rows(xds, proxy.client, xds.route_config(proxy.client, name))
    columns = ("NAME", "VHOST NAME", "DOMAINS", "MATCH", "VIRTUAL SERVICE")
    return Table(columns, rows, ("CONDITIONS", "CLUSTERS"))


def _padded(name: str) -> str:
    return name.rjust(5, "0") if name.isdigit() else name


def _config_rows(xds: Xds, client: Client, config: RouteConfig) -> Iterator[Row]:
    for host in config.hosts:
        for entry in host.routes:
            yield _route_row(xds, client, config.name, host, entry)
        if not host.routes:
            redirect = "301 to https" if host.redirect is not None else ""
            cells = (config.name, host.name, describe_domains(_domains(host)), "/*", "404")
            sources = (
                (Spot(host.redirect.server.gateway, host.redirect.server.path, "server"),)
                if host.redirect
                else ()
            )
            yield Row(cells, {"CLUSTERS": redirect}, sources)
    if config.fallback == "block_all":
        yield Row((config.name, "block_all", "*", "/*", ""), {"CLUSTERS": "502"})


def _route_row(xds: Xds, client: Client, name: str, host: Domains, entry: RouteEntry) -> Row:
    virtual = entry.virtual
    owner = ""
    if virtual is not None:  # istiod makes VirtualServices of Gateway API routes, with names of their own
        owner = f"{getattr(virtual, 'name', virtual.resource.name)}.{virtual.namespace}"
    targets = xds.targets(client, entry)
    sent = ", ".join(
        target.cluster if len(targets) == 1 else f"{target.cluster} ({target.share:g}%)" for target in targets
    )
    action = sent or (entry.route.action if entry.route is not None else "404")
    if host.redirect is not None:
        action = "301 to https"
    path, conditions = _route_match(entry.match)
    sources = []
    if entry.route is not None:
        at = entry.match.path if entry.match is not None else entry.route.path
        sources.append(Spot(entry.match.resource if entry.match else entry.route.resource, at, "route"))
    elif entry.service is not None:
        sources.append(Spot(entry.service.resource, entry.service.path, "service"))
    cells = (name, host.name, describe_domains(_domains(host)), path, owner)
    return Row(cells, {"CONDITIONS": conditions, "CLUSTERS": action}, tuple(sources))


def _domains(host: Domains) -> tuple[str, ...]:
    """The domains with the address of the Service, even if only a cluster knows it."""
    service = host.service
    if service is None or host.domains == ("*",) or not service.kubernetes or service.addresses:
        return host.domains
    return (*host.domains, *(one for one in service_addresses(service) if one != ANY_ADDRESS))


def describe_domains(domains: tuple[str, ...]) -> str:
    """The domains as istioctl shortens them: no longer forms of a name, two of the rest."""
    if len(domains) == 1:
        return domains[0]
    known = set(domains)
    short = [
        name
        for name in domains
        if not any(name.endswith(end) and name.removesuffix(end) in known for end in _DOMAIN_SUFFIXES)
    ]
    shown = ", ".join(short[:MOST_DOMAINS])
    return shown if len(short) <= MOST_DOMAINS else f"{shown} + {len(short) - MOST_DOMAINS} more..."


def _route_match(match: Match | None) -> tuple[str, str]:
    """The path as istioctl shows it (`/*`, `/exact`, `PathPrefix:/x`, `regex /v.`); the rest in words."""
    if match is None:
        return "/*", ""
    rest = match._replace(uri=None, gateways=(), source_labels={}, source_namespace="", port=None)
    words = rest.describe()
    conditions = "" if words == "any request" else words
    uri = match.uri
    if uri is None or uri.kind == "present":
        return "/*", conditions
    path = {
        "exact": uri.text,
        "prefix": f"{uri.text}*",
        "segments": f"PathPrefix:{uri.text}",
        "regex": f"regex {uri.text}",
    }.get(uri.kind, uri.text)
    return path, conditions


def clusters(xds: Xds, proxy: Proxy) -> Table:
    """SERVICE FQDN, PORT, SUBSET, DIRECTION, TYPE, DESTINATION RULE, a row per cluster."""
    found = [(_key(state), _cluster_row(state)) for state in xds.clusters(proxy.client)]
    if proxy.client.kind == "sidecar":
        found += [
            (("", "", port.number), _inbound_row(xds, proxy.client, port)) for port in _ports(xds, proxy)
        ]
        found += [
            ((name, "", 0), Row((name, "-", "-", "-", kind, "")))
            for name, kind in (
                (BLACK_HOLE_CLUSTER, "STATIC"),
                (INBOUND_PASSTHROUGH, "ORIGINAL_DST"),
                (PASSTHROUGH_CLUSTER, "ORIGINAL_DST"),
            )
        ]
    else:
        found.append(((BLACK_HOLE_CLUSTER, "", 0), Row((BLACK_HOLE_CLUSTER, "-", "-", "-", "STATIC", ""))))
    columns = ("SERVICE FQDN", "PORT", "SUBSET", "DIRECTION", "TYPE", "DESTINATION RULE")
    return Table(columns, [row for _, row in sorted(found, key=lambda one: one[0])])


def _key(state: ClusterState) -> tuple[str, str, int]:
    return state.host, state.subset, state.port


def _ports(xds: Xds, proxy: Proxy) -> Iterable[InboundPort]:
    return inbound_ports(xds.mesh, proxy.workload) if proxy.workload is not None else ()


def _cluster_row(state: ClusterState) -> Row:
    rules = state.effective.sources if state.effective is not None else ()
    named = f"{rules[0].name}.{rules[0].namespace}" if rules else ""
    cells = (state.host, str(state.port), state.subset or "-", "outbound", state.kind, named)
    sources = []
    chosen = state.effective.subsets.get(state.subset) if state.effective and state.subset else None
    if chosen is not None:
        sources.append(Spot(chosen.resource, chosen.path, "subset"))
    port = state.service.by_number.get(state.port) if state.service is not None else None
    if port is not None:
        sources.append(Spot(port.resource, port.path, "port"))
    return Row(cells, {}, tuple(sources))


def _inbound_row(xds: Xds, client: Client, port: InboundPort) -> Row:
    """An inbound cluster; a DestinationRule with a trafficPolicy that its own client would get is named."""
    named = ""
    if port.service is not None and xds.mesh.scope(client).service(port.service.host) is not None:
        merged = xds.mesh.destination_rule_for(port.service.namespace, port.service).merged
        if merged is not None and merged.policy_from is not None:
            rule = merged.rules[0].resource
            named = f"{rule.name}.{rule.namespace}"
    cells = ("", str(port.number), "-", "inbound", "STATIC" if port.endpoint else "ORIGINAL_DST", named)
    source = (Spot(port.resource, port.path, "port"),) if port.resource is not None else ()
    return Row(cells, {}, source)


def endpoints(xds: Xds, proxy: Proxy) -> Table:
    """ENDPOINT, STATUS, OUTLIER CHECK, CLUSTER; a cluster without endpoints has a row that says so."""
    rows = [
        Row((shown, "HEALTHY" if sound else "-", "OK" if sound else "-", state.name), {}, tuple(sources))
        for state in sorted(xds.clusters(proxy.client), key=_key)
        for shown, sound, sources in endpoint_cells(state)
    ]
    return Table(("ENDPOINT", "STATUS", "OUTLIER CHECK", "CLUSTER"), rows)


TABLES: dict[str, Callable[[Xds, Proxy], Table]] = {
    "listeners": listeners,
    "routes": routes,
    "clusters": clusters,
    "endpoints": endpoints,
}
# What to filter by: table -> option -> (column, how the value is compared with the cell).
FILTERS: dict[str, dict[str, tuple[str, str]]] = {
    "listeners": {"port": ("PORT", "is"), "address": ("ADDRESSES", "is")},
    "routes": {"name": ("NAME", "is")},
    "clusters": {
        "fqdn": ("SERVICE FQDN", "holds"),
        "port": ("PORT", "is"),
        "subset": ("SUBSET", "holds"),
        "direction": ("DIRECTION", "is"),
    },
    "endpoints": {
        "port": ("ENDPOINT", "ends"),
        "cluster": ("CLUSTER", "is"),
        "address": ("ENDPOINT", "starts"),
    },
}


def filtered(table: Table, wanted: Mapping[str, str], filters: Mapping[str, tuple[str, str]]) -> Table:
    """The rows that pass every filter."""
    rows = table.rows
    for option, value in wanted.items():
        column, how = filters[option]
        at = table.columns.index(column)
        rows = [row for row in rows if _passes(row.cells[at].lower(), how, value.lower())]
    return table._replace(rows=rows)


def _passes(cell: str, how: str, value: str) -> bool:
    if how == "holds":
        return value in cell
    if how == "ends":
        return cell.endswith(f":{value}")
    if how == "starts":
        return cell.rpartition(":")[0] == value
    return cell == value


def layout(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """The rows under their columns as aligned text."""
    widths = [max(len(row[at]) for row in (columns, *rows)) for at in range(len(columns))]
    lines = [
        "     ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (columns, *rows)
    ]
    return "\n".join(lines) + "\n"
