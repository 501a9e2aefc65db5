"""Sprig's JSON functions: toJson, toPrettyJson, toRawJson, fromJson and their must* twins.

In: any Go value or a JSON text; out: the other of the two. Without "must" an error gives "" or nil.
"""

from __future__ import annotations

from typing import Any

from meshlint.gotemplate import work
from meshlint.gotemplate.function import Function
from meshlint.gotemplate.govalue import GoError
from meshlint.yamldoc.jsontext import JsonError, from_json, to_json

_SPACES = 2  # the indentation of toPrettyJson


def must_to_json(value: Any) -> str:
    """The value as compact JSON with <, > and & escaped; GoError with Go's text."""
    work.nodes(value)
    try:
        return to_json(value)
    except JsonError as error:
        raise GoError(error.text) from None


def to_compact_json(value: Any) -> str:
    """The value as compact JSON, "" if JSON cannot have it."""
    work.nodes(value)
    try:
        return to_json(value)
    except JsonError:
        return ""


def must_to_pretty_json(value: Any) -> str:
    """The value as indented JSON; GoError with Go's text."""
    work.nodes(value)
    try:
        return to_json(value, indent=_SPACES)
    except JsonError as error:
        raise GoError(error.text) from None


def to_pretty_json(value: Any) -> str:
    """The value as indented JSON, "" if JSON cannot have it."""
    work.nodes(value)
    try:
        return to_json(value, indent=_SPACES)
    except JsonError:
        return ""


def to_raw_json(value: Any) -> str:
    """The value as compact JSON with <, > and & as they are; GoError with Go's text."""
    work.nodes(value)
    try:
        return to_json(value, escape_html=False)
    except JsonError as error:
        raise GoError(error.text) from None


def must_from_json(text: str) -> Any:
    """The value of a JSON text, numbers as float64; GoError with Go's text."""
    try:
        return from_json(str(text))
    except JsonError as error:
        raise GoError(error.text) from None


def from_any_json(text: str) -> Any:
    """The value of a JSON text, nil if it is none; Helm puts its own version, for maps, in place of it."""
    try:
        return from_json(str(text))
    except JsonError as error:
        return error.partial


FUNCTIONS: tuple[Function, ...] = (
    Function("fromJson", ("string",), from_any_json),
    Function("mustFromJson", ("string",), must_from_json),
    Function("toJson", ("any",), to_compact_json),
    Function("mustToJson", ("any",), must_to_json),
    Function("toPrettyJson", ("any",), to_pretty_json),
    Function("mustToPrettyJson", ("any",), must_to_pretty_json),
    Function("toRawJson", ("any",), to_raw_json),
    Function("mustToRawJson", ("any",), to_raw_json),
)
