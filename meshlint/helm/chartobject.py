"""Helm room, .Chart: the metadata as templates see it - a map with Go's names in Helm 4, a struct in Helm 3.

In: a processed Chart. Out: the object. The map's entries keep their places in Chart.yaml.
"""

from __future__ import annotations

from typing import Any, ClassVar

from meshlint.gotemplate.govalue import (
    Fields,
    GoObject,
    NilList,
    NilStringList,
    NilStringMap,
    StringList,
    StringMap,
    TypedList,
)
from meshlint.helm.chart import Chart
from meshlint.helm.metadata import Dependency, Maintainer, Metadata
from meshlint.yamldoc.tracked import TrackedList, TrackedMap

# JSON name, Go name, attribute of Metadata, in declaration order.
_FIELDS = (
    ("name", "Name", "name"),
    ("home", "Home", "home"),
    ("sources", "Sources", "sources"),
    ("version", "Version", "version"),
    ("description", "Description", "description"),
    ("keywords", "Keywords", "keywords"),
    ("maintainers", "Maintainers", "maintainers"),
    ("icon", "Icon", "icon"),
    ("apiVersion", "APIVersion", "api_version"),
    ("condition", "Condition", "condition"),
    ("tags", "Tags", "tags"),
    ("appVersion", "AppVersion", "app_version"),
    ("deprecated", "Deprecated", "deprecated"),
    ("annotations", "Annotations", "annotations"),
    ("kubeVersion", "KubeVersion", "kube_version"),
    ("dependencies", "Dependencies", "dependencies"),
    ("type", "Type", "type"),
)
FIELD_NAMES: tuple[str, ...] = tuple(name for _, name, _ in _FIELDS)
_DEPENDENCY_FIELDS = (
    ("name", "Name", "name"),
    ("version", "Version", "version"),
    ("repository", "Repository", "repository"),
    ("condition", "Condition", "condition"),
    ("tags", "Tags", "tags"),
    ("enabled", "Enabled", "enabled"),
    ("import-values", "ImportValues", "import_values"),
    ("alias", "Alias", "alias"),
)
_MAINTAINER_FIELDS = (("name", "Name", "name"), ("email", "Email", "email"), ("url", "URL", "url"))


def chart_object(chart: Chart, compat: str) -> Any:
    """What templates of the chart see as .Chart."""
    return _struct(chart) if compat == "3" else _map(chart)


# ---------------------------------------------------------------------------------- Helm 4


def _map(chart: Chart) -> TrackedMap:
    found = TrackedMap()
    folded = {key.lower(): origin for key, origin in chart.document.origins.items() if isinstance(key, str)}
    for json_name, name, attribute in _FIELDS:
        value = _plain(getattr(chart.metadata, attribute), name)
        found.put(name, value, folded.get(json_name.lower()))
    found.put("IsRoot", chart.is_root, None)
    return found


def _plain(value: Any, name: str) -> Any:
    """Structs as maps, slices as []interface {}, a nil slice as an empty one."""
    if name == "Annotations":
        return NilStringMap() if value is None else StringMap(value)
    if name in ("Sources", "Keywords"):
        return TrackedList(value or [])
    if name == "Maintainers":
        return TrackedList(_entry(item, _MAINTAINER_FIELDS) for item in value or [] if item is not None)
    if name == "Dependencies":
        return TrackedList(_entry(item, _DEPENDENCY_FIELDS) for item in value or [] if item is not None)
    return value


def _entry(item: Any, fields: tuple[tuple[str, str, str], ...]) -> TrackedMap:
    found = TrackedMap()
    for _, name, attribute in fields:
        value = getattr(item, attribute)
        found[name] = TrackedList(value or []) if name in ("Tags", "ImportValues") else value
    return found


# ---------------------------------------------------------------------------------- Helm 3


class Struct(GoObject):
    """A Go struct (or a pointer to one) made of its values by Go name."""

    __slots__ = ("values",)
    names: ClassVar[tuple[tuple[str, str, str], ...]] = ()
    never_omitted: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def fields(self) -> dict[str, Any]:
        """The fields in declaration order."""
        return self.values

    def json_value(self) -> Fields:
        """The fields by JSON name, empty ones left out."""
        kept = ((json, self.values[name]) for json, name, _ in self.names)
        return Fields((json, value) for json, value in kept if value or json in self.never_omitted)


