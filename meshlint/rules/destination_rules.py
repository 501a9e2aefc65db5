"""DestinationRules: host, subsets and traffic policies that take effect, or do not.

The mesh fact guarded here: a DestinationRule counts only for the service its host really names; rules
for one host in one namespace are merged, the first subset of a name and the first traffic policy stay;
a policy that needs a companion setting does nothing without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from meshlint.kube.fields import integer, mapping, maps, text
from meshlint.kube.kinds import DESTINATION_RULE
from meshlint.kube.resource import Resource
from meshlint.mesh.destination_rules import DestinationRule, Subset
from meshlint.mesh.graph import Mesh
from meshlint.mesh.host import overlap
from meshlint.mesh.inventory import client_namespaces, gets_rule
from meshlint.mesh.resolution import HostResolution
from meshlint.rules.rule import Context, Rule, rule
from meshlint.text.finding import Effect, Finding, Place
from meshlint.text.origin import Path


@rule(
    "DR004",
    "rule-host-unknown",
    "A DestinationRule whose host names no service: its subsets and policies are never used.",
    severity="warning",
    kinds=(DESTINATION_RULE,),
    peers=("IST0174", "KIA0202"),
    tags=("destination-rule", "host"),
)
def rule_host_unknown(resource: Resource, context: Context) -> Iterator[Finding]:
    """A short host means the rule's own namespace; a name with a dot is taken as it stands."""
    host = text(resource.spec.get("host"))
    meant = context.mesh.resolve_host(host, resource.namespace)
    if meant.state != "MISSING" or meant.why == "empty":
        return
    service = next(iter(meant.services or meant.near), None)
    yield rule_host_unknown.finding(
        f"host `{host}` of {resource.label()} {_why(meant)}",
        Place(resource, ("spec", "host"), f"read as {meant.fqdn}"),
        *([Place(service.resource, service.path, "nearest service", "candidate")] if service else []),
        effect=Effect("its subsets and traffic policies are never used"),
        hint=f"write `host: {service.host}`" if service else "correct the host, or remove the rule",
        key=meant.fqdn,
        peers=("IST0174",) if meant.why == "partial-name" and meant.services else None,
    )


def _why(meant: HostResolution) -> str:
    if meant.why == "partial-name":
        return "is not expanded by Istio because it has a dot, and names no service"
    if meant.why == "not-visible":
        return f"names {meant.services[0].label()}, which is not exported to this namespace"
    elsewhere = next((one for one in meant.near if one.name == meant.host), None)
    if elsewhere is not None:
        return f"means this namespace, but the Service is in namespace {elsewhere.namespace}"
    return "names no service of the mesh"


@rule(
    "DR002",
    "rules-collide",
    "DestinationRules for one host of which only a part takes effect.",
    severity="warning",
    peers=("KIA0201",),
    tags=("destination-rule",),
)
def rules_collide(context: Context) -> Iterator[Finding]:
    """Istio merges rules of one host and namespace: first subset of a name, first traffic policy."""
    mesh = context.mesh
    for host, found in mesh.rules.by_host.items():
        for namespace in dict.fromkeys(one.resource.namespace for one in found):
            rules = [one for one in found if one.resource.namespace == namespace]
            for position, loser in enumerate(rules):
                for winner in rules[:position]:
                    if mesh.is_linted(loser.resource):
                        yield from _collision(host, winner, loser)


def _collision(host: str, winner: DestinationRule, loser: DestinationRule) -> Iterator[Finding]:
    if winner.export_to != loser.export_to or winner.selector != loser.selector:
        return
    names = {subset.name: subset for subset in winner.subsets}
    for subset in loser.subsets:
        kept = names.get(subset.name)
        if kept is not None and (kept.labels, kept.policy) != (subset.labels, subset.policy):
            yield _lost_subset(host, kept, subset)
    if winner.policy and loser.policy and winner.policy != loser.policy:
        path: Path = ("spec", "trafficPolicy")
        yield rules_collide.finding(
            f"trafficPolicy of {loser.resource.label()} is ignored: "
            f"{winner.resource.label()} already sets one for `{host}`",
            Place(loser.resource, path, "ignored", on_key=True),
            Place(winner.resource, path, "in effect", "cause", on_key=True),
            effect=Effect("two rules for one host are merged and the first trafficPolicy stays"),
            hint="put both into one DestinationRule",
            key=f"{host}/trafficPolicy",
        )


