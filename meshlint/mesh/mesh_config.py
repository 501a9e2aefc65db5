"""MeshConfig: the mesh-wide settings as the input itself and the command line state them.

In: the Resources of the world and the LintOptions. Out: Settings, where options win over a
MeshConfig found in the input, and that over Istio's defaults.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from meshlint.kube.fields import dig, mapping, text
from meshlint.kube.kinds import CONFIG_MAP, GroupKind
from meshlint.kube.resource import Resource
from meshlint.mesh.settings import Settings, with_mesh_config
from meshlint.options import LintOptions
from meshlint.text.origin import Path

# Objects that carry a MeshConfig as a mapping, and where.
_CARRIERS: dict[GroupKind, Path] = {
    GroupKind("install.istio.io", "IstioOperator"): ("spec", "meshConfig"),
    GroupKind("sailoperator.io", "Istio"): ("spec", "values", "meshConfig"),
}


class FoundConfig(NamedTuple):
    """A MeshConfig and the object it is written in."""

    config: dict[str, Any]
    resource: Resource


def settings_of(options: LintOptions, resources: Sequence[Resource] = ()) -> Settings:
    """The settings of one world."""
    settings = Settings(inject_by_default=_injects_by_default(resources))
    found = mesh_config_in(resources, options.root_namespace or settings.root_namespace)
    if found is not None:
        settings = with_mesh_config(settings, found.config)
    changes: dict[str, Any] = {
        "domain": options.cluster_domain,
        "root_namespace": options.root_namespace,
        "outbound_policy": _constant(options.outbound_policy),
        "mtls": _constant(options.mtls),
        "auto_mtls": options.auto_mtls,
        "assume_injected": frozenset(options.assume_injected) or None,
        "closed_namespaces": frozenset(options.closed_namespaces) or None,
    }
    return settings._replace(**{field: value for field, value in changes.items() if value is not None})


def mesh_config_in(resources: Iterable[Resource], root_namespace: str) -> FoundConfig | None:
    """The MeshConfig of ConfigMap `istio` (any revision, the plain name first) or of an operator's object."""
    maps = []
    for resource in resources:
        path = _CARRIERS.get(resource.group_kind)
        if path is not None and isinstance(dig(resource.data, path), dict):
            return FoundConfig(dig(resource.data, path), resource)
        if resource.is_a(CONFIG_MAP) and resource.namespace == root_namespace and _is_istio(resource.name):
            maps.append(resource)
    for resource in sorted(maps, key=lambda one: one.name):
        config = _parsed(text(dig(resource.data, ("data", "mesh"))))
        if config:
            return FoundConfig(config, resource)
    return None


def _injects_by_default(resources: Iterable[Resource]) -> bool:
    """True if the injector's ConfigMap of the default revision says enableNamespacesByDefault."""
    for resource in resources:
        if resource.is_a(CONFIG_MAP) and resource.name == "istio-sidecar-injector":
            values = _parsed(text(dig(resource.data, ("data", "values"))))
            return dig(values, ("sidecarInjectorWebhook", "enableNamespacesByDefault")) is True
    return False


def _is_istio(name: str) -> bool:
    return name == "istio" or name.startswith("istio-")


def _parsed(written: str) -> dict[str, Any]:
    """The mapping a YAML text holds; empty if it is none or does not parse."""
    from meshlint.yamldoc.compose import YamlError
    from meshlint.yamldoc.load import load_manifest

    if not written:
        return {}
    try:
        return mapping(load_manifest(written).value)
    except YamlError:
        return {}


def _constant(word: str | None) -> str | None:
    """`registry-only` as Istio spells it: REGISTRY_ONLY."""
    return None if word is None else word.upper().replace("-", "_")
