"""Helm room, functions: Helm's own template functions merged with Sprig's, by Helm version.

In: the compat switch. Out: the function map every chart of that version is rendered with; built once, so
compiled pipelines can be shared between charts. Facts: helm pkg/engine/funcs.go and engine.go.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from meshlint.gotemplate import work
from meshlint.gotemplate.evaluate import Evaluator
from meshlint.gotemplate.function import Function
from meshlint.gotemplate.govalue import GoError, NilList, NilMap
from meshlint.helm.missing import RequiredError, StopError
from meshlint.sprig.table import TABLE
from meshlint.text.origin import Origin
from meshlint.yamldoc.compose import YamlError
from meshlint.yamldoc.dump import to_yaml_rope
from meshlint.yamldoc.jsonread import read_json
from meshlint.yamldoc.jsontext import JsonError, to_json
from meshlint.yamldoc.load import LIST_TYPE, MAP_TYPE, expect_list, expect_map, json_kind, load_text
from meshlint.yamldoc.tracked import TrackedList, TrackedMap

_maps: dict[str, dict[str, Function]] = {}


def function_map(compat: str = "4") -> dict[str, Function]:
    """The functions of a Helm version by name; the same object on every call."""
    if compat not in _maps:
        _maps[compat] = {**TABLE, **{function.name: function for function in OWN}}
        if compat == "3":
            for name in _maps["3"].keys() & ONLY_HELM_4:
                del _maps["3"][name]
    return _maps[compat]


# ---------------------------------------------------------------------------------- YAML


def to_yaml(site: Origin, value: Any) -> str:
    """The value as YAML without the last line feed, "" if it has no JSON."""
    work.nodes(value)
    try:
        return to_yaml_rope(value, site)
    except JsonError:
        return ""


def must_to_yaml(site: Origin, value: Any) -> str:
    """The value as YAML; GoError with Go's text."""
    work.nodes(value)
    try:
        return to_yaml_rope(value, site)
    except JsonError as fault:
        raise GoError(f"error marshaling into JSON: {fault.text}") from None


def to_yaml_pretty(site: Origin, value: Any) -> str:
    """The value as yaml.v3 writes it, "" if it cannot."""
    from meshlint.yamldoc.pretty import to_yaml_pretty_rope

    work.nodes(value)
    try:
        return to_yaml_pretty_rope(value, site)
    except JsonError:
        return ""


def from_yaml(text: str) -> dict[str, Any]:
    """The mapping of the first document; a fault is its entry `Error`."""
    try:
        found: dict[str, Any] = expect_map(load_text(text))
        return found
    except YamlError as fault:
        return TrackedMap(Error=fault.text)


def from_yaml_array(text: str) -> list[Any]:
    """The list of the first document; a fault is its only item."""
    try:
        found: list[Any] = expect_list(load_text(text))
        return found
    except YamlError as fault:
        return TrackedList([fault.text])


# ---------------------------------------------------------------------------------- JSON and TOML


def from_json_map(text: str) -> dict[str, Any]:
    """The object of a JSON text; a fault is its entry `Error`."""
    found: dict[str, Any] = _decoded(text, dict, MAP_TYPE, NilMap, lambda words: TrackedMap(Error=words))
    return found


def from_json_array(text: str) -> list[Any]:
    """The array of a JSON text; a fault is its only item."""
    found: list[Any] = _decoded(text, list, LIST_TYPE, NilList, lambda words: TrackedList([words]))
    return found


def _decoded(
    text: str, wanted: type[Any], name: str, empty: Callable[[], Any], refused: Callable[[str], Any]
) -> Any:
    words = ""
    try:
        value = read_json(str(text))
    except JsonError as fault:
        value, words = fault.partial, fault.text
        if value is None:
            return refused(words)
    if value is None:
        return empty()
    if not isinstance(value, wanted):
        return refused(f"json: cannot unmarshal {json_kind(value)} into Go value of type {name}")
    if words and isinstance(value, dict):  # a number beyond float64: the rest is there all the same
        value["Error"] = words
    return value if not words or isinstance(value, dict) else refused(words)


def to_toml(value: Any) -> str:
    """The value as TOML; a fault is the result."""
    from meshlint.yamldoc.toml import TomlError, dump_toml

    work.nodes(value)
    try:
        return dump_toml(value)
    except TomlError as fault:
        return fault.text


def must_to_toml(value: Any) -> str:
    """The value as TOML; GoError with Go's text."""
    from meshlint.yamldoc.toml import TomlError, dump_toml

    work.nodes(value)
    try:
        return dump_toml(value)
    except TomlError as fault:
        raise GoError(fault.text) from None


def from_toml(text: str) -> dict[str, Any]:
    """The tables of a TOML text; a fault is the entry `Error`."""
    from meshlint.sprig.dates import toml_time
    from meshlint.yamldoc.toml import TomlError, load_toml

    try:
        return load_toml(str(text), toml_time)
    except TomlError as fault:
        return TrackedMap(Error=fault.text)


def to_json_text(value: Any) -> str:
    """The value as compact JSON, "" if it has none."""
    work.nodes(value)
    try:
        return to_json(value)
    except JsonError:
        return ""


# ---------------------------------------------------------------------------------- control


def required(message: str, value: Any) -> Any:
    """The value; RequiredError for nil and the empty string."""
    if value is None or (isinstance(value, str) and value == ""):
        raise RequiredError(str(message))
    return value


def fail(message: str) -> str:
    """StopError with the message."""
    raise StopError(str(message))


def lookup(version: str, kind: str, namespace: str, name: str) -> dict[str, Any]:
    """There is no cluster: an empty object."""
    del version, kind, namespace, name
    return {}


def host_by_name(name: str) -> str:
    """No DNS is asked: empty, as Helm without --enable-dns."""
    del name
    return ""


OWN: tuple[Function, ...] = (
    Function("include", ("string", "any"), Evaluator.include, "special"),
    Function("tpl", ("string", "any"), Evaluator.tpl, "special"),
    Function("required", ("string", "any"), required, "chooser"),
    Function("fail", ("string",), fail),
    Function("lookup", ("string", "string", "string", "string"), lookup, flags="lookup"),
    Function("getHostByName", ("string",), host_by_name, flags="lookup"),
    Function("toYaml", ("any",), to_yaml, "span"),
    Function("mustToYaml", ("any",), must_to_yaml, "span"),
    Function("toYamlPretty", ("any",), to_yaml_pretty, "span"),
    Function("fromYaml", ("string",), from_yaml),
    Function("fromYamlArray", ("string",), from_yaml_array),
    Function("toJson", ("any",), to_json_text),
    Function("fromJson", ("string",), from_json_map),
    Function("fromJsonArray", ("string",), from_json_array),
    Function("toToml", ("any",), to_toml),
    Function("mustToToml", ("any",), must_to_toml),
    Function("fromToml", ("string",), from_toml),
)

# Helm 3.21 has no panicking must* twins of its own and no duration helpers.
ONLY_HELM_4 = frozenset(
    (
        *("mustToYaml", "mustToToml", "mustToDuration", "durationSeconds", "durationMilliseconds"),
        *("durationMicroseconds", "durationNanoseconds", "durationMinutes", "durationHours"),
        *("durationDays", "durationWeeks", "durationRoundTo", "durationTruncateTo"),
    )
)
