"""URL functions of Sprig, as Go's net/url parses and prints; getHostByName, which asks no one.

In: a URL text or a dict with its pieces; out: the other of the two. Errors carry Go's text.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from meshlint.gotemplate.function import Function
from meshlint.gotemplate.gotype import kind_name
from meshlint.gotemplate.govalue import GoError
from meshlint.gotemplate.quoting import quote
from meshlint.sprig.addresses import address_fault
from meshlint.sprig.lists import NIL_POINTER
from meshlint.sprig.runes import from_bytes, to_bytes
from meshlint.yamldoc.tracked import TrackedMap

_PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"
_HOST = frozenset(map(ord, _PLAIN + "!\"$&'()*+,:;<=>[]"))
_PATH = frozenset(map(ord, _PLAIN + "$&+,/:;=@"))
_USER = frozenset(map(ord, _PLAIN + "$&+,;="))
_FRAGMENT = frozenset(map(ord, _PLAIN + "!$&()*+,/:;=?@"))
_USERINFO = frozenset(_PLAIN + ":!$&'()*+,;=%@")
_HEX = frozenset("0123456789abcdefABCDEF")


class _Url(NamedTuple):
    """The pieces of a parsed URL, unescaped but for the query; user is (name, password or None)."""

    scheme: str = ""
    opaque: str = ""
    user: tuple[str, str | None] | None = None
    host: str = ""
    path: str = ""
    query: str = ""
    fragment: str = ""


def url_parse(arg_origins: list[Any], text: str) -> TrackedMap:
    """The pieces of a URL as a dict of strings."""
    try:
        url = _parse(text)
    except GoError as fault:
        raise GoError(f"unable to parse url: {fault}") from None
    pieces = {
        "scheme": url.scheme,
        "host": url.host,
        "hostname": _hostname(url.host),
        "path": url.path,
        "query": url.query,
        "opaque": url.opaque,
        "fragment": url.fragment,
        "userinfo": _userinfo(url.user),
    }
    result = TrackedMap(pieces)
    if arg_origins[0] is not None:
        result.origins = dict.fromkeys(pieces, arg_origins[0])
    return result


def url_join(pieces: dict[str, Any] | None) -> str:
    """The URL with the given pieces; pieces that are no strings are an error."""
    found = {
        key: _piece(pieces or {}, key) for key in ("scheme", "host", "path", "query", "opaque", "fragment")
    }
    userinfo = _piece(pieces or {}, "userinfo")
    user = None
    if userinfo:
        try:
            user = _parse(f"proto://{userinfo}@host").user
        except GoError as fault:
            raise GoError(f"unable to parse userinfo in dict: {fault}") from None
    return _text(_Url(user=user, **found))


def _piece(pieces: dict[str, Any], key: str) -> str:
    if key not in pieces:
        return ""
    value = pieces[key]
    if value is None:
        raise GoError(NIL_POINTER)
    if not isinstance(value, str):
        kind = kind_name(value)
        raise GoError(f"unable to parse {key} key, must be of type string, but {kind} found")
    return str(value)


def _parse(raw: str) -> _Url:
    """url.Parse; GoError `parse "...": ...`."""
    text, _, fragment = raw.partition("#")
    try:
        url = _without_fragment(text)
    except GoError as fault:
        raise GoError(f"parse {quote(text)}: {fault}") from None
    if not fragment:
        return url
    try:
        return url._replace(fragment=_unescape(fragment))
    except GoError as fault:
        raise GoError(f"parse {quote(raw)}: {fault}") from None


def _without_fragment(raw: str) -> _Url:
    if any(char < " " or char == "\x7f" for char in raw):
        raise GoError("net/url: invalid control character in URL")
    if raw == "*":
        return _Url(path="*")
    scheme, rest = _scheme(raw)
    rest, _, query = rest.partition("?")
    if not rest.startswith("/"):
        if scheme:
            return _Url(scheme=scheme, opaque=rest, query=query)
        if ":" in rest.partition("/")[0]:
            raise GoError("first path segment in URL cannot contain colon")
    user, host = None, ""
    if rest.startswith("//") and (scheme or not rest.startswith("///")):
        authority, slash, rest = rest[2:].partition("/")
        rest = slash + rest
        user, host = _authority(scheme, authority)
    return _Url(scheme, "", user, host, _unescape(rest), query)


def _scheme(raw: str) -> tuple[str, str]:
    for index, char in enumerate(raw):
        if char.isascii() and char.isalpha():
            continue
        if char == ":":
            if index == 0:
                raise GoError("missing protocol scheme")
            return raw[:index].lower(), raw[index + 1 :]
        if index == 0 or not (char.isascii() and (char.isdigit() or char in "+-.")):
            break
    return "", raw


def _authority(scheme: str, authority: str) -> tuple[tuple[str, str | None] | None, str]:
    userinfo, mark, host = authority.rpartition("@")
    host = _host(scheme, host)
    if not mark:
        return None, host
    if not _USERINFO.issuperset(userinfo):
        raise GoError("net/url: invalid userinfo")
    name, colon, password = userinfo.partition(":")
    return (_unescape(name), _unescape(password) if colon else None), host


def _host(scheme: str, host: str) -> str:
    opening = host.rfind("[")
    if opening > 0:
        raise GoError("invalid IP-literal")
    if opening == 0:
        return _literal(host)
    colon = host.find(":") if scheme in ("http", "https") else host.rfind(":")
    if colon >= 0:
        _check_port(host[colon:])
    return _unescape_host(host)


def _literal(host: str) -> str:
    """A host in brackets: an IPv6 address, perhaps with a zone and a port."""
    closing = host.rfind("]")
    if closing < 0:
        raise GoError("missing ']' in host")
    _check_port(host[closing + 1 :])
    address, mark, zone = host[1:closing].partition("%25")
    address = _unescape_host(address)
    if mark:
        address += _unescape_host(mark + zone, zone=True)
    fault = address_fault(address)
    if fault:
        raise GoError(f"invalid host: {fault}")
    if ":" not in address:
        raise GoError("invalid IP-literal")
    return f"[{address}]{host[closing + 1 :]}"


def _check_port(text: str) -> None:
    if text and not (text[0] == ":" and all(char in "0123456789" for char in text[1:])):
        raise GoError(f"invalid port {quote(text)} after host")


def _escapes(text: str, at: int) -> str:
    """The escape sequence that starts at the per cent sign; an error if it is none."""
    found = text[at : at + 3]
    if len(found) < 3 or not _HEX.issuperset(found[1:]):
        raise GoError(f"invalid URL escape {quote(from_bytes(to_bytes(found)[:3]))}")
    return found


def _unescape_host(text: str, zone: bool = False) -> str:
    """Unescape a host: ASCII must be allowed as it is, escapes only for bytes above (anything in a zone)."""
    at = 0
    while at < len(text):
        char = text[at]
        if char == "%":
            found = _escapes(text, at)
            code = int(found[1:], 16)
            wrong = code != 32 and code not in _HOST if zone else code < 128
            if found != "%25" and wrong:
                raise GoError(f"invalid URL escape {quote(found)}")
            at += 3
            continue
        if char < "\x80" and ord(char) not in _HOST:
            raise GoError(f"invalid character {quote(char)} in host name")
        at += 1
    return _unescape(text)


def _unescape(text: str) -> str:
    if "%" not in text:
        return text
    pieces: list[bytes] = []
    at = 0
    while True:
        stop = text.find("%", at)
        if stop < 0:
            pieces.append(to_bytes(text[at:]))
            return from_bytes(b"".join(pieces))
        pieces += [to_bytes(text[at:stop]), bytes([int(_escapes(text, stop)[1:], 16)])]
        at = stop + 3


def _escape(text: str, allowed: frozenset[int]) -> str:
    return "".join([chr(byte) if byte in allowed else f"%{byte:02X}" for byte in to_bytes(text)])


def _hostname(host: str) -> str:
    name, colon, port = host.rpartition(":")
    if not colon or not all(char in "0123456789" for char in port):
        name = host
    return name[1:-1] if name.startswith("[") and name.endswith("]") else name


def _userinfo(user: tuple[str, str | None] | None) -> str:
    if user is None:
        return ""
    name, password = user
    return _escape(name, _USER) + ("" if password is None else ":" + _escape(password, _USER))


def _text(url: _Url) -> str:
    """URL.String of a URL built from its pieces."""
    out = url.scheme + ":" if url.scheme else ""
    if url.opaque:
        out += url.opaque
    else:
        if url.host or url.user is not None or (url.scheme and url.path):
            out += "//"
        if url.user is not None:
            out += _userinfo(url.user) + "@"
        out += _escape(url.host, _HOST)
        path = "*" if url.path == "*" else _escape(url.path, _PATH)
        if path and path[0] != "/" and url.host:
            out += "/"
        if not out and ":" in path.partition("/")[0]:
            out += "./"
        out += path
    if url.query:
        out += "?" + url.query
    if url.fragment:
        out += "#" + _escape(url.fragment, _FRAGMENT)
    return out


def host_address(name: str) -> str:  # noqa: ARG001 - Helm's own version: empty unless --enable-dns
    """The address of a host name: always empty, rendering asks no name server."""
    return ""


FUNCTIONS: tuple[Function, ...] = (
    Function("urlParse", ("string",), url_parse, "container"),
    Function("urlJoin", ("map",), url_join),
    Function("getHostByName", ("string",), host_address),
)
