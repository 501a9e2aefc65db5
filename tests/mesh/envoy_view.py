"""What the model predicts for one proxy, as plain lists of short lines.

The same lines can be made from what istiod sends (recorded/README.md), so that both can be compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from meshlint.mesh.cluster_tls import cluster_tls
from meshlint.mesh.endpoint_table import address_port, endpoint_port
from meshlint.mesh.envoy import Chain, Domains, RouteEntry, Target
from meshlint.mesh.gateways import proxy_of
from meshlint.mesh.graph import Mesh
from meshlint.mesh.inbound import inbound_listener
from meshlint.mesh.route_match import Match, StringMatch
from meshlint.mesh.scope import sidecar_client
from meshlint.mesh.xds import Xds

View = dict[str, Any]


def view(mesh: Mesh, proxy: str) -> View:
    """Listeners, routes, clusters and endpoints of `sidecar NS/WORKLOAD` or `gateway NS/WORKLOAD`."""
    kind, _, place = proxy.partition(" ")
    namespace, _, name = place.partition("/")
    workload = next(one for one in mesh.workloads if (one.namespace, one.name) == (namespace, name))
    xds = Xds(mesh)
    if kind == "sidecar":
        client = sidecar_client(namespace, workload.labels)
    else:
        client = xds.gateway_client(proxy_of(workload))
    listeners = {
        listener.name: [
            *sorted(map(_chain, listener.chains)),
            *(["default" + _chain(listener.default)[3:]] if listener.default else []),
        ]
        for listener in xds.listeners(client).values()
    }
    if kind == "sidecar":
        listeners["virtualInbound"] = sorted(map(_chain, inbound_listener(mesh, workload).chains))
    routes = {name: _config(xds, client, name) for name in xds.route_names(client)}
    states = xds.clusters(client)
    clusters = {
        state.name: f"{state.kind} {cluster_tls(mesh, client, state).mode}".strip() for state in states
    }
    endpoints = {
        state.name: _endpoints(mesh, state) for state in states if state.kind == "EDS" and state.service
    }
    return {"listeners": listeners, "routes": routes, "clusters": clusters, "endpoints": endpoints}


def _chain(chain: Chain) -> str:
    words = [f"sni={','.join(sorted(chain.sni))}"] if chain.sni and "*" not in chain.sni else []
    words += [chain.transport] if chain.transport else []
    words += [f"alpn={','.join(chain.alpn)}"] if chain.alpn else []
    words += [f"to={','.join(sorted(_range(one) for one in chain.subnets))}"] if chain.subnets else []
    words += [f"port={chain.port}"] if chain.port else []
    words += ["opened"] if chain.secured else []
    target = f"route {chain.route_name}" if chain.route_name else _targets(chain.targets)
    if chain.kind == "http" and not chain.route_name:
        target = f"http {target}"
    return f"{' '.join(words) or 'any'} => {target}"


def _range(written: str) -> str:
    return written if "/" in written else f"{written}/32"


def _targets(targets: tuple[Target, ...]) -> str:
    if len(targets) == 1:
        return targets[0].cluster
    return " + ".join(f"{target.cluster}*{target.weight}" for target in targets) or "nothing"


def _config(xds: Xds, client: Any, name: str) -> Mapping[str, Any]:
    config = xds.route_config(client, name)
    found = {host.name: _host(xds, client, host) for host in config.hosts}
    if config.fallback == "allow_any":
        found["allow_any"] = {"domains": "*", "routes": ["any => PassthroughCluster"]}
    elif config.fallback:
        found["block_all"] = {"domains": "*", "routes": ["any => direct 502"]}
    return found


def _host(xds: Xds, client: Any, host: Domains) -> dict[str, Any]:
    shown = {
        "domains": " ".join(sorted(host.domains)),
        "routes": [f"{match(entry.match)} => {_action(xds, client, entry)}" for entry in host.routes],
    }
    return {**shown, "tls": "required"} if host.redirect is not None else shown


def _action(xds: Xds, client: Any, entry: RouteEntry) -> str:
    if entry.route is not None and entry.route.action != "route":
        data = entry.route.data
        if entry.route.action == "directResponse":
            return f"direct {data['directResponse'].get('status', '')}"
        return entry.route.action
    return _targets(xds.targets(client, entry))


def match(found: Match | None) -> str:
    """The conditions of a route in one order."""
    if found is None:
        return "any"
    words = []
    if found.uri is not None and found.uri not in (StringMatch("prefix", "/"), StringMatch("regex", ".*")):
        words.append(f"{found.uri.label()}{' (any case)' if found.ignore_case else ''}")
    headers = {f":{name}": want for name, want in found.pseudo.items()}
    headers |= {name: want for name, want in found.headers.items() if not name.startswith("@")}
    words += sorted(f"{name} {want.label()}" for name, want in headers.items())
    words += sorted(f"not {name} {want.label()}" for name, want in found.without_headers.items())
    words += sorted(f"?{name} {want.label()}" for name, want in found.query.items())
    return "; ".join(words) or "any"


def _endpoints(mesh: Mesh, state: Any) -> list[str]:
    found = state.endpoints
    port = state.service.by_number[state.port]
    lines = [
        f"{workload.namespace}/{workload.name}:{endpoint_port(port, state.port, workload)}"
        for workload in found.workloads
        if workload.replicas.low
    ]
    lines += [f"{one.address}:{address_port(one, port, state.port)}" for one in found.addresses]
    return sorted(lines)
