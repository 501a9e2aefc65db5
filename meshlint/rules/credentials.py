"""Credentials: a Gateway's certificate is a Secret in the namespace of the gateway's pods.

The mesh fact guarded here: credentialName is looked up where the gateway runs, never where the Gateway
object or the application is; without a usable certificate the listener drops every handshake.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from meshlint.kube.certificate import validity
from meshlint.kube.fields import dig, string_map, text
from meshlint.kube.kinds import GATEWAY, SECRET, GroupKind
from meshlint.kube.resource import Resource
from meshlint.mesh.gateway_servers import Server, selector_of, servers_of, stock, workloads_of
from meshlint.mesh.graph import Mesh
from meshlint.rules.rule import Context, Rule, rule
from meshlint.text.finding import Effect, Finding, Place

_PAIRS = (("cert", "key"), ("tls.crt", "tls.key"))
_CLOSED = Effect("the gateway has no certificate for these hosts", http="the handshake is closed")

# Kinds that make a Secret, and where they name it; () is the object's own name.
_MAKERS: dict[GroupKind, tuple[str, ...]] = {
    GroupKind("cert-manager.io", "Certificate"): ("spec", "secretName"),
    GroupKind("external-secrets.io", "ExternalSecret"): ("spec", "target", "name"),
    GroupKind("bitnami.com", "SealedSecret"): (),
    GroupKind("secrets.hashicorp.com", "VaultStaticSecret"): ("spec", "destination", "name"),
}


@rule(
    "GW005",
    "credential-missing",
    "A Gateway's credential that is no Secret of the gateway's namespace, or an unusable one.",
    kinds=(GATEWAY,),
    peers=("IST0101", "IST0161"),
    tags=("gateway", "tls", "outage"),
)
def credential_missing(resource: Resource, context: Context) -> Iterator[Finding]:
    """Secrets mostly come from elsewhere: a missing one is reported where another namespace has it."""
    mesh = context.mesh
    namespace = _gateway_namespace(mesh, resource)
    for server in servers_of(resource) if namespace else ():
        name = text(server.tls.get("credentialName"))
        if not name or server.mode in ("", "PASSTHROUGH", "AUTO_PASSTHROUGH"):
            continue
        owner, _, plain = name.rpartition("/")
        secret = mesh.find(SECRET, owner or namespace, plain)
        if secret is not None:
            yield from _unusable(server, secret)
        elif not _made(mesh, owner or namespace, plain):
            yield from _missing(mesh, server, owner or namespace, plain)


def _gateway_namespace(mesh: Mesh, gateway: Resource) -> str:
    """The namespace of the gateway's pods; the root namespace for a stock gateway; "" if unknown."""
    selector = selector_of(gateway)
    pods = workloads_of(mesh, selector)
    if pods:
        return pods[0].namespace
    return mesh.settings.root_namespace if stock(selector) else ""


def _made(mesh: Mesh, namespace: str, name: str) -> bool:
    """True if some object of the input makes a Secret of that name."""
    for kind, path in _MAKERS.items():
        for maker in mesh.kind(kind):
            made = text(dig(maker.data, path)) if path else maker.name
            if maker.namespace == namespace and (made or maker.name) == name:
                return True
    return False


def _missing(mesh: Mesh, server: Server, namespace: str, name: str) -> Iterator[Finding]:
    elsewhere = next((one for one in mesh.kind(SECRET) if one.name == name), None)
    if elsewhere is None and not mesh.settings.closed_world:
        return
    where = f"; {elsewhere.label()} has that name" if elsewhere else ""
    yield credential_missing.finding(
        f"credential `{name}` of {server.gateway.label()} is no Secret of namespace {namespace}, "
        f"where the gateway runs{where}",
        Place(server.gateway, (*server.path, "tls", "credentialName"), f"looked up in {namespace}"),
        *([Place(elsewhere, ("metadata", "name"), "in another namespace", "candidate")] if elsewhere else []),
        effect=_CLOSED,
        hint=f"put the Secret into namespace {namespace}",
        key=f"{namespace}/{name}",
        peers=("IST0101",),
    )


def _unusable(server: Server, secret: Resource) -> Iterator[Finding]:
    problem = _problem(secret)
    if problem:
        yield credential_missing.finding(
            f"{secret.label()}, the credential of {server.gateway.label()}, {problem}",
            Place(server.gateway, (*server.path, "tls", "credentialName"), problem),
            Place(secret, ("data",), "the credential", "cause", on_key=True),
            effect=_CLOSED,
            hint="put a certificate into `tls.crt` and its key into `tls.key`",
            key=f"{secret.namespace}/{secret.name}",
            peers=("IST0161",),
        )


def _problem(secret: Resource) -> str:
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


RULES: tuple[Rule, ...] = (credential_missing,)
