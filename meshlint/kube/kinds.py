"""Kinds: API groups, which kinds live outside of namespaces, which kinds make pods.

A kind is always a (group, kind) pair, never a bare name: linkerd, consul, traefik and the gateway
API share kind names with Istio. Versions play no part.
"""

from __future__ import annotations

from typing import NamedTuple

from meshlint.text.origin import Path

CORE = ""
APPS = "apps"
BATCH = "batch"
NETWORKING = "networking.istio.io"
SECURITY = "security.istio.io"
TELEMETRY = "telemetry.istio.io"
EXTENSIONS = "extensions.istio.io"
GATEWAY_API = "gateway.networking.k8s.io"
ISTIO_GROUPS = frozenset({NETWORKING, SECURITY, TELEMETRY, EXTENSIONS})


class GroupKind(NamedTuple):
    """A kind with its API group; the core group is ""."""

    group: str
    kind: str


SERVICE = GroupKind(CORE, "Service")
NAMESPACE = GroupKind(CORE, "Namespace")
POD = GroupKind(CORE, "Pod")
ENDPOINTS = GroupKind(CORE, "Endpoints")
SECRET = GroupKind(CORE, "Secret")
CONFIG_MAP = GroupKind(CORE, "ConfigMap")
ENDPOINT_SLICE = GroupKind("discovery.k8s.io", "EndpointSlice")
CUSTOM_RESOURCE_DEFINITION = GroupKind("apiextensions.k8s.io", "CustomResourceDefinition")
AUTOSCALER = GroupKind("autoscaling", "HorizontalPodAutoscaler")
SCALED_OBJECT = GroupKind("keda.sh", "ScaledObject")
ROLLOUT = GroupKind("argoproj.io", "Rollout")
VIRTUAL_SERVICE = GroupKind(NETWORKING, "VirtualService")
DESTINATION_RULE = GroupKind(NETWORKING, "DestinationRule")
GATEWAY = GroupKind(NETWORKING, "Gateway")
SERVICE_ENTRY = GroupKind(NETWORKING, "ServiceEntry")
SIDECAR = GroupKind(NETWORKING, "Sidecar")
WORKLOAD_ENTRY = GroupKind(NETWORKING, "WorkloadEntry")
WORKLOAD_GROUP = GroupKind(NETWORKING, "WorkloadGroup")
ENVOY_FILTER = GroupKind(NETWORKING, "EnvoyFilter")
PEER_AUTHENTICATION = GroupKind(SECURITY, "PeerAuthentication")
REQUEST_AUTHENTICATION = GroupKind(SECURITY, "RequestAuthentication")
AUTHORIZATION_POLICY = GroupKind(SECURITY, "AuthorizationPolicy")

# kind -> where its pod template stands; () is the object itself.
POD_TEMPLATES: dict[GroupKind, Path] = {
    GroupKind(APPS, "Deployment"): ("spec", "template"),
    GroupKind(APPS, "StatefulSet"): ("spec", "template"),
    GroupKind(APPS, "DaemonSet"): ("spec", "template"),
    GroupKind(APPS, "ReplicaSet"): ("spec", "template"),
    GroupKind("extensions", "Deployment"): ("spec", "template"),
    GroupKind("extensions", "DaemonSet"): ("spec", "template"),
    GroupKind("extensions", "ReplicaSet"): ("spec", "template"),
    GroupKind(CORE, "ReplicationController"): ("spec", "template"),
    GroupKind("apps.openshift.io", "DeploymentConfig"): ("spec", "template"),
    GroupKind("apps.kruise.io", "CloneSet"): ("spec", "template"),
    GroupKind("apps.kruise.io", "StatefulSet"): ("spec", "template"),
    GroupKind("apps.kruise.io", "DaemonSet"): ("spec", "template"),
    ROLLOUT: ("spec", "template"),
    GroupKind(BATCH, "Job"): ("spec", "template"),
    GroupKind(BATCH, "CronJob"): ("spec", "jobTemplate", "spec", "template"),
    POD: (),
}
TRANSIENT_KINDS = frozenset({GroupKind(BATCH, "Job"), GroupKind(BATCH, "CronJob")})
NODE_KINDS = frozenset({"DaemonSet"})  # one pod per node, no replicas

