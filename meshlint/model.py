"""Room: model, the meshes of one run for commands that ask instead of lint (trace, xds, graph).

In: options. Out: a World per target and scenario, with the findings that reading brought. The same objects
and settings as linting uses, so that answers and findings agree.
"""

from __future__ import annotations

from typing import NamedTuple

from meshlint import discover
from meshlint.kube.resource import Resource
from meshlint.mesh.graph import Mesh
from meshlint.mesh.mesh_config import settings_of
from meshlint.options import LintOptions
from meshlint.text.finding import Finding
from meshlint.world import read


class World(NamedTuple):
    """One target in one scenario, joined with what `--with` names.

    name       the target's path
    scenario   name of the value set, "" for manifests
    findings   what was wrong while reading
    failed     something could not be read, rendered or parsed
    """

    name: str
    scenario: str
    mesh: Mesh
    findings: list[Finding]
    failed: bool


def worlds(options: LintOptions) -> tuple[list[World], list[Finding]]:
    """The worlds of the run's paths, and the findings of discovery (nothing there, unreadable)."""
    found = discover.discover(options)
    companions, context = _objects(options, options.with_paths), _objects(options, options.context_paths)
    made = []
    for target in found.targets:
        for portion in read(target, options):
            resources = [*portion.resources, *companions]
            mesh = Mesh.build(resources, settings_of(options, resources), context)
            made.append(World(target.path, portion.scenario, mesh, portion.findings, portion.failed))
    return made, found.findings


def _objects(options: LintOptions, paths: tuple[str, ...]) -> list[Resource]:
    """The objects of further inputs, charts with their defaults."""
    targets = discover.find(paths, "auto", options.exclude).targets if paths else []
    plain = LintOptions(namespace=options.namespace, auto_values=False)
    return [each for target in targets for portion in read(target, plain) for each in portion.resources]
