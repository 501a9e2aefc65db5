"""References: namespaces, hosts and identities that policies and exportTo name.

The mesh fact guarded here: a name that nothing has is no error anywhere; the export reaches nobody, and the
rule that asks for it never matches. What exists must be known: these rules need an inventory.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshlint.kube.fields import mapping, maps, text, texts
from meshlint.kube.kinds import (
    AUTHORIZATION_POLICY,
    DESTINATION_RULE,
    GATEWAY_API,
    NETWORKING,
    SERVICE_ENTRY,
    VIRTUAL_SERVICE,
    GroupKind,
)
from meshlint.kube.resource import Resource
from meshlint.mesh.ambient import ambient_namespace
from meshlint.mesh.graph import Mesh
from meshlint.mesh.host import covers
from meshlint.mesh.inventory import intended_host, known_namespaces
from meshlint.rules.rule import Context, Rule, rule
from meshlint.text.finding import Effect, Finding, Place
from meshlint.text.origin import Path

_GRANT = GroupKind(GATEWAY_API, "ReferenceGrant")
_GROUP = GroupKind(NETWORKING, "WorkloadGroup")
_NEVER = Effect("the rule never matches: ALLOW denies, DENY allows", http="403 for everybody")


@rule(
    "SC009",
    "exported-to-unknown-namespace",
    "An exportTo entry that names no namespace.",
    severity="warning",
    precision="medium",
    kinds=(VIRTUAL_SERVICE, DESTINATION_RULE, SERVICE_ENTRY),
    peers=("KIA0005",),
    tags=("visibility",),
)
def exported_to_unknown_namespace(resource: Resource, context: Context) -> Iterator[Finding]:
    """Only where all namespaces are known; ambient mode does not look at exportTo."""
    known = known_namespaces(context.mesh)
    if known is None or ambient_namespace(context.mesh, resource.namespace):
        return
    for index, name in enumerate(texts(resource.spec.get("exportTo"))):
        if name not in (".", "*", "~") and name not in known:
            yield exported_to_unknown_namespace.finding(
                f"{resource.label()} is exported to namespace `{name}`, which does not exist",
                Place(resource, ("spec", "exportTo", index), "no such namespace"),
                effect=Effect("nobody there can see it"),
                hint="correct the namespace",
                key=name,
            )


@rule(
    "AP007",
    "source-namespace-unknown",
    "A source namespace that does not exist.",
    severity="warning",
    precision="medium",
    kinds=(AUTHORIZATION_POLICY,),
    peers=("IST0101", "KIA0101"),
    tags=("authorization", "security"),
)
def source_namespace_unknown(resource: Resource, context: Context) -> Iterator[Finding]:
    """Only where all namespaces are known."""
    known = known_namespaces(context.mesh)
    for path, source in _sources(resource) if known is not None else ():
        for field in ("namespaces", "notNamespaces"):
            for index, name in enumerate(texts(source.get(field))):
                if not any(_names(name, each) for each in known or ()):
                    yield source_namespace_unknown.finding(
                        f"source namespace `{name}` of {resource.label()} does not exist",
                        Place(resource, (*path, field, index), "no such namespace"),
                        effect=Effect("the source matches nobody"),
                        hint="correct the namespace",
                        key=f"{field}/{name}",
                        peers=None if field == "namespaces" else ("IST0101",),
                    )


def _sources(policy: Resource) -> Iterator[tuple[Path, dict[str, object]]]:
    for index, each in maps(policy.spec.get("rules")):
        for at, source in maps(each.get("from")):
            yield ("spec", "rules", index, "from", at, "source"), mapping(source.get("source"))


def _names(pattern: str, namespace: str) -> bool:
    pattern, namespace = pattern.lower(), namespace.lower()
    if pattern == "*":
        return True
    if pattern.startswith("*"):
        return namespace.endswith(pattern[1:])
    return namespace.startswith(pattern[:-1]) if pattern.endswith("*") else namespace == pattern


@rule(
    "AP009",
    "policy-host-unknown",
    "A host of an AuthorizationPolicy that is the name of no Service.",
    severity="warning",
    precision="medium",
    kinds=(AUTHORIZATION_POLICY,),
    peers=("KIA0104",),
    tags=("authorization", "host", "security"),
)
def policy_host_unknown(resource: Resource, context: Context) -> Iterator[Finding]:
    """Hosts are compared with the Host header, so only names that look like a Service's are judged."""
    mesh = context.mesh
    for index, each in maps(resource.spec.get("rules")):
        for at, operation in maps(each.get("to")):
            hosts = texts(mapping(operation.get("operation")).get("hosts"))
            for number, host in enumerate(hosts):
                if _looks_like_service(mesh, host, resource) and not _is_served(mesh, host, resource):
                    path: Path = ("spec", "rules", index, "to", at, "operation", "hosts", number)
                    yield policy_host_unknown.finding(
                        f"host `{host}` of {resource.label()} is the name of no Service",
                        Place(resource, path, "compared with the Host header"),
                        effect=_NEVER,
                        hint="write the host as clients send it",
                        key=host,
                    )


