"""Stage: configuration. The text of a configuration file as checked data, faults with line and near word.

In: a composed YAML node or TOML data, and the schema's path. Out: plain data. Raises ValueError with a
text ready to be shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Keys = Sequence[str | int]


def checked(path: str, node: Any, schema: str) -> dict[str, Any]:
    """The data of a composed YAML document; None (an empty file) gives an empty mapping."""
    if node is None:
        return {}
    _refuse_doubles(path, node)
    data = _data(node)
    for section in ("profile", "kubernetes"):  # version: 1.30 is no float
        _keep_text(data, node, section)
    return validated(path, data, schema, node)


def _keep_text(data: Any, node: Any, section: str) -> None:
    """Give the section (or its `version`) the text it was written as, where YAML saw a number."""
    owner = _child(node, section, want_key=False) if isinstance(data, dict) else None
    if owner is None:
        return
    if isinstance(data[section], float):
        data[section] = owner.value
    elif isinstance(data[section], dict) and isinstance(data[section].get("version"), float):
        data[section]["version"] = _child(owner, "version", want_key=False).value


def validated(path: str, data: Any, schema: str, node: Any = None) -> dict[str, Any]:
    """The data if the schema allows it."""
    import json

    with open(schema, encoding="utf-8") as file:
        rules = json.load(file)
    if not fits(data, rules, rules):
        _complain(path, data, rules, node)
    found: dict[str, Any] = data
    return found


def _complain(path: str, data: Any, rules: Any, node: Any) -> None:
    """Raise for the fault that jsonschema finds most telling. It is dear to import, so only faults pay."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    error = best_match(Draft202012Validator(rules).iter_errors(data))
    if error is None:
        return
    keys = list(error.absolute_path)
    unknown = _unknown_key(error)
    if unknown is not None:
        known = sorted(error.schema["properties"])
        message = f"unknown key `{unknown}`{_suggestion(unknown, known)}"
        keys.append(unknown)
    else:
        message = _said(error, keys)
    raise ValueError(f"{path}{_place(node, keys, unknown is not None)}: {message}")


KEYWORDS = frozenset(
    (
        *("type", "enum", "const", "oneOf", "$ref", "required", "properties", "additionalProperties"),
        *("items", "minLength", "pattern", "description", "title", "$schema", "$defs"),
    )
)
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "boolean": (bool,),
}


def fits(value: Any, schema: Any, root: Any) -> bool:
    """True if the value meets a schema written with KEYWORDS only; a doubtful value may be refused."""
    if "$ref" in schema:
        return fits(value, root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    if "oneOf" in schema:
        return sum(fits(value, option, root) for option in schema["oneOf"]) == 1
    if "enum" in schema:
        return isinstance(value, str) and value in schema["enum"]
    if "const" in schema:
        return bool(value == schema["const"]) and not isinstance(value, bool)
    types = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    if not any(_is(value, name) for name in types):
        return False
    if isinstance(value, dict):
        return _fits_object(value, schema, root)
    if isinstance(value, list):
        return all(fits(item, schema["items"], root) for item in value)
    return not isinstance(value, str) or _fits_text(value, schema)


def _is(value: Any, name: str) -> bool:
    return isinstance(value, _TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


def _fits_object(value: dict[Any, Any], schema: Any, root: Any) -> bool:
    if any(key not in value for key in schema.get("required", ())):
        return False
    known, others = schema.get("properties", {}), schema.get("additionalProperties", {})
    for key, item in value.items():
        rule = known.get(key, others)
        if not isinstance(key, str) or rule is False or (rule and not fits(item, rule, root)):
            return False
    return True


def _fits_text(value: str, schema: Any) -> bool:
    import re

    if len(value) < schema.get("minLength", 0):
        return False
    return "pattern" not in schema or re.search(schema["pattern"], value) is not None


def _unknown_key(error: Any) -> str | None:
    if error.validator != "additionalProperties" or "properties" not in error.schema:
        return None
    return next((str(key) for key in error.instance if key not in error.schema["properties"]), None)


def _said(error: Any, keys: Keys) -> str:
    name = ".".join(str(key) for key in keys) or "the file"
    if error.validator == "enum":
        given = str(error.instance)
        allowed = [str(value) for value in error.validator_value]
        return f"`{name}` is `{given}`; write one of {', '.join(allowed)}"
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in error.instance)
        return f"`{name}` needs the key `{missing}`"
    return f"`{name}`: {error.message}"


def _suggestion(word: str, known: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word, known, n=1)
    return f"; did you mean `{near[0]}`?" if near else f"; known keys: {', '.join(known)}"


def _place(node: Any, keys: Keys, of_key: bool) -> str:
    """`:line:column` of the value at `keys` (of the last key itself), "" without positions."""
    if node is None:
        return ""
    mark = node.start_mark
    for index, key in enumerate(keys):
        want_key = of_key and index == len(keys) - 1
        found = _child(node, key, want_key)
        if found is None:
            break
        node, mark = found, found.start_mark
    return f":{mark.line + 1}:{mark.column + 1}"


def _child(node: Any, key: str | int, want_key: bool) -> Any:
    if isinstance(key, int):
        return node.value[key]
    for pair in node.value:
        if isinstance(pair, tuple) and pair[0].value == key:
            return pair[0 if want_key else 1]
    return None


def _refuse_doubles(path: str, node: Any) -> None:
    if not isinstance(node.value, list):
        return
    seen = set()
    for item in node.value:
        if isinstance(item, tuple):
            key, value = item
            if key.value in seen and isinstance(key.value, str):
                mark = key.start_mark
                raise ValueError(
                    f"{path}:{mark.line + 1}:{mark.column + 1}: key `{key.value}` is written twice"
                )
            if isinstance(key.value, str):
                seen.add(key.value)
            _refuse_doubles(path, value)
        else:
            _refuse_doubles(path, item)


def _as_written(loader: Any, node: Any) -> Any:
    return loader.construct_scalar(node)


def _data(node: Any) -> Any:
    """The node's data; dates stay the text they were written as."""
    import yaml

    class Loader(yaml.SafeLoader):
        """SafeLoader without dates."""

    Loader.add_constructor("tag:yaml.org,2002:timestamp", _as_written)
    loader = Loader("")
    try:
        return loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        raise ValueError(str(error)) from error
    finally:
        loader.dispose()
