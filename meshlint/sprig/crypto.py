"""Sprig's secrets: derived passwords and AES for real; hashes, keys and certificates as stand-ins.

In: names, passwords, addresses; out: texts and Certificates. A stand-in has the shape and the length of
the real thing (PEM blocks that decode, bcrypt's 60 characters), opens nothing, and is the same in every
render; its Function is flagged "random".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from meshlint.gotemplate.function import Function
from meshlint.gotemplate.gofmt import format_value
from meshlint.gotemplate.govalue import GoError, GoObject
from meshlint.sprig.encoding import base64_decode
from meshlint.sprig.runes import from_bytes, to_bytes
from meshlint.sprig.standins import random_bytes, random_text

_BCRYPT = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_CERTIFICATE_BYTES = 790
_RSA = "RSA PRIVATE KEY"
_RSA_BYTES = 1190  # of a 2048 bit key, as the gen functions for certificates make them
_KEYS = {
    "": (_RSA, 2347),
    "rsa": (_RSA, 2347),
    "dsa": ("DSA PRIVATE KEY", 448),
    "ecdsa": ("EC PRIVATE KEY", 119),
    "ed25519": ("PRIVATE KEY", 46),
}
_PRIVATE_KEYS = ("RSA PRIVATE KEY", "EC PRIVATE KEY", "DSA PRIVATE KEY", "PRIVATE KEY")

# The master password algorithm: templates by password type, and the characters of their classes.
_LONG = """
    CvcvnoCvcvCvcv CvcvCvcvnoCvcv CvcvCvcvCvcvno CvccnoCvcvCvcv CvccCvcvnoCvcv CvccCvcvCvcvno CvcvnoCvccCvcv
    CvcvCvccnoCvcv CvcvCvccCvcvno CvcvnoCvcvCvcc CvcvCvcvnoCvcc CvcvCvcvCvccno CvccnoCvccCvcv CvccCvccnoCvcv
    CvccCvccCvcvno CvcvnoCvccCvcc CvcvCvccnoCvcc CvcvCvccCvccno CvccnoCvcvCvcc CvccCvcvnoCvcc CvccCvcvCvccno
