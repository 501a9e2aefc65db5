"""Istio's annotations: where each may stand, its maturity, and what its value must look like.

In: an annotation key and value. Out: facts for the annotation rules. Source: the annotation table of
istio/api (b8f8791d) and the validators of Istio's analyzer.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

ANY = "Any"


class Annotation(NamedTuple):
    """One annotation: the kinds it counts on, its status ("Alpha", "Beta", "Stable"), deprecated or not."""

    kinds: tuple[str, ...]
    status: str
    deprecated: bool


# Kinds -> keys; "!" marks a deprecated one, "~Beta" and "~Stable" the status, Alpha without.
_TABLE: dict[tuple[str, ...], str] = {
    ("Pod",): """
        ambient.istio.io/bypass-inbound-capture ambient.istio.io/dns-capture ambient.istio.io/redirection~Beta
        inject.istio.io/templates istio.io/reroute-virtual-interfaces istio.io/rev
        prometheus.istio.io/merge-metrics proxy.istio.io/config~Beta proxy.istio.io/overrides
        readiness.status.sidecar.istio.io/applicationPorts readiness.status.sidecar.istio.io/failureThreshold
        readiness.status.sidecar.istio.io/initialDelaySeconds
        readiness.status.sidecar.istio.io/periodSeconds sidecar.istio.io/agentLogLevel
        sidecar.istio.io/bootstrapOverride sidecar.istio.io/componentLogLevel
        sidecar.istio.io/discoveryAddress! sidecar.istio.io/extraStatTags! sidecar.istio.io/inject!~Beta
        sidecar.istio.io/interceptionMode sidecar.istio.io/logLevel sidecar.istio.io/nativeSidecar
        sidecar.istio.io/proxyCPU sidecar.istio.io/proxyCPULimit sidecar.istio.io/proxyImage
        sidecar.istio.io/proxyImageType sidecar.istio.io/proxyMemory sidecar.istio.io/proxyMemoryLimit
        sidecar.istio.io/rewriteAppHTTPProbers sidecar.istio.io/statsCompression!
        sidecar.istio.io/statsEvictionInterval sidecar.istio.io/statsFlushInterval
        sidecar.istio.io/statsHistogramBins sidecar.istio.io/statsHistogramBuckets
        sidecar.istio.io/statsInclusionPrefixes! sidecar.istio.io/statsInclusionRegexps!
        sidecar.istio.io/statsInclusionSuffixes! sidecar.istio.io/status sidecar.istio.io/userVolume
        sidecar.istio.io/userVolumeMount status.sidecar.istio.io/port
        traffic.sidecar.istio.io/excludeInboundPorts traffic.sidecar.istio.io/excludeInterfaces
        traffic.sidecar.istio.io/excludeOutboundIPRanges traffic.sidecar.istio.io/excludeOutboundPorts
        traffic.sidecar.istio.io/includeInboundPorts traffic.sidecar.istio.io/includeOutboundIPRanges
        traffic.sidecar.istio.io/includeOutboundPorts traffic.sidecar.istio.io/kubevirtInterfaces!
        """,
    ("Service",): """
        alpha.istio.io/canonical-serviceaccounts! alpha.istio.io/kubernetes-serviceaccounts!
        networking.istio.io/exportTo traffic.istio.io/nodeSelector~Stable
        """,
    ("Namespace",): "topology.istio.io/controlPlaneClusters",
    ("Namespace", "Service", "ServiceEntry"): "networking.istio.io/traffic-distribution",
    ("Service", "ServiceEntry", "Namespace"): "istio.io/use-waypoint-canary-weight",
    ("Gateway",): """
        gateway.istio.io/name-override gateway.istio.io/service-account networking.istio.io/service-type
        """,
    ("GatewayClass", "Gateway"): "ambient.istio.io/waypoint-inbound-binding",
    ("AuthorizationPolicy",): "istio.io/dry-run",
    ("WorkloadEntry",): """
        istio.io/autoRegistrationGroup istio.io/connectedAt istio.io/disconnectedAt
        istio.io/workloadController
        """,
    ("Ingress",): "kubernetes.io/ingress.class~Stable",
    (ANY,): "galley.istio.io/analyze-suppress gateway.istio.io/controller-version",
}
IGNORED = frozenset({"sidecar.istio.io/status", "gateway.istio.io/controller-version", "istio.io/rev"})


def _read() -> dict[str, Annotation]:
    found = {}
    for kinds, words in _TABLE.items():
        for word in words.split():
            name, _, status = word.partition("~")
            found[name.rstrip("!")] = Annotation(kinds, status or "Alpha", name.endswith("!"))
    return found


ANNOTATIONS: dict[str, Annotation] = _read()


def of_istio(key: str) -> bool:
    """True for keys of Istio's domains and for the ingress class."""
    return key == "kubernetes.io/ingress.class" or key.partition("/")[0].endswith("istio.io")


