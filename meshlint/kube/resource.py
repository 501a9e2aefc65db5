"""Resource: one Kubernetes object with its identity, and the place it was written in.

In: documents. Out: Resources, Lists expanded, and findings for objects without kind or name.
Nothing of Istio is known here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol

from meshlint.helm.problems import Code
from meshlint.kube.fields import dig, mapping, sequence, string_map, text
from meshlint.kube.kinds import CLUSTER_SCOPED, CUSTOM_RESOURCE_DEFINITION, GroupKind
from meshlint.text.finding import Finding, Location, ObjectRef, Place
from meshlint.text.origin import Path
from meshlint.text.source import Source

HOOK_ANNOTATION = "helm.sh/hook"
KIND_MISSING = Code(
    "KUB001",
    "object-without-kind",
    "error",
    "A document has no apiVersion or no kind: Kubernetes refuses it and nothing in it is checked.",
)
NAME_MISSING = Code("KUB002", "object-without-name", "error", "An object has no metadata.name.")
CODES: tuple[Code, ...] = (KIND_MISSING, NAME_MISSING)


class Written(Protocol):
    """What a Resource needs of the document it stands in."""

    @property
    def value(self) -> Any:
        """The parsed content."""

    @property
    def source(self) -> Source:
        """The template or manifest file it was written in."""

    def locate(self, path: Path, on_key: bool) -> Location:
        """The place of the value (or key) at `path`; of its nearest parent if it is absent."""


class Hook(NamedTuple):
    """Helm's hook annotations: the events, such as "pre-install" or "test", and the weight."""

    events: tuple[str, ...]
    weight: int

    def test(self) -> bool:
        """True for a pod that runs on `helm test` only."""
        return any(event in ("test", "test-success", "test-failure") for event in self.events)


class Resource:
    """One Kubernetes object.

    api_version, group, version, kind   as in `networking.istio.io/v1`; the core group is ""
    namespace  "" for cluster-scoped kinds, else the written or the default one
    labels, annotations   metadata as strings
    data       the whole object; use get() and kube.fields, any value may have a wrong type
    document   where it was written, None for objects built in memory
    prefix     path of the object inside the document: () or ("items", 0) in a List
    hook       Helm hook annotations, None for ordinary objects
    unit       the deployable set it belongs to (a chart's release, a folder, a file): conflicts
               are judged inside one unit only
    scenario   name of the value set that rendered it
    """

    __slots__ = (
        "annotations",
        "api_version",
        "data",
        "document",
        "group",
        "hook",
        "kind",
        "labels",
        "name",
        "namespace",
        "prefix",
        "scenario",
        "unit",
        "version",
    )

    def __init__(
        self,
        data: dict[str, Any],
        default_namespace: str = "",
        document: Written | None = None,
        prefix: Path = (),
        *,
        unit: str = "",
        scenario: str = "",
        cluster_scoped: frozenset[GroupKind] = CLUSTER_SCOPED,
    ) -> None:
        metadata = mapping(data.get("metadata"))
        self.data = data
        self.document = document
        self.prefix = prefix
        self.unit = unit
        self.scenario = scenario
        self.api_version = text(data.get("apiVersion"))
        self.group, _, self.version = self.api_version.rpartition("/")
        self.kind = text(data.get("kind"))
        self.name = text(metadata.get("name"))
        self.labels = string_map(metadata.get("labels"))
        self.annotations = string_map(metadata.get("annotations"))
        self.hook = _hook(self.annotations)
        clustered = (self.group, self.kind) in cluster_scoped
        self.namespace = "" if clustered else text(metadata.get("namespace")) or default_namespace

    def __repr__(self) -> str:
        return f"<{self.ref().label()}>"

    @property
    def group_kind(self) -> GroupKind:
        """Group and kind; what the model dispatches on."""
        return GroupKind(self.group, self.kind)

    @property
    def spec(self) -> dict[str, Any]:
        """The mapping under `spec`, empty if absent."""
        return mapping(self.data.get("spec"))

    @property
    def source(self) -> Source | None:
        """The file the object was written in."""
        return None if self.document is None else self.document.source

    def key(self) -> tuple[str, str]:
        """(namespace, name)."""
        return self.namespace, self.name

    def is_a(self, kind: GroupKind) -> bool:
        """True if group and kind are those given."""
        return self.kind == kind.kind and self.group == kind.group

    def ref(self) -> ObjectRef:
        """The identity as findings carry it."""
        return ObjectRef(self.api_version, self.kind, self.namespace, self.name)

    def label(self) -> str:
        """`Kind ns/name`, as messages name it."""
        return self.ref().label()

    def get(self, *path: str | int, default: Any = None) -> Any:
        """The value at `path`, `default` if a step is absent or of another type."""
        return dig(self.data, path, default)

    def has(self, *path: str | int) -> bool:
        """True if something, null included, is written at `path`."""
        absent = object()
        return dig(self.data, path, absent) is not absent

    def locate(self, path: Path, on_key: bool) -> Location:
        """The place of the value (or key) at `path` inside the object."""
        if self.document is None:
            label = self.ref().label()
            return Location(Source(label, "", "builtin"), 1, 1, 1, 1, "file", path)
        return self.document.locate((*self.prefix, *path), on_key)._replace(pointer=path)

    def place(self, *path: str | int, label: str = "") -> Place:
        """A primary Place at `path`."""
        return Place(self, path, label)