"""
_TEMPLATES = {
    "maximum": ("anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"),
    "long": tuple(_LONG.split()),
    "medium": ("CvcnoCvc", "CvcCvcno"),
    "short": ("Cvcn",),
    "basic": ("aaanaaan", "aannaaan", "aaannaaa"),
    "pin": ("nnnn",),
}
_VOWELS, _CONSONANTS = "AEIOU", "BCDFGHJKLMNPQRSTVWXYZ"
_ANY_CASE = _VOWELS + _VOWELS.lower() + _CONSONANTS + _CONSONANTS.lower()
_CLASSES = {
    "V": _VOWELS,
    "C": _CONSONANTS,
    "v": _VOWELS.lower(),
    "c": _CONSONANTS.lower(),
    "A": _VOWELS + _CONSONANTS,
    "a": _ANY_CASE,
    "n": "0123456789",
    "o": "@&%?,=[]_:-+*$#!'^~;()/.",
    "x": _ANY_CASE + "0123456789!@#$%^&*()",
}
_SALT = b"com.lyndir.masterpassword"


class Certificate(GoObject):
    """A certificate and its key, both as PEM text."""

    __slots__ = ("cert", "key")
    go_type: ClassVar[str] = "sprig.certificate"
    go_kind: ClassVar[str] = "struct"

    def __init__(self, cert: str, key: str) -> None:
        self.cert = cert
        self.key = key

    def fields(self) -> dict[str, Any]:
        """Cert and Key."""
        return {"Cert": self.cert, "Key": self.key}


def _pem(name: str, size: int) -> str:
    """A PEM block of a DER sequence of random content."""
    from base64 import b64encode

    head = bytes([0x30, size]) if size < 0x80 else b"\x30\x82" + size.to_bytes(2, "big")
    text = b64encode(head + random_bytes(size)).decode()
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN {name}-----", *lines, f"-----END {name}-----", ""])


def _der(pem: str, names: Sequence[str]) -> bytes | None:
    """The content of the first PEM block with one of the names, None if there is none."""
    import re
    from base64 import b64decode
    from binascii import Error

    found = re.search(r"-----BEGIN ([A-Z0-9 ]+)-----\n(.*?)\n-----END \1-----", pem, re.DOTALL)
    if found is None or (names and found[1] not in names):
        return None
    try:
        return b64decode("".join(found[2].split()), validate=True)
    except Error:
        return None


def private_key(kind: str) -> str:
    """A private key of that kind: rsa ("" too), dsa, ecdsa, ed25519."""
    if kind not in _KEYS:
        return f"Unknown type {kind}"
    return _pem(*_KEYS[kind])


def _certificate(key: str | None = None) -> Certificate:
    return Certificate(_pem("CERTIFICATE", _CERTIFICATE_BYTES), key or _pem(_RSA, _RSA_BYTES))


def _checked_key(key: str) -> str:
    if "-----BEGIN" not in key:
        raise GoError("parsing private key: no PEM data in input")
    if _der(key, _PRIVATE_KEYS) is None:
        raise GoError("parsing private key: no private key data in PEM block")
    return key


def _check_names(addresses: Sequence[Any], names: Sequence[Any]) -> None:
    """The faults Sprig finds in the lists of addresses and alternate names."""
    from ipaddress import ip_address

    for address in addresses or ():
        if not isinstance(address, str):
            raise GoError(f"error parsing ip: {format_value(address)} is not a string")
        try:
            ip_address(str(address).partition("%")[0])
        except ValueError:
            raise GoError(f"error parsing ip: {address}") from None
    for name in names or ():
        if not isinstance(name, str):
            raise GoError(f"error processing alternate dns name: {format_value(name)} is not a string")


def authority(name: str, days: int) -> Certificate:  # noqa: ARG001 - a stand-in names nobody
    """A certificate authority."""
    return _certificate()


def authority_with_key(name: str, days: int, key: str) -> Certificate:  # noqa: ARG001
    """A certificate authority with a given key."""
    return _certificate(_checked_key(key))


def self_signed(name: str, addresses: Sequence[Any], names: Sequence[Any], days: int) -> Certificate:  # noqa: ARG001
    """A certificate that vouches for itself."""
    _check_names(addresses, names)
    return _certificate()


def self_signed_with_key(
    name: str,  # noqa: ARG001
    addresses: Sequence[Any],
    names: Sequence[Any],
    days: int,  # noqa: ARG001
    key: str,
) -> Certificate:
    """A certificate that vouches for itself, with a given key."""
    checked = _checked_key(key)
    _check_names(addresses, names)
    return _certificate(checked)


def signed(
    name: str,
    addresses: Sequence[Any],
    names: Sequence[Any],
    days: int,
    issuer: Certificate,
) -> Certificate:
    """A certificate signed by an authority."""
    return signed_with_key(name, addresses, names, days, issuer, _pem(_RSA, _RSA_BYTES))


def signed_with_key(
    name: str,  # noqa: ARG001
    addresses: Sequence[Any],
    names: Sequence[Any],
    days: int,  # noqa: ARG001
    issuer: Certificate,
    key: str,
) -> Certificate:
    """A certificate signed by an authority, with a given key."""
    checked = _checked_key(key)
    if _der(issuer.cert, ()) is None:
        raise GoError("unable to decode certificate")
    _check_names(addresses, names)
    return _certificate(checked)


def custom(cert: str, key: str) -> Certificate:
    """A certificate and a key given in base64."""
    from base64 import b64decode
    from binascii import Error

    texts = []
    for text, what in ((cert, "certificate"), (key, "private key")):
        try:
            texts.append(from_bytes(b64decode(to_bytes(text), validate=True)))
        except Error:
            raise GoError(f"unable to decode base64 {what}") from None
    if _der(texts[0], ()) is None:
        raise GoError("unable to decode certificate")
    if _der(texts[1], _PRIVATE_KEYS) is None:
        raise GoError("error parsing certificate: prv.Key: no private key data in PEM block")
    return Certificate(texts[0], texts[1])


def bcrypt(password: str) -> str:
    """The shape of a bcrypt hash; passwords of more than 72 bytes are refused as Go refuses them."""
    if len(to_bytes(password)) > 72:
        return "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes"
    return "$2a$10$" + random_text(53, _BCRYPT)


def htpasswd(user: str, password: str) -> str:
    """A line of an htpasswd file."""
    if ":" in user:
        return f"invalid username: {user}"
    return f"{user}:{bcrypt(password)}"


def derive_password(counter: int, kind: str, password: str, user: str, site: str) -> str:
    """The master password algorithm, for real."""
    import hmac
    from hashlib import scrypt

    templates = _TEMPLATES.get(kind)
    if templates is None:
        return f"cannot find password template {kind}"
    name, place = to_bytes(user), to_bytes(site)
    salt = _SALT + len(name).to_bytes(4, "big") + name
    key = scrypt(to_bytes(password), salt=salt, n=32768, r=8, p=2, maxmem=1 << 26, dklen=64)
    message = _SALT + len(place).to_bytes(4, "big") + place + counter.to_bytes(4, "big")
    seed = hmac.new(key, message, "sha256").digest()
    template = templates[seed[0] % len(templates)]
    classes = [_CLASSES[letter] for letter in template]
    return "".join(letters[seed[at] % len(letters)] for at, letters in enumerate(classes, 1))


def _aes_key(password: str) -> bytes:
    return to_bytes(password)[:32].ljust(32, b"\0")


def encrypt_aes(password: str, text: str) -> str:
    """AES-256-CBC with PKCS#7 padding, the initial vector in front, in base64."""
    from base64 import b64encode

    from meshlint.sprig.aes import BLOCK, encrypt_cbc

    if not text:
        return ""
    data = to_bytes(text)
    padding = BLOCK - len(data) % BLOCK
    start = random_bytes(BLOCK)
    return b64encode(
        start + encrypt_cbc(_aes_key(password), start, data + bytes([padding] * padding))
    ).decode()


