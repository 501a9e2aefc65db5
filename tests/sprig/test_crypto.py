from __future__ import annotations

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshlint.gotemplate.govalue import GoError
from meshlint.sprig import aes, crypto, randoms, standins

PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----\n((?:[A-Za-z0-9+/=]{1,64}\n)+)-----END \1-----\n")


@pytest.fixture(autouse=True)
def from_the_start() -> None:
    standins.begin()


def test_the_known_answer_of_fips_197() -> None:
    plain = bytes.fromhex("00112233445566778899aabbccddeeff")
    cipher = aes.encrypt_cbc(bytes(range(32)), bytes(16), plain)
    assert cipher.hex() == "8ea2b7ca516745bfeafc49904b496089"
    assert aes.decrypt_cbc(bytes(range(32)), bytes(16), cipher) == plain


@given(st.text(), st.text(min_size=1))
def test_what_is_encrypted_is_decrypted(password: str, text: str) -> None:
    assert crypto.decrypt_aes(password, crypto.encrypt_aes(password, text)) == text


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("?", "illegal base64 data at input byte 0"),
        ("AAAA", "runtime error: slice bounds out of range [:16] with capacity 3"),
        (base64.b64encode(bytes(20)).decode(), "crypto/cipher: input not full blocks"),
    ],
)
def test_what_cannot_be_decrypted(text: str, fault: str) -> None:
    with pytest.raises(GoError) as caught:
        crypto.decrypt_aes("k", text)
    assert str(caught.value) == fault


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("long", "ZedaFaxcZaso9*"), ("pin", "6685"), ("zz", "cannot find password template zz")],
)
def test_derived_passwords(kind: str, expected: str) -> None:
    assert crypto.derive_password(1, kind, "password", "user", "example.com") == expected


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("", "RSA PRIVATE KEY"),
        ("rsa", "RSA PRIVATE KEY"),
        ("dsa", "DSA PRIVATE KEY"),
        ("ecdsa", "EC PRIVATE KEY"),
        ("ed25519", "PRIVATE KEY"),
    ],
)
def test_private_keys_are_pem(kind: str, name: str) -> None:
    found = PEM.fullmatch(crypto.private_key(kind))
    assert found is not None
    assert found[1] == name
    assert base64.b64decode(found[2])[0] == 0x30  # a DER sequence


def test_certificates_are_pem_and_take_a_given_key() -> None:
    issuer = crypto.authority("ca", 1)
    key = crypto.private_key("rsa")
    leaf = crypto.signed_with_key("x", ["10.0.0.1", "::1"], ["a.example"], 1, issuer, key)
    assert PEM.fullmatch(issuer.cert)
    assert PEM.fullmatch(leaf.cert)
    assert leaf.key == key
    assert leaf.cert != issuer.cert
    again = crypto.custom(*(base64.b64encode(text.encode()).decode() for text in (leaf.cert, leaf.key)))
    assert again.fields() == leaf.fields()


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (lambda: crypto.self_signed("c", ["bad"], [], 1), "error parsing ip: bad"),
        (lambda: crypto.self_signed("c", [1], [], 1), "error parsing ip: 1 is not a string"),
        (
            lambda: crypto.self_signed("c", [], [1.5], 1),
            "error processing alternate dns name: 1.5 is not a string",
        ),
        (lambda: crypto.authority_with_key("c", 1, "x"), "parsing private key: no PEM data in input"),
        (lambda: crypto.custom("?", ""), "unable to decode base64 certificate"),
        (lambda: crypto.custom("YQ==", "?"), "unable to decode base64 private key"),
        (lambda: crypto.custom("YQ==", "YQ=="), "unable to decode certificate"),
    ],
)
def test_faults_of_certificates(call, fault: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(GoError) as caught:
        call()
    assert str(caught.value) == fault


def test_hashes_have_the_shape_of_bcrypt() -> None:
    assert re.fullmatch(r"\$2a\$10\$[./A-Za-z0-9]{53}", crypto.bcrypt("secret"))
    assert crypto.htpasswd("u", "p").startswith("u:$2a$10$")
    assert crypto.htpasswd("u:x", "p") == "invalid username: u:x"
    assert crypto.bcrypt("x" * 73).endswith("password length exceeds 72 bytes")


@pytest.mark.parametrize(
    ("call", "pattern"),
    [
        (lambda: randoms.alphanumeric(40), "[A-Za-z0-9]{40}"),
        (lambda: randoms.alphabetic(40), "[A-Za-z]{40}"),
        (lambda: randoms.numeric(40), "[0-9]{40}"),
        (lambda: randoms.printable(40), "[ -~]{40}"),
        (lambda: randoms.uuid(), "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
    ],
)
def test_random_texts_have_their_shape_and_come_again(call, pattern: str) -> None:  # type: ignore[no-untyped-def]
    first, second = call(), call()
    assert re.fullmatch(pattern, first)
    assert first != second
    standins.begin()
    assert call() == first
    standins.begin(real=True)
    assert call() not in (first, second)


@given(st.text(max_size=50))
def test_shuffling_keeps_the_characters(text: str) -> None:
    assert sorted(randoms.shuffle(text)) == sorted(text)


@given(st.integers(-1000, 1000), st.integers(1, 1000))
def test_random_integers_lie_within_their_bounds(least: int, width: int) -> None:
    assert least <= randoms.random_integer(least, least + width) < least + width


def test_lengths_have_bounds() -> None:
    for call in (randoms.alphabetic, randoms.base64_bytes):
        with pytest.raises(GoError):
            call(randoms.MAX_LENGTH + 1)
        with pytest.raises(GoError):
            call(-1)
    with pytest.raises(GoError, match="invalid argument to Intn"):
        randoms.random_integer(2, 2)
