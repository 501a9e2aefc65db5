"""Credentials: the Secrets that gateways serve TLS with: who has them, who makes them, what spoils them.

In: a Mesh, a namespace and a name. Out: whether some object makes the Secret, and what keeps one from
serving. The namespace is always that of the gateway's pods.
"""

from __future__ import annotations

import time

from meshlint.kube.certificate import validity
from meshlint.kube.fields import dig, string_map, text
from meshlint.kube.kinds import SECRET, GroupKind
from meshlint.kube.resource import Resource
from meshlint.mesh.gateway_servers import Server
from meshlint.mesh.graph import Mesh

_PAIRS = (("cert", "key"), ("tls.crt", "tls.key"))

# Kinds that make a Secret, and where they name it; () is the object's own name.
_MAKERS: dict[GroupKind, tuple[str, ...]] = {
    GroupKind("cert-manager.io", "Certificate"): ("spec", "secretName"),
    GroupKind("external-secrets.io", "ExternalSecret"): ("spec", "target", "name"),
    GroupKind("bitnami.com", "SealedSecret"): (),
    GroupKind("secrets.hashicorp.com", "VaultStaticSecret"): ("spec", "destination", "name"),
}


def credential_name(server: Server) -> str:
    """The credential a server opens TLS with, "" if it needs none or names none."""
    name = text(server.tls.get("credentialName"))
    return "" if server.mode in ("", "PASSTHROUGH", "AUTO_PASSTHROUGH") else name


def credential_of(mesh: Mesh, namespace: str, name: str) -> tuple[str, str, Resource | None]:
    """(namespace, name, Secret) of a credential, `ns/name` or a name in the gateway's namespace."""
    owner, _, plain = name.rpartition("/")
    return owner or namespace, plain, mesh.find(SECRET, owner or namespace, plain)


def is_made(mesh: Mesh, namespace: str, name: str) -> bool:
    """True if some object of the input makes a Secret of that name."""
    for kind, path in _MAKERS.items():
        for maker in mesh.kind(kind):
            made = text(dig(maker.data, path)) if path else maker.name
            if maker.namespace == namespace and (made or maker.name) == name:
                return True
    return False


def problem_of(secret: Resource) -> str:
    """What keeps the Secret from serving TLS, "" if nothing does."""
    values = {**_decoded(secret), **string_map(secret.get("stringData"))}
    pair = next(((cert, key) for cert, key in _PAIRS if values.get(cert) and values.get(key)), None)
    if pair is None:
        return "has neither tls.crt and tls.key nor cert and key"
    valid = validity(values[pair[0]])
    if valid is None:
        return f"has no certificate in {pair[0]}"
    now = time.time()
    if now > valid.not_after:
        return f"expired on {time.strftime('%Y-%m-%d', time.gmtime(valid.not_after))}"
    if now < valid.not_before:
        return f"is not valid before {time.strftime('%Y-%m-%d', time.gmtime(valid.not_before))}"
    return ""


def _decoded(secret: Resource) -> dict[str, str]:
    """`data` decoded; a value that is no base64 counts as empty."""
    import base64
    import binascii

    found = {}
    for key, value in string_map(secret.get("data")).items():
        try:
            found[key] = base64.b64decode(value, validate=False).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            found[key] = ""
    return found
