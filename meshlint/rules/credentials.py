"""Credentials: a Gateway's certificate is a Secret in the namespace of the gateway's pods.

The mesh fact guarded here: credentialName is looked up where the gateway runs, never where the Gateway
object or the application is; without a usable certificate the listener drops every handshake.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshlint.kube.kinds import GATEWAY, SECRET
from meshlint.kube.resource import Resource
from meshlint.mesh.credentials import credential_name, credential_of, is_made, problem_of
from meshlint.mesh.gateway_servers import Server, selector_of, servers_of, stock, workloads_of
from meshlint.mesh.graph import Mesh
from meshlint.rules.rule import Context, Rule, rule
from meshlint.text.finding import Effect, Finding, Place

_CLOSED = Effect("the gateway has no certificate for these hosts", http="the handshake is closed")


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
        name = credential_name(server)
        if not name:
            continue
        owner, plain, secret = credential_of(mesh, namespace, name)
        if secret is not None:
            yield from _unusable(server, secret)
        elif not is_made(mesh, owner, plain):
            yield from _missing(mesh, server, owner, plain)


def _gateway_namespace(mesh: Mesh, gateway: Resource) -> str:
    """The namespace of the gateway's pods; the root namespace for a stock gateway; "" if unknown."""
    selector = selector_of(gateway)
    pods = workloads_of(mesh, selector)
    if pods:
        return pods[0].namespace
    return mesh.settings.root_namespace if stock(selector) else ""


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
    problem = problem_of(secret)
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


RULES: tuple[Rule, ...] = (credential_missing,)
