"""Helm room, schema formats: `format` and `pattern` as santhosh-tekuri/jsonschema v6 checks them.

In: the name of a format and a text. Out: what is wrong with it in the library's words, "" if nothing is.
Patterns are Go's regular expressions.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from meshlint.gotemplate.govalue import GoError
from meshlint.gotemplate.quoting import quote, quote_rune
from meshlint.helm.schematime import date, date_time, duration, period, time
from meshlint.sprig.addresses import address_fault

_LOCAL_PART = frozenset(".!#$%&'*+-/=?^_`{|}~abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
_LABEL = frozenset("-abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
_INTEGER = re.compile(r"[-+]?[0-9]+", re.ASCII)


def format_fault(name: object, text: str) -> str:
    """What keeps the text from having the format; unknown formats accept everything."""
    check = FORMATS.get(name) if isinstance(name, str) else None
    return "" if check is None else check(text)


def matches(pattern: str, text: str) -> bool:
    """True if a Go regular expression is found in the text."""
    from meshlint.re2.pattern import compile_go

    return compile_go(pattern).matches(text)


def regex_fault(pattern: str) -> str:
    """Go's error for a malformed regular expression, "" if it is well formed."""
    from meshlint.re2.pattern import RegexError, compile_go

    try:
        compile_go(pattern)
    except RegexError as fault:
        return str(fault)
    return ""


def _refused(char: str) -> str:
    return f"invalid character {quote_rune(ord(char))}"


def json_pointer(text: str) -> str:
    """RFC 6901."""
    if text and not text.startswith("/"):
        return "not starting with /"
    return "~ must be followed by 0 or 1" if re.search("~(?![01])", text) else ""


def relative_json_pointer(text: str) -> str:
    """A number of levels, then a pointer or `#`."""
    digits = re.match("[0-9]*", text, re.ASCII)
    assert digits is not None
    if not digits[0]:
        return "must start with non-negative integer"
    if len(digits[0]) > 1 and digits[0][0] == "0":
        return "starts with zero"
    rest = text[digits.end() :]
    return "" if rest == "#" else json_pointer(rest)


def uuid(text: str) -> str:
    """RFC 4122."""
    groups = text.split("-")
    sizes = (8, 4, 4, 4, 12)
    if len(groups) != len(sizes):
        return f"must have {len(sizes)} elements"
    for place, (group, size) in enumerate(zip(groups, sizes, strict=True), 1):
        if len(group.encode("utf-8", "surrogatepass")) != size:
            return f"element {place} must be {size} characters long"
        for char in group:
            if char not in "0123456789abcdefABCDEF":
                return f"non-hex character {quote_rune(ord(char))}"
    return ""


def ipv4(text: str) -> str:
    """Four decimals."""
    groups = text.split(".")
    if len(groups) != 4:
        return "expected four decimals"
    for group in groups:
        if len(group) > 1 and group[0] == "0":
            return "leading zeros"
        if not _INTEGER.fullmatch(group):
            return f"strconv.Atoi: parsing {quote(group)}: invalid syntax"
        if not 0 <= int(group) <= 255:
            return "decimal must be between 0 and 255"
    return ""


def ipv6(text: str) -> str:
    """An IPv6 address without a zone."""
    if ":" not in text:
        return "missing colon"
    fault = address_fault(text)
    if fault:
        return fault
    return "zone id is not a part of ipv6 address" if "%" in text else ""


def hostname(text: str) -> str:
    """Labels of letters, digits and hyphens."""
    text = text.removesuffix(".")
    if len(text.encode("utf-8", "surrogatepass")) > 253:
        return "more than 253 characters long"
    for label in text.split("."):
        if not 1 <= len(label.encode("utf-8", "surrogatepass")) <= 63:
            return "label must be 1 to 63 characters long"
        if label.startswith("-"):
            return "label starts with hyphen"
        if label.endswith("-"):
            return "label ends with hyphen"
        for char in label:
            if char not in _LABEL:
                return _refused(char)
    return ""


def email(text: str) -> str:
    """A local part and a domain."""
    if len(text.encode("utf-8", "surrogatepass")) > 254:
        return "more than 255 characters long"
    local, at, domain = text.rpartition("@")
    if not at:
        return "missing @"
    return _local_part(local) or _domain(domain)