def _looks_like_service(mesh: Mesh, host: str, policy: Resource) -> bool:
    """True for `svc` and `svc.namespace` with a known namespace; the rest is any Host header."""
    if host.startswith("*") or host.endswith("*") or host.count(".") > 1:
        return False
    if "." not in host:
        return True
    namespace = host.partition(".")[2]
    known = known_namespaces(mesh) or frozenset(mesh.services.by_namespace)
    return namespace == policy.namespace or namespace in known


def _is_served(mesh: Mesh, host: str, policy: Resource) -> bool:
    full = intended_host(mesh, host, policy.namespace)
    if mesh.services.lookup(full, policy.namespace) or mesh.services.covering(host, policy.namespace):
        return True
    if mesh.services.lookup(host, policy.namespace):
        return True
    return any(
        virtual.visible_to(policy.namespace)
        and any(covers(intended_host(mesh, each, virtual.namespace), full) for each in virtual.hosts)
        for virtual in mesh.virtual_services
    )


@rule(
    "AP010",
    "principal-unknown",
    "A principal of an AuthorizationPolicy that no workload has.",
    severity="warning",
    precision="medium",
    kinds=(AUTHORIZATION_POLICY,),
    peers=("KIA0106", "KIA0107", "KIA0108"),
    tags=("authorization", "security"),
)
def principal_unknown(resource: Resource, context: Context) -> Iterator[Finding]:
    """Only in a closed world, or where the principal's namespace is."""
    mesh = context.mesh
    known = _principals(mesh)
    for path, source in _sources(resource):
        for index, principal in enumerate(texts(source.get("principals"))):
            if any(_matches(principal, each) for each in known) or not _judged(mesh, principal):
                continue
            domain, named, _ = principal.partition("/ns/")
            foreign = named and "*" not in principal and domain and domain not in _domains(mesh)
            what = f"is of trust domain `{domain}`, which the mesh does not have" if foreign else "is unknown"
            yield principal_unknown.finding(
                f"principal `{principal}` of {resource.label()} {what}",
                Place(resource, (*path, "principals", index), "no workload has it"),
                effect=_NEVER,
                hint="write `TRUST_DOMAIN/ns/NAMESPACE/sa/SERVICE_ACCOUNT`",
                key=principal,
                peers=("KIA0108",) if foreign else ("KIA0106",),
            )


def _domains(mesh: Mesh) -> frozenset[str]:
    return mesh.settings.trust_domains | {mesh.settings.trust_domain}


def _principals(mesh: Mesh) -> set[str]:
    """The SPIFFE identities of the workloads of the input, in every trust domain, and declared ones."""
    found = set(mesh.settings.service_accounts)
    for workload in mesh.workloads:
        for domain in _domains(mesh):
            found.add(f"{domain}/ns/{workload.namespace}/sa/{workload.service_account}")
    return found


