"""Helm room, values.schema.json: the coalesced values of each chart against its schema.

In: a processed Chart and its values. Out: Problems at the places of the offending values; the first one
carries Helm's whole text. Schemas on the web are never fetched.
"""

from __future__ import annotations

from typing import Any

from meshlint.gotemplate.gotype import type_name
from meshlint.helm.chart import Chart
from meshlint.helm.problems import SCHEMA_BROKEN, SCHEMA_VIOLATION, Problem, at_file, at_key, problem
from meshlint.helm.schemacheck import validate
from meshlint.helm.schemadocument import Library, Node, SchemaFault, load_schema
from meshlint.helm.schemashape import check_shape
from meshlint.helm.schemawords import Fault
from meshlint.text.finding import Place
from meshlint.text.origin import Path, dotted
from meshlint.yamldoc.tracked import TrackedMap, origin_of

HEAD = "values don't meet the specifications of the schema(s) in the following chart(s):\n"


def schema_problems(chart: Chart, values: TrackedMap) -> list[Problem]:
    """What the schemas of the chart and its subcharts say about the values."""
    found: list[Problem] = []
    text = _check(chart, values, (), found)
    fatal = [each for each in found if each.fatal is not None]
    if fatal:
        fatal[0].fatal = HEAD + text
        for each in fatal[1:]:
            each.fatal = None
    return found


def _check(chart: Chart, values: TrackedMap, path: Path, found: list[Problem]) -> str:
    """Collect the problems; the text is Helm's for the chart and all below it."""
    text = ""
    if chart.schema is not None:
        inner = _check_one(chart, values, path, found)
        text += f"{chart.name}:\n{inner}" if inner else ""
    for sub in chart.dependencies:
        section = values.get(sub.name)
        if section is None:
            continue
        if not isinstance(section, TrackedMap):
            got = type_name(section)
            text += f"{sub.name}:\ninvalid type for values: expected object (map), got {got}\n"
            message = f"`{dotted((*path, sub.name))}` must be a mapping, it is a {got}"
            place = at_key(origin_of(values, sub.name), chart.manifest)
            found.append(problem(SCHEMA_VIOLATION, message, place, fatal=text))
            continue
        text += _check(sub, section, (*path, sub.name), found)
    return text


def _check_one(chart: Chart, values: TrackedMap, path: Path, found: list[Problem]) -> str:
    assert chart.schema is not None
    source = chart.schema.source("schema")
    try:
        library, node = load_schema(source.text)
        check_shape(library, node)
        _resolve_all(library, node)
        fault = validate(library, node, values)
    except SchemaFault as broken:
        message = f"values.schema.json of `{chart.name}` cannot be used: {broken}".partition("\n")[0]
        found.append(problem(SCHEMA_BROKEN, message, at_file(source), fatal=str(broken)))
        return str(broken)
    if library.unfetched:
        message = (
            f"values.schema.json of `{chart.name}` refers to `{library.unfetched[0]}`, which is not fetched"
        )
        found.append(problem(SCHEMA_BROKEN, message, at_file(source), key=library.unfetched[0]))
        found[-1].finding.severity = "note"
    if fault is None:
        return ""
    causes = fault.causes if fault.kind == "group" else [fault]
    text = "".join(line + "\n" for cause in causes for line in cause.lines())
    for cause in causes:
        found.append(_violation(chart, values, path, cause, text))
    return text


def _resolve_all(library: Library, root: Node) -> None:
    """Follow every reference of the schema once: one that leads nowhere makes it unusable."""
    todo = [root]
    seen: set[int] = set()
    while todo:
        node = todo.pop()
        if id(node) in seen or not isinstance(node.raw, dict):
            continue
        seen.add(id(node))
        for keyword in ("$ref", "$dynamicRef", "$recursiveRef"):
            reference = node.raw.get(keyword)
            if isinstance(reference, str):
                todo.append(library.resolve(node, reference))
        if node.draft >= 2019 or "$ref" not in node.raw:
            todo += _below(node)


def _below(node: Node) -> list[Node]:
    from meshlint.helm.schemadocument import SUBSCHEMAS, subschemas

    found = []
    for keyword, (shape, since) in SUBSCHEMAS.items():
        if keyword in node.raw and node.draft >= since and keyword not in ("definitions", "$defs"):
            found += [node.child(keyword, *tokens) for tokens, _ in subschemas(node.raw[keyword], shape)]
    return found


def _violation(chart: Chart, values: TrackedMap, path: Path, fault: Fault, text: str) -> Problem:
    location: Path = tuple(_index(token) for token in fault.location)
    details = "; ".join(dict.fromkeys(leaf.text for leaf in fault.leaves()))
    where = dotted((*path, *location))
    message = f"{f'`{where}`' if where else 'values'}: {details} (values.schema.json of `{chart.name}`)"
    return problem(
        SCHEMA_VIOLATION, message, _place(chart, values, location), fatal=text, key=f"{where} {details}"
    )


def _index(token: str) -> str | int:
    return int(token) if token.isdigit() else token


def _place(chart: Chart, values: TrackedMap, location: Path) -> Place:
    """The place of the value at a location, of the nearest thing above it that has one."""
    container: Any = values
    origin = None
    for part in location:
        key = part if isinstance(container, list) else str(part)
        origin = origin_of(container, key) or origin
        try:
            container = container[key]
        except (KeyError, IndexError, TypeError):
            break
    source = chart.values_file.source("values") if chart.values_file is not None else chart.manifest
    return at_key(origin, source)
