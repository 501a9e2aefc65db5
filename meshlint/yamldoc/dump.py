"""Dump: toYaml, the YAML of sigs.k8s.io/yaml - JSON first, then yaml.v2's emitter.

In goes a template value, out comes the text without its last line feed (what Helm's toYaml returns),
as a str or as a Rope whose lines know which key of which container they show. Raises JsonError for
values that JSON or the YAML reader in between refuses; Helm's toYaml then gives "".
"""

from __future__ import annotations

from typing import Any

from meshlint.text.origin import Origin
from meshlint.text.pattern import lazy
from meshlint.text.rope import Rope
from meshlint.yamldoc.emit import Dialect, Emitter, Reads
from meshlint.yamldoc.gotext import general_form, plain_form, shortest_digits
from meshlint.yamldoc.jsontext import JsonError, json_number, json_plain, to_json

# Characters that do not survive the way through JSON as they are: the YAML reader refuses or folds them.
_ALTERED = lazy("[\x7f-\x9f\ufeff\ufffe\uffff\ud800-\udfff]")
_KEY_CHARACTERS = 1024  # a longer key of a flow mapping is no key for the YAML reader


class _Altered(Exception):
    """The value holds texts that JSON and its reading as YAML change."""


def yaml_number(value: float) -> str:
    """A float64 after its way through JSON: whole numbers of 64 bits become integers."""
    if value != value or value - value != 0:
        json_number(value)  # raises JsonError
    digits = shortest_digits(value)
    if value.is_integer() and digits.exponent < 20:
        text = plain_form(digits) if value else "0"
        if -(2**63) <= int(text) < 2**64:
            return text
    return general_form(digits)


def _check(text: str, is_key: bool) -> None:
    if _ALTERED.search(text) or (is_key and len(text) > _KEY_CHARACTERS // 6 - 2 and _too_long(text)):
        raise _Altered


def _too_long(key: str) -> bool:
    return len(to_json(key)) > _KEY_CHARACTERS


_DIALECT = Dialect(v3=False, width=80, list_indent=0, number=yaml_number, convert=json_plain)


def to_yaml(value: Any) -> str:
    """The value as YAML without the last line feed; raises JsonError."""
    text = "".join(_emit(value, False, ()).lines)
    return text[:-1] if text.endswith("\n") else text


def to_yaml_rope(value: Any, site: Origin) -> Rope:
    """The same as a Rope, one part per entry.

    Each part has span and scope of `site` and reads the entry it shows; entries of containers without
    origins read what the entry around them reads, at last what `site` reads.
    """
    return _emit(value, True, site.reads).rope(site)


def _emit(value: Any, keep_reads: bool, reads: Reads) -> Emitter:
    emitter = Emitter(_DIALECT, _check, keep_reads)
    try:
        emitter.document(value, reads)
    except _Altered:
        emitter = Emitter(_DIALECT, None, keep_reads)
        emitter.document(_through_json(value), reads)
    except RecursionError:
        to_json(value)
        raise JsonError("json: unsupported value: nested too deeply") from None
    return emitter


def _through_json(value: Any) -> Any:
    """What the YAML reader makes of the value's JSON; raises JsonError in the reader's words."""
    from meshlint.yamldoc.compose import CONVERT, YamlError
    from meshlint.yamldoc.load import load_manifest

    try:
        return load_manifest(to_json(value)).value
    except YamlError as error:
        raise JsonError(error.text.replace(CONVERT, "", 1)) from None