def _lost_subset(host: str, kept: Subset, lost: Subset) -> Finding:
    return rules_collide.finding(
        f"subset `{lost.name}` of {lost.resource.label()} is ignored: "
        f"{kept.resource.label()} already defines one of that name for `{host}`",
        Place(lost.resource, lost.path, "ignored"),
        Place(kept.resource, kept.path, "in effect", "cause"),
        effect=Effect("which of the two is first depends on their age, then on their names"),
        hint="give the subset another name, or put both into one DestinationRule",
        key=f"{host}/{lost.name}",
    )


@rule(
    "DR017",
    "rules-overlap",
    "DestinationRules whose hosts overlap: a client gets one of them and not the other.",
    severity="note",
    precision="low",
    peers=("KIA0201",),
    tags=("destination-rule",),
)
def rules_overlap(context: Context) -> Iterator[Finding]:
    """The most specific host wins. Mesh-wide and namespace-wide mTLS rules beside others are normal."""
    mesh = context.mesh
    for mine in mesh.rules.rules:
        if _default(mesh, mine) or not mesh.is_linted(mine.resource):
            continue
        other = _overlapping(mesh, mine)
        if other is not None:
            yield rules_overlap.finding(
                f"{mine.resource.label()} and {other.resource.label()} are both for `{_narrow(mine, other)}`",
                Place(mine.resource, ("spec", "host"), "overlaps"),
                Place(other.resource, ("spec", "host"), "with this one", "cause"),
                effect=Effect("a client gets the more specific of the two, or a merger of both"),
                hint="put both into one DestinationRule",
                key=mine.host,
            )


def _overlapping(mesh: Mesh, mine: DestinationRule) -> DestinationRule | None:
    """The first other rule whose host overlaps and that some namespace gets together with this one."""
    wide = mine.host.startswith("*")
    others = mesh.rules.rules if wide else mesh.rules.covering(mine.host)
    others = [one for one in others if one is not mine and not _default(mesh, one) and _overlap(mine, one)]
    if not others:
        return None
    for namespace in client_namespaces(mesh):
        if gets_rule(mesh, mine, namespace):
            found = next((one for one in others if gets_rule(mesh, one, namespace)), None)
            if found is not None:
                return found
    return None


def _default(mesh: Mesh, each: DestinationRule) -> bool:
    """True for a mesh-wide or namespace-wide rule that only asks for mTLS."""
    wide = each.host in ("*.local", f"*.{each.resource.namespace}.svc.{mesh.settings.domain}")
    return wide and text(mapping(each.policy.get("tls")).get("mode")) == "ISTIO_MUTUAL"


def _overlap(first: DestinationRule, second: DestinationRule) -> bool:
    """True if some host is covered by both, and one has no subsets or they share a subset's name."""
    if not overlap(first.host, second.host):
        return False
    ours, theirs = ({subset.name for subset in each.subsets} for each in (first, second))
    return not ours or not theirs or bool(ours & theirs)


def _narrow(first: DestinationRule, second: DestinationRule) -> str:
    return min(first.host, second.host, key=lambda host: host.startswith("*"))


@rule(
    "DR011",
    "subset-without-labels",
    "A subset without labels: it holds all pods of the service.",
    severity="note",
    precision="medium",
    kinds=(DESTINATION_RULE,),
    peers=("KIA0209",),
    tags=("destination-rule", "subset"),
)
def subset_without_labels(resource: Resource, context: Context) -> Iterator[Finding]:
    """Fine for a policy of its own (TLS origination), wrong for a version."""
    meant = context.mesh.resolve_host(text(resource.spec.get("host")), resource.namespace)
    subsets = maps(resource.spec.get("subsets"))
    for index, subset in subsets if meant.state == "FOUND" else ():
        if not mapping(subset.get("labels")):
            name = text(subset.get("name"))
            yield subset_without_labels.finding(
                f"subset `{name}` of {resource.label()} has no labels and holds all pods of the service",
                Place(resource, ("spec", "subsets", index), "all pods"),
                effect=Effect(f"traffic sent to `{name}` reaches every version"),
                hint="add the labels of the version, or keep it for its trafficPolicy only",
                key=name,
            )


