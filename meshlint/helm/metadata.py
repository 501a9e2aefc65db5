"""Helm room, Chart.yaml: decoding, validation in Helm's order and words, and what templates see of it.

In: the tracked mapping of Chart.yaml (and requirements.yaml on top). Out: Metadata, or the text of the
first rule it breaks. Facts: helm pkg/chart/v2 metadata.go and dependency.go.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from meshlint.gotemplate.quoting import quote
from meshlint.helm.decode import ANY, BOOL, STRING, STRING_LIST, STRING_MAP, TIME, Shape, decode
from meshlint.sprig.semver import SemverError, parse_version

_MAINTAINER_FIELDS = {"name": STRING, "email": STRING, "url": STRING}
_DEPENDENCY_FIELDS = {
    "name": STRING,
    "version": STRING,
    "repository": STRING,
    "condition": STRING,
    "tags": STRING_LIST,
    "enabled": BOOL,
    "import-values": Shape("list", "[]interface {}", ANY),
    "alias": STRING,
}
_ALIAS = re.compile(r"[a-zA-Z0-9_-]+", re.ASCII)
_SPACES = "\t\n\v\f\r \x85\xa0"


def _dependencies_shape(package: str) -> Shape:
    dependency = Shape("struct", f"{package}.Dependency", fields=_DEPENDENCY_FIELDS)
    return Shape("list", f"[]*{package}.Dependency", dependency)


def _lock_shape(package: str) -> Shape:
    fields = {"generated": TIME, "digest": STRING, "dependencies": _dependencies_shape(package)}
    return Shape("struct", f"{package}.Lock", fields=fields)


def _metadata_shape(package: str) -> Shape:
    maintainer = Shape("struct", f"{package}.Maintainer", fields=_MAINTAINER_FIELDS)
    return Shape(
        "struct",
        f"{package}.Metadata",
        fields={
            "name": STRING,
            "home": STRING,
            "sources": STRING_LIST,
            "version": STRING,
            "description": STRING,
            "keywords": STRING_LIST,
            "maintainers": Shape("list", f"[]*{package}.Maintainer", maintainer),
            "icon": STRING,
            "apiVersion": STRING,
            "condition": STRING,
            "tags": STRING,
            "appVersion": STRING,
            "deprecated": BOOL,
            "annotations": STRING_MAP,
            "kubeVersion": STRING,
            "dependencies": _dependencies_shape(package),
            "type": STRING,
        },
    )


SHAPES = {"3": _metadata_shape("chart"), "4": _metadata_shape("v2")}
LOCK_SHAPES = {"3": _lock_shape("chart"), "4": _lock_shape("v2")}
API_VERSION_ONLY = Shape("struct", "loader.chartBase", fields={"apiVersion": STRING})


class Maintainer:
    """One entry of `maintainers`."""

    __slots__ = ("email", "name", "url")

    def __init__(self, fields: dict[str, Any]) -> None:
        self.name: str = fields.get("name", "")
        self.email: str = fields.get("email", "")
        self.url: str = fields.get("url", "")


class Dependency:
    """One entry of `dependencies`; `index` is its place in the list of the file, for findings."""

    __slots__ = (
        *("alias", "condition", "enabled", "import_values", "index", "name", "repository", "tags", "version"),
    )

    def __init__(self, fields: dict[str, Any], index: int) -> None:
        self.index = index
        self.name: str = fields.get("name", "")
        self.version: str = fields.get("version", "")
        self.repository: str = fields.get("repository", "")
        self.condition: str = fields.get("condition", "")
        self.tags: list[str] | None = fields.get("tags")
        self.enabled: bool = fields.get("enabled", False)
        self.import_values: list[Any] | None = fields.get("import-values")
        self.alias: str = fields.get("alias", "")

    def copy(self) -> Dependency:
        """A copy that may be renamed and switched without touching the original."""
        copied = Dependency({}, self.index)
        for name in self.__slots__:
            setattr(copied, name, getattr(self, name))
        return copied


class Metadata:
    """What Chart.yaml says; missing strings are "", missing lists None.

    dependencies  None if the chart declares none at all: then nothing in charts/ is filtered
    """

    __slots__ = (
        *("annotations", "api_version", "app_version", "condition", "dependencies", "deprecated"),
        *("description", "home", "icon", "keywords", "kube_version", "maintainers", "name", "sources"),
        *("tags", "type", "version"),
    )

    def __init__(self) -> None:
        self.name = ""
        self.home = ""
        self.sources: list[str] | None = None
        self.version = ""
        self.description = ""
        self.keywords: list[str] | None = None
        self.maintainers: list[Maintainer | None] | None = None
        self.icon = ""
        self.api_version = ""
        self.condition = ""
        self.tags = ""
        self.app_version = ""
        self.deprecated = False
        self.annotations: dict[str, str] | None = None
        self.kube_version = ""
        self.dependencies: list[Dependency | None] | None = None
        self.type = ""

    def update(self, value: Any, compat: str = "4") -> None:
        """Decode a file's mapping on top of what is there. Raises DecodeError."""
        found = decode(value, SHAPES[compat]) or {}
        for key, item in found.items():
            if key == "maintainers":
                self.maintainers = [None if entry is None else Maintainer(entry) for entry in item]
            elif key == "dependencies":
                self.dependencies = [
                    None if entry is None else Dependency(entry, n) for n, entry in enumerate(item)
                ]
            elif isinstance(item, list):
                setattr(self, _ATTRIBUTES[key], ["" if text is None else text for text in item])
            else:
                setattr(self, _ATTRIBUTES[key], item)

    def shallow(self) -> Metadata:
        """A copy that shares its dependency entries, as assigning a Go struct does."""
        copied = Metadata()
        for name in self.__slots__:
            setattr(copied, name, getattr(self, name))
        return copied

    def copy(self) -> Metadata:
        """A copy with its own dependency entries."""
        copied = self.shallow()
        if self.dependencies is not None:
            copied.dependencies = [None if entry is None else entry.copy() for entry in self.dependencies]
        return copied

    def declared(self) -> list[Dependency]:
        """The dependency entries, without nulls."""
        return [entry for entry in self.dependencies or [] if entry is not None]

    @property
    def is_library(self) -> bool:
        """True for charts whose templates only define."""
        return self.type.lower() == "library"


