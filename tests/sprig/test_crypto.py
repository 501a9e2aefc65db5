from __future__ import annotations

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshlint.gotemplate.govalue import GoError
from meshlint.sprig import aes, certificates, crypto, der, keys, randoms, standins

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


def content(certificate: certificates.Certificate) -> list[der.Element]:
    """Version, serial number, algorithm, issuer, validity, subject, public key, extensions."""
    block = der.from_pem(certificate.cert)
    assert block is not None
    assert block[0] == "CERTIFICATE"
    return der.read(block[1])[0].items()[0].items()


@pytest.mark.parametrize("kind", ["rsa", "ecdsa", "ed25519"])
def test_certificates_say_who_vouches_for_whom(kind: str) -> None:
    issuer = certificates.authority_with_key("ca", 1, crypto.private_key(kind))
    leaf = certificates.signed("leaf é", ["10.0.0.1", "::1"], ["a.example"], 36_500, issuer)
    about_issuer, about_leaf = content(issuer), content(leaf)
    assert about_leaf[3] == about_issuer[5] == about_issuer[3]
    assert "leaf é".encode() in about_leaf[5].body
    assert about_leaf[4].items()[0].body == b"250101000000Z"
    assert about_leaf[4].items()[1].body == b"21241208000000Z"
    for name in (b"a.example", bytes((10, 0, 0, 1)), bytes(15) + b"\x01"):
        assert name in about_leaf[7].body
    key = keys.parse_key(leaf.key)
    assert key.public.endswith(about_leaf[6].body)


@pytest.mark.parametrize("kind", ["", "dsa", "ecdsa", "ed25519"])
def test_keys_are_read_back(kind: str) -> None:
    text = crypto.private_key(kind)
    assert keys.parse_key(text).text() == text


def test_rsa_stand_ins_multiply_out() -> None:
    _, modulus, exponent, secret, first, second, *rest = (
        field.number() for field in der.read(keys.rsa_key(2048).data)[0].items()
    )
    assert modulus == first * second
    assert modulus.bit_length() == 2048
    assert exponent * secret % ((first - 1) * (second - 1)) == 1
    assert rest == [secret % (first - 1), secret % (second - 1), pow(second, -1, first)]


@given(st.integers(0, 1 << 300))
def test_integers_of_der_are_read_back(number: int) -> None:
    found, rest = der.read(der.integer(number))
    assert (found.number(), rest) == (number, b"")


@given(st.binary(max_size=300))
def test_pem_is_read_back(data: bytes) -> None:
    assert der.from_pem("text\n" + der.pem("X Y", data) + "text") == ("X Y", data)


@given(st.binary(max_size=40))
def test_reading_der_fails_with_words(data: bytes) -> None:
    words = "asn1: syntax error: "
    try:
        list(der.read_all(data))
    except ValueError as fault:
        words = str(fault)
    assert words.startswith("asn1: syntax error: ")


def test_certificates_are_pem_and_take_a_given_key() -> None:
    issuer = certificates.authority("ca", 1)
    key = crypto.private_key("rsa")
    leaf = certificates.signed_with_key("x", ["10.0.0.1", "::1"], ["a.example"], 1, issuer, key)
    assert PEM.fullmatch(issuer.cert)
    assert PEM.fullmatch(leaf.cert)
    assert leaf.key == key
    assert leaf.cert != issuer.cert
    again = certificates.custom(*(base64.b64encode(text.encode()).decode() for text in (leaf.cert, leaf.key)))
    assert again.fields() == leaf.fields()


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (lambda: certificates.self_signed("c", ["bad"], [], 1), "error parsing ip: bad"),
        (lambda: certificates.self_signed("c", [1], [], 1), "error parsing ip: 1 is not a string"),
        (
            lambda: certificates.self_signed("c", [], [1.5], 1),
            "error processing alternate dns name: 1.5 is not a string",
        ),
        (lambda: certificates.authority_with_key("c", 1, "x"), "parsing private key: no PEM data in input"),
        (lambda: certificates.custom("?", ""), "unable to decode base64 certificate"),
        (lambda: certificates.custom("YQ==", "?"), "unable to decode base64 private key"),
        (lambda: certificates.custom("YQ==", "YQ=="), "unable to decode certificate"),
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
    assert randoms.alphabetic(-1) == ""
    with pytest.raises(GoError, match="makeslice"):
        randoms.base64_bytes(-1)
    with pytest.raises(GoError, match="invalid argument to Intn"):
        randoms.random_integer(2, 2)
