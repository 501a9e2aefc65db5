"""Settings: what the mesh model is told about the world that no manifest in the input says.

In: the command line, the config file, and a MeshConfig found in the input. Out: one immutable
record with Istio's defaults (spec of MeshConfig, Istio 1.2x) that every part of the model reads.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from meshlint.kube.fields import mapping, maps, text, texts

ALL: tuple[str, ...] = ("*",)
SYSTEM_NAMESPACES = frozenset({"kube-system", "kube-public", "kube-node-lease", "local-path-storage"})


class Settings(NamedTuple):
    """The mesh-wide facts.

    domain             the cluster domain, "cluster.local"
    root_namespace     where mesh-wide policies live
    trust_domain       of SPIFFE identities
    service_export_to, virtual_service_export_to, destination_rule_export_to   MeshConfig defaults
    auto_mtls          MeshConfig.enableAutoMtls
    mtls               mesh-wide mTLS mode assumed when no mesh-level PeerAuthentication is in the
                       input: "" (Istio's default, PERMISSIVE), "STRICT", "PERMISSIVE", "DISABLE"
    outbound_policy    "ALLOW_ANY" or "REGISTRY_ONLY"
    inbound_policy     "PASSTHROUGH" or "LOCALHOST"
    inject_by_default  the injector's enableNamespacesByDefault
    assume_injected    namespaces whose labels are unknown and that count as injected; "all" = all
    closed_world       True: everything that exists is in the input
    closed_namespaces  namespaces of which everything is in the input
    incomplete         the input is known to lack objects (a kustomization that was not built): only
                       the closed namespaces are taken to be complete
    release_namespace  the stand-in name when the release namespace is unknown, else ""
    externals          hosts that exist outside the input, wildcards allowed
    scope_gateways     PILOT_SCOPE_GATEWAY_TO_NAMESPACE
    providers          MeshConfig.extensionProviders as (name, kind): ("jaeger", "opentelemetry")
    namespaces         every namespace that exists; empty = nobody said so
    clients            namespaces whose clients are asked about; empty = all of the input
    trust_domains      further trust domains (MeshConfig.trustDomainAliases)
    service_accounts   SPIFFE identities `domain/ns/NS/sa/NAME` that exist outside the input
    gateway_classes    classes of Gateway API Gateways that Istio runs
    """

    domain: str = "cluster.local"
    root_namespace: str = "istio-system"
    trust_domain: str = "cluster.local"
    service_export_to: tuple[str, ...] = ALL
    virtual_service_export_to: tuple[str, ...] = ALL
    destination_rule_export_to: tuple[str, ...] = ALL
    auto_mtls: bool = True
    mtls: str = ""
    outbound_policy: str = "ALLOW_ANY"
    inbound_policy: str = "PASSTHROUGH"
    inject_by_default: bool = False
    assume_injected: frozenset[str] = frozenset()
    closed_world: bool = False
    closed_namespaces: frozenset[str] = frozenset()
    incomplete: bool = False
    release_namespace: str = ""
    externals: tuple[str, ...] = ()
    scope_gateways: bool = False
    providers: tuple[tuple[str, str], ...] = ()
    namespaces: frozenset[str] = frozenset()
    clients: frozenset[str] = frozenset()
    trust_domains: frozenset[str] = frozenset()
    service_accounts: frozenset[str] = frozenset()
    gateway_classes: frozenset[str] = frozenset({"istio", "istio-remote", "istio-waypoint"})

    def assumes_injection(self, namespace: str) -> bool:
        """True if pods of a namespace of unknown labels count as injected."""
        return "all" in self.assume_injected or namespace in self.assume_injected


def with_mesh_config(settings: Settings, config: dict[str, Any]) -> Settings:
    """The settings with what a MeshConfig (the `mesh` key of ConfigMap istio, parsed) says over them."""
    changes: dict[str, Any] = {}
    for field, key in (("root_namespace", "rootNamespace"), ("trust_domain", "trustDomain")):
        if text(config.get(key)):
            changes[field] = text(config.get(key))
    for field, key in (
        ("service_export_to", "defaultServiceExportTo"),
        ("virtual_service_export_to", "defaultVirtualServiceExportTo"),
        ("destination_rule_export_to", "defaultDestinationRuleExportTo"),
    ):
        if texts(config.get(key)):
            changes[field] = tuple(texts(config.get(key)))
    for field, key in (
        ("outbound_policy", "outboundTrafficPolicy"),
        ("inbound_policy", "inboundTrafficPolicy"),
    ):
        if key in config:
            mode = text(mapping(config[key]).get("mode"))
            changes[field] = mode or ("REGISTRY_ONLY" if field == "outbound_policy" else "PASSTHROUGH")
    if isinstance(config.get("enableAutoMtls"), bool):
        changes["auto_mtls"] = config["enableAutoMtls"]
    if "extensionProviders" in config:
        changes["providers"] = tuple(
            (text(item.get("name")), next((key for key in item if key != "name"), ""))
            for _, item in maps(config["extensionProviders"])
        )
    return settings._replace(**changes)
