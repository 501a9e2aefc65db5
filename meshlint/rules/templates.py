"""Templates: mistakes in template text, in branches that were never rendered too.

The fact guarded here: templates have no types. A misspelt field is empty, a value of 0 or false counts as
unset, and neither Helm nor Kubernetes says a word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from meshlint.helm.render import Rendered
from meshlint.helm.template_faults import (
    KNOWN,
    REMOVED,
    Suspect,
    arguments_of_no_function,
    defaults_of_true,
    replaced_definitions,
    split_braces,
    swallowed_values,
    swallowed_weights,
    unknown_fields,
)
from meshlint.rules.rule import Context, Rule, rule
from meshlint.rules.spelling import meant
from meshlint.text.finding import Effect, Finding, Place, SpanTarget
from meshlint.text.origin import dotted
from meshlint.text.source import Source

if TYPE_CHECKING:
    from meshlint.gotemplate.nodes import TemplateNode

Search = Callable[[Rendered], Iterator[Suspect]]


def _suspects(context: Context, search: Search) -> Iterator[list[Suspect]]:
    """What a search finds in the charts, the same text about the same thing in one file together."""
    for rendered in context.charts:
        groups: dict[tuple[str, str, tuple[str, ...]], list[Suspect]] = {}
        for suspect in search(rendered):
            key = (suspect.target.source.path, suspect.text, suspect.subject)
            groups.setdefault(key, []).append(suspect)
        yield from groups.values()


def _unreported(context: Context, search: Search) -> Iterator[list[Suspect]]:
    """The same without the places at which rendering has failed: that was said already."""
    failed = [
        place.target
        for rendered in context.charts
        for problem in rendered.problems
        for place in problem.finding.places
        if isinstance(place.target, SpanTarget)
    ]
    for group in _suspects(context, search):
        if not any(_overlap(suspect.target, target) for suspect in group for target in failed):
            yield group


def _overlap(one: SpanTarget, other: SpanTarget) -> bool:
    return (
        one.source is other.source and one.start < max(other.end, other.start + 1) and other.start < one.end
    )


def _places(group: list[Suspect], label: str) -> Iterable[Place]:
    """The first place, and the others as further ones."""
    yield Place(group[0].target, label=label)
    for suspect in group[1:]:
        yield Place(suspect.target, label="here too", role="candidate")


def _times(group: list[Suspect]) -> str:
    return f" ({len(group)} times in this file)" if len(group) > 1 else ""


def _value(suspect: Suspect, label: str) -> Iterator[Place]:
    """Where the value concerned is written."""
    origin = suspect.origin
    if origin is not None:
        yield Place(
            SpanTarget(origin.source, origin.value_start, origin.value_end), label=label, role="cause"
        )


# ------------------------------------------------------------------------------------------ fields, calls


@rule(
    "TPL001",
    "field-of-helm-unknown",
    "A field that Helm's own objects do not have, such as `.Release.namespace`.",
    precision="very-high",
    tags=("template", "helm"),
)
def field_of_helm_unknown(context: Context) -> Iterator[Finding]:
    """Upper and lower case count; some fields of Helm 2 are gone."""
    for group in _unreported(context, unknown_fields):
        first = group[0]
        *owner, name = first.subject
        known = KNOWN[tuple(owner)]
        near = meant(name, known)
        since = REMOVED.get(first.subject, "")
        gone = f"was removed in {since}" if since else f"is no field of .{'.'.join(owner)}"
        fails = owner[0] == "Capabilities" or len(first.text.strip("$.").split(".")) > len(first.subject)
        yield field_of_helm_unknown.finding(
            f"`.{'.'.join(first.subject)}` {gone}{_times(group)}",
            *_places(group, f"{', '.join(known[:6])}{', ...' if len(known) > 6 else ''} exist"),
            effect=Effect(
                "rendering fails as soon as this is executed"
                if fails
                else "it is empty whatever the release is"
            ),
            hint=f"write `.{'.'.join([*owner, near])}`" if near else "remove it, or take a value for it",
            key=f"{first.target.source.path}/{first.text}",
        )


@rule(
    "TPL002",
    "arguments-without-function",
    "Arguments after a parenthesis: the function before it, mostly `and` or `or`, was forgotten.",
    precision="very-high",
    tags=("template", "helm"),
)
def arguments_without_function(context: Context) -> Iterator[Finding]:
    """Found in branches that were not rendered; where it was, HLM008 is the finding."""
    for group in _unreported(context, arguments_of_no_function):
        first = group[0]
        yield arguments_without_function.finding(
            f"`{_short(first.text)}`: a value in parentheses takes no arguments{_times(group)}",
            *_places(group, "no function before the parenthesis"),
            effect=Effect("rendering fails as soon as this is executed: can't give argument to non-function"),
            hint=f"write `and {_short(first.text)}`, or `or ...`",
            key=f"{first.target.source.path}/{first.text}",
        )


def _short(text: str) -> str:
    return text if len(text) <= 70 else text[:67] + "..."


@rule(
    "TPL003",
    "action-pulled-apart",
    "Braces with blanks between them, `{ { .Values.x } }`: no action, but a YAML mapping.",
    precision="very-high",
    tags=("template", "helm", "formatter"),
)
def action_pulled_apart(context: Context) -> Iterator[Finding]:
    """What YAML formatters make of templates; Helm copies the text as it is."""
    for group in _suspects(context, split_braces):
        first = group[0]
        inner = first.text.strip("{} \t").strip("- \t")
        yield action_pulled_apart.finding(
            f"`{_short(first.text)}` is no template action: there are blanks between the "
            f"braces{_times(group)}",
            *_places(group, "copied as it is"),
            effect=Effect("Helm copies the text; YAML reads a mapping inside a mapping, or the text itself"),
            hint=f"write `{{{{ {_short(inner)} }}}}`, and keep the formatter away from templates/",
            key=f"{first.target.source.path}/{first.text}",
        )


# ------------------------------------------------------------------------------------- 0 and false are unset


@rule(
    "TPL004",
    "false-never-wins",
    "`default true` (or `coalesce ... true`): a value of false counts as unset and becomes true.",
    severity="warning",
    tags=("template", "values"),
)
def false_never_wins(context: Context) -> Iterator[Finding]:
    """Nobody can switch off what such a value guards."""
    for group in _suspects(context, defaults_of_true):
        first = group[0]
        name = first.detail
        direct = f'`ne ({name} | toString) "false"`'
        yield false_never_wins.finding(
            f"`{_short(first.text)}` is always true: `default` takes false for unset{_times(group)}",
            *_places(group, "true even if the value is false"),
            effect=Effect(f"setting {name.removeprefix('.Values.')} to false changes nothing"),
            hint=f"set `true` in values.yaml and use `{name}` alone, or write {direct}",
            key=f"{first.target.source.path}/{first.text}",
        )


@rule(
    "TPL005",
    "weight-never-zero",
    "A route weight that cannot be 0: `default`, `with` or `if` takes 0 for unset.",
    severity="warning",
    precision="very-high",
    tags=("template", "values", "routing"),
)
def weight_never_zero(context: Context) -> Iterator[Finding]:
    """`with` and `if` for Gateway API routes only: there an absent weight is 1, in a VirtualService 0."""
    for group in _suspects(context, swallowed_weights):
        first = group[0]
        name = first.subject[0] if first.subject else "the value"
        guarded = first.detail in ("with", "if")
        instead = "the weight is left out, which means 1" if guarded else f"the weight is {first.detail}"
        yield weight_never_zero.finding(
            f"`{_short(first.text)}` cannot give weight 0: with 0 {instead}{_times(group)}",
            *_places(group, "0 counts as unset"),
            effect=Effect("a version that was drained with weight 0 still gets requests"),
            hint=f"write `weight: {{{{ {name} }}}}` and set the default in values.yaml",
            key=f"{first.target.source.path}/{first.text}",
        )


@rule(
    "TPL006",
    "value-counts-as-unset",
    "A value of 0 or false that a template replaces, because `default` takes it for unset.",
    severity="warning",
    tags=("template", "values"),
)
def value_counts_as_unset(context: Context) -> Iterator[Finding]:
    """Of the values of this run; those of the chart's own values.yaml may be meant to say "unset"."""
    for rendered in context.charts:
        own = {part.values_file.path for part in rendered.chart.tree() if part.values_file is not None}
        for suspect in swallowed_values(rendered):
            if suspect.detail == "true":
                continue  # TPL004
            origin = suspect.origin
            default = origin is None or origin.source.path in own
            name = dotted(suspect.subject[1:])
            value = origin.source.text[origin.value_start : origin.value_end] if origin is not None else "0"
            yield value_counts_as_unset.finding(
                f"`{name}` is {value}, but `{_short(suspect.text)}` gives {suspect.detail}: "
                "`default` takes 0 and false for unset",
                Place(suspect.target, label=f"gives {suspect.detail}"),
                *_value(suspect, "has no effect"),
                precision="medium" if default else "high",
                effect=Effect(f"the {value} of {name} has no effect"),
                hint=f"set {suspect.detail} in values.yaml and use `.Values.{name}` alone in the template",
                key=f"{suspect.target.source.path}/{name}",
            )