def fault(key: str, value: str) -> str:
    """What is wrong with an annotation's value, "" if it is fine or not checked."""
    check = _CHECKS.get(key)
    return check(value) if check else ""


def _word(*allowed: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        return "" if value in allowed else f"`{value}` is none of {', '.join(allowed)}"

    return check


def _number(high: int) -> Callable[[str], str]:
    def check(value: str) -> str:
        fine = value.isascii() and value.isdigit() and int(value) <= high
        return "" if fine else f"`{value}` is no number from 0 to {high}"

    return check


def _ports(star: bool) -> Callable[[str], str]:
    def check(value: str) -> str:
        if not value or (star and value == "*"):
            return ""
        parts = [part.strip() for part in value.split(",")]
        wrong = next((part for part in parts if _number(65535)(part)), None)
        return "" if wrong is None else f"`{wrong}` is no port"

    return check


def _ranges(star: bool) -> Callable[[str], str]:
    def check(value: str) -> str:
        if not value or (star and value == "*"):
            return ""
        wrong = next((part for part in value.split(",") if not _cidr(part)), None)
        return "" if wrong is None else f"`{wrong}` is no CIDR such as 10.0.0.0/8"

    return check


def _cidr(value: str) -> bool:
    from ipaddress import ip_interface

    if "/" not in value:
        return False
    try:
        ip_interface(value)
    except ValueError:
        return False
    return value.rpartition("/")[2].isdigit()


def _interfaces(value: str) -> str:
    parts = [part.strip() for part in value.split(",")]
    wrong = next((part for part in parts if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_.-]{0,14}", part)), None)
    return "" if wrong is None else f"`{wrong}` is no network interface name"


def _quantity(value: str) -> str:
    fine = re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?", value)
    return "" if fine else f"`{value}` is no quantity such as 100m or 128Mi"


_boolean = _word("1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False")
_counter = _number(2**32 - 1)
_CHECKS: dict[str, Callable[[str], str]] = {
    "sidecar.istio.io/interceptionMode": _word("REDIRECT", "TPROXY", "NONE"),
    "status.sidecar.istio.io/port": _number(65535),
    "readiness.status.sidecar.istio.io/initialDelaySeconds": _counter,
    "readiness.status.sidecar.istio.io/periodSeconds": _counter,
    "readiness.status.sidecar.istio.io/failureThreshold": _counter,
    "traffic.sidecar.istio.io/includeOutboundIPRanges": _ranges(True),
    "traffic.sidecar.istio.io/excludeOutboundIPRanges": _ranges(False),
    "traffic.sidecar.istio.io/includeInboundPorts": _ports(True),
    "traffic.sidecar.istio.io/excludeInboundPorts": _ports(False),
    "traffic.sidecar.istio.io/excludeOutboundPorts": _ports(False),
    "traffic.sidecar.istio.io/excludeInterfaces": _interfaces,
    "traffic.sidecar.istio.io/kubevirtInterfaces": _interfaces,
    "istio.io/reroute-virtual-interfaces": _interfaces,
    "prometheus.istio.io/merge-metrics": _boolean,
    "sidecar.istio.io/proxyCPU": _quantity,
    "sidecar.istio.io/proxyCPULimit": _quantity,
    "sidecar.istio.io/proxyMemory": _quantity,
    "sidecar.istio.io/proxyMemoryLimit": _quantity,
}
