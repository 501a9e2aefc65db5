"""Room: command line. `meshlint xds`: the tables of `istioctl proxy-config`, predicted from manifests."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from meshlint.cli.flags import Sectioned, flagged, lint_flags, lint_options
from meshlint.report.result import EXIT_INPUT, EXIT_NOTHING, EXIT_OK

if TYPE_CHECKING:
    from meshlint.mesh.graph import Mesh
    from meshlint.mesh.scope import Client
    from meshlint.mesh.xds import Xds
    from meshlint.model import World
    from meshlint.options import LintOptions

WHAT = ("listeners", "routes", "clusters", "endpoints")


@click.command(cls=Sectioned)
@click.argument("path", metavar="INPUT")
@click.argument("what", type=click.Choice(WHAT))
@click.option(
    "--from", "client", required=True, metavar="PROXY", help="sidecar:NS/WORKLOAD or gateway:NS/NAME."
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@flagged(lint_flags)
def xds(path: str, what: str, client: str, form: str, **flags: Any) -> int:
    """Print what Envoy would have, in the columns `istioctl proxy-config` prints.

    Addresses that only a cluster knows are named after what has them: VIP(review.shop), pods of a workload.
    """
    from meshlint.mesh.tables import TABLES, layout
    from meshlint.mesh.xds import Xds

    world = the_world(lint_options((path,), "auto", flags), path)
    if isinstance(world, int):
        return world
    view = Xds(world.mesh)
    table = TABLES[what](view, proxy(view, client))
    if form == "json":
        rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        click.echo(layout(table), nl=False)
    return EXIT_INPUT if world.failed else EXIT_OK


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
    return found[0]


def proxy(view: Xds, name: str) -> Client:
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


def _sidecar(mesh: Mesh, namespace: str, name: str) -> Client:
    from meshlint.mesh.scope import sidecar_client

    for workload in mesh.workloads:
        if workload.namespace == namespace and workload.name == name:
            return sidecar_client(namespace, workload.labels)
    known = [f"sidecar:{one.namespace}/{one.name}" for one in mesh.workloads]
    raise click.UsageError(f"no workload `{namespace}/{name}` in the input{_near(name, known)}")


def _gateway(view: Xds, namespace: str, name: str) -> Client:
    """The proxy of a gateway workload, or of a Gateway object of that name."""
    from meshlint.kube.kinds import GATEWAY
    from meshlint.mesh.gateway_api import API_GATEWAY
    from meshlint.mesh.gateways import proxies_of, proxy_of

    for workload in view.mesh.workloads:
        if workload.namespace == namespace and workload.name == name:
            return view.gateway_client(proxy_of(workload))
    gateways = [*view.mesh.kind(GATEWAY), *view.mesh.kind(API_GATEWAY)]
    for gateway in gateways:
        proxies = proxies_of(view.mesh, gateway) if gateway.key() == (namespace, name) else []
        if proxies:
            return view.gateway_client(proxies[0])
    known = [f"gateway:{one.namespace}/{one.name}" for one in gateways]
    raise click.UsageError(f"no gateway `{namespace}/{name}` in the input{_near(name, known)}")


def _near(name: str, known: list[str]) -> str:
    if not known:
        return ""
    same = [one for one in known if one.endswith("/" + name)]
    return f"; there are {', '.join(f'`{one}`' for one in (same or known)[:6])}"