_CLUSTER_SCOPED = {
    CORE: "ComponentStatus Namespace Node PersistentVolume",
    "admissionregistration.k8s.io": (
        "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration "
        "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration"
    ),
    "apiextensions.k8s.io": "CustomResourceDefinition",
    "apiregistration.k8s.io": "APIService",
    "authentication.k8s.io": "SelfSubjectReview TokenReview",
    "authorization.k8s.io": "SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview",
    "certificates.k8s.io": "CertificateSigningRequest ClusterTrustBundle",
    "extensions": "PodSecurityPolicy",
    "flowcontrol.apiserver.k8s.io": "FlowSchema PriorityLevelConfiguration",
    GATEWAY_API: "GatewayClass",
    "internal.apiserver.k8s.io": "StorageVersion",
    "networking.k8s.io": "IngressClass IPAddress ServiceCIDR",
    "node.k8s.io": "RuntimeClass",
    "policy": "PodSecurityPolicy",
    "policy.networking.k8s.io": "AdminNetworkPolicy BaselineAdminNetworkPolicy",
    "rbac.authorization.k8s.io": "ClusterRole ClusterRoleBinding",
    "resource.k8s.io": "DeviceClass ResourceSlice",
    "scheduling.k8s.io": "PriorityClass",
    "snapshot.storage.k8s.io": "VolumeSnapshotClass VolumeSnapshotContent",
    "storage.k8s.io": "CSIDriver CSINode StorageClass VolumeAttachment VolumeAttributesClass",
    "storagemigration.k8s.io": "StorageVersionMigration",
    "argoproj.io": "ClusterAnalysisTemplate ClusterWorkflowTemplate",
    "cert-manager.io": "ClusterIssuer",
    "cilium.io": "CiliumClusterwideNetworkPolicy CiliumClusterwideEnvoyConfig CiliumLoadBalancerIPPool",
    "cluster.open-cluster-management.io": "ManagedCluster",
    "crd.projectcalico.org": "BGPConfiguration BGPPeer FelixConfiguration GlobalNetworkPolicy IPPool",
    "external-secrets.io": "ClusterExternalSecret ClusterSecretStore",
    "karpenter.sh": "NodeClaim NodePool",
    "karpenter.k8s.aws": "EC2NodeClass",
    "keda.sh": "ClusterTriggerAuthentication",
    "kyverno.io": "ClusterPolicy ClusterCleanupPolicy",
    "project.openshift.io": "Project",
    "security.openshift.io": "SecurityContextConstraints",
    "templates.gatekeeper.sh": "ConstraintTemplate",
}
CLUSTER_SCOPED = frozenset(
    GroupKind(group, kind) for group, kinds in _CLUSTER_SCOPED.items() for kind in kinds.split()
)

# Groups whose objects never lead to pods. Any other custom group may belong to an operator that makes
# pods, so a Service without a workload may still have endpoints there (real-world.md, point 4).
_POD_FREE = """
    acme.cert-manager.io admissionregistration.k8s.io apiextensions.k8s.io apiregistration.k8s.io
    authentication.k8s.io authorization.k8s.io autoscaling autoscaling.k8s.io bitnami.com
    cert-manager.io certificates.k8s.io cilium.io cloud.google.com configuration.konghq.com
    constraints.gatekeeper.sh coordination.k8s.io crd.projectcalico.org discovery.k8s.io
    elbv2.k8s.aws events.k8s.io extensions extensions.istio.io external-secrets.io externaldns.k8s.io
    flowcontrol.apiserver.k8s.io generators.external-secrets.io
    getambassador.io hub.traefik.io image.openshift.io
    k8s.nginx.org keda.sh kyverno.io linkerd.io metrics.k8s.io monitoring.googleapis.com
    networking.gke.io networking.istio.io networking.k8s.io node.k8s.io policy policy.linkerd.io
    policy.networking.k8s.io projectcontour.io rbac.authorization.k8s.io resource.k8s.io route.openshift.io
    scheduling.k8s.io secrets-store.csi.x-k8s.io secrets.hashicorp.com security.istio.io
    security.openshift.io snapshot.storage.k8s.io split.smi-spec.io storage.k8s.io telemetry.istio.io
    templates.gatekeeper.sh traefik.containo.us traefik.io wgpolicyk8s.io
"""
_POD_FREE_GROUPS = frozenset(_POD_FREE.split())
_POD_FREE_KINDS = frozenset(
    GroupKind(group, kind)
    for group, kinds in {
        "monitoring.coreos.com": (
            "AlertmanagerConfig PodMonitor Probe PrometheusRule ScrapeConfig ServiceMonitor"
        ),
        "operator.victoriametrics.com": (
            "VMNodeScrape VMPodScrape VMProbe VMRule VMServiceScrape VMStaticScrape"
        ),
        "grafana.integreatly.org": "GrafanaDashboard GrafanaDatasource GrafanaFolder",
        "argoproj.io": "AnalysisTemplate AppProject ClusterAnalysisTemplate",
        GATEWAY_API: (
            "BackendTLSPolicy GRPCRoute GatewayClass HTTPRoute ReferenceGrant TCPRoute TLSRoute UDPRoute"
        ),
    }.items()
    for kind in kinds.split()
)


def may_make_pods(kind: GroupKind) -> bool:
    """True for custom kinds behind which an operator may run pods that no manifest shows."""
    if kind in POD_TEMPLATES or kind in _POD_FREE_KINDS or kind.group in _POD_FREE_GROUPS:
        return False
    return kind.group not in (CORE, APPS, BATCH) and "." in kind.group
