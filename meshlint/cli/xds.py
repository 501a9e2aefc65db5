"""Room: command line. `meshlint xds`: the tables of `istioctl proxy-config`, predicted from manifests."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from meshlint.cli.flags import Sectioned, flagged, lint_flags, lint_options
from meshlint.report.result import EXIT_INPUT, EXIT_NOTHING, EXIT_OK

if TYPE_CHECKING:
    from meshlint.kube.workload import Workload
    from meshlint.mesh.graph import Mesh
    from meshlint.mesh.steps import Spot
    from meshlint.mesh.tables import Proxy, Table
    from meshlint.mesh.xds import Xds
    from meshlint.model import World
    from meshlint.options import LintOptions

WHAT = ("listeners", "routes", "clusters", "endpoints")
MOST_SHOWN = 6  # proxies named when the one asked for is not there


@click.command(cls=Sectioned)
@click.argument("path", metavar="INPUT")
@click.argument("what", type=click.Choice(WHAT))
@click.option(
    "--from", "client", required=True, metavar="PROXY", help="sidecar:NS/WORKLOAD or gateway:NS/NAME."
)
@click.option("--port", metavar="NUMBER", help="listeners, clusters, endpoints: of this port.")
@click.option("--address", metavar="ADDRESS", help="listeners, endpoints: of this address.")
@click.option("--name", metavar="NAME", help="routes: of this route configuration.")
@click.option("--fqdn", metavar="TEXT", help="clusters: whose service name holds this.")
@click.option("--subset", metavar="TEXT", help="clusters: whose subset holds this.")
@click.option("--direction", metavar="WORD", help="clusters: inbound or outbound.")
@click.option("--cluster", metavar="NAME", help="endpoints: of this cluster.")
@click.option("--wide", is_flag=True, help="Also what istioctl leaves out, and where it is written.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@flagged(lint_flags)
def xds(path: str, what: str, client: str, wide: bool, form: str, **flags: Any) -> int:
    """Print what Envoy would have, in the columns `istioctl proxy-config` prints.

    Addresses that only a cluster knows are named after what has them: VIP(review.shop), 2 pods of a workload.
    """
    from meshlint.mesh.tables import FILTERS, TABLES, filtered, layout
    from meshlint.mesh.xds import Xds

    wanted = {
        name: flags.pop(name)
        for name in ("port", "address", "name", "fqdn", "subset", "direction", "cluster")
    }
    wanted = {name: value for name, value in wanted.items() if value is not None}
    for name in wanted:
        if name not in FILTERS[what]:
            takes = ", ".join(f"--{one}" for one in FILTERS[what])
            raise click.UsageError(f"--{name} does not filter {what}; {what} takes {takes}")
    world = the_world(lint_options((path,), "auto", flags), path)
    if isinstance(world, int):
        return world
    view = Xds(world.mesh)
    table = filtered(TABLES[what](view, proxy(view, client)), wanted, FILTERS[what])
    if form == "json":
        click.echo(json.dumps(_as_json(table), indent=2, ensure_ascii=False))
    elif wide:
        rows = [
            (*row.cells, *(row.more.get(one, "") for one in table.more), _first(row.sources))
            for row in table.rows
        ]
        click.echo(layout((*table.columns, *table.more, "SOURCE"), rows), nl=False)
    else:
        click.echo(layout(table.columns, [row.cells for row in table.rows]), nl=False)
    return EXIT_INPUT if world.failed else EXIT_OK


def _as_json(table: Table) -> list[dict[str, Any]]:
    return [
        {
            **dict(zip(table.columns, row.cells, strict=True)),
            **{name: row.more.get(name, "") for name in table.more},
            "source": [_located(spot) for spot in row.sources],
        }
        for row in table.rows
    ]


def _located(spot: Spot) -> dict[str, Any]:
    place = spot.resource.locate(spot.path, False)
    return {
        "object": spot.resource.ref().label(),
        "label": spot.label,
        "file": place.source.path,
        "line": place.line,
        "grade": place.grade,
        "pointer": list(spot.path),
    }


def _first(spots: tuple[Spot, ...]) -> str:
    if not spots:
        return ""
    place = spots[0].resource.locate(spots[0].path, False)
    return f"{place.source.path}:{place.line}"


def the_world(options: LintOptions, path: str) -> World | int:
    """The one world of an input (its first value set, unless one is named); an exit code if there is none."""
    from meshlint.model import worlds

    found, findings = worlds(options if options.use_sets else options._replace(auto_values=False))
    for finding in (*findings, *(each for world in found for each in world.findings)):
        place = finding.places[0].locate()
        if finding.severity == "error":
            sys.stderr.write(f"{place.source.path}:{place.line}: {finding.message}\n")
    if not found:
        sys.stderr.write(f"nothing to look at in `{path}`\n")
        return EXIT_NOTHING
    others = list(dict.fromkeys(world.name for world in found[1:] if world.name != found[0].name))
    if others:
        sys.stderr.write(f"only `{found[0].name}` is looked at; also there: {', '.join(others)}\n")
    return found[0]


def proxy(view: Xds, name: str) -> Proxy:
    """The proxy that `sidecar:NS/WORKLOAD` or `gateway:NS/NAME` names. Raises click.UsageError."""
    kind, colon, place = name.partition(":")
    namespace, slash, workload = place.partition("/")
    if kind not in ("sidecar", "gateway") or not colon or not slash:
        raise click.UsageError(
            f"--from takes sidecar:NAMESPACE/WORKLOAD or gateway:NAMESPACE/NAME, not `{name}`"
        )
    if kind == "sidecar":
        return _sidecar(view.mesh, namespace, workload)
    return _gateway(view, namespace, workload)


def _sidecar(mesh: Mesh, namespace: str, name: str) -> Proxy:
    from meshlint.mesh.scope import sidecar_client
    from meshlint.mesh.tables import Proxy

    found = _workload(mesh, namespace, name)
    if found is not None:
        verdict = mesh.in_mesh(found)
        if verdict.verdict == "no":
            sys.stderr.write(f"{found.label()} has no sidecar: {verdict.why}; shown is what one would get\n")
        return Proxy(sidecar_client(namespace, found.labels), found)
    known = [f"sidecar:{one.namespace}/{one.name}" for one in mesh.workloads]
    raise click.UsageError(
        f"no workload `{namespace}/{name}` in the input{_near('sidecar', namespace, name, known)}"
    )


def _workload(mesh: Mesh, namespace: str, name: str) -> Workload | None:
    return next((one for one in mesh.workloads if (one.namespace, one.name) == (namespace, name)), None)


def _gateway(view: Xds, namespace: str, name: str) -> Proxy:
    """The proxy of a gateway workload, or of a Gateway object of that name."""
    from meshlint.kube.kinds import GATEWAY
    from meshlint.mesh.gateway_api import API_GATEWAY
    from meshlint.mesh.gateways import looks_like_gateway, proxies_of, proxy_of
    from meshlint.mesh.tables import Proxy

    workload = _workload(view.mesh, namespace, name)
    if workload is not None:
        return Proxy(view.gateway_client(proxy_of(workload)), workload)
    gateways = [*view.mesh.kind(GATEWAY), *view.mesh.kind(API_GATEWAY)]
    for gateway in gateways:
        proxies = proxies_of(view.mesh, gateway) if gateway.key() == (namespace, name) else []
        if proxies:
            if proxies[0].assumed:
                sys.stderr.write(f"assumed: {proxies[0].assumed}\n")
            return Proxy(view.gateway_client(proxies[0]), proxies[0].workload)
    known = [f"gateway:{one.namespace}/{one.name}" for one in gateways]
    known += [f"gateway:{one.namespace}/{one.name}" for one in view.mesh.workloads if looks_like_gateway(one)]
    if f"gateway:{namespace}/{name}" in known:
        raise click.UsageError(f"no pod in the input is picked by Gateway `{namespace}/{name}`")
    raise click.UsageError(
        f"no gateway `{namespace}/{name}` in the input{_near('gateway', namespace, name, known)}"
    )


def _near(kind: str, namespace: str, name: str, known: list[str]) -> str:
    """`; did you mean ...` for names that differ little, else what there is."""
    from difflib import get_close_matches

    if not known:
        return ""
    same = [one for one in known if one.endswith("/" + name)]
    near = same or get_close_matches(f"{kind}:{namespace}/{name}", known, MOST_SHOWN, 0.8)
    shown = ", ".join(f"`{one}`" for one in (near or known)[:MOST_SHOWN])
    more = len(known) - MOST_SHOWN
    if near:
        return f"; did you mean {shown}?"
    return f"; there are {shown}{f' and {more} more' if more > 0 else ''}"