# --------------------------------------------------------------------------------------------- definitions


@rule(
    "TPL007",
    "template-defined-twice",
    "Two templates of one name and different content in one chart: only one of them is ever used.",
    severity="warning",
    precision="very-high",
    tags=("template", "helm"),
)
def template_defined_twice(context: Context) -> Iterator[Finding]:
    """Names are global; which definition is kept depends on the order in which Helm reads the files."""
    for rendered in context.charts:
        for lost, kept in replaced_definitions(rendered):
            yield template_defined_twice.finding(
                f"template `{lost.name}` is defined here and in `{_file(kept)}`, which replaces it",
                Place(_opening(lost.source, lost.start, lost.end), label="never used"),
                Place(_opening(kept.source, kept.start, kept.end), label="used everywhere", role="cause"),
                effect=Effect("every `include` gets the other text, in this file too"),
                hint=f"rename one of them, or delete this one; begin names with the chart's: "
                f"`{rendered.chart.name}.{lost.name.rpartition('.')[2]}`",
                key=lost.name,
            )


def _file(template: TemplateNode) -> str:
    """The file of a template as the chart names it."""
    return template.file.partition("/")[2]


def _opening(source: Source, start: int, end: int) -> SpanTarget:
    """The `{{ define "name" }}` of a template."""
    stop = source.text.find("}}", start)
    return SpanTarget(source, start, min(end, stop + 2) if stop >= 0 else end)


RULES: tuple[Rule, ...] = (
    field_of_helm_unknown,
    arguments_without_function,
    action_pulled_apart,
    false_never_wins,
    weight_never_zero,
    value_counts_as_unset,
    template_defined_twice,
)
