"""Platform: objects that a mesh installation brings along and that charts refer to without shipping them.

In: a host or a Gateway name. Out: whether it is one of the well-known ones, so that a reference to
it is outside the input instead of missing (real-world.md, false positive 1).
"""

from __future__ import annotations

# (service name, namespace); "*" any namespace.
_SERVICES = frozenset(
    {
        ("kubernetes", "default"),
        ("kube-dns", "kube-system"),
        ("coredns", "kube-system"),
        ("metrics-server", "kube-system"),
        ("istiod", "istio-system"),
        ("istio-pilot", "istio-system"),
        ("istio-policy", "istio-system"),
        ("istio-telemetry", "istio-system"),
        ("istio-galley", "istio-system"),
        ("istio-citadel", "istio-system"),
        ("istio-sidecar-injector", "istio-system"),
        ("istio-ingressgateway", "*"),
        ("istio-egressgateway", "*"),
        ("istio-eastwestgateway", "*"),
        ("cluster-local-gateway", "*"),
        ("knative-local-gateway", "*"),
        ("knative-ingress-gateway", "*"),
        ("kiali", "istio-system"),
        ("prometheus", "istio-system"),
        ("grafana", "istio-system"),
        ("jaeger-collector", "istio-system"),
        ("jaeger-query", "istio-system"),
        ("tracing", "istio-system"),
        ("zipkin", "istio-system"),
    }
)
_GATEWAYS = frozenset(
    {
        "istio-system/istio-ingressgateway",
        "istio-system/istio-egressgateway",
        "istio-system/ingressgateway",
        "istio-ingress/istio-ingressgateway",
        "knative-serving/knative-ingress-gateway",
        "knative-serving/knative-local-gateway",
        "knative-serving/cluster-local-gateway",
        "kubeflow/kubeflow-gateway",
    }
)


def platform_service(name: str, namespace: str) -> bool:
    """True for Services that Kubernetes, Istio, Knative or Istio's addons install."""
    return (name, namespace) in _SERVICES or (name, "*") in _SERVICES


def platform_gateway(reference: str) -> bool:
    """True for `namespace/name` of Gateways that platforms install."""
    return reference in _GATEWAYS
