"""Rendered text: traces that Go's printing leaves in the values of objects.

The fact guarded here: Go prints what it cannot format instead of failing, and numbers of a values file
are floating point; both end up in arguments, environment variables and ConfigMaps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from meshlint.helm.render import Rendered
from meshlint.kube.document import Characters, Document
from meshlint.kube.resource import Resource
from meshlint.rules.rule import Context, Rule, rule
from meshlint.text.finding import Effect, Finding, Place, SpanTarget
from meshlint.text.origin import KeyOrigin, Path, dotted
from meshlint.text.pattern import lazy

_GO = lazy(r"%!(?:[a-zA-Z]\([^\n]*?\)|\(EXTRA [^\n]*?\)|\(NOVERB\))|<nil>|map\[[\w./-]+:[^\n]*?\]")
_EXPONENT = lazy(r"\b\d(?:\.\d+)?e\+\d{2,}\b")
_LETTERS = {_GO: ("%!", "<nil>", "map["), _EXPONENT: ("e+",)}
_BOOLEANS = frozenset({"y", "n", "yes", "no", "on", "off"})
_LEAST = 1e6  # from here on Go's %v of a float64 has an exponent, unless it has more digits than that


def _strings(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Every string in an object with its path."""
    stack: list[tuple[Path, Any]] = [(path, value)]
    while stack:
        at, found = stack.pop()
        if isinstance(found, str):
            yield at, found
        elif isinstance(found, dict):
            stack += [((*at, key), below) for key, below in reversed(list(found.items()))]
        elif isinstance(found, list):
            stack += [((*at, index), below) for index, below in reversed(list(enumerate(found)))]


class _Match(NamedTuple):
    """Characters of a string in a rendered object that an action wrote.

    found    the text that was looked for; path: of the string
    place    the characters; values: where what the action read is written
    """

    resource: Resource
    path: Path
    found: str
    place: Place
    values: list[KeyOrigin]


def _matches(context: Context, pattern: re.Pattern[str], label: str) -> Iterator[_Match]:
    """The strings of rendered objects that hold the pattern, where it was written by an action."""
    if not any(_has(rendered, pattern) for rendered in context.charts):
        return
    for resource in context.resources:
        document = resource.document
        if not isinstance(document, Document):
            continue
        for path, text in _strings(resource.data, ()):
            if pattern.search(text):
                for span, origin in document.pieces((*resource.prefix, *path)):
                    found = pattern.search(document.text, *span)
                    if found and origin.span is not None and not origin.span.verbatim:
                        place = Place(Characters(document, found.span()), path, label)
                        yield _Match(resource, path, found[0], place, origin.written())
                        break


def _has(rendered: Rendered, pattern: re.Pattern[str]) -> bool:
    """True if a rendered file may hold it; most hold none of the letters."""
    letters = _LETTERS[pattern]
    return any(
        pattern.search(file.text)
        for file in rendered.files.values()
        if any(each in file.text for each in letters)
    )


def _written(origin: KeyOrigin) -> str:
    return origin.source.text[origin.value_start : origin.value_end]


@rule(
    "TPL008",
    "go-value-in-text",
    "Text that Go prints for a value it cannot format: `%!d(string=a)`, `<nil>`, `map[a:1]`.",
    severity="warning",
    tags=("template", "values"),
)
def go_value_in_text(context: Context) -> Iterator[Finding]:
    """Not where the values themselves say so, nor in text of the template."""
    for match in _matches(context, _GO, "printed by the action"):
        if any(_GO.search(_written(origin)) for origin in match.values):
            continue
        shown = match.found if len(match.found) <= 60 else match.found[:57] + "..."
        yield go_value_in_text.finding(
            f"`{shown}` in {dotted(match.path)} of {match.resource.label()} is how Go prints "
            f"{_kind(match.found)}",
            match.place,
            effect=Effect("whoever reads the text gets this instead of a value"),
            hint=_cure(match.found),
            about=match.resource.ref(),
            key=dotted(match.path),
        )


def _kind(found: str) -> str:
    if found.startswith("map["):
        return "a mapping"
    return "a missing value" if "<nil>" in found else "a value that does not fit the format"


def _cure(found: str) -> str:
    if found.startswith("map["):
        return "write `toYaml` or `toJson` before the value, or name one key of it"
    if "<nil>" in found:
        return "give the value a default, or guard the line with `if`"
    if "EXTRA" in found:
        return "give `printf` as many verbs as values"
    return "use `%v`, or convert the value first: `int`, `toString`"


@rule(
    "TPL009",
    "number-in-exponent-form",
    "A whole number of a values file that is printed as 1e+06.",
    severity="warning",
    precision="very-high",
    tags=("template", "values"),
)
def number_in_exponent_form(context: Context) -> Iterator[Finding]:
    """Helm reads numbers as float64. Only in strings: a YAML number 1e+06 is read as the number meant."""
    for match in _matches(context, _EXPONENT, "a float64, as Go prints it"):
        origin = next((each for each in match.values if _is_number(_written(each), match.found)), None)
        if origin is None:
            continue
        name, written = dotted(origin.path), _written(origin)
        yield number_in_exponent_form.finding(
            f"`{name}` is {written} and is printed as `{match.found}` in {dotted(match.path)} of "
            f"{match.resource.label()}",
            match.place,
            Place(_value(origin), label="a number", role="cause"),
            effect=Effect("programs that expect digits do not read the text"),
            hint=f"write `{{{{ .Values.{name} | int64 }}}}` in the template, or quote the number",
            about=match.resource.ref(),
            key=dotted(match.path),
        )


def _value(origin: KeyOrigin) -> SpanTarget:
    return SpanTarget(origin.source, origin.value_start, origin.value_end)


def _is_number(written: str, found: str) -> bool:
    """True if the digits of a values file are what was printed with an exponent."""
    digits = written.replace("_", "")
    return digits.isdigit() and float(digits) >= _LEAST and float(digits) == float(found)


@rule(
    "YML003",
    "key-read-as-boolean",
    "A key such as `on`, `y` or `no` without quotes: YAML reads it as true or false.",
    severity="warning",
    precision="very-high",
    tags=("yaml",),
)
def key_read_as_boolean(context: Context) -> Iterator[Finding]:
    """YAML 1.1, as Kubernetes reads it; the object gets the key `true`."""
    for resource in context.resources:
        document = resource.document
        if not isinstance(document, Document):
            continue
        for container, key, path in _boolean_keys(resource.data):
            span = document.nodes.key_span(container, key)
            written = document.text[span[0] : span[1]] if span is not None else key
            if span is not None and written.lower() in _BOOLEANS:
                yield key_read_as_boolean.finding(
                    f"key `{written}` in {dotted(path)} of {resource.label()} is read as `{key}`",
                    Place(Characters(document, span), (*path, key), f"the key is {key}"),
                    effect=Effect(f"nobody finds `{written}`; the object has a key `{key}`"),
                    hint=f'write `"{written}"` in quotes',
                    about=resource.ref(),
                    key=dotted((*path, key)),
                )


def _boolean_keys(data: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str, Path]]:
    """The keys `true` and `false` of an object, each with its mapping and the path of that."""
    stack: list[tuple[Path, Any]] = [((), data)]
    while stack:
        path, found = stack.pop()
        if isinstance(found, dict):
            yield from ((found, key, path) for key in ("true", "false") if key in found)
            stack += [((*path, key), below) for key, below in found.items()]
        elif isinstance(found, list):
            stack += [((*path, index), below) for index, below in enumerate(found)]


RULES: tuple[Rule, ...] = (go_value_in_text, number_in_exponent_form, key_read_as_boolean)
