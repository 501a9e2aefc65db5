"""Helm room, schema shape: is a schema well formed, as its metaschema says?

In: a schema Node. Out: nothing, or a SchemaFault with the words of the metaschema's own validation. A
quick look settles it for ordinary schemas; only a schema that looks odd is validated against the
metaschema, which the jsonschema library brings along.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from meshlint.helm.schemacheck import validate
from meshlint.helm.schemadocument import META_URLS, SUBSCHEMAS, Library, Node, SchemaFault, subschemas
from meshlint.helm.schemaformat import regex_fault
from meshlint.helm.schemascope import equal
from meshlint.helm.schemawords import TYPES, quote

_PLAIN_REFERENCE = re.compile(r"[A-Za-z0-9_./$:#-]*")


def check_shape(library: Library, node: Node) -> None:
    """Raise SchemaFault if the schema breaks the rules of its draft."""
    if _ordinary(node.raw, node.draft):
        return
    url = META_URLS[node.draft]
    fault = validate(library, library.load(url).node(""), node.raw, formats=True)
    if fault is not None:
        causes = fault.causes if fault.kind == "group" else [fault]
        lines = [line for cause in causes for line in cause.lines()]
        head = f'"{node.location()}" is not valid against metaschema: jsonschema validation failed with '
        raise SchemaFault("\n".join([head + quote(url + "#"), *lines]))


def _ordinary(raw: Any, draft: int) -> bool:
    """True if the schema and all below it surely have the shape of their draft."""
    if not isinstance(raw, dict):
        return isinstance(raw, bool) and draft >= 6
    for keyword, value in raw.items():
        place = SUBSCHEMAS.get(keyword)
        if place is not None:
            if not _ordinary_below(keyword, value, place[0], draft):
                return False
        elif keyword in _CHECKS and not _CHECKS[keyword](value, draft):
            return False
    return True


def _ordinary_below(keyword: str, value: Any, shape: str, draft: int) -> bool:
    if keyword in ("additionalProperties", "additionalItems") and isinstance(value, bool):
        return True
    if shape == "map" and not isinstance(value, dict):
        return False
    if isinstance(value, list) and (
        shape not in ("list", "one or list") or not value or (keyword == "items" and draft >= 2020)
    ):
        return False
    if shape == "list" and not isinstance(value, list):
        return False
    if keyword == "patternProperties" and any(regex_fault(name) for name in value):
        return False
    return all(
        _names(below, draft)
        if keyword == "dependencies" and isinstance(below, list)
        else _ordinary(below, draft)
        for _, below in subschemas(value, shape)
    )


def _names(value: Any, draft: int) -> bool:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        return False
    return len(set(value)) == len(value) and (bool(value) or draft >= 6)


def _type(value: Any, draft: int) -> bool:
    names = [value] if isinstance(value, str) else value
    return bool(names) and _names(names, draft) and all(name in TYPES for name in names)


def _choices(value: Any, draft: int) -> bool:
    if not isinstance(value, list) or draft >= 7:
        return isinstance(value, list)
    distinct = not any(equal(value[n], before) for n in range(len(value)) for before in value[:n])
    return bool(value) and distinct


def _string(value: Any, draft: int) -> bool:  # noqa: ARG001 - one signature for all checks
    return isinstance(value, str)


def _boolean(value: Any, draft: int) -> bool:  # noqa: ARG001
    return isinstance(value, bool)


def _list(value: Any, draft: int) -> bool:  # noqa: ARG001
    return isinstance(value, list)


def _number(value: Any, draft: int) -> bool:  # noqa: ARG001
    return isinstance(value, float)


def _count(value: Any, draft: int) -> bool:  # noqa: ARG001
    return isinstance(value, float) and value >= 0 and value.is_integer()


def _pattern(value: Any, draft: int) -> bool:  # noqa: ARG001
    return isinstance(value, str) and not regex_fault(value)


def _reference(value: Any, draft: int) -> bool:  # noqa: ARG001
    return isinstance(value, str) and _PLAIN_REFERENCE.fullmatch(value) is not None


def _identifier(value: Any, draft: int) -> bool:
    return _reference(value, draft) and (draft < 2019 or "#" not in value[:-1])


def _exclusive(value: Any, draft: int) -> bool:
    return isinstance(value, float) and draft >= 6


def _required_names(value: Any, draft: int) -> bool:
    return isinstance(value, dict) and all(_names(names, draft) for names in value.values())


def _never(value: Any, draft: int) -> bool:  # noqa: ARG001
    return False


_CHECKS: dict[str, Callable[[Any, int], bool]] = {
    "type": _type,
    "enum": _choices,
    "required": _names,
    "pattern": _pattern,
    "multipleOf": lambda value, draft: _number(value, draft) and value > 0,
    "minimum": _number,
    "maximum": _number,
    "exclusiveMinimum": _exclusive,
    "exclusiveMaximum": _exclusive,
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), _count),
    **dict.fromkeys(("minProperties", "maxProperties", "minContains", "maxContains"), _count),
    **dict.fromkeys(("title", "description", "format", "$comment", "contentMediaType"), _string),
    "contentEncoding": _string,
    **dict.fromkeys(("uniqueItems", "readOnly", "writeOnly", "deprecated"), _boolean),
    "examples": _list,
    "$ref": _reference,
    "$schema": _reference,
    "id": _reference,
    "$id": _identifier,
    "dependentRequired": _required_names,
    **dict.fromkeys(("$anchor", "$dynamicAnchor", "$dynamicRef", "$vocabulary"), _never),
    **dict.fromkeys(("$recursiveAnchor", "$recursiveRef"), _never),
}
