"""IP addresses as Go's netip.ParseAddr reads them; in: a text, out: Go's complaint about it."""

from __future__ import annotations

from meshlint.gotemplate.quoting import quote

_DIGITS = "0123456789"
_HEX = "0123456789abcdefABCDEF"


class _Malformed(Exception):
    """What is wrong, and the text from there on ("" if Go does not say)."""

    def __init__(self, message: str, at: str = "") -> None:
        super().__init__(message, at)


def address_fault(text: str) -> str:
    """Go's error text for a text that is no IP address, "" if it is one."""
    try:
        _check(text)
    except _Malformed as fault:
        message, at = fault.args
        return f"ParseAddr({quote(text)}): {message}" + (f" (at {quote(at)})" if at else "")
    return ""


def _check(text: str) -> None:
    mark = next((char for char in text if char in ".:%"), "")
    if mark == ".":
        _check_v4(text)
    elif mark == ":":
        _check_v6(text)
    else:
        raise _Malformed("missing IPv6 address" if mark else "unable to parse IP")


def _check_v4(text: str) -> None:
    fields = 0
    field = ""
    for index, char in enumerate(text):
        if char in _DIGITS:
            if field == "0":
                raise _Malformed("IPv4 field has octet with leading zero")
            field += char
            if int(field) > 255:
                raise _Malformed("IPv4 field has value >255")
        elif char != ".":
            raise _Malformed("unexpected character", text[index:])
        elif not field or index == len(text) - 1:
            raise _Malformed("IPv4 field must have at least one digit", text[index:])
        elif fields == 3:
            raise _Malformed("IPv4 address too long")
        else:
            fields += 1
            field = ""
    if fields < 3:
        raise _Malformed("IPv4 address too short")


def _check_v6(text: str) -> None:
    rest, percent, zone = text.partition("%")
    if percent and not zone:
        raise _Malformed("zone must be a non-empty string")
    gap = rest.startswith("::")  # "::" stands for at least one field of zeros
    if gap:
        rest = rest[2:]
        if not rest:
            return
    size = 0  # bytes of the address so far
    while size < 16:
        width = _field(rest)
        if rest[width : width + 1] == ".":
            _check_embedded(rest, size, gap)
            rest, size = "", size + 4
            break
        size += 2
        rest = rest[width:]
        if not rest:
            break
        rest = _after_colon(rest)
        if rest[0] == ":":
            if gap:
                raise _Malformed("multiple :: in address", rest)
            gap = True
            rest = rest[1:]
            if not rest:
                break
    if rest:
        raise _Malformed("trailing garbage after address", rest)
    if size < 16 and not gap:
        raise _Malformed("address string too short")
    if size == 16 and gap:
        raise _Malformed("the :: must expand to at least one field of zeros")


def _field(rest: str) -> int:
    """The number of hexadecimal digits at the start."""
    width = 0
    while width < len(rest) and rest[width] in _HEX:
        if width > 3:
            raise _Malformed("each group must have 4 or less digits", rest)
        width += 1
    if not width:
        raise _Malformed("each colon-separated field must have at least one digit", rest)
    return width


def _check_embedded(rest: str, size: int, gap: bool) -> None:
    """An IPv4 address as the last four bytes."""
    if not gap and size != 12:
        raise _Malformed("embedded IPv4 address must replace the final 2 fields of the address", rest)
    if size + 4 > 16:
        raise _Malformed("too many hex fields to fit an embedded IPv4 at the end of the address", rest)
    _check_v4(rest)


def _after_colon(rest: str) -> str:
    if rest[0] != ":":
        raise _Malformed("unexpected character, want colon", rest)
    if len(rest) == 1:
        raise _Malformed("colon must be followed by more characters", rest)
    return rest[1:]
