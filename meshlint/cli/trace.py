"""Room: command line. `meshlint trace`: what becomes of a request in the mesh, predicted from manifests."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from meshlint.cli.flags import Sectioned, flagged, lint_flags, lint_options
from meshlint.cli.linting import near, terminal_width, to_stdout
from meshlint.report.result import EXIT_FINDINGS, EXIT_INPUT, EXIT_NOTHING, EXIT_OK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meshlint.mesh.request import Request
    from meshlint.mesh.steps import Trace
    from meshlint.mesh.trace.tracer import Tracer
    from meshlint.model import World
    from meshlint.options import LintOptions

FORMATS = ("text", "json", "mermaid")
EPILOG = (
    "Exit codes: 0 every request gets through, 1 one breaks, 2 usage, 3 nothing to look at, "
    "4 input not readable, 5 bug."
)


@click.command(cls=Sectioned, epilog=EPILOG)
@click.argument("path", metavar="INPUT")
@click.argument("url", required=False, metavar="URL")
@click.option(
    "--from",
    "origin",
    metavar="WHO",
    help="sidecar:NS/WORKLOAD, gateway:NS/NAME or outside.",
)
@click.option("-X", "--request", "method", metavar="METHOD", default="", help="HTTP method; default: GET.")
@click.option("-H", "--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="HTTP header.")
@click.option("--all", "everything", is_flag=True, help="Every route of the input.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colours.")
@click.option("-v", "--verbose", is_flag=True, help="Show the traceback of a bug.")
@flagged(lint_flags)
def trace(path: str, url: str | None, origin: str | None, everything: bool, form: str, **flags: Any) -> int:
    """Walk one request through the mesh: DNS, listener, route, cluster, endpoints, TLS, policies.

    Each step has the name Envoy shows, the line that makes it so, and a verdict; a break has its symptom
    and the istioctl command that shows it in a running cluster. Only the input is read, no cluster.
    """
    asked = _asked(url, origin, everything, flags)
    options = lint_options((path,), "auto", flags)
    found = _worlds(options, path)
    if isinstance(found, int):
        return found
    several = len(found) > 1
    traces = [
        one._replace(origin=f"{one.origin} in {world.name}") if several else one
        for world in found
        for one in _traces(world, asked, origin or "")
    ]
    if not traces and asked is not None:
        raise _unknown(found, origin or "")
    _print(traces, form, flags["color"])
    if any(world.failed for world in found):
        return EXIT_INPUT
    return EXIT_FINDINGS if any(one.verdict == "BREAK" for one in traces) else EXIT_OK


def _asked(url: str | None, origin: str | None, everything: bool, flags: dict[str, Any]) -> Request | None:
    """The request of the command line, None for --all. Raises click.UsageError."""
    from meshlint.mesh.request import BadRequest, request_of

    method, headers = flags.pop("method"), flags.pop("headers")
    if everything:
        if url or origin:
            raise click.UsageError("--all asks for everything; leave out URL and --from")
        return None
    if not url or not origin:
        raise click.UsageError("trace takes --from WHO and a URL, or --all")
    kind, _, place = origin.partition(":")
    if origin != "outside" and (kind not in ("sidecar", "gateway") or place.count("/") != 1):
        raise click.UsageError(
            f"--from takes sidecar:NAMESPACE/WORKLOAD, gateway:NAMESPACE/NAME or outside, not `{origin}`"
        )
    try:
        return request_of(url, method, headers)
    except BadRequest as error:
        raise click.UsageError(str(error)) from error


def _worlds(options: LintOptions, path: str) -> list[World] | int:
    """The worlds of the input, a chart with its own values unless a set is named; an exit code if none."""
    from meshlint.config import groups
    from meshlint.model import worlds

    if "-" in options.paths:
        options = options._replace(stdin=sys.stdin.buffer.read().decode("utf-8-sig", "surrogateescape"))
    found: list[World] = []
    for part in groups(options):
        made, findings = worlds(part if part.use_sets else part._replace(auto_values=False))
        found += made
        for finding in (*findings, *(each for world in made for each in world.findings)):
            if finding.severity == "error":
                place = finding.places[0].locate()
                sys.stderr.write(f"{place.source.path}:{place.line}: {finding.message}\n")
    if not any(world.mesh.resources for world in found):
        if any(world.failed for world in found):
            return EXIT_INPUT
        sys.stderr.write(f"nothing to look at in `{path}`\n")
        return EXIT_NOTHING
    return found


def _tracer(world: World) -> Tracer:
    from meshlint.mesh.trace.tracer import Tracer
    from meshlint.mesh.xds import Xds

    return Tracer(Xds(world.mesh))


def _traces(world: World, asked: Request | None, origin: str) -> list[Trace]:
    tracer = _tracer(world)
    if asked is None:
        from meshlint.mesh.trace.questions import every_trace

        return list(every_trace(tracer))
    found = _one(tracer, asked, origin)
    return [] if found is None else [found]


def _one(tracer: Tracer, asked: Request, origin: str) -> Trace | None:
    """The trace from the named origin, None if this world has none of that name."""
    if origin == "outside":
        return tracer.from_outside(asked)
    kind, _, place = origin.partition(":")
    namespace, _, name = place.partition("/")
    if kind == "gateway":
        return tracer.from_named_gateway(namespace, name, asked)
    for workload in tracer.mesh.workloads:
        if (workload.namespace, workload.name) == (namespace, name):
            return tracer.from_workload(workload, asked)
    return None


def _unknown(found: list[World], origin: str) -> click.UsageError:
    """The usage error for a workload or gateway that is not in the input."""
    kind = origin.partition(":")[0]
    known = [name for world in found for name in _known(_tracer(world), kind)]
    what = "workload" if kind == "sidecar" else "gateway"
    place = origin.partition(":")[2]
    if not known:
        return click.UsageError(f"no {what} `{place}`: the input has none")
    same = [name for name in known if name.endswith("/" + place.partition("/")[2])]
    hint = f"; did you mean `{same[0]}`?" if same else near(origin, list(dict.fromkeys(known))[:8])
    return click.UsageError(f"no {what} `{place}` in the input{hint}")


def _known(tracer: Tracer, kind: str) -> Iterator[str]:
    if kind == "gateway":
        for name in tracer.gateway_names():
            yield f"gateway:{name}"
        return
    for workload in tracer.mesh.workloads:
        yield f"sidecar:{workload.namespace}/{workload.name}"


def _print(traces: list[Trace], form: str, color: str) -> None:
    if form == "json":
        from meshlint.report import trace_json

        to_stdout(trace_json.write(traces), people=False)
    elif form == "mermaid":
        from meshlint.report import trace_mermaid

        to_stdout(trace_mermaid.write(traces), people=False)
    else:
        _print_text(traces, color)


def _print_text(traces: list[Trace], color: str) -> None:
    from meshlint.report import trace_text
    from meshlint.report.style import Style, is_terminal, wants_color

    style = Style(wants_color(color, sys.stdout))
    width = terminal_width() if is_terminal(sys.stdout) else 0
    if len(traces) == 1:
        to_stdout(trace_text.walk(traces[0], style, width), people=True)
        return
    to_stdout(trace_text.overview(traces, style, width), people=True)
    sys.stdout.flush()
    sys.stderr.write(trace_text.counts(traces) + "\n")