class MetadataStruct(Struct):
    """chart.Metadata."""

    __slots__ = ()
    go_type = "chart.Metadata"
    names = _FIELDS


class MaintainerStruct(Struct):
    """*chart.Maintainer."""

    __slots__ = ()
    go_type = "*chart.Maintainer"
    go_kind = "ptr"
    names = _MAINTAINER_FIELDS


class DependencyStruct(Struct):
    """*chart.Dependency."""

    __slots__ = ()
    go_type = "*chart.Dependency"
    go_kind = "ptr"
    names = _DEPENDENCY_FIELDS
    never_omitted = frozenset(("name", "repository"))


class ChartStruct(Struct):
    """Helm 3's .Chart: the metadata embedded in a struct that adds IsRoot."""

    __slots__ = ("is_root", "metadata")
    go_type = "struct { chart.Metadata; IsRoot bool }"

    def __init__(self, metadata: MetadataStruct, is_root: bool) -> None:
        super().__init__({**metadata.values, "Metadata": metadata, "IsRoot": is_root})
        self.metadata = metadata
        self.is_root = is_root

    def printed_fields(self) -> dict[str, Any]:
        """As fmt sees it: the embedded struct is one field."""
        return {"Metadata": self.metadata, "IsRoot": self.is_root}

    def own_fields(self, inline: bool) -> dict[str, Any]:
        """As encoders see it: TOML takes the fields of an embedded struct for its own, YAML does not."""
        return {**self.metadata.values, "IsRoot": self.is_root} if inline else self.printed_fields()

    def json_value(self) -> Fields:
        """As JSON sees it: the embedded fields are its own."""
        return Fields({**self.metadata.json_value(), "IsRoot": self.is_root})


class MaintainerList(TypedList):
    """A Go []*chart.Maintainer."""

    __slots__ = ()
    go_type = "[]*chart.Maintainer"


class DependencyList(TypedList):
    """A Go []*chart.Dependency."""

    __slots__ = ()
    go_type = "[]*chart.Dependency"


class NilDependencyList(NilList):
    """A nil []*chart.Dependency: `null` in JSON."""

    __slots__ = ()
    go_type = "[]*chart.Dependency"


class NilMaintainerList(NilList):
    """A nil []*chart.Maintainer: `null` in JSON."""

    __slots__ = ()
    go_type = "[]*chart.Maintainer"


def _struct(chart: Chart) -> ChartStruct:
    return ChartStruct(_metadata_struct(chart.metadata), chart.is_root)


def _metadata_struct(metadata: Metadata) -> MetadataStruct:
    values: dict[str, Any] = {}
    for _, name, attribute in _FIELDS:
        value = getattr(metadata, attribute)
        if name == "Annotations":
            value = NilStringMap() if value is None else StringMap(value)
        elif name in ("Sources", "Keywords"):
            value = NilStringList() if value is None else StringList(value)
        elif name == "Maintainers":
            pointers = MaintainerList(entry_object(item) for item in value or [] if item is not None)
            value = NilMaintainerList() if value is None else pointers
        elif name == "Dependencies":
            entries = DependencyList(entry_object(item) for item in value or [] if item is not None)
            value = NilDependencyList() if value is None else entries
        values[name] = value
    return MetadataStruct(values)


def entry_object(item: Maintainer | Dependency) -> Struct:
    """A maintainer or a dependency as the Go struct it is, also for its JSON."""
    kind = MaintainerStruct if isinstance(item, Maintainer) else DependencyStruct
    values = {name: getattr(item, attribute) for _, name, attribute in kind.names}
    if "Tags" in values:
        tags, imports = values["Tags"], values["ImportValues"]
        values["Tags"] = NilStringList() if tags is None else StringList(tags)
        values["ImportValues"] = NilList() if imports is None else list(imports)
    return kind(values)