def _judged(mesh: Mesh, principal: str) -> bool:
    namespace = principal.partition("/ns/")[2].partition("/")[0]
    settings = mesh.settings
    return settings.closed_world or namespace in settings.closed_namespaces


def _matches(pattern: str, principal: str) -> bool:
    """Istio's match: a star at one end, else the exact text."""
    if pattern == "*":
        return True
    if pattern.startswith("*"):
        return principal.endswith(pattern[1:])
    return principal.startswith(pattern[:-1]) if pattern.endswith("*") else principal == pattern


@rule(
    "GA007",
    "grant-from-unknown-namespace",
    "A ReferenceGrant for a namespace that does not exist.",
    severity="warning",
    precision="medium",
    kinds=(_GRANT,),
    peers=("KIA1601",),
    tags=("gateway-api",),
)
def grant_from_unknown_namespace(resource: Resource, context: Context) -> Iterator[Finding]:
    """Only where all namespaces are known."""
    known = known_namespaces(context.mesh)
    for index, each in maps(resource.spec.get("from")) if known is not None else ():
        name = text(each.get("namespace"))
        if name not in (known or ()):
            yield grant_from_unknown_namespace.finding(
                f"{resource.label()} grants to namespace `{name}`, which does not exist",
                Place(resource, ("spec", "from", index, "namespace"), "no such namespace"),
                effect=Effect("routes of the namespace that was meant stay refused", http="500"),
                hint="correct the namespace",
                key=name,
            )


@rule(
    "WL015",
    "group-service-account-unknown",
    "A WorkloadGroup whose service account no workload has.",
    severity="warning",
    precision="low",
    kinds=(_GROUP,),
    peers=("KIA1701",),
    tags=("workload",),
)
def group_service_account_unknown(resource: Resource, context: Context) -> Iterator[Finding]:
    """Only in a closed world: accounts are mostly made elsewhere."""
    mesh = context.mesh
    account = text(resource.get("spec", "template", "serviceAccount"))
    wanted = f"{mesh.settings.trust_domain}/ns/{resource.namespace}/sa/{account}"
    if account and mesh.settings.closed_world and wanted not in _principals(mesh):
        yield group_service_account_unknown.finding(
            f"service account `{account}` of {resource.label()} is unknown",
            Place(resource, ("spec", "template", "serviceAccount"), "no such account"),
            effect=Effect("the machines of the group get no identity"),
            hint="create the ServiceAccount, or correct the name",
            key=account,
        )


@rule(
    "WL016",
    "groups-share-labels",
    "WorkloadGroups of one namespace with the same labels.",
    severity="warning",
    kinds=(_GROUP,),
    peers=("KIA1702",),
    tags=("workload",),
)
def groups_share_labels(resource: Resource, context: Context) -> Iterator[Finding]:
    """Services cannot tell the machines of the two groups apart."""
    labels = _group_labels(resource)
    other = next(
        (
            each
            for each in context.mesh.kind(_GROUP)
            if each is not resource
            and each.namespace == resource.namespace
            and labels is not None
            and _group_labels(each) == labels
        ),
        None,
    )
    if other is not None:
        yield groups_share_labels.finding(
            f"{resource.label()} and {other.label()} give their machines the same labels",
            Place(resource, ("spec", "metadata", "labels"), "the same labels"),
            Place(other, ("spec", "metadata", "labels"), "as here", "cause"),
            effect=Effect("whatever selects one selects the other"),
            hint="add a label that tells them apart",
            key="labels",
        )


def _group_labels(group: Resource) -> dict[str, object] | None:
    """The labels a group gives its machines; None without metadata."""
    metadata = group.spec.get("metadata")
    return mapping(mapping(metadata).get("labels")) if isinstance(metadata, dict) else None


RULES: tuple[Rule, ...] = (
    exported_to_unknown_namespace,
    source_namespace_unknown,
    policy_host_unknown,
    principal_unknown,
    grant_from_unknown_namespace,
    group_service_account_unknown,
    groups_share_labels,
)