_LOCALITY = ("loadBalancer", "localityLbSetting")


class _Tls(NamedTuple):
    """A client tls block, its path, and how messages name its place."""

    path: Path
    tls: dict[str, Any]
    where: str
    port: int | None


def _tls_blocks(resource: Resource) -> Iterator[_Tls]:
    """The tls blocks of the rule's own trafficPolicy: the general one and those of single ports."""
    policy = mapping(resource.spec.get("trafficPolicy"))
    path: Path = ("spec", "trafficPolicy")
    if isinstance(policy.get("tls"), dict):
        yield _Tls((*path, "tls"), policy["tls"], "", None)
    for index, entry in maps(policy.get("portLevelSettings")):
        if isinstance(entry.get("tls"), dict):
            number = integer(mapping(entry.get("port")).get("number"))
            where = f" for port {number}" if number else ""
            yield _Tls((*path, "portLevelSettings", index, "tls"), entry["tls"], where, number)


@rule(
    "DR013",
    "server-certificate-not-verified",
    "TLS to a server whose certificate is checked against no CA of its own.",
    severity="note",
    precision="medium",
    kinds=(DESTINATION_RULE,),
    peers=("IST0128", "IST0129"),
    tags=("destination-rule", "tls", "security"),
)
def server_certificate_not_verified(resource: Resource, context: Context) -> Iterator[Finding]:
    """Older Istio verifies nothing without caCertificates; newer ones take the system's CAs."""
    for block in _tls_blocks(resource):
        if text(block.tls.get("mode")) not in ("SIMPLE", "MUTUAL") or text(block.tls.get("caCertificates")):
            continue
        by_credential = block.tls.get("credentialName") and "workloadSelector" in resource.spec
        if by_credential or block.tls.get("insecureSkipVerify") is True:
            continue
        mode = text(block.tls.get("mode"))
        yield server_certificate_not_verified.finding(
            f"{resource.label()} sets tls mode {mode}{block.where} without `caCertificates`",
            Place(resource, block.path, "no CA given", on_key=True),
            effect=Effect("an Istio that does not fall back to the system's CAs verifies nothing"),
            hint="set `caCertificates`, or `credentialName` together with a workloadSelector",
            key=f"tls{block.where}",
            peers=("IST0128",) if block.port is None and not block.where else ("IST0129",),
        )


@rule(
    "DR015",
    "credential-name-ignored",
    "A DestinationRule with tls.credentialName and no workloadSelector: sidecars send plaintext.",
    severity="warning",
    precision="very-high",
    kinds=(DESTINATION_RULE,),
    tags=("destination-rule", "tls", "security", "outage"),
)
def credential_name_ignored(resource: Resource, context: Context) -> Iterator[Finding]:
    """Gateways read the Secret; a sidecar builds no TLS context for it unless the rule selects it."""
    if "workloadSelector" in resource.spec:
        return
    for block in _tls_blocks(resource):
        if text(block.tls.get("mode")) in ("SIMPLE", "MUTUAL") and text(block.tls.get("credentialName")):
            yield credential_name_ignored.finding(
                f"{resource.label()} names a credential{block.where}, which sidecars ignore without a "
                "workloadSelector",
                Place(resource, (*block.path, "credentialName"), "read by gateways only"),
                effect=Effect("sidecars send plaintext to a TLS port: 503 UF or 400"),
                hint="add a workloadSelector, or mount the files and set caCertificates",
                key=f"credential{block.where}",
            )