def resource_from(data: dict[str, Any], default_namespace: str = "default") -> Resource:
    """A Resource without a document, for tests and for objects the platform brings along."""
    return Resource(data, default_namespace)


def resources_of(
    documents: Iterable[Written], default_namespace: str, *, unit: str = "", scenario: str = ""
) -> tuple[list[Resource], list[Finding]]:
    """The objects of the documents in order, Lists expanded, and findings for what is no object.

    default_namespace   the release namespace (or "" if there is none): what an object gets that
                        names no namespace and whose kind is not cluster-scoped
    """
    objects = [found for document in documents for found in _objects(document)]
    clustered = CLUSTER_SCOPED | _cluster_scoped_of([data for _, _, data in objects])
    resources: list[Resource] = []
    findings: list[Finding] = []
    for document, prefix, data in objects:
        resource = Resource(
            data,
            default_namespace,
            document,
            prefix,
            unit=unit,
            scenario=scenario,
            cluster_scoped=clustered,
        )
        if _is_foreign(resource):
            continue
        fault = _fault(resource)
        if fault is None:
            resources.append(resource)
        else:
            findings.append(fault)
    return resources, findings


def _objects(document: Written) -> list[tuple[Written, Path, dict[str, Any]]]:
    """The mappings of a document that are objects, with their paths; Lists in Lists are expanded too."""
    found: list[tuple[Written, Path, dict[str, Any]]] = []
    stack: list[tuple[Path, Any]] = [((), document.value)]
    while stack:
        prefix, data = stack.pop()
        if not isinstance(data, dict):
            continue
        if is_list(data):
            items = [
                ((*prefix, "items", index), _typed_item(item, data))
                for index, item in enumerate(sequence(data.get("items")))
            ]
            stack.extend(reversed(items))
        else:
            found.append((document, prefix, data))
    return found


def is_list(data: dict[str, Any]) -> bool:
    """True for `kind: List` and typed lists (`DeploymentList`): a kind ending in List with items."""
    kind = text(data.get("kind"))
    return kind == "List" or (kind.endswith("List") and isinstance(data.get("items"), list))


def _typed_item(item: Any, parent: dict[str, Any]) -> Any:
    """Items of a typed list may leave out apiVersion and kind; `kubectl` takes them from the list."""
    kind = text(parent.get("kind"))
    if kind == "List" or not isinstance(item, dict) or "kind" in item:
        return item
    return {"apiVersion": parent.get("apiVersion"), "kind": kind[: -len("List")], **item}


def _cluster_scoped_of(objects: list[dict[str, Any]]) -> frozenset[GroupKind]:
    """The kinds that CustomResourceDefinitions of the input declare as cluster-scoped."""
    return frozenset(
        GroupKind(text(dig(data, ("spec", "group"))), text(dig(data, ("spec", "names", "kind"))))
        for data in objects
        if data.get("kind") == CUSTOM_RESOURCE_DEFINITION.kind and dig(data, ("spec", "scope")) == "Cluster"
    )


def _hook(annotations: dict[str, str]) -> Hook | None:
    written = annotations.get(HOOK_ANNOTATION)
    if written is None:
        return None
    events = tuple(event.strip().lower() for event in written.split(",") if event.strip())
    try:
        weight = int(annotations.get("helm.sh/hook-weight", "0"))
    except ValueError:
        weight = 0
    return Hook(events, weight)


def _is_foreign(resource: Resource) -> bool:
    """True for a mapping in a manifest file that does not look like a Kubernetes object at all.

    Folders of manifests hold kustomizations, values and compose files too; a template never should.
    """
    written = any(field in resource.data for field in ("apiVersion", "kind", "metadata"))
    return not written and resource.source is not None and resource.source.kind == "manifest"


def _fault(resource: Resource) -> Finding | None:
    """What makes the API server refuse the object: no apiVersion, no kind, no name."""
    lacking = [field for field in ("apiVersion", "kind") if not text(resource.data.get(field))]
    if lacking:
        fields = " and ".join(f"`{field}`" for field in lacking)
        return Finding(
            KIND_MISSING.code,
            f"the document has no {fields}: Kubernetes refuses it",
            [Place(resource, (lacking[0],))],
            severity=KIND_MISSING.severity,
            precision="very-high",
            hint=f"add {fields}, or remove the document",
            key=lacking[0],
        )
    if not resource.name and not text(resource.get("metadata", "generateName")):
        return Finding(
            NAME_MISSING.code,
            f"{resource.kind} has no `metadata.name`: Kubernetes refuses it",
            [Place(resource, ("metadata", "name"))],
            severity=NAME_MISSING.severity,
            precision="very-high",
            hint="set `metadata.name`",
            object=resource.ref(),
        )
    return None
