"""Scalars: what a YAML word means to sigs.k8s.io/yaml, the reader of kubectl, Helm and Istio.

In goes the text of one scalar (plain, or quoted with an explicit tag), out comes the Python value:
None, bool, int, float or str. The rules are those of go.yaml.in/yaml/v2 (resolve.go): YAML 1.1 with
`y`/`on`/`off` as booleans, leading-zero octals and underscores in numbers, dates left as strings.
"""

from __future__ import annotations

import re
from math import inf, isfinite, nan
from typing import Any

from meshlint.gotemplate.govalue import decimal
from meshlint.text.pattern import lazy

Scalar = None | bool | int | float | str

TAG_PREFIX = "tag:yaml.org,2002:"
# Only scalars that begin like this can be anything but a string (resolveTable in resolve.go).
CANDIDATES = frozenset(("", *"0123456789+-.yYnNtTfFoO~"))
_MEMO_LIMIT = 50_000

_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -inf),
}
_FLOAT = lazy(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
# strconv.ParseFloat allows single underscores between digits; only this form reaches it with them.
_DOT_FLOAT = lazy(r"\.[0-9]+(_[0-9]+)*([eE][-+]?[0-9]+(_[0-9]+)*)?", re.ASCII)
_INTEGER = lazy(r"([-+]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|0[0-7]+|[1-9][0-9]*|0)", re.ASCII)
# What is left of binary numbers: a second sign behind the prefix, as strconv.ParseInt(rest, 2, 64) takes it.
_SIGNED_BINARY = lazy(r"0b([-+][01]+)", re.ASCII)
_DATE = lazy(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:[Tt]([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?(?:Z|[-+]([0-9]{2}):([0-9]{2}))"
    r"| +([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?)?",
    re.ASCII,
)
_BASE_60 = lazy(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?", re.ASCII)
_MONTH_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class TagMismatch(Exception):
    """An explicit tag that the text does not fit; `text` is go-yaml's message."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class _Memo(dict[str, Any]):
    """Scalar text -> value, filled on first use; emptied when a run has seen very many texts."""

    __slots__ = ("read",)

    def __init__(self, read: Any) -> None:
        super().__init__()
        self.read = read

    def __missing__(self, text: str) -> Any:
        value = self.read(text)
        if len(self) > _MEMO_LIMIT:
            self.clear()
        self[text] = value
        return value


def _resolve(text: str) -> Scalar:
    if text[:1] not in CANDIDATES:
        return text
    if text in _WORDS:
        return _WORDS[text]
    first = text[0]
    if first == ".":
        return _parse_float(text) if _DOT_FLOAT.fullmatch(text) else text
    if first in "+-0123456789" and not _is_timestamp(text):
        return _number(text)
    return text


def _number(text: str) -> Scalar:
    """The number a text stands for, the text itself if it is none."""
    plain = text.replace("_", "")
    match = _INTEGER.fullmatch(plain)
    if match:
        value = _integer(match[1], match[2])
        if value is not None:
            return value
    if _FLOAT.fullmatch(plain):
        number = _parse_float(plain)
        return text if isinstance(number, str) else number
    signed = _SIGNED_BINARY.fullmatch(plain)
    if signed:
        value = int(signed[1], 2)
        if -(2**63) <= value < 2**63:
            return value
    return text


def _integer(sign: str, digits: str) -> int | None:
    """An int64, or an uint64 without sign; None if the number is larger."""
    prefix = digits[:2].lower()
    if prefix in ("0x", "0b", "0o"):
        value = int(digits[2:], {"0x": 16, "0b": 2, "0o": 8}[prefix])
    else:
        value = int(digits, 8) if digits[0] == "0" else decimal(digits)
    if sign == "-":
        return -value if value <= 2**63 else None
    return value if value < (2**63 if sign else 2**64) else None


def _parse_float(text: str) -> float | str:
    """The float64; overflow is an error of strconv.ParseFloat, so the text stays a string."""
    value = float(text)
    return value if isfinite(value) else text


def _is_timestamp(text: str) -> bool:
    """True for the four layouts of go-yaml's parseTimestamp."""
    if len(text) < 8 or text[4] != "-":
        return False
    match = _DATE.fullmatch(text)
    if match is None:
        return False
    year, month, day = int(match[1]), int(match[2]), int(match[3])
    if not 1 <= month <= 12 or not 1 <= day <= _MONTH_DAYS[month - 1]:
        return False
    if (month, day) == (2, 29) and not (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)):
        return False
    hour, minute, second = match.group(4, 5, 6) if match[4] else match.group(9, 10, 11)
    if hour is not None and not (int(hour) < 24 and int(minute) < 60 and int(second) < 60):
        return False
    return match[7] is None or (int(match[7]) <= 24 and int(match[8]) <= 60)


def _float_value(text: str) -> Scalar:
    value = RESOLVED[text]
    return float(value) if type(value) is int else value


def key_text(value: Scalar) -> str | None:
    """The JSON object key of a resolved key; None for keys JSON cannot have (null, integers above int64)."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if value < 2**63 else None
    return None if value is None else _short_float(value)


def _short_float(value: float) -> str:
    """strconv.FormatFloat(value, 'g', -1, 32) with go-yaml's names for the infinities."""
    import struct

    from meshlint.yamldoc.gotext import general_form, shortest_digits_32

    try:
        narrow = struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        narrow = inf if value > 0 else -inf
    if not isfinite(narrow):
        return ".nan" if narrow != narrow else (".inf" if narrow > 0 else "-.inf")
    return general_form(shortest_digits_32(narrow))


# Plain scalar text -> value. Exact keeps integers; FLOATS is what a JSON decode into `any` gives.
RESOLVED: dict[str, Any] = _Memo(_resolve)
FLOATS: dict[str, Any] = _Memo(_float_value)
KEYS: dict[str, str | None] = _Memo(lambda text: key_text(RESOLVED[text]))


def resolve(text: str) -> Any:
    """The value of a plain, untagged scalar: None, bool, int, float (also inf, nan) or str."""
    return RESOLVED[text]


def resolve_tagged(tag: str, text: str) -> Any:
    """The value of a scalar with an explicit tag (long form); raises TagMismatch with go-yaml's words."""
    name = tag[len(TAG_PREFIX) :] if tag.startswith(TAG_PREFIX) else ""
    if name == "binary":
        return _binary(text)
    if name not in ("bool", "int", "float", "null", "timestamp"):
        return text
    if name == "timestamp" and _is_timestamp(text):
        return text
    value: Any = RESOLVED[text] if name == "timestamp" or not _is_timestamp(text) else _number(text)
    found = _type_name(value)
    if found == name:
        return value
    if name == "float" and found == "int" and value < 2**63:
        return float(value)
    raise TagMismatch(f"cannot decode !!{found} `{text}` as a !!{name}")


def _type_name(value: Scalar) -> str:
    if value is None:
        return "null"
    names = {bool: "bool", int: "int", float: "float", str: "str"}
    return names[type(value)]


def _binary(text: str) -> str:
    import base64
    import binascii

    compact = text.replace("\r", "").replace("\n", "")
    try:
        data = base64.b64decode(compact.encode("utf-8", "surrogateescape"), validate=True)
    except (binascii.Error, ValueError):
        raise TagMismatch("!!binary value contains invalid base64 data") from None
    # The JSON step in between has no broken UTF-8: each bad byte becomes U+FFFD.
    return re.sub("[\udc80-\udcff]", "\ufffd", data.decode("utf-8", "surrogateescape"))


def needs_quotes(text: str) -> bool:
    """True if the emitter must quote the text: unquoted it would not read back as this string."""
    if text[:1] not in CANDIDATES:
        return False
    if not isinstance(RESOLVED[text], str) or _is_timestamp(text):
        return True
    return ":" in text and _BASE_60.fullmatch(text) is not None