_ATTRIBUTES = {
    "apiVersion": "api_version",
    "appVersion": "app_version",
    "kubeVersion": "kube_version",
    **{
        name: name
        for name in (
            *("name", "home", "sources", "version", "description", "keywords", "icon", "condition"),
            *("tags", "deprecated", "annotations", "type"),
        )
    },
}


def validate(metadata: Metadata) -> str:
    """Clean the strings in place and give the first rule broken, in Helm's words; "" if all is well."""
    _sanitize(metadata)
    return _identity_fault(metadata) or _list_fault(metadata)


def _identity_fault(metadata: Metadata) -> str:
    name, version = metadata.name, metadata.version
    if metadata.api_version == "":
        return "validation: chart.metadata.apiVersion is required"
    if name == "":
        return "validation: chart.metadata.name is required"
    if name in (".", ".."):
        return f"validation: chart.metadata.name {quote(name)} is not allowed"
    if "/" in name:
        return f"validation: chart.metadata.name {quote(name)} is invalid"
    if version == "":
        return "validation: chart.metadata.version is required"
    if not is_version(version):
        return f"validation: chart.metadata.version {quote(version)} is invalid"
    if metadata.type not in ("", "application", "library"):
        return "validation: chart.metadata.type must be application or library"
    return ""


def _list_fault(metadata: Metadata) -> str:
    for maintainer in metadata.maintainers or []:
        if maintainer is None:
            return "validation: maintainers must not contain empty or null nodes"
    seen: set[str] = set()
    for entry in metadata.dependencies or []:
        if entry is None:
            return "validation: dependencies must not contain empty or null nodes"
        if entry.alias and not _ALIAS.fullmatch(entry.alias):
            return f"validation: dependency {quote(entry.name)} has disallowed characters in the alias"
        key = entry.alias or entry.name
        if key in seen:
            return f"validation: more than one dependency with name or alias {quote(key)}"
        seen.add(key)
    return ""


def is_version(text: str) -> bool:
    """True if Masterminds/semver reads the text as a version (leniently)."""
    try:
        parse_version(text)
    except SemverError:
        return False
    return True


def _sanitize(metadata: Metadata) -> None:
    for name in ("name", "description", "home", "icon", "condition", "tags", "app_version", "kube_version"):
        setattr(metadata, name, sanitized(getattr(metadata, name)))
    for name in ("sources", "keywords"):
        items = getattr(metadata, name)
        if items is not None:
            setattr(metadata, name, [sanitized(text) for text in items])
    for maintainer in metadata.maintainers or []:
        if maintainer is not None:
            for name in Maintainer.__slots__:
                setattr(maintainer, name, sanitized(getattr(maintainer, name)))
    for entry in metadata.declared():
        for name in ("name", "version", "repository", "condition"):
            setattr(entry, name, sanitized(getattr(entry, name)))
        entry.tags = None if entry.tags is None else [sanitized(text or "") for text in entry.tags]


def sanitized(text: str) -> str:
    """Every Unicode space as a plain one, non-printable characters dropped."""
    if text.isascii() and text.isprintable():
        return text
    kept = (" " if _is_space(char) else char for char in text)
    return "".join(char for char in kept if char == " " or char.isprintable())


def _is_space(char: str) -> bool:
    return char in _SPACES or unicodedata.category(char) in ("Zs", "Zl", "Zp")
