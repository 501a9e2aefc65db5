"""Typed looks into Kubernetes objects as YAML gave them: the border where `Any` ends.

In: any value of a parsed document, right or wrong in type. Out: a value of the type asked for; a
wrong type gives the empty value, because the schema rules report it and the model goes on.
"""

from __future__ import annotations

from typing import Any


def mapping(value: Any) -> dict[str, Any]:
    """The value if it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def maps(value: Any) -> list[tuple[int, dict[str, Any]]]:
    """(index, item) of every mapping in a list; items of another type are left out."""
    return [(index, item) for index, item in enumerate(sequence(value)) if isinstance(item, dict)]


def text(value: Any) -> str:
    """A string as it is, other scalars as YAML writes them, "" for null and containers."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return ""


def texts(value: Any) -> list[str]:
    """The scalars of a list as text; empty for anything but a list."""
    return [text(item) for item in sequence(value) if not isinstance(item, (dict, list))]


def integer(value: Any) -> int | None:
    """A whole number, None for anything else; numbers out of templates may be floats."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return None


def string_map(value: Any) -> dict[str, str]:
    """A mapping of strings; scalars of other types as text, containers dropped."""
    return {
        text(key): text(item) for key, item in mapping(value).items() if not isinstance(item, (dict, list))
    }


def dig(data: Any, path: tuple[str | int, ...], default: Any = None) -> Any:
    """The value at `path`, `default` if a step is absent or has the wrong type."""
    for step in path:
        if isinstance(data, dict):
            if step not in data:
                return default
            data = data[step]
        elif isinstance(data, list) and isinstance(step, int) and 0 <= step < len(data):
            data = data[step]
        else:
            return default
    return data
