"""Private keys: stand-ins of each type Sprig generates, and reading the PEM of given ones.

In: a type, or PEM text; out: a PrivateKey. A stand-in has the structure and the size of the real thing
(an RSA key even multiplies out), but its numbers are no primes: it protects nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from meshlint.gotemplate.govalue import GoError
from meshlint.sprig.der import (
    CONTEXT_CONSTRUCTED,
    NULL,
    OCTETS,
    SEQUENCE,
    Element,
    bits,
    element,
    from_pem,
    integer,
    object_id,
    pem,
    read,
    sequence,
)
from meshlint.sprig.standins import random_bytes

RSA, EC, DSA, ED25519 = "RSA PRIVATE KEY", "EC PRIVATE KEY", "DSA PRIVATE KEY", "PRIVATE KEY"
_RSA_ID, _EC_ID, _ED25519_ID = "1.2.840.113549.1.1.1", "1.2.840.10045.2.1", "1.3.101.112"
_P256_ID = "1.2.840.10045.3.1.7"
_EXPONENT = 65537
_PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1  # of the curve P-256: y * y = x * x * x - 3 * x + b
_CONSTANT = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B


class PrivateKey(NamedTuple):
    """A key: the name of its PEM block, its DER, and the SubjectPublicKeyInfo that belongs to it."""

    name: str
    data: bytes
    public: bytes

    def text(self) -> str:
        """The key as PEM."""
        return pem(self.name, self.data)


def _odd(size: int) -> int:
    """An odd number of that many bits whose two highest bits are set."""
    return int.from_bytes(random_bytes(size // 8), "big") | 3 << (size - 2) | 1


def rsa_key(size: int) -> PrivateKey:
    """A key of that many bits in PKCS#1."""
    while True:
        first, second = _odd(size // 2), _odd(size // 2)
        try:
            secret = pow(_EXPONENT, -1, (first - 1) * (second - 1))
            coefficient = pow(second, -1, first)
        except ValueError:  # no inverse: other numbers, then
            continue
        parts = (0, first * second, _EXPONENT, secret, first, second)
        rest = (secret % (first - 1), secret % (second - 1), coefficient)
        data = sequence(*map(integer, (*parts, *rest)))
        return PrivateKey(RSA, data, _rsa_public(first * second, _EXPONENT))


def _rsa_public(modulus: int, exponent: int) -> bytes:
    return _public(_RSA_ID, element(NULL), sequence(integer(modulus), integer(exponent)))


def _public(algorithm: str, parameters: bytes, key: bytes) -> bytes:
    return sequence(sequence(object_id(algorithm), parameters), bits(key))


def _point() -> bytes:
    """Some point of the curve P-256, uncompressed."""
    while True:
        x = int.from_bytes(random_bytes(32), "big") % _PRIME
        square = (x * x * x - 3 * x + _CONSTANT) % _PRIME
        y = pow(square, (_PRIME + 1) // 4, _PRIME)
        if y * y % _PRIME == square:
            return b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big")


def ec_key() -> PrivateKey:
    """A key of the curve P-256 in SEC 1."""
    point = _point()
    curve = object_id(_P256_ID)
    data = sequence(
        integer(1),
        element(OCTETS, random_bytes(32)),
        element(CONTEXT_CONSTRUCTED, curve),
        element(CONTEXT_CONSTRUCTED | 1, bits(point)),
    )
    return PrivateKey(EC, data, _public(_EC_ID, curve, point))


def dsa_key() -> PrivateKey:
    """A key of 2048 and 256 bits; Sprig writes its five numbers."""
    large, small = (_odd(2048), _odd(2048), _odd(2048)), _odd(256)
    data = sequence(*map(integer, (0, large[0], small, large[1], large[2], _odd(256) % small)))
    return PrivateKey(DSA, data, b"")


def ed25519_key() -> PrivateKey:
    """A key in PKCS#8."""
    seed = element(OCTETS, element(OCTETS, random_bytes(32)))
    data = sequence(integer(0), sequence(object_id(_ED25519_ID)), seed)
    return PrivateKey(ED25519, data, _public(_ED25519_ID, b"", random_bytes(32)))


def parse_key(text: str) -> PrivateKey:
    """The key of a PEM text. Raises GoError with Sprig's words."""
    block = from_pem(text)
    if block is None:
        raise GoError("no PEM data in input")
    name, data = block
    if name == ED25519:
        return _from_pkcs8(data)
    if not name.endswith(" PRIVATE KEY"):
        raise GoError(f"no private key data in PEM block of type {name}")
    if name == RSA:
        return _from_pkcs1(data, "parsing RSA private key from PEM: ")
    if name == EC:
        return _from_sec1(data, "parsing EC private key from PEM: x509: failed to parse EC private key: ")
    if name == DSA:
        _numbers(_fields(data, "DSAKeyFormat", "parsing DSA private key from PEM: "))
        return PrivateKey(DSA, data, b"")
    raise GoError(f"invalid private key type {name}")


def _fields(data: bytes, go_name: str, where: str) -> list[Element]:
    """The elements of the outermost SEQUENCE. Raises GoError with the words of Go's asn1."""
    try:
        outer, _ = read(data)
        if outer.tag != SEQUENCE:
            raise ValueError(_wrong_tag(outer, go_name))
        return outer.items()
    except ValueError as fault:
        raise GoError(f"{where}{fault}") from None


def _wrong_tag(found: Element, go_name: str) -> str:
    compound = "true" if found.tag & 0x20 else "false"
    got = f"{{class:{found.tag >> 6} tag:{found.tag & 31} length:{len(found.body)} isCompound:{compound}}}"
    options = "optional:false explicit:false application:false private:false defaultValue:<nil> tag:<nil>"
    rest = "stringType:0 timeType:0 set:false omitEmpty:false"
    return f"asn1: structure error: tags don't match (16 vs {got}) {{{options} {rest}}} {go_name} @2"


def _numbers(fields: list[Element]) -> list[int]:
    try:
        return [field.number() for field in fields]
    except ValueError:
        raise GoError("asn1: structure error: tags don't match") from None


def _from_pkcs1(data: bytes, where: str) -> PrivateKey:
    numbers = _numbers(_fields(data, "pkcs1PrivateKey", where))
    if len(numbers) < 9:
        raise GoError(f"{where}asn1: syntax error: sequence truncated")
    return PrivateKey(RSA, data, _rsa_public(numbers[1], numbers[2]))


def _from_sec1(data: bytes, where: str, curve: bytes = b"") -> PrivateKey:
    fields = _fields(data, "ecPrivateKey", where)
    public = [field for field in fields if field.tag == CONTEXT_CONSTRUCTED | 1]
    named = [field.body for field in fields if field.tag == CONTEXT_CONSTRUCTED]
    point = public[0].items()[0].body[1:] if public else _point()
    return PrivateKey(EC, data, _public(_EC_ID, named[0] if named else curve or object_id(_P256_ID), point))


def _from_pkcs8(data: bytes) -> PrivateKey:
    where = "decoding PEM as PKCS#8: "
    fields = _fields(data, "pkcs8", where)
    if len(fields) < 3 or fields[1].tag != SEQUENCE or fields[2].tag != OCTETS:
        raise GoError(f"{where}asn1: structure error: tags don't match")
    algorithm = fields[1].body
    if algorithm.startswith(object_id(_RSA_ID)):
        return _from_pkcs1(fields[2].body, where)
    if algorithm.startswith(object_id(_EC_ID)):
        return _from_sec1(fields[2].body, where, algorithm[len(object_id(_EC_ID)) :])
    return PrivateKey(ED25519, data, _public(_ED25519_ID, b"", random_bytes(32)))
