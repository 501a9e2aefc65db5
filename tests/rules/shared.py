"""Where the reference cases lie, and how their worlds are built."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from meshlint.kube.document import documents_of_source
from meshlint.kube.resource import Resource, resources_of
from meshlint.mesh.graph import Mesh
from meshlint.mesh.settings import Settings
from meshlint.options import LintOptions
from meshlint.rules import catalog
from meshlint.rules.rule import Context, Rule, run_rules
from meshlint.text.finding import Finding
from meshlint.text.source import Source

ROOT = Path(os.environ.get("MESHLINT_SHARED") or Path(__file__).resolve().parents[3] / "shared")


def cases(name: str) -> list[dict[str, Any]]:
    """The cases of a file below conformance/; none where the reference is absent."""
    path = ROOT / "conformance" / name
    if not path.is_file():
        return []
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return found


def needs_reference(rows: list[Any]) -> pytest.MarkDecorator:
    """Skips a test by name where the reference cases are absent."""
    return pytest.mark.skipif(not rows, reason="the reference cases are not beside this checkout")


def resources(folder: str, files: Iterable[str], namespace: str = "") -> list[Resource]:
    """The objects of manifest files below conformance/<folder>; a later one replaces its namesake."""
    found: dict[tuple[str, str, str, str], Resource] = {}
    for file in files:
        text = (ROOT / "conformance" / folder / file).read_text(encoding="utf-8")
        documents, _ = documents_of_source(Source(file, text, "manifest"))
        for resource in resources_of(documents, namespace, unit="world")[0]:
            found[resource.group, resource.kind, resource.namespace, resource.name] = resource
    return list(found.values())


def findings(
    objects: list[Resource], settings: Settings, rules: Iterable[Rule] = catalog.ALL
) -> list[Finding]:
    """What the rules say of the objects as one world."""
    mesh = Mesh.build(objects, settings)
    return run_rules(rules, Context(mesh, objects, [], LintOptions()))


def origin(finding: Finding) -> str:
    """`Kind ns/name`, or `Kind name` without a namespace."""
    return finding.object.label() if finding.object else ""