@rule(
    "DR009",
    "failover-without-outlier-detection",
    "Locality failover without outlierDetection: it never happens.",
    severity="warning",
    precision="very-high",
    kinds=(DESTINATION_RULE,),
    tags=("destination-rule", "locality"),
)
def failover_without_outlier_detection(resource: Resource, context: Context) -> Iterator[Finding]:
    """Envoy leaves a locality only when outlier detection has ejected its hosts."""
    for path, policy in _policies(resource):
        locality = mapping(mapping(policy.get("loadBalancer")).get("localityLbSetting"))
        named = next((field for field in ("failover", "failoverPriority") if locality.get(field)), None)
        if named is None or policy.get("outlierDetection") or locality.get("enabled") is False:
            continue
        if "subsets" in path and mapping(resource.spec.get("trafficPolicy")).get("outlierDetection"):
            continue
        yield failover_without_outlier_detection.finding(
            f"{resource.label()} sets {named} without outlierDetection",
            Place(
                resource, (*path, "loadBalancer", "localityLbSetting", named), "never happens", on_key=True
            ),
            effect=Effect("traffic stays in the failing locality"),
            hint="add `outlierDetection` to the same policy",
            key=f"{path}",
        )


def _policies(resource: Resource) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The traffic policies of the rule and of its subsets, each with its ports' own."""
    written: list[tuple[Path, Any]] = [(("spec", "trafficPolicy"), resource.spec.get("trafficPolicy"))]
    written += [
        (("spec", "subsets", index, "trafficPolicy"), subset.get("trafficPolicy"))
        for index, subset in maps(resource.spec.get("subsets"))
    ]
    for path, policy in written:
        if isinstance(policy, dict):
            yield path, policy
            for index, entry in maps(policy.get("portLevelSettings")):
                yield (*path, "portLevelSettings", index), entry


@rule(
    "DR010",
    "connection-pool-of-one",
    "A connection pool of one connection or one request per client.",
    severity="warning",
    precision="medium",
    kinds=(DESTINATION_RULE,),
    tags=("destination-rule", "outage"),
)
def connection_pool_of_one(resource: Resource, context: Context) -> Iterator[Finding]:
    """The values of the circuit-breaking demo; every second concurrent request gets 503 UO."""
    for path, policy in _policies(resource):
        for section, field in (
            ("tcp", "maxConnections"),
            ("http", "http1MaxPendingRequests"),
            ("http", "http2MaxRequests"),
        ):
            limit = mapping(mapping(policy.get("connectionPool")).get(section)).get(field)
            if integer(limit) == 1:
                yield connection_pool_of_one.finding(
                    f"{resource.label()} limits {field} to 1 per client proxy",
                    Place(resource, (*path, "connectionPool", section, field), "the demo's value"),
                    effect=Effect("concurrent requests are refused", flag="UO", http="503 overflow"),
                    hint="raise the limit to what one client may really open",
                    key=f"{path}/{field}",
                )


@rule(
    "DR016",
    "port-policy-for-unknown-port",
    "A port-level policy for a port that the Service does not have.",
    severity="warning",
    precision="very-high",
    kinds=(DESTINATION_RULE,),
    tags=("destination-rule", "port"),
)
def port_policy_for_unknown_port(resource: Resource, context: Context) -> Iterator[Finding]:
    """A portLevelSettings entry goes by Service port, not by container port."""
    service = context.mesh.resolve_host(text(resource.spec.get("host")), resource.namespace).service
    if service is None or not service.ports or service.host.startswith("*"):
        return
    for path, policy in _policies(resource):
        number = integer(mapping(policy.get("port")).get("number"))
        if number is None or number in service.by_number or "portLevelSettings" not in path:
            continue
        meant = next((port for port in service.ports if port.target == number), None)
        numbers = ", ".join(map(str, service.by_number))
        yield port_policy_for_unknown_port.finding(
            f"{resource.label()} sets a policy for port {number}, and {service.label()} has {numbers}",
            Place(resource, (*path, "port", "number"), "no port of the Service"),
            Place(service.resource, ("spec", "ports"), f"ports: {numbers}", "definition"),
            effect=Effect("the policy is never used"),
            hint=f"write `number: {meant.number}`" if meant else f"use one of the ports {numbers}",
            key=f"{number}",
        )


RULES: tuple[Rule, ...] = (
    rule_host_unknown,
    rules_collide,
    rules_overlap,
    subset_without_labels,
    server_certificate_not_verified,
    credential_name_ignored,
    failover_without_outlier_detection,
    connection_pool_of_one,
    port_policy_for_unknown_port,
)
