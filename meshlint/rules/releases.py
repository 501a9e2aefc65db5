"""Releases: references that hold under one release name, in one namespace, or with one setting only.

The fact guarded here: a chart is installed under many names. A host written out meets a Service that is
named after the release only as long as the release has the name its author used.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshlint.kube.fields import text
from meshlint.kube.kinds import DESTINATION_RULE, VIRTUAL_SERVICE
from meshlint.kube.resource import Resource
from meshlint.mesh.graph import Mesh
from meshlint.mesh.host import service_parts
from meshlint.mesh.registry import MeshService
from meshlint.rules.links import (
    NAME,
    FixedTexts,
    Link,
    counterparts,
    depends,
    links,
    one_sided,
    other_release,
    toggles,
    written_as,
)
from meshlint.rules.rule import Context, Rule, rule
from meshlint.text.finding import Effect, Finding, Place
from meshlint.text.origin import Path, dotted

# Names to render with a second time; the first that has nothing in common with the first rendering's.
_OTHER_NAMES = ("blue", "green", "amber", "violet")
_MOST_TOGGLES = 8


@rule(
    "TPL010",
    "reference-needs-release-name",
    "A host, selector or name that resolves under one release name only.",
    severity="warning",
    precision="very-high",
    tags=("template", "release", "outage"),
)
def reference_needs_release_name(context: Context) -> Iterator[Finding]:
    """Judged by rendering a second time under another name; quiet if --release-name says which it is."""
    if context.renders is None or context.options.release_name is not None:
        return
    yield from _foreign_hosts(context)
    mesh = context.mesh
    fixed = FixedTexts(context.charts)
    linted = (link for link in links(mesh) if mesh.is_linted(link.holder))
    sided = [link for link in linted if fixed.may_hold(link) and one_sided(link)]
    if not sided:
        return
    first = context.charts[0].scenario.release
    second = next(each for each in _OTHER_NAMES if each not in first and first not in each)
    other = context.again(context.options._replace(release_name=second))
    if other is None:
        return
    pairs = counterparts(mesh, other)
    holds = {(id(link.holder), link.path) for link in links(other)}
    for link in sided:
        holder, target = pairs.get(id(link.holder)), pairs.get(id(link.target))
        if holder is not None and target is not None and (id(holder), link.path) not in holds:
            yield _one_name(link, target, first, second)


def _one_name(link: Link, other: Resource, first: str, second: str) -> Finding:
    target = f"{link.target.kind} {link.target.name}"
    fixed, moves = "the same in every release", "depends on the release name"
    follows = depends(link.target, link.there)
    if follows:
        written = written_as(link.target, link.there)
        because = f"in a release `{second}` {_says(link, other)}"
        hint = f"write `{written}` here too" if written else "build it from .Release.Name, as the target does"
    else:
        because = f"it changes with the release, and {target} does not"
        hint = "make both depend on .Release.Name, or neither"
    return reference_needs_release_name.finding(
        f"{link.what} `{link.text}` of {link.holder.label()} means {target} only in a release named "
        f"`{first}`: {because}",
        Place(link.holder, link.path, fixed if follows else moves),
        Place(link.target, link.there, moves if follows else fixed, "definition"),
        effect=_effect(link),
        hint=hint,
        notes=[f"`--release-name {first}` says that this name is meant"],
        key=f"{link.what}/{'.'.join(map(str, link.path))}",
    )


def _says(link: Link, other: Resource) -> str:
    """What the target says in the other release."""
    if link.what == "selector":
        return f"its label is `{link.there[-1]}={text(other.get(*link.there))}`"
    return f"it is called `{other.name}`"


def _effect(link: Link) -> Effect:
    if link.what == "host" and link.holder.is_a(VIRTUAL_SERVICE):
        return Effect("under another name the host does not exist", flag="NC", http="503 with an empty body")
    if link.what == "host":
        return Effect("under another name the rule applies to nothing")
    if link.what == "gateway":
        return Effect("under another name no gateway serves the routes", http="404")
    if link.what == "selector":
        return Effect("under another name it selects no pods")
    return Effect(f"under another name {link.what} `{link.text}` does not exist")


def _foreign_hosts(context: Context) -> Iterator[Finding]:
    """Hosts that fit no Service now, but one of them in a release of another name."""
    mesh, release = context.mesh, context.charts[0].scenario.release
    for holder, path, host in _hosts(mesh):
        if mesh.resolve_host(host, holder.namespace).state != "MISSING":
            continue
        fits = other_release(mesh, host, holder.namespace, release)
        if fits is not None:
            service, name = fits
            label = service.resource.label()
            yield reference_needs_release_name.finding(
                f"host `{host}` of {holder.label()} means {label} only in a release named `{name}`: "
                f"in a release `{release}` it is called `{service.name}`",
                Place(holder, path, "the same in every release"),
                Place(service.resource, NAME, "depends on the release name", "definition"),
                effect=_effect(Link("host", host, holder, path, service.resource, NAME)),
                hint=f"write `{written_as(service.resource, NAME)}` here too",
                notes=[f"`--release-name {name}` says that this name is meant"],
                key=f"host/{'.'.join(map(str, path))}",
            )


def _hosts(mesh: Mesh) -> Iterator[tuple[Resource, Path, str]]:
    """The hosts that linted routes and rules name, written by the chart, with their places."""
    for virtual in mesh.virtual_services:
        if virtual.resource.is_a(VIRTUAL_SERVICE):
            for _, target in virtual.targets():
                if mesh.is_linted(target.resource):
                    yield target.resource, (*target.path, "host"), target.written
    for resource in mesh.linted(DESTINATION_RULE):
        yield resource, ("spec", "host"), text(resource.spec.get("host"))


@rule(
    "TPL011",
    "host-needs-namespace",
    "A host with a namespace written out that means a Service of the release's own namespace.",
    severity="note",
    tags=("template", "release"),
)
def host_needs_namespace(context: Context) -> Iterator[Finding]:
    """Where -n says no namespace, and the chart's Service of that name goes wherever the release goes."""
    if context.renders is None or context.options.namespace is not None:
        return
    mesh, own = context.mesh, context.charts[0].scenario.namespace
    for holder, path, host in _hosts(mesh):
        parts = service_parts(host, mesh.settings.domain)
        service = mesh.services.by_namespace.get(own, {}).get(parts[0]) if parts is not None else None
        if parts is None or service is None or parts[1] == own or _given(context, holder, path):
            continue
        if mesh.resolve_host(host, holder.namespace).state == "OUTSIDE":
            yield _one_namespace(holder, path, host, parts[1], service)


