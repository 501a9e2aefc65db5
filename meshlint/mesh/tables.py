"""Tables: what `istioctl proxy-config` would print for a proxy, predicted from manifests.

In: the Xds view of a world and one client. Out: rows with istioctl's columns, so that the prediction can
be laid beside a live proxy. Addresses that only a cluster knows are spelt after what has them, as
`VIP(db.shop)` and `pod of Deployment shop/db`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from meshlint.mesh.clusters import ClusterState
from meshlint.mesh.envoy import (
    ANY_ADDRESS,
    BLACK_HOLE_CLUSTER,
    PASSTHROUGH_CLUSTER,
    Chain,
    Domains,
    Listener,
    RouteEntry,
    Target,
)
from meshlint.mesh.route_match import Match
from meshlint.mesh.scope import Client
from meshlint.mesh.xds import Xds

OUTBOUND_PORT = 15001  # virtualOutbound: what no other listener takes
MOST_DOMAINS = 2  # shown per virtual host, as istioctl does


class Table(NamedTuple):
    """Columns and rows of text."""

    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]


def listeners(xds: Xds, client: Client) -> Table:
    """ADDRESSES PORT MATCH DESTINATION, a row per filter chain."""
    rows = [
        (listener.address, str(listener.port), _chain_match(chain), _chain_target(chain))
        for listener in _by_port(xds.listeners(client).values())
        for chain in (*listener.chains, *([listener.default] if listener.default else []))
    ]
    if client.kind == "sidecar":
        policy = xds.mesh.scope(client).policy
        leftover = PASSTHROUGH_CLUSTER if policy == "ALLOW_ANY" else BLACK_HOLE_CLUSTER
        rows.append((ANY_ADDRESS, str(OUTBOUND_PORT), "ALL", leftover))
    return Table(("ADDRESSES", "PORT", "MATCH", "DESTINATION"), rows)


def _by_port(found: Iterable[Listener]) -> list[Listener]:
    return sorted(found, key=lambda listener: (listener.port, listener.address))


def _chain_match(chain: Chain) -> str:
    parts = [f"Trans: {chain.transport}"] if chain.transport else []
    parts += [f"App: {','.join(chain.alpn)}"] if chain.alpn else []
    parts += [f"SNI: {','.join(chain.sni)}"] if chain.sni else []
    parts += [f"Addr: {','.join(chain.subnets)}"] if chain.subnets else []
    return "; ".join(parts) or "ALL"


def _chain_target(chain: Chain) -> str:
    if chain.route_name:
        return f"Route: {chain.route_name}"
    return ", ".join(_weighted(target, len(chain.targets)) for target in chain.targets) or "Non-HTTP/Non-TCP"


def _weighted(target: Target, count: int) -> str:
    name = f"Cluster: {target.cluster}" if target.host else target.cluster
    return name if count == 1 else f"{name} ({target.share:g} %)"


def routes(xds: Xds, client: Client) -> Table:
    """NAME, VHOST NAME, DOMAINS, MATCH, VIRTUAL SERVICE and the clusters, a row per route."""
    rows: list[tuple[str, ...]] = []
    for name in sorted(xds.route_names(client), key=lambda text: (not text.isdigit(), text)):
        config = xds.route_config(client, name)
        for host in config.hosts:
            rows += [_route_row(xds, client, name, host, entry) for entry in host.routes]
            if host.redirect is not None and not host.routes:
                rows.append((name, host.name, _domains(host), "/*", "", "redirect to https"))
        if config.fallback == "allow_any":
            rows.append((name, "allow_any", "*", "/*", "", PASSTHROUGH_CLUSTER))
        elif config.fallback:
            rows.append((name, config.fallback, "*", "/*", "", "502"))
        elif not config.hosts:
            rows.append((name, f"blackhole:{name.partition('.')[2] or name}", "*", "/*", "", "404"))
    return Table(("NAME", "VHOST NAME", "DOMAINS", "MATCH", "VIRTUAL SERVICE", "CLUSTERS"), rows)


def _route_row(xds: Xds, client: Client, name: str, host: Domains, entry: RouteEntry) -> tuple[str, ...]:
    virtual = entry.virtual.resource if entry.virtual is not None else None
    owner = f"{virtual.name}.{virtual.namespace}" if virtual is not None else ""
    targets = xds.targets(client, entry)
    sent = ", ".join(
        target.cluster if len(targets) == 1 else f"{target.cluster} ({target.share:g} %)"
        for target in targets
    )
    action = sent or (entry.route.action if entry.route is not None else "404")
    if host.redirect is not None:
        action = "redirect to https"
    return (name, host.name, _domains(host), _route_match(entry.match), owner, action)


def _domains(host: Domains) -> str:
    shown = ", ".join(host.domains[:MOST_DOMAINS])
    more = len(host.domains) - MOST_DOMAINS
    return f"{shown} + {more} more..." if more > 0 else shown


def _route_match(match: Match | None) -> str:
    """The path as istioctl shows it: `/*`, `/exact`, `PathSeparatedPrefix:/x`; other conditions in words."""
    if match is None or match.catch_all():
        return "/*"
    path = "/*"
    if match.uri is not None:
        path = {"exact": match.uri.text, "prefix": f"{match.uri.text}*"}.get(
            match.uri.kind, f"regex {match.uri.text}"
        )
    rest = match._replace(uri=None)
    return path if rest.catch_all() else f"{path} {rest.describe()}"


def clusters(xds: Xds, client: Client) -> Table:
    """SERVICE FQDN, PORT, SUBSET, DIRECTION, TYPE, DESTINATION RULE, a row per outbound cluster."""
    rows = [
        (state.host, str(state.port), state.subset or "-", "outbound", state.kind, _rule_of(state))
        for state in xds.clusters(client)
    ]
    columns = ("SERVICE FQDN", "PORT", "SUBSET", "DIRECTION", "TYPE", "DESTINATION RULE")
    return Table(columns, sorted(rows, key=lambda row: (row[0], int(row[1]), row[2] != "-", row[2])))


def _rule_of(state: ClusterState) -> str:
    rules = state.effective.sources if state.effective is not None else ()
    return ", ".join(f"{rule.name}.{rule.namespace}" for rule in rules)


def endpoints(xds: Xds, client: Client) -> Table:
    """ENDPOINT, STATUS, OUTLIER CHECK, CLUSTER; a cluster without endpoints has a row that says so."""
    rows = [
        row for state in xds.clusters(client) if state.endpoints is not None for row in _endpoint_rows(state)
    ]
    return Table(("ENDPOINT", "STATUS", "OUTLIER CHECK", "CLUSTER"), rows)


def _endpoint_rows(state: ClusterState) -> list[tuple[str, ...]]:
    found = state.endpoints
    assert found is not None
    port = state.service.by_number.get(state.port) if state.service is not None else None
    rows = [
        (
            f"pod of {workload.label()}{_target(port.target if port else None, state.port)}",
            "HEALTHY",
            "OK",
            state.name,
        )
        for workload in found.workloads
    ]
    rows += [(address.address, "HEALTHY", "OK", state.name) for address in found.addresses]
    if not rows:
        rows.append(("none" if found.verdict == "EMPTY" else "unknown", "-", "-", state.name))
    return rows


def _target(target: int | str | None, port: int) -> str:
    return f":{target if target is not None else port}"


TABLES: dict[str, Callable[[Xds, Client], Table]] = {
    "listeners": listeners,
    "routes": routes,
    "clusters": clusters,
    "endpoints": endpoints,
}


def layout(table: Table) -> str:
    """The table as aligned text."""
    widths = [
        max(len(row[index]) for row in (table.columns, *table.rows)) for index in range(len(table.columns))
    ]
    lines = [
        "     ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (table.columns, *table.rows)
    ]
    return "\n".join(lines) + "\n"
