"""The validity of certificates, read from DER built here field by field."""

from __future__ import annotations

import base64
import calendar

import pytest

from meshlint.kube.certificate import validity


def der(tag: int, *content: bytes) -> bytes:
    body = b"".join(content)
    size = len(body)
    length = bytes([size]) if size < 128 else bytes([0x82]) + size.to_bytes(2, "big")
    return bytes([tag]) + length + body


def pem(not_before: bytes, not_after: bytes, version: bool = True, filler: int = 4) -> str:
    fields = [der(0x02, b"\x01"), der(0x30, b""), der(0x30, b"x" * filler), der(0x30, not_before, not_after)]
    if version:
        fields.insert(0, der(0xA0, der(0x02, b"\x02")))
    certificate = der(0x30, der(0x30, *fields), der(0x30, b""))
    text = base64.encodebytes(certificate).decode()
    return f"-----BEGIN CERTIFICATE-----\n{text}-----END CERTIFICATE-----\n"


def seconds(*parts: int) -> int:
    return calendar.timegm((*parts, 0, 0, 0))


TIMES = [
    (der(0x17, b"240102030405Z"), seconds(2024, 1, 2, 3, 4, 5)),
    (der(0x17, b"990102030405Z"), seconds(1999, 1, 2, 3, 4, 5)),
    (der(0x18, b"20510102030405Z"), seconds(2051, 1, 2, 3, 4, 5)),
]


@pytest.mark.parametrize(("written", "expected"), TIMES)
@pytest.mark.parametrize("version", [True, False])
@pytest.mark.parametrize("filler", [4, 300])
def test_times_are_read(written: bytes, expected: int, version: bool, filler: int) -> None:
    found = validity(pem(written, TIMES[2][0], version, filler))
    assert found is not None
    assert found == (expected, TIMES[2][1])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hush hush",
        "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----",
        pem(der(0x17, b"no time here!"), TIMES[0][0]),
        pem(der(0x02, b"\x01"), TIMES[0][0]),
    ],
)
def test_what_is_no_certificate_has_no_validity(text: str) -> None:
    assert validity(text) is None
