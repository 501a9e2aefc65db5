"""Helm room, .Capabilities: the Kubernetes version, its API versions and the Helm version templates see.

In: --kube-version and --api-versions. Out: the object. Facts: helm pkg/chart/common/capabilities.go and the
API groups registered in client-go 0.36, in that order.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, ClassVar

from meshlint.gotemplate.govalue import Fields, GoObject, StringList, decimal
from meshlint.gotemplate.quoting import quote
from meshlint.text.pattern import lazy

DEFAULT_KUBE_VERSION = "v1.36.0"

# API group -> its versions, in the order in which client-go registers them.
_GROUPS = (
    ("", "v1"),
    ("admissionregistration.k8s.io", "v1 v1alpha1 v1beta1"),
    ("internal.apiserver.k8s.io", "v1alpha1"),
    ("apps", "v1 v1beta1 v1beta2"),
    ("authentication.k8s.io", "v1 v1alpha1 v1beta1"),
    ("authorization.k8s.io", "v1 v1beta1"),
    ("autoscaling", "v1 v2"),
    ("batch", "v1 v1beta1"),
    ("certificates.k8s.io", "v1 v1beta1 v1alpha1"),
    ("coordination.k8s.io", "v1alpha2 v1beta1 v1"),
    ("discovery.k8s.io", "v1 v1beta1"),
    ("events.k8s.io", "v1 v1beta1"),
    ("extensions", "v1beta1"),
    ("flowcontrol.apiserver.k8s.io", "v1 v1beta1 v1beta2 v1beta3"),
    ("networking.k8s.io", "v1 v1beta1"),
    ("node.k8s.io", "v1 v1alpha1 v1beta1"),
    ("policy", "v1 v1beta1"),
    ("rbac.authorization.k8s.io", "v1 v1beta1 v1alpha1"),
    ("resource.k8s.io", "v1 v1beta2 v1beta1 v1alpha3"),
    ("scheduling.k8s.io", "v1alpha2 v1beta1 v1"),
    ("storage.k8s.io", "v1beta1 v1 v1alpha1"),
    ("storagemigration.k8s.io", "v1beta1"),
    ("apiextensions.k8s.io", "v1beta1 v1"),
)
API_VERSIONS: tuple[str, ...] = tuple(
    f"{group}/{version}" if group else version for group, versions in _GROUPS for version in versions.split()
)

# What the release build of each Helm version says of itself.
_BUILDS = {
    "3": {"Version": "v3.21.4", "GitCommit": "", "GitTreeState": "", "GoVersion": "go1.26.4"},
    "4": {"Version": "v4.2", "GitCommit": "", "GitTreeState": "", "GoVersion": "go1.26.4"},
}
_BUILD_JSON = {
    "Version": "version",
    "GitCommit": "git_commit",
    "GitTreeState": "git_tree_state",
    "GoVersion": "go_version",
    "KubeClientVersion": "kube_client_version",
}
_GENERIC = lazy(r"[\t\n\f\r ]*v?([0-9]+(?:\.[0-9]+)*).*", re.ASCII)


class VersionError(Exception):
    """A --kube-version that does not parse; the text is Kubernetes'."""


class KubeVersion(GoObject):
    """A Kubernetes version; only its pointer is a Stringer, so functions see the bare struct."""

    __slots__ = ("major", "minor", "normalized", "version")
    go_type: ClassVar[str] = "common.KubeVersion"
    go_kind = "struct"

    def __init__(self, version: str, normalized: str, major: str, minor: str) -> None:
        self.version = version
        self.normalized = normalized
        self.major = major
        self.minor = minor

    def fields(self) -> dict[str, Any]:
        """Version, Major and Minor."""
        return {"Version": self.version, "Major": self.major, "Minor": self.minor}

    def printed_fields(self) -> dict[str, Any]:
        """With the unexported normalised version."""
        return {
            "Version": self.version,
            "normalizedVersion": self.normalized,
            "Major": self.major,
            "Minor": self.minor,
        }

    def methods(self) -> dict[str, Callable[..., Any]]:
        """String and the old name GitVersion."""
        return {"String": lambda: self.normalized, "GitVersion": lambda: self.version}

    def address_string(self) -> str:
        """The version with which constraints are checked."""
        return self.normalized