def decrypt_aes(password: str, text: str) -> str:
    """What encryptAES made of a text; faults are those of Go's packages."""
    from meshlint.sprig.aes import BLOCK, decrypt_cbc

    if not text:
        return ""
    decoded = base64_decode(text)
    if decoded.startswith("illegal base64 data"):
        raise GoError(decoded)
    data = to_bytes(decoded)
    if len(data) < BLOCK:
        raise GoError(f"runtime error: slice bounds out of range [:{BLOCK}] with capacity {len(data)}")
    if len(data) % BLOCK:
        raise GoError("crypto/cipher: input not full blocks")
    plain = decrypt_cbc(_aes_key(password), data[:BLOCK], data[BLOCK:])
    if not plain:
        raise GoError("runtime error: index out of range [-1]")
    end = len(plain) - plain[-1]
    if end < 0:
        raise GoError(f"runtime error: slice bounds out of range [:{end}]")
    return from_bytes(plain[:end])


def _random(name: str, params: tuple[str, ...], call: Callable[..., Any]) -> Function:
    return Function(name, params, call, flags="random")


FUNCTIONS: tuple[Function, ...] = (
    Function("derivePassword", ("uint32", "string", "string", "string", "string"), derive_password),
    _random("encryptAES", ("string", "string"), encrypt_aes),
    Function("decryptAES", ("string", "string"), decrypt_aes),
    _random("bcrypt", ("string",), bcrypt),
    _random("htpasswd", ("string", "string"), htpasswd),
    _random("genPrivateKey", ("string",), private_key),
    _random("genCA", ("string", "int"), authority),
    _random("genCAWithKey", ("string", "int", "string"), authority_with_key),
    _random("genSelfSignedCert", ("string", "[]any", "[]any", "int"), self_signed),
    _random("genSelfSignedCertWithKey", ("string", "[]any", "[]any", "int", "string"), self_signed_with_key),
    _random("genSignedCert", ("string", "[]any", "[]any", "int", "certificate"), signed),
    _random(
        "genSignedCertWithKey", ("string", "[]any", "[]any", "int", "certificate", "string"), signed_with_key
    ),
    Function("buildCustomCert", ("string", "string"), custom),
)
