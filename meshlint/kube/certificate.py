"""Certificate: the validity of an X.509 certificate in PEM, read without a cryptography library.

In: the text of a PEM file. Out: not-before and not-after in seconds since the epoch, or None for what
is no certificate. Facts: RFC 5280, the first fields of TBSCertificate in DER.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)
_SEQUENCE, _UTC_TIME, _GENERALIZED_TIME, _VERSION = 0x30, 0x17, 0x18, 0xA0


class Validity(NamedTuple):
    """From when to when a certificate is valid, in seconds since the epoch."""

    not_before: int
    not_after: int


class _Element(NamedTuple):
    """One DER element: its tag, and where its content begins and ends."""

    tag: int
    start: int
    end: int


def validity(pem: str) -> Validity | None:
    """The validity of the first certificate in the text; None if there is none that can be read."""
    import base64
    import binascii

    found = _PEM.search(pem)
    if found is None:
        return None
    try:
        der = base64.b64decode("".join(found.group(1).split()), validate=True)
        return _read(der)
    except (binascii.Error, IndexError, ValueError):
        return None


def _read(der: bytes) -> Validity:
    certificate = _element(der, 0)
    body = _element(der, certificate.start)
    fields = _children(der, body)
    if fields[0].tag == _VERSION:
        fields = fields[1:]
    _, _, _, valid, *_ = fields  # serial number, signature algorithm, issuer, validity
    times = _children(der, valid)
    return Validity(_time(der, times[0]), _time(der, times[1]))


def _element(der: bytes, at: int) -> _Element:
    tag, length, start = der[at], der[at + 1], at + 2
    if length & 0x80:
        size = length & 0x7F
        length = int.from_bytes(der[start : start + size], "big")
        start += size
    if start + length > len(der):
        raise ValueError("truncated DER")
    return _Element(tag, start, start + length)


def _children(der: bytes, parent: _Element) -> list[_Element]:
    if parent.tag != _SEQUENCE:
        raise ValueError("not a DER sequence")
    found, at = [], parent.start
    while at < parent.end:
        element = _element(der, at)
        found.append(element)
        at = element.end
    return found


def _time(der: bytes, element: _Element) -> int:
    import calendar

    text = der[element.start : element.end].decode("ascii")
    if element.tag == _UTC_TIME:
        year = int(text[:2])
        text = f"{year + (1900 if year >= 50 else 2000)}{text[2:]}"
    elif element.tag != _GENERALIZED_TIME:
        raise ValueError("not a DER time")
    parts = [int(text[:4]), *(int(text[at : at + 2]) for at in range(4, 14, 2))]
    return calendar.timegm((*parts, 0, 0, 0))
