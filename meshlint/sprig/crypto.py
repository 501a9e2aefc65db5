"""Sprig's secrets: derived passwords and AES for real; hashes, keys and certificates as stand-ins.

In: names, passwords, addresses; out: texts and Certificates. A stand-in has the shape and the length of
the real thing (PEM blocks that decode, bcrypt's 60 characters), opens nothing, and is the same in every
render; its Function is flagged "random".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from meshlint.gotemplate import work
from meshlint.gotemplate.function import Function
from meshlint.gotemplate.govalue import GoError
from meshlint.sprig.certificates import (
    authority,
    authority_with_key,
    custom,
    self_signed,
    self_signed_with_key,
    signed,
    signed_with_key,
)
from meshlint.sprig.encoding import base64_decode
from meshlint.sprig.keys import PrivateKey, dsa_key, ec_key, ed25519_key, rsa_key
from meshlint.sprig.runes import from_bytes, to_bytes
from meshlint.sprig.standins import random_bytes

_BCRYPT = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_KEYS: dict[str, Callable[[], PrivateKey]] = {
    "": lambda: rsa_key(4096),
    "rsa": lambda: rsa_key(4096),
    "dsa": dsa_key,
    "ecdsa": ec_key,
    "ed25519": ed25519_key,
}

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


def private_key(kind: str) -> str:
    """A private key of that kind: rsa ("" too), dsa, ecdsa, ed25519."""
    make = _KEYS.get(kind)
    return f"Unknown type {kind}" if make is None else make().text()


def bcrypt(password: str) -> str:
    """The shape of a bcrypt hash; passwords of more than 72 bytes are refused as Go refuses them."""
    if len(to_bytes(password)) > 72:
        return "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes"
    return f"$2a$10${_bcrypt_text(random_bytes(16))}{_bcrypt_text(random_bytes(23))}"


def _bcrypt_text(data: bytes) -> str:
    """Bytes in bcrypt's own base64: other digits, no padding."""
    from base64 import b64encode

    return b64encode(data).rstrip(b"=").translate(bytes.maketrans(_BASE64, _BCRYPT)).decode()


def htpasswd(user: str, password: str) -> str:
    """A line of an htpasswd file."""
    if ":" in user:
        return f"invalid username: {user}"
    return f"{user}:{bcrypt(password)}"


_SCRYPT_UNITS = 150_000


def derive_password(counter: int, kind: str, password: str, user: str, site: str) -> str:
    """The master password algorithm, for real."""
    import hmac
    from hashlib import scrypt

    work.spend(_SCRYPT_UNITS)
    templates = _TEMPLATES.get(kind)
    if templates is None:
        return f"cannot find password template {kind}"
    name, place = to_bytes(user), to_bytes(site)
    salt = _SALT + len(name).to_bytes(4, "big") + name
    key = scrypt(to_bytes(password), salt=salt, n=32768, r=8, p=2, maxmem=1 << 26, dklen=64)
    message = _SALT + len(place).to_bytes(4, "big") + place + (counter % (1 << 32)).to_bytes(4, "big")
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
    room = len(text) // 4 * 3  # what Go's decoder allocates
    if room < BLOCK:
        raise GoError(f"runtime error: slice bounds out of range [:{BLOCK}] with capacity {room}")
    if len(data) < BLOCK:
        raise GoError(f"runtime error: slice bounds out of range [{BLOCK}:{len(data)}]")
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