def _given(context: Context, holder: Resource, path: Path) -> bool:
    """True if the text comes from values that are not the chart's own."""
    charts = [part for rendered in context.charts for part in rendered.chart.tree()]
    own = {part.values_file.path for part in charts if part.values_file is not None}
    return any(origin.source.path not in own for origin in holder.locate(path, False).values)


def _one_namespace(holder: Resource, path: Path, host: str, namespace: str, service: MeshService) -> Finding:
    return host_needs_namespace.finding(
        f"host `{host}` of {holder.label()} means Service {service.name} of this chart only if the release "
        f"is installed in namespace `{namespace}`",
        Place(holder, path, f"always namespace {namespace}"),
        Place(service.resource, NAME, "goes to the namespace of the release", "definition"),
        effect=Effect(f"in any other namespace it means a Service of {namespace}, or nothing: 503 NC"),
        hint=f"write `{host.replace(f'.{namespace}.', '.{{ .Release.Namespace }}.', 1)}`, or "
        f"`namespace: {namespace}` in the Service",
        notes=[f"`-n {namespace}` says that this namespace is meant"],
        key=host,
    )


@rule(
    "TPL012",
    "route-outlives-its-target",
    "A route that stays when a value switches off the Service or Gateway it needs.",
    severity="warning",
    tags=("template", "values", "routing"),
)
def route_outlives_its_target(context: Context) -> Iterator[Finding]:
    """Judged by rendering again with the switch set to false."""
    if context.renders is None:
        return
    found: dict[Path, list[Link]] = {}
    for link in links(context.mesh):
        if link.what in ("host", "gateway") and link.holder.is_a(VIRTUAL_SERVICE):
            switches = toggles(link.target, ())
            for switch in switches - toggles(link.holder, link.path) if switches else ():
                found.setdefault(switch, []).append(link)
    for switch, needing in sorted(found.items(), key=lambda item: str(item[0]))[:_MOST_TOGGLES]:
        flag = f"{dotted(switch[1:])}=false"
        options = context.options
        other = context.again(options._replace(set_values=(*options.set_values, flag)))
        if other is not None:
            yield from _outliving(context.mesh, other, flag, needing)


def _outliving(mesh: Mesh, other: Mesh, flag: str, needing: list[Link]) -> Iterator[Finding]:
    pairs = counterparts(mesh, other)
    holds = {(id(link.holder), link.path) for link in links(other)}
    told: set[tuple[int, int]] = set()
    for link in needing:
        holder = pairs.get(id(link.holder))
        if holder is None or (id(holder), link.path) in holds or not holder.has(*link.path):
            continue
        if (id(link.holder), id(link.target)) not in told:
            told.add((id(link.holder), id(link.target)))
            yield _left_behind(link, flag)


def _left_behind(link: Link, flag: str) -> Finding:
    name = flag.partition("=")[0]
    target = f"{link.target.kind} {link.target.name}"
    return route_outlives_its_target.finding(
        f"with `{flag}` {target} is gone, and {link.holder.label()} still names it as {link.what}",
        Place(link.holder, link.path, f"rendered whatever {name} is"),
        Place(link.target, ("kind",), f"only rendered if {name} is true", "definition"),
        effect=Effect("its requests fail", flag="NC", http="503")
        if link.what == "host"
        else Effect("no gateway serves the routes", http="404"),
        hint=f"put `{{{{ if .Values.{name} }}}} ... {{{{ end }}}}` around the route as well",
        key=f"{name}/{target}",
    )


RULES: tuple[Rule, ...] = (reference_needs_release_name, host_needs_namespace, route_outlives_its_target)
