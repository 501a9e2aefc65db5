"""Sprig's certificates: X.509 of the right structure with stand-ins for keys and signatures.

In: names, addresses, days, keys; out: Certificates. Subject, validity, extensions and issuer are what
Sprig asks Go's x509 for; the signature is no signature.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from meshlint.gotemplate.gofmt import format_value
from meshlint.gotemplate.govalue import GoError, GoObject, Placeholder
from meshlint.sprig.calendar import civil
from meshlint.sprig.der import (
    BOOLEAN,
    CONTEXT,
    CONTEXT_CONSTRUCTED,
    GENERALIZED_TIME,
    NULL,
    OBJECT_ID,
    OCTETS,
    PRINTABLE,
    SEQUENCE,
    SET,
    UTC_TIME,
    UTF8,
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
from meshlint.sprig.encoding import base64_decode
from meshlint.sprig.keys import DSA, EC, RSA, PrivateKey, parse_key, rsa_key
from meshlint.sprig.runes import to_bytes
from meshlint.sprig.standins import now, random_bytes

RSA_BITS = 2048
_COMMON_NAME = "2.5.4.3"
_SIGNATURES = {  # by the type of the signing key: algorithm and size of a signature
    RSA: (sequence(object_id("1.2.840.113549.1.1.11"), element(NULL)), RSA_BITS // 8),
    EC: (sequence(object_id("1.2.840.10045.4.3.2")), 64),
}
_ED25519_SIGNATURE = (sequence(object_id("1.3.101.112")), 64)
_SIGN_AND_ENCIPHER, _AND_SIGN_CERTIFICATES = bits(b"\xa0", 5), bits(b"\xa4", 2)
_SERVER_AND_CLIENT = sequence(object_id("1.3.6.1.5.5.7.3.1"), object_id("1.3.6.1.5.5.7.3.2"))
_PRINTABLE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 '()+,-./:=?*&")


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


class Request:
    """What a certificate is to say."""

    __slots__ = ("addresses", "authority", "days", "name", "names")

    def __init__(
        self,
        name: str,
        days: int,
        addresses: Sequence[Any] = (),
        names: Sequence[Any] = (),
        authority: bool = False,
    ) -> None:
        self.name = name
        self.days = days
        self.addresses = [_address(address) for address in addresses or ()]
        self.names = [_alternate_name(name) for name in names or ()]
        self.authority = authority


def _address(value: Any) -> bytes:
    from ipaddress import ip_address

    if not isinstance(value, str):
        raise GoError(f"error parsing ip: {format_value(value)} is not a string")
    try:
        if "%" in value:  # Go's net.ParseIP knows no zones
            raise ValueError(value)
        return ip_address(str(value)).packed
    except ValueError:
        raise GoError(f"error parsing ip: {value}") from None


def _alternate_name(value: Any) -> bytes:
    if not isinstance(value, str):
        raise GoError(f"error processing alternate dns name: {format_value(value)} is not a string")
    return to_bytes(value)


class Issuer:
    """Who signs: the name on the certificate, its key identifier, the key."""

    __slots__ = ("identifier", "key", "subject")

    def __init__(self, subject: bytes, identifier: bytes, key: PrivateKey) -> None:
        self.subject = subject
        self.identifier = identifier
        self.key = key


def issue(request: Request, key: PrivateKey, issuer: Issuer | None = None) -> Certificate:
    """A certificate for the key, signed by the issuer or by itself."""
    signer = issuer.key if issuer is not None else key
    if DSA in (signer.name, key.name):
        raise GoError(
            "error creating certificate: x509: certificate private key does not implement crypto.Signer"
        )
    algorithm, size = _SIGNATURES.get(signer.name, _ED25519_SIGNATURE)
    subject = _subject(request.name)
    identifier = _key_identifier(key) if request.authority else b""
    content = sequence(
        element(CONTEXT_CONSTRUCTED, integer(2)),
        integer(int.from_bytes(random_bytes(16), "big")),
        algorithm,
        issuer.subject if issuer is not None else subject,
        _validity(request.days),
        subject,
        key.public,
        _extensions(request, identifier, issuer.identifier if issuer is not None else identifier),
    )
    text = pem("CERTIFICATE", sequence(content, algorithm, bits(_signature(signer, size))))
    return Certificate(Placeholder(text, "random"), Placeholder(key.text(), "random"))


def _signature(key: PrivateKey, size: int) -> bytes:
    """Bytes in place of a signature; one of an elliptic curve is a pair of numbers."""
    data = random_bytes(size)
    if key.name != EC:
        return data
    return sequence(*(integer(int.from_bytes(half, "big")) for half in (data[:32], data[32:])))


def _subject(name: str) -> bytes:
    if not name:
        return sequence()
    tag = PRINTABLE if all(char in _PRINTABLE for char in name) else UTF8
    return sequence(element(SET, sequence(object_id(_COMMON_NAME), element(tag, to_bytes(name)))))


def _validity(days: int) -> bytes:
    start = now().unix
    return sequence(_time(start), _time(start + days * 86_400))


def _time(unix: int) -> bytes:
    day, second = divmod(unix, 86_400)
    year, month, of_month = civil(day)
    text = f"{year:04d}{month:02d}{of_month:02d}{second // 3600:02d}{second // 60 % 60:02d}{second % 60:02d}Z"
    if 1950 <= year < 2050:
        return element(UTC_TIME, text[2:].encode())
    return element(GENERALIZED_TIME, text.encode())


def _key_identifier(key: PrivateKey) -> bytes:
    from hashlib import sha1

    return sha1(key.public, usedforsecurity=False).digest()


def _extensions(request: Request, identifier: bytes, issuer: bytes) -> bytes:
    usage = _AND_SIGN_CERTIFICATES if request.authority else _SIGN_AND_ENCIPHER
    constraints = sequence(element(BOOLEAN, b"\xff")) if request.authority else sequence()
    found = [
        _extension("2.5.29.15", usage, True),
        _extension("2.5.29.37", _SERVER_AND_CLIENT),
        _extension("2.5.29.19", constraints, True),
    ]
    if identifier:
        found.append(_extension("2.5.29.14", element(OCTETS, identifier)))
    if issuer and not request.authority:
        found.append(_extension("2.5.29.35", sequence(element(CONTEXT, issuer))))
    names = [element(CONTEXT | 2, name) for name in request.names]
    names += [element(CONTEXT | 7, address) for address in request.addresses]
    if names:
        found.append(_extension("2.5.29.17", sequence(*names)))
    return element(CONTEXT_CONSTRUCTED | 3, sequence(*found))


def _extension(identifier: str, value: bytes, critical: bool = False) -> bytes:
    mark = element(BOOLEAN, b"\xff") if critical else b""
    return sequence(object_id(identifier), mark, element(OCTETS, value))


def _given_key(text: str) -> PrivateKey:
    try:
        return parse_key(text)
    except GoError as fault:
        raise GoError(f"parsing private key: {fault}") from None


def authority(name: str, days: int) -> Certificate:
    """A certificate authority."""
    return issue(Request(name, days, authority=True), rsa_key(RSA_BITS))


def authority_with_key(name: str, days: int, key: str) -> Certificate:
    """A certificate authority with a given key."""
    return issue(Request(name, days, authority=True), _given_key(key))


def self_signed(name: str, addresses: Sequence[Any], names: Sequence[Any], days: int) -> Certificate:
    """A certificate that vouches for itself."""
    return issue(Request(name, days, addresses, names), rsa_key(RSA_BITS))


def self_signed_with_key(
    name: str, addresses: Sequence[Any], names: Sequence[Any], days: int, key: str
) -> Certificate:
    """A certificate that vouches for itself, with a given key."""
    given = _given_key(key)
    return issue(Request(name, days, addresses, names), given)


def signed(
    name: str, addresses: Sequence[Any], names: Sequence[Any], days: int, signer: Certificate
) -> Certificate:
    """A certificate signed by an authority."""
    issuer = _issuer(signer)
    return issue(Request(name, days, addresses, names), rsa_key(RSA_BITS), issuer)


def signed_with_key(
    name: str, addresses: Sequence[Any], names: Sequence[Any], days: int, signer: Certificate, key: str
) -> Certificate:
    """A certificate signed by an authority, with a given key."""
    given = _given_key(key)
    return issue(Request(name, days, addresses, names), given, _issuer(signer))


def _issuer(signer: Certificate) -> Issuer:
    block = from_pem(signer.cert)
    if block is None:
        raise GoError("unable to decode certificate")
    subject, identifier = _read_certificate(block[1], "decodedSignerCert")
    try:
        return Issuer(subject, identifier, parse_key(signer.key))
    except GoError as fault:
        raise GoError(f"error parsing private key: {fault}") from None


def _read_certificate(data: bytes, what: str) -> tuple[bytes, bytes]:
    """The subject and the subject key identifier of a certificate. Raises GoError if it is none."""
    try:
        content = read(data)[0]
        fields = content.items()[0].items() if content.tag == SEQUENCE else []
        if len(fields) < 7:
            raise ValueError("x509: malformed certificate")
        start = 1 if fields[0].tag == CONTEXT_CONSTRUCTED else 0
        return element(SEQUENCE, fields[start + 4].body), _identifier(fields[-1])
    except (ValueError, IndexError):
        raise GoError(f"error parsing certificate: {what}.Bytes: x509: malformed certificate") from None


def _identifier(extensions: Element) -> bytes:
    if extensions.tag != CONTEXT_CONSTRUCTED | 3:
        return b""
    wanted = read(object_id("2.5.29.14"))[0].body
    for extension in extensions.items()[0].items():
        parts = extension.items()
        if parts[0] == (OBJECT_ID, wanted):
            return read(parts[-1].body)[0].body
    return b""


def custom(cert: str, key: str) -> Certificate:
    """A certificate and a key given in base64."""
    texts = []
    for text, what in ((cert, "certificate"), (key, "private key")):
        decoded = base64_decode(text)
        if decoded.startswith("illegal base64 data"):
            raise GoError(f"unable to decode base64 {what}")
        texts.append(decoded)
    block = from_pem(texts[0])
    if block is None:
        raise GoError("unable to decode certificate")
    _read_certificate(block[1], "decodedCert")
    try:
        parse_key(texts[1])
    except GoError as fault:
        raise GoError(f"error parsing private key: {fault}") from None
    return Certificate(texts[0], texts[1])
