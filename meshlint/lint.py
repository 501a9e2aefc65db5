"""The corridor: from options to a Report. The only file that knows all stages.

discover -> read (charts rendered, manifests parsed) -> mesh -> rules -> settle. Each target is a world
of its own in each of its scenarios; what `--with` names is linted in every world, what `--context`
names is known to exist.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from meshlint import discover
from meshlint.discover import Target
from meshlint.kube.kinds import GATEWAY_API, ISTIO_GROUPS
from meshlint.kube.resource import Resource
from meshlint.mesh.graph import Mesh
from meshlint.mesh.mesh_config import settings_of
from meshlint.options import LintOptions
from meshlint.provisional import sort_out
from meshlint.report.result import Coverage, Report
from meshlint.rules import catalog
from meshlint.rules.rule import Context, run_rules
from meshlint.settle import Batch, settle
from meshlint.suppress import Suppressions
from meshlint.world import Portion, has_branches, read, unplaced

MESH_GROUPS = frozenset({*ISTIO_GROUPS, GATEWAY_API})


def lint(options: LintOptions) -> Report:
    """Everything one run finds. Never raises for what is wrong with the input."""
    return _Run(options).report()


class _Run:
    """One run, in the order of the stages."""

    def __init__(self, options: LintOptions) -> None:
        self.started = time.perf_counter()
        self.options = options
        self.selection = catalog.select(options.select, options.extend_select, options.ignore)
        self.found = discover.discover(options)
        self.companions = self._also(options.with_paths)
        self.context = [each for portion in self._also(options.context_paths) for each in portion.resources]
        self.coverage = Coverage(rules=sum(1 for rule in self.selection.rules if rule.check))
        self.coverage.not_checked += self.found.not_checked
        self.failed = self.found.failed
        self.suppressions = Suppressions()

    def _also(self, paths: Sequence[str]) -> list[Portion]:
        """The portions of further inputs: charts with their defaults."""
        targets = discover.find(paths, "auto", self.options.exclude).targets if paths else []
        plain = self.options._replace(
            values=(), base_values=(), set_values=(), set_strings=(), set_files=(), set_jsons=(),
            set_literals=(), auto_values=False, values_sets=(), use_sets=(), release_name=None,
        )  # fmt: skip
        return [portion for target in targets for portion in read(target, plain)]

    def report(self) -> Report:
        """Read, lint and settle."""
        batches = [Batch("", "", self.found.findings)] if self.found.findings else []
        for target in self.found.targets:
            self.coverage.targets.append(target.path)
            batches += self._target(target)
        outcome = settle(batches, self.selection, self.options, self.suppressions)
        self.coverage.seconds = time.perf_counter() - self.started
        return Report(
            outcome.settled,
            self.coverage,
            enabled=tuple(sorted(self.selection.codes())),
            input_failed=self.failed,
            internal_errors=outcome.internal_errors,
        )

    def _target(self, target: Target) -> list[Batch]:
        """One target in all its scenarios, and in the variants that exploring finds."""
        portions = read(target, self.options)
        batches = [self._lint(portion) for portion in portions]
        notes = [note for portion in portions for note in portion.not_checked]
        notes += [note for portion in portions for note in unplaced(portion, self.companions, self.options)]
        variants: list[Portion] = []
        if any(has_branches(portion) for portion in portions):
            from meshlint.exploration import explore, unexplored

            if self.options.explore:
                explored = explore(portions, batches, self.options, self._lint)
                batches, variants, said = batches + explored.batches, explored.portions, explored.notes
            else:
                said = unexplored(portions)
            notes += said
        self._count(portions, variants)
        known = self.coverage.not_checked
        known += [note for note in dict.fromkeys(notes) if note not in known]
        return batches

    def _lint(self, portion: Portion) -> Batch:
        """One world: the portion and its companions, as one mesh."""
        world = [portion, *self.companions]
        resources = [each for part in world for each in part.resources]
        findings = [each for part in world for each in part.findings]
        for part in world:
            self.suppressions.read_sources(part.sources)
            self.failed = self.failed or part.failed
        self.suppressions.read_annotations(resources)
        mesh = Mesh.build(resources, settings_of(self.options, resources), self.context)
        charts = [part.rendered for part in world if part.rendered is not None]
        renders = self._renders(portion) if portion.again is not None else None
        context = Context(mesh, resources, charts, self.options, renders)
        findings += run_rules(self.selection.rules, context)
        if any(rendered.flagged for rendered in charts):
            skipped = [each for rendered in charts for each in rendered.skipped]
            findings = sort_out(findings, resources, skipped, any(part.lost for part in world))
            if portion.satisfied_by:
                findings = [each for each in findings if not each.provisional]
        return Batch(portion.target.path, portion.scenario, findings, portion.release, portion.namespace)

    def _renders(self, portion: Portion) -> Callable[[LintOptions], Mesh]:
        """What makes the mesh of a chart's world anew, rendered with other options."""

        def render(options: LintOptions) -> Mesh:
            assert portion.again is not None
            world = [portion.again(options), *self.companions]
            resources = [each for part in world for each in part.resources]
            return Mesh.build(resources, settings_of(options, resources), self.context)

        return render

    def _count(self, portions: list[Portion], variants: list[Portion]) -> None:
        """Add a target's portions to the coverage; objects count once, not once per scenario."""
        coverage = self.coverage
        if any(portion.rendered for portion in portions):
            coverage.charts += 1
            coverage.scenarios += len(portions)
        coverage.value_sets = max(coverage.value_sets, len(portions))
        coverage.explored += len(variants)
        portions = portions + variants
        coverage.templates += max(portion.templates for portion in portions)
        objects: dict[object, Resource] = {each.ref(): each for part in portions for each in part.resources}
        coverage.objects += len(objects)
        coverage.mesh_objects += sum(each.group in MESH_GROUPS for each in objects.values())