class KubeVersion3(KubeVersion):
    """The same as Helm 3 has it: one version only, the normalised one."""

    __slots__ = ()
    go_type = "chartutil.KubeVersion"

    def printed_fields(self) -> dict[str, Any]:
        """The exported fields are all there are."""
        return self.fields()


class VersionSet(StringList, GoObject):
    """The API versions of the cluster."""

    __slots__ = ()
    go_type: ClassVar[str] = "common.VersionSet"
    go_kind = "slice"

    def methods(self) -> dict[str, Callable[..., Any]]:
        """Has: exact, so `apps/v1/Deployment` is unknown."""
        return {"Has": self.has}

    def has(self, version: str) -> bool:
        """True if the API version is in the set."""
        return version in self


class VersionSet3(VersionSet):
    """The same under the name Helm 3 gives it."""

    __slots__ = ()
    go_type = "chartutil.VersionSet"


class HelmVersion(GoObject):
    """What built the manifests."""

    __slots__ = ("values",)
    go_type = "version.BuildInfo"
    go_kind = "struct"

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def fields(self) -> dict[str, Any]:
        """Version, GitCommit, GitTreeState, GoVersion and, in Helm 4, KubeClientVersion."""
        return self.values

    def json_value(self) -> Fields:
        """In snake case, empty ones left out but for the client version."""
        kept = {name: value for name, value in self.values.items() if value or name == "KubeClientVersion"}
        return Fields((_BUILD_JSON[name], value) for name, value in kept.items())


class Capabilities(GoObject):
    """The object templates see as .Capabilities."""

    __slots__ = ("api_versions", "helm_version", "kube_version")
    go_type: ClassVar[str] = "*common.Capabilities"
    go_kind = "ptr"

    def __init__(self, kube_version: str | None, api_versions: list[str], compat: str) -> None:
        self.kube_version = parse_kube_version(kube_version or DEFAULT_KUBE_VERSION, compat)
        versions = VersionSet3 if compat == "3" else VersionSet
        self.api_versions = versions((*API_VERSIONS, *api_versions))
        build: dict[str, Any] = dict(_BUILDS[compat])
        if compat != "3":
            build["KubeClientVersion"] = DEFAULT_KUBE_VERSION.rpartition(".")[0]
        self.helm_version = HelmVersion(build)

    def fields(self) -> dict[str, Any]:
        """KubeVersion, APIVersions and HelmVersion."""
        return {
            "KubeVersion": self.kube_version,
            "APIVersions": self.api_versions,
            "HelmVersion": self.helm_version,
        }


class Capabilities3(Capabilities):
    """The same under the name Helm 3 gives it."""

    __slots__ = ()
    go_type = "*chartutil.Capabilities"


def capabilities(kube_version: str | None, api_versions: list[str], compat: str) -> Capabilities:
    """The object of a Helm version. Raises VersionError."""
    kind = Capabilities3 if compat == "3" else Capabilities
    return kind(kube_version, api_versions, compat)


def parse_kube_version(text: str, compat: str) -> KubeVersion:
    """A version as --kube-version takes it. Raises VersionError with the text of apimachinery's parser."""
    match = _GENERIC.fullmatch(text)
    if match is None:
        raise VersionError(f"could not parse {quote(text)} as version")
    parts = match[1].split(".")
    if len(parts) < 2:
        raise VersionError(f"illegal version string {quote(text)}")
    if len(parts[0]) > 1 and parts[0][0] == "0":
        raise VersionError(f"illegal zero-prefixed version component {quote(parts[0])} in {quote(text)}")
    for part in parts:
        if decimal(part) >= 2**64:
            reason = f"strconv.ParseUint: parsing {quote(part)}: value out of range"
            raise VersionError(
                f"illegal non-numeric version component {quote(part)} in {quote(text)}: {reason}"
            )
    parts = [str(int(part)) for part in parts]
    normalized = "v" + ".".join(parts)
    if compat == "3":
        return KubeVersion3(normalized, normalized, parts[0], parts[1])
    return KubeVersion(text if text.startswith("v") else f"v{text}", normalized, parts[0], parts[1])