def _local_part(local: str) -> str:
    if len(local.encode("utf-8", "surrogatepass")) > 64:
        return "local part more than 64 characters long"
    if len(local) > 1 and local.startswith('"') and local.endswith('"'):
        if "\\" in local[1:-1] or '"' in local[1:-1]:
            return "backslash and quote are not allowed within quoted local part"
        return ""
    if local.startswith("."):
        return "starts with dot"
    if local.endswith("."):
        return "ends with dot"
    if ".." in local:
        return "consecutive dots"
    return next((_refused(char) for char in local if char not in _LOCAL_PART), "")


def _domain(domain: str) -> str:
    if domain.startswith("[") and domain.endswith("]"):
        inner = domain[1:-1]
        if inner.startswith("IPv6:"):
            fault = ipv6(inner.removeprefix("IPv6:"))
            return f"invalid ipv6 address: {fault}" if fault else ""
        fault = ipv4(inner)
        return f"invalid ipv4 address: {fault}" if fault else ""
    fault = hostname(domain)
    return f"invalid domain: {fault}" if fault else ""


def _url(text: str) -> tuple[str, dict[str, str]]:
    from meshlint.sprig.urls import url_parse

    try:
        pieces = url_parse([None], text)
    except GoError as fault:
        return str(fault).removeprefix("unable to parse url: "), {}
    host = str(pieces.get("hostname", ""))
    if ":" in host:
        if "[" not in str(pieces.get("host", "")):
            return "ipv6 address not enclosed in brackets", {}
        inner = ipv6(host)
        if inner:
            return f"invalid ipv6 address: {inner}", {}
    return "", pieces


def uri(text: str) -> str:
    """A URL with a scheme."""
    fault, pieces = _url(text)
    return fault or ("" if pieces.get("scheme") else "relative url")


def uri_reference(text: str) -> str:
    """A URL, perhaps relative."""
    return "contains \\" if "\\" in text else _url(text)[0]


def uri_template(text: str) -> str:
    """RFC 6570: braces come in pairs within each segment."""
    fault, pieces = _url(text)
    if fault:
        return fault
    for segment in str(pieces.get("path", "")).split("/"):
        opened = False
        for char in segment:
            if char in "{}":
                if opened == (char == "{"):
                    return "nested curly braces"
                opened = not opened
        if opened:
            return "no matching closing brace"
    return ""


def semver(text: str) -> str:
    """Semantic Versioning 2.0.0, strictly."""
    text, plus, build = text.partition("+")
    if plus:
        if not build:
            return "build is empty"
        fault = _identifiers(build, "build")
        if fault:
            return fault
    core, dash, pre = text.partition("-")
    if dash:
        fault = _identifiers(pre, "pre-release")
        if fault:
            return fault
    numbers = core.split(".")
    if len(numbers) != 3:
        return "versionCore must have 3 numbers separated by dot"
    for name, digits in zip(("major", "minor", "patch"), numbers, strict=True):
        if not digits:
            return f"{name} is empty"
        if len(digits) > 1 and digits[0] == "0":
            return f"{name} starts with zero"
        if not re.fullmatch("[0-9]+", digits, re.ASCII):
            return f"{name} contains non-digit"
    return ""


def _identifiers(text: str, kind: str) -> str:
    for identifier in text.split("."):
        if not identifier:
            return f"{kind} identifier is empty"
        for char in identifier:
            if char not in _LABEL:
                return f"invalid character {quote_rune(ord(char))} in {kind} identifier"
        if kind == "pre-release" and identifier.isdigit() and len(identifier) > 1 and identifier[0] == "0":
            return "pre-release numeric identifier starts with zero"
    return ""


FORMATS: dict[str, Callable[[str], str]] = {
    "regex": regex_fault,
    "json-pointer": json_pointer,
    "relative-json-pointer": relative_json_pointer,
    "uuid": uuid,
    "duration": duration,
    "period": period,
    "ipv4": ipv4,
    "ipv6": ipv6,
    "hostname": hostname,
    "email": email,
    "date": date,
    "time": time,
    "date-time": date_time,
    "uri": uri,
    "iri": uri,
    "uri-reference": uri_reference,
    "iri-reference": uri_reference,
    "uri-template": uri_template,
    "semver": semver,
}
