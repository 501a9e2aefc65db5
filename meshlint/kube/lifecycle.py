"""Lifecycle: since when an API of Kubernetes is deprecated, when it was removed, and what replaces it.

In: apiVersion and kind of an object, the Kubernetes version it is meant for. Out: the row of the table.
Facts: the lifecycle marks in k8s.io/api, and the deprecated API migration guide for the APIs whose Go types
are gone (CustomResourceDefinition, APIService, HorizontalPodAutoscaler, PodSecurityPolicy).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

Version = tuple[int, int]

# apiVersion, deprecated since, removed in, the replacement (- if none), kinds
_TABLE = """
admissionregistration.k8s.io/v1alpha1 1.29 1.32 v1 ValidatingAdmissionPolicy
admissionregistration.k8s.io/v1alpha1 1.29 1.32 v1 ValidatingAdmissionPolicyBinding
admissionregistration.k8s.io/v1alpha1 1.35 1.38 v1 MutatingAdmissionPolicy MutatingAdmissionPolicyBinding
admissionregistration.k8s.io/v1beta1 1.16 1.22 v1 MutatingWebhookConfiguration
admissionregistration.k8s.io/v1beta1 1.16 1.22 v1 ValidatingWebhookConfiguration
admissionregistration.k8s.io/v1beta1 1.31 1.34 v1 ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding
admissionregistration.k8s.io/v1beta1 1.37 1.40 v1 MutatingAdmissionPolicy MutatingAdmissionPolicyBinding
apiextensions.k8s.io/v1beta1 1.16 1.22 v1 CustomResourceDefinition
apiregistration.k8s.io/v1beta1 1.19 1.22 v1 APIService
apps/v1beta1 1.8 1.16 v1 ControllerRevision Deployment StatefulSet
apps/v1beta2 1.9 1.16 v1 ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet
authentication.k8s.io/v1alpha1 1.29 1.32 v1 SelfSubjectReview
authentication.k8s.io/v1beta1 1.19 1.22 v1 TokenReview
authentication.k8s.io/v1beta1 1.30 1.33 v1 SelfSubjectReview
authorization.k8s.io/v1beta1 1.19 1.22 v1 LocalSubjectAccessReview SelfSubjectAccessReview
authorization.k8s.io/v1beta1 1.19 1.22 v1 SelfSubjectRulesReview SubjectAccessReview
autoscaling/v2beta1 1.22 1.25 v2beta2 HorizontalPodAutoscaler
autoscaling/v2beta2 1.23 1.26 v2 HorizontalPodAutoscaler
batch/v1beta1 1.21 1.25 v1 CronJob
certificates.k8s.io/v1alpha1 1.34 1.37 - ClusterTrustBundle
certificates.k8s.io/v1beta1 1.19 1.22 v1 CertificateSigningRequest
certificates.k8s.io/v1beta1 1.37 1.40 - ClusterTrustBundle
certificates.k8s.io/v1beta1 1.38 1.41 - PodCertificateRequest
coordination.k8s.io/v1alpha2 1.35 1.38 - LeaseCandidate
coordination.k8s.io/v1beta1 1.19 1.22 v1 Lease
coordination.k8s.io/v1beta1 1.36 1.39 - LeaseCandidate
discovery.k8s.io/v1beta1 1.21 1.25 v1 EndpointSlice
events.k8s.io/v1beta1 1.22 1.25 v1 Event
extensions/v1beta1 1.11 1.16 policy/v1beta1 PodSecurityPolicy
extensions/v1beta1 1.14 1.22 networking.k8s.io/v1beta1 Ingress
extensions/v1beta1 1.8 1.16 apps/v1 DaemonSet Deployment ReplicaSet
extensions/v1beta1 1.9 1.16 networking.k8s.io/v1 NetworkPolicy
flowcontrol.apiserver.k8s.io/v1beta1 1.23 1.26 v1beta3 FlowSchema PriorityLevelConfiguration
flowcontrol.apiserver.k8s.io/v1beta2 1.26 1.29 v1beta3 FlowSchema PriorityLevelConfiguration
flowcontrol.apiserver.k8s.io/v1beta3 1.29 1.32 v1 FlowSchema PriorityLevelConfiguration
networking.k8s.io/v1beta1 1.19 1.22 v1 Ingress IngressClass
networking.k8s.io/v1beta1 1.34 1.37 v1 IPAddress ServiceCIDR
node.k8s.io/v1beta1 1.22 1.25 v1 RuntimeClass
policy/v1beta1 1.21 1.25 - PodSecurityPolicy
policy/v1beta1 1.21 1.25 v1 PodDisruptionBudget
policy/v1beta1 1.22 1.25 v1 Eviction
rbac.authorization.k8s.io/v1beta1 1.17 1.22 v1 ClusterRole ClusterRoleBinding Role RoleBinding
resource.k8s.io/v1alpha3 1.36 1.39 - DeviceTaintRule
resource.k8s.io/v1alpha3 1.39 1.42 - ResourcePoolStatusRequest
resource.k8s.io/v1beta1 1.35 1.38 v1 DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice
resource.k8s.io/v1beta2 1.36 1.39 v1 DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice
resource.k8s.io/v1beta2 1.39 1.42 - DeviceTaintRule
scheduling.k8s.io/v1beta1 1.14 1.22 v1 PriorityClass
storage.k8s.io/v1alpha1 1.21 1.24 v1 VolumeAttachment
storage.k8s.io/v1alpha1 1.21 1.24 v1beta1 CSIStorageCapacity
storage.k8s.io/v1alpha1 1.32 1.35 v1 VolumeAttributesClass
storage.k8s.io/v1beta1 1.17 1.22 v1 CSINode
storage.k8s.io/v1beta1 1.19 1.22 v1 CSIDriver StorageClass VolumeAttachment
storage.k8s.io/v1beta1 1.24 1.27 v1 CSIStorageCapacity
storage.k8s.io/v1beta1 1.34 1.37 v1 VolumeAttributesClass
storagemigration.k8s.io/v1beta1 1.38 1.41 - StorageVersionMigration
"""


class Lifecycle(NamedTuple):
    """The last years of one API.

    deprecated, removed   versions of Kubernetes
    replacement           the apiVersion to write instead, "" if there is none
    """

    api_version: str
    kind: str
    deprecated: Version
    removed: Version
    replacement: str


def lifecycle(api_version: str, kind: str, target: Version) -> Lifecycle | None:
    """What becomes of an API that is deprecated in Kubernetes `target`; None for those that are not.

    The replacement is one that `target` has and does not itself give up.
    """
    row = _rows().get((api_version, kind))
    if row is None or row.deprecated > target:
        return None
    replacement = row.replacement
    while (later := _rows().get((replacement, kind))) and later.deprecated <= target:
        replacement = later.replacement
    return row._replace(replacement=replacement)


def version_of(text: str) -> Version | None:
    """Major and minor of `v1.29.3`, None if the text is no version."""
    found = re.match(r"v?(\d{1,9})\.(\d{1,9})", text)
    return (int(found[1]), int(found[2])) if found else None


@lru_cache(maxsize=1)
def _rows() -> dict[tuple[str, str], Lifecycle]:
    rows = {}
    for line in _TABLE.split("\n"):
        if line:
            api_version, deprecated, removed, replacement, *kinds = line.split()
            if replacement.startswith("v"):
                replacement = f"{api_version.rpartition('/')[0]}/{replacement}"
            for kind in kinds:
                rows[api_version, kind] = Lifecycle(
                    api_version, kind, _pair(deprecated), _pair(removed), replacement.strip("-")
                )
    return rows


def _pair(text: str) -> Version:
    major, minor = text.split(".")
    return int(major), int(minor)
