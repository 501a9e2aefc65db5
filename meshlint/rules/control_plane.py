"""Control plane: webhooks that inject and validate, and the namespaces they look at.

The mesh fact guarded here: a pod is injected by the one webhook that matches it. None leaves it outside
the mesh, two inject it twice, and one that points nowhere keeps pods from being created.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

from meshlint.kube.fields import mapping, maps, text
from meshlint.kube.kinds import APPS, NAMESPACE, REQUEST_AUTHENTICATION, SERVICE, GroupKind
from meshlint.kube.resource import Resource
from meshlint.kube.selectors import LabelSelector, label_selector
from meshlint.mesh.graph import Mesh
from meshlint.mesh.host import is_address
from meshlint.mesh.injection import DATAPLANE, INJECT, NAMESPACE_LABEL, REVISION
from meshlint.rules.rule import Context, Rule, rule
from meshlint.text.finding import Effect, Finding, Place

_ADMISSION = "admissionregistration.k8s.io"
_MUTATING = GroupKind(_ADMISSION, "MutatingWebhookConfiguration")
_VALIDATING = GroupKind(_ADMISSION, "ValidatingWebhookConfiguration")
_DEPLOYMENT = GroupKind(APPS, "Deployment")
_BLOCKED = "BLOCKED_CIDRS_IN_JWKS_URIS"


class _Webhook(NamedTuple):
    """One webhook of a configuration, with its selectors."""

    owner: Resource
    at: int
    name: str
    data: dict[str, Any]
    namespaces: LabelSelector
    objects: LabelSelector


def _webhooks(mesh: Mesh) -> list[_Webhook]:
    """The webhooks of configurations that inject: of a revision, or named after Istio."""
    found = []
    for owner in mesh.kind(_MUTATING):
        hooks = maps(owner.get("webhooks"))
        if _revisions(owner) or any(text(hook.get("name")).endswith("istio.io") for _, hook in hooks):
            found += [
                _Webhook(
                    owner,
                    at,
                    text(hook.get("name")),
                    hook,
                    label_selector(hook.get("namespaceSelector")),
                    label_selector(hook.get("objectSelector")),
                )
                for at, hook in hooks
            ]
    return found


def _revisions(owner: Resource) -> set[str]:
    """The revisions a configuration names: its own label, and those its selectors ask for."""
    found = {owner.labels[REVISION]} if REVISION in owner.labels else set()
    for _, hook in maps(owner.get("webhooks")):
        for field in ("namespaceSelector", "objectSelector"):
            selector = label_selector(hook.get(field))
            found |= {value for key, value in selector.equalities.items() if key == REVISION}
            found |= {each for part in selector.requirements if part.key == REVISION for each in part.values}
    return found


@rule(
    "CP001",
    "injection-webhooks-overlap",
    "Two injection webhooks that match the same pods.",
    precision="very-high",
    peers=("IST0139",),
    tags=("injection", "installation", "outage"),
)
def injection_webhooks_overlap(context: Context) -> Iterator[Finding]:
    """Tried for every combination of injection labels that the webhooks know."""
    mesh = context.mesh
    hooks = _webhooks(mesh)
    others: dict[int, set[str]] = {}
    for namespace, pod in _combinations({rev for hook in hooks for rev in _revisions(hook.owner)}):
        matched = [one for one in hooks if one.namespaces.matches(namespace) and one.objects.matches(pod)]
        for one in matched if len(matched) > 1 else ():
            rest = [each for each in matched if each is not one and not _is_variant(each.owner, one.owner)]
            if rest:
                others.setdefault(id(one), set()).update(f"{each.owner.name}/{each.name}" for each in rest)
    for one in hooks:
        if id(one) in others and mesh.is_linted(one.owner):
            listed = ", ".join(sorted(others[id(one)]))
            yield injection_webhooks_overlap.finding(
                f"webhook {one.name} of {one.owner.label()} matches pods that {listed} match too",
                Place(one.owner, ("webhooks", one.at), "matches the same pods"),
                effect=Effect("pods are injected twice or by the wrong revision"),
                hint="make the selectors disjoint, or remove one of the configurations",
                key=f"{one.at}",
            )


def _is_variant(one: Resource, other: Resource) -> bool:
    """True for two writings of one object."""
    return one is not other and one.name == other.name


def _combinations(revisions: set[str]) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    marks = [{}, {NAMESPACE_LABEL: "enabled"}, {NAMESPACE_LABEL: "disabled"}]
    pods = [{}, {INJECT: "true"}, {INJECT: "false"}]
    labels = [{}, *({REVISION: each} for each in sorted(revisions))]
    for mark, revision, pod, pod_revision in product(marks, labels, pods, labels):
        yield {**mark, **revision}, {**pod, **pod_revision}


@rule(
    "CP002",
    "webhook-service-missing",
    "An injection webhook whose Service does not exist.",
    kinds=(_MUTATING,),
    peers=("IST0139",),
    tags=("injection", "installation", "outage"),
)
def webhook_service_missing(resource: Resource, context: Context) -> Iterator[Finding]:
    """Only where the input has Services of that namespace."""
    mesh = context.mesh
    for hook in _webhooks(mesh):
        service = mapping(mapping(hook.data.get("clientConfig")).get("service"))
        name, namespace = text(service.get("name")), text(service.get("namespace"))
        if hook.owner is not resource or not name or mesh.find(SERVICE, namespace, name):
            continue
        if mesh.settings.closed_world or namespace in mesh.services.by_namespace:
            yield webhook_service_missing.finding(
                f"webhook {hook.name} of {resource.label()} calls Service {namespace}/{name}, "
                "which does not exist",
                Place(resource, ("webhooks", hook.at, "clientConfig", "service", "name"), "no such Service"),
                effect=Effect("pods that it matches are not created, or come without sidecar"),
                hint="correct the name, or remove the configuration",
                key=f"{hook.at}",
            )


@rule(
    "CP003",
    "external-webhook-url-missing",
    "A webhook of an external control plane without an address.",
    severity="warning",
    precision="very-high",
    kinds=(_MUTATING, _VALIDATING),
    peers=("IST0163",),
    tags=("installation",),
)
def external_webhook_url_missing(resource: Resource, context: Context) -> Iterator[Finding]:
    """Neither a usable url nor a service; one finding per webhook."""
    for at, hook in _istio_webhooks(resource):
        config = mapping(hook.get("clientConfig"))
        url = text(config.get("url"))
        problem = "" if url or config.get("service") else "has neither url nor service"
        if url and not _host(url):
            problem = f"has the url `{url}`, which names no host"
        if problem:
            yield external_webhook_url_missing.finding(
                f"webhook {text(hook.get('name'))} of {resource.label()} {problem}",
                Place(resource, ("webhooks", at, "clientConfig"), problem, on_key=True),
                effect=Effect("the API server cannot call the control plane"),
                hint="set `url` to the address of the external control plane",
                key=f"{at}",
            )


def _istio_webhooks(resource: Resource) -> list[tuple[int, dict[str, Any]]]:
    if resource.is_a(_MUTATING):
        mine = resource.name.startswith("istio-sidecar-injector")
    else:
        mine = resource.name == "istiod-default-validator" or resource.name.startswith("istio-validator")
    return maps(resource.get("webhooks")) if mine else []


def _host(url: str) -> str:
    """The host of a url, "" if it has none."""
    _, separator, rest = url.partition("://")
    host = rest.partition("/")[0].rpartition("@")[2]
    return host.rpartition(":")[0] or host if separator and host.rpartition(":")[2] != "" else ""


@rule(
    "CP004",
    "external-webhook-by-address",
    "A webhook of an external control plane that is called by IP address.",
    severity="note",
    precision="very-high",
    kinds=(_MUTATING, _VALIDATING),
    peers=("IST0164",),
    tags=("installation",),
)
def external_webhook_by_address(resource: Resource, context: Context) -> Iterator[Finding]:
    """A certificate for an address is rare; the call fails when the address changes."""
    for at, hook in _istio_webhooks(resource):
        host = _host(text(mapping(hook.get("clientConfig")).get("url")))
        if is_address(host.strip("[]")):
            yield external_webhook_by_address.finding(
                f"webhook {text(hook.get('name'))} of {resource.label()} is called by address {host}",
                Place(resource, ("webhooks", at, "clientConfig", "url"), "an address, not a name"),
                effect=Effect("the TLS certificate must be for this address"),
                hint="use a host name",
                key=f"{at}",
            )


@rule(
    "CP005",
    "jwks-fetch-unrestricted",
    "An istiod that fetches JWKS URIs from any address.",
    severity="warning",
    precision="medium",
    kinds=(_DEPLOYMENT,),
    peers=("IST0175",),
    tags=("installation", "security", "jwt"),
)
def jwks_fetch_unrestricted(resource: Resource, context: Context) -> Iterator[Finding]:
    """Whoever may create a RequestAuthentication can make istiod call internal addresses."""
    policies = context.mesh.kind(REQUEST_AUTHENTICATION)
    if resource.labels.get("app") != "istiod" or not policies:
        return
    containers = maps(resource.get("spec", "template", "spec", "containers"))
    if any(_blocks(variable) for _, each in containers for _, variable in maps(each.get("env"))):
        return
    yield jwks_fetch_unrestricted.finding(
        f"{resource.label()} does not set {_BLOCKED}, and {policies[0].label()} names JWKS URIs",
        Place(resource, ("spec", "template", "spec", "containers"), "not set", on_key=True),
        Place(policies[0], ("spec",), "fetched by istiod", "consumer", on_key=True),
        effect=Effect("istiod can be made to call internal addresses"),
        hint=f"set the environment variable {_BLOCKED}",
        key="env",
    )


def _blocks(variable: dict[str, Any]) -> bool:
    return variable.get("name") == _BLOCKED and bool(text(variable.get("value")))


def _injectable(resource: Resource, mesh: Mesh) -> bool:
    """True for a Namespace that says nothing about injection."""
    labels = resource.labels
    return (
        resource.name != mesh.settings.root_namespace
        and not labels.get(NAMESPACE_LABEL)
        and REVISION not in labels
        and labels.get(DATAPLANE) != "ambient"
    )


@rule(
    "WL010",
    "namespace-not-injected",
    "A Namespace that does not ask for injection.",
    severity="note",
    precision="low",
    kinds=(NAMESPACE,),
    peers=("IST0102",),
    tags=("injection",),
)
def namespace_not_injected(resource: Resource, context: Context) -> Iterator[Finding]:
    """Low precision: most namespaces outside the mesh are meant to be."""
    if _injectable(resource, context.mesh) and not context.mesh.settings.inject_by_default:
        yield namespace_not_injected.finding(
            f"{resource.label()} does not ask for sidecar injection",
            Place(resource, ("metadata", "labels"), "no injection label"),
            effect=Effect("its pods stay outside the mesh"),
            hint=f"label it `{NAMESPACE_LABEL}: enabled`, or `disabled` to say that it is meant",
            key="injection",
        )


@rule(
    "WL011",
    "namespace-injected-by-default",
    "A Namespace without injection label in a mesh that injects by default.",
    severity="note",
    precision="low",
    kinds=(NAMESPACE,),
    peers=("IST0148",),
    tags=("injection",),
)
def namespace_injected_by_default(resource: Resource, context: Context) -> Iterator[Finding]:
    """Says that its pods get a sidecar although nothing asks for it."""
    if _injectable(resource, context.mesh) and context.mesh.settings.inject_by_default:
        yield namespace_injected_by_default.finding(
            f"{resource.label()} has no injection label and is injected by default",
            Place(resource, ("metadata", "labels"), "injected by default"),
            effect=Effect("its pods get a sidecar"),
            hint=f"label it `{NAMESPACE_LABEL}: enabled` or `disabled`",
            key="injection",
        )


RULES: tuple[Rule, ...] = (
    injection_webhooks_overlap,
    webhook_service_missing,
    external_webhook_url_missing,
    external_webhook_by_address,
    jwks_fetch_unrestricted,
    namespace_not_injected,
    namespace_injected_by_default,
)
