"""DER and PEM: the encodings of keys and certificates, as far as stand-ins for them need it.

In: integers, texts, object identifiers; out: bytes, and PEM texts. `Element` reads the same way back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from meshlint.text.pattern import lazy

BOOLEAN, INTEGER, BITS, OCTETS, NULL, OBJECT_ID = 1, 2, 3, 4, 5, 6
UTF8, PRINTABLE, UTC_TIME, GENERALIZED_TIME = 12, 19, 23, 24
SEQUENCE, SET, CONTEXT, CONTEXT_CONSTRUCTED = 0x30, 0x31, 0x80, 0xA0

_BLOCK = lazy(
    r"(?:^|\n)-----BEGIN ([^\n]*?)-----[ \t\r]*\n((?:[^\n:]+:[^\n]*\n)*)((?:[A-Za-z0-9+/=\s])*?)"
    r"-----END \1-----[ \t\r]*(?=\n|$)"
)


def element(tag: int, *contents: bytes) -> bytes:
    """One element: its tag, the length of its contents, the contents."""
    body = b"".join(contents)
    size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + body


def sequence(*items: bytes) -> bytes:
    """A SEQUENCE."""
    return element(SEQUENCE, *items)


def integer(number: int) -> bytes:
    """A non-negative INTEGER."""
    return element(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def bits(data: bytes, unused: int = 0) -> bytes:
    """A BIT STRING whose last `unused` bits do not count."""
    return element(BITS, bytes((unused,)), data)


def object_id(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER."""
    first, second, *rest = map(int, dotted.split("."))
    body = bytearray()
    for number in (first * 40 + second, *rest):
        digits = [number & 0x7F]
        while number := number >> 7:
            digits.append(number & 0x7F | 0x80)
        body += bytes(reversed(digits))
    return element(OBJECT_ID, bytes(body))


class Element(NamedTuple):
    """One element read: tag and contents."""

    tag: int
    body: bytes

    def items(self) -> list[Element]:
        """The elements inside. Raises ValueError if they are malformed."""
        return list(read_all(self.body))

    def number(self) -> int:
        """The value of an INTEGER. Raises ValueError for another element."""
        if self.tag != INTEGER:
            raise ValueError("no integer")
        return int.from_bytes(self.body, "big")


def read(data: bytes) -> tuple[Element, bytes]:
    """The first element and what follows it. Raises ValueError with the words of Go's asn1."""
    if len(data) < 2:
        raise ValueError("asn1: syntax error: truncated tag or length")
    size, start = data[1], 2
    if size & 0x80:
        start += size & 0x7F
        size = int.from_bytes(data[2:start], "big")
    if start > len(data):
        raise ValueError("asn1: syntax error: truncated tag or length")
    if start + size > len(data):
        raise ValueError("asn1: syntax error: data truncated")
    return Element(data[0], data[start : start + size]), data[start + size :]


def read_all(data: bytes) -> Iterator[Element]:
    """One element after another."""
    while data:
        found, data = read(data)
        yield found


def pem(name: str, data: bytes) -> str:
    """A PEM block, lines of 64 characters."""
    from base64 import b64encode

    text = b64encode(data).decode()
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN {name}-----", *lines, f"-----END {name}-----", ""])


def from_pem(text: str) -> tuple[str, bytes] | None:
    """Name and contents of the first well-formed PEM block, None if there is none."""
    from base64 import b64decode
    from binascii import Error

    for block in _BLOCK.finditer(text):
        try:
            return block[1], b64decode("".join(block[3].split()), validate=True)
        except Error:
            continue
    return None
