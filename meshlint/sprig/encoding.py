"""Encodings and checksums of Sprig: base64, base32, JSON, SHA, Adler-32.

In and out: Go strings (bytes). Decoding errors are returned as text, as Sprig does.
"""

from __future__ import annotations

import binascii

from meshlint.gotemplate.function import Function
from meshlint.sprig.runes import from_bytes, to_bytes

_BASE64 = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
_BASE32 = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
_PAD = 61  # "="
_BREAKS = (10, 13)


def base64_encode(text: str) -> str:
    """The bytes in standard base64 with padding."""
    return binascii.b2a_base64(to_bytes(text), newline=False).decode("ascii")


def base64_decode(text: str) -> str:
    """The bytes of a base64 text (line breaks ignored), or Go's complaint as text."""
    data = to_bytes(text)
    fault = _base64_fault(data)
    if fault is not None:
        return f"illegal base64 data at input byte {fault}"
    return from_bytes(binascii.a2b_base64(data))


def _base64_fault(data: bytes) -> int | None:
    """Where Go's decoder stops, None if it does not."""
    size = len(data)
    digits = 0
    for at, byte in enumerate(data):
        if byte in _BASE64:
            digits += 1
        elif byte == _PAD and digits % 4 >= 2:
            return _padding_fault(data, at, digits % 4)
        elif byte not in _BREAKS:
            return at
    return size - digits % 4 if digits % 4 else None


def _padding_fault(data: bytes, at: int, digits: int) -> int | None:
    """Like _base64_fault, from the first padding character on."""
    end = _after_breaks(data, at + 1)
    if digits == 2:
        if end == len(data):
            return end
        if data[end] != _PAD:
            return end - 1
        end = _after_breaks(data, end + 1)
    return end if end < len(data) else None


def _after_breaks(data: bytes, at: int) -> int:
    while at < len(data) and data[at] in _BREAKS:
        at += 1
    return at


def base32_encode(text: str) -> str:
    """The bytes in standard base32 with padding."""
    import base64

    return base64.b32encode(to_bytes(text)).decode("ascii")


def base32_decode(text: str) -> str:
    """The bytes of a base32 text (line breaks ignored), or Go's complaint as text."""
    import base64

    data = to_bytes(text).replace(b"\r", b"").replace(b"\n", b"")
    end, fault = _base32_end(data)
    if fault is not None:
        return f"illegal base32 data at input byte {fault}"
    return from_bytes(base64.b32decode(data[:end] + b"=" * (-end % 8)))


def _base32_end(data: bytes) -> tuple[int, int | None]:
    """How many digits Go reads, and where its decoder stops with an error (None if it does not)."""
    size = len(data)
    for at, byte in enumerate(data):
        if byte == _PAD and at % 8 >= 2 and size - at <= 8:
            return at, _base32_padding_fault(data, at)
        if byte not in _BASE32:
            return at, at
    return size, size - size % 8 if size % 8 else None


def _base32_padding_fault(data: bytes, at: int) -> int | None:
    digits = at % 8
    if len(data) - at < 8 - digits:
        return len(data)
    for place in range(at + 1, at + 8 - digits):
        if data[place] != _PAD:
            return place - 1
    return at if digits in (3, 6) else None


def adler32(text: str) -> str:
    """The Adler-32 checksum in decimal."""
    import zlib

    return str(zlib.adler32(to_bytes(text)))


def sha1(text: str) -> str:
    """The SHA-1 digest in hexadecimal."""
    import hashlib

    return hashlib.sha1(to_bytes(text), usedforsecurity=False).hexdigest()


def sha256(text: str) -> str:
    """The SHA-256 digest in hexadecimal."""
    import hashlib

    return hashlib.sha256(to_bytes(text)).hexdigest()


def sha512(text: str) -> str:
    """The SHA-512 digest in hexadecimal."""
    import hashlib

    return hashlib.sha512(to_bytes(text)).hexdigest()


FUNCTIONS: tuple[Function, ...] = (
    Function("b64enc", ("string",), base64_encode),
    Function("b64dec", ("string",), base64_decode),
    Function("b32enc", ("string",), base32_encode),
    Function("b32dec", ("string",), base32_decode),
    Function("adler32sum", ("string",), adler32),
    Function("sha1sum", ("string",), sha1),
    Function("sha256sum", ("string",), sha256),
    Function("sha512sum", ("string",), sha512),
)
