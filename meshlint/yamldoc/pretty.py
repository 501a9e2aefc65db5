"""Pretty: toYamlPretty, the YAML of yaml.v3 with an indentation of two.

No detour through JSON: floats keep their form, lists stand in from their key, nothing is folded.
"""

from __future__ import annotations

from typing import Any

from meshlint.text.origin import Origin
from meshlint.text.rope import Rope
from meshlint.yamldoc.emit import Dialect, Emitter, Verbatim
from meshlint.yamldoc.gotext import float_text
from meshlint.yamldoc.jsontext import JsonError, json_plain

_INFINITE = {"+Inf": ".inf", "-Inf": "-.inf", "NaN": ".nan"}


def _number(value: float) -> str:
    text = float_text(value)
    return _INFINITE.get(text, text)


class _Struct(dict[str, Any]):
    """The fields of a Go struct."""

    __slots__ = ()
    in_order = True


def _plain(value: Any) -> Any:
    """Bytes are a list of numbers here, times are timestamps; structs have lower-case names of fields."""
    if isinstance(value, bytes):
        return list(value)
    moment = getattr(value, "yaml_text", None)
    if moment is not None:
        return Verbatim(moment())
    as_json = json_plain(value)
    fields = getattr(value, "fields", None)
    if isinstance(as_json, str) or fields is None:
        return as_json
    own = getattr(value, "own_fields", None)
    found = fields() if own is None else own(inline=False)
    return _Struct((name.lower(), item) for name, item in found.items())


_DIALECT = Dialect(v3=True, width=0, list_indent=2, number=_number, convert=_plain)


def to_yaml_pretty(value: Any) -> str:
    """The value as YAML without the last line feed; raises JsonError."""
    text = "".join(_emit(value, False, ()).lines)
    return text[:-1] if text.endswith("\n") else text


def to_yaml_pretty_rope(value: Any, site: Origin) -> Rope:
    """The same as a Rope; see dump.to_yaml_rope."""
    return _emit(value, True, site.reads).rope(site)


def _emit(value: Any, keep_reads: bool, reads: Any) -> Emitter:
    emitter = Emitter(_DIALECT, None, keep_reads)
    try:
        emitter.document(value, reads)
    except RecursionError:
        raise JsonError("yaml: nested too deeply") from None
    return emitter
