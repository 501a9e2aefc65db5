"""Room: scenarios, the named sets of values a chart is rendered with.

In: a chart's directory and the options. Out: ValuesSets, the plain defaults first. Sets are declared in
the config, or found by themselves: `ci/*-values.yaml` (chart-testing's convention), `values-prod.yaml`
and `values.prod.yaml` beside the chart's values.yaml, `environments/prod.yaml`. Values given on the
command line mean one release, as it will be installed: then nothing is looked for.
"""

from __future__ import annotations

import os
import re
from fnmatch import fnmatchcase

from meshlint.options import LintOptions, ValuesSet

DEFAULT = ValuesSet("default")

# What may follow the folder and precede .yaml; the group is the set's name.
_BESIDE = re.compile(r"values[-._](?P<name>.+)\.ya?ml|(?P<front>.+)[-._]values\.ya?ml")
_CI = re.compile(r"(?P<name>.+?)[-._]?values\.ya?ml|(?P<front>.+)\.ya?ml")
_ENVIRONMENT = re.compile(r"(?:values[-._])?(?P<name>.+?)(?:[-._]values)?\.ya?ml")
_FOLDERS = (("", _BESIDE, ""), ("ci", _CI, "ci/"), ("environments", _ENVIRONMENT, ""))


def scenarios_of(chart: str, options: LintOptions) -> list[ValuesSet]:
    """The value sets to render the chart with, in a stable order; never empty unless a name was asked for.

    chart   the chart's directory (or .tgz), as the user would open it
    """
    if _given(options):
        return [DEFAULT]
    declared = [each for each in options.values_sets if _applies(each, chart)]
    if options.use_sets:
        found = [DEFAULT, *declared, *_found(chart)]
        return _unique([each for each in found if each.name in options.use_sets])
    if declared:
        return _unique([DEFAULT, *declared])
    return _unique([DEFAULT, *(_found(chart) if options.auto_values else ())])


def is_complete(values_set: ValuesSet, options: LintOptions) -> bool:
    """True if somebody said that the chart is installed with just these values.

    A file that was found by its name may be one of several, or go with flags that a pipeline adds.
    """
    return _given(options) or bool(values_set.config)


def _given(options: LintOptions) -> bool:
    """True if the command line says with which values the chart is installed."""
    flags = (options.values, options.set_values, options.set_strings, options.set_files, options.set_jsons)
    return any((*flags, options.set_literals))


def _applies(values_set: ValuesSet, chart: str) -> bool:
    return not values_set.charts or any(
        fnmatchcase(chart, glob) or fnmatchcase(os.path.normpath(chart), os.path.normpath(glob))
        for glob in values_set.charts
    )


def _found(chart: str) -> list[ValuesSet]:
    """The sets found by the names of files in the chart."""
    sets = []
    for folder, pattern, prefix in _FOLDERS:
        for name in _names(os.path.join(chart, folder) if folder else chart):
            match = pattern.fullmatch(name)
            if match is None:
                continue
            title = (match.groupdict().get("name") or match.groupdict().get("front") or "").strip("-._")
            path = os.path.join(chart, folder, name) if folder else os.path.join(chart, name)
            sets.append(ValuesSet(f"{prefix}{title or 'values'}", (path.replace(os.sep, "/"),)))
    return sets


def _names(folder: str) -> list[str]:
    try:
        return sorted(entry.name for entry in os.scandir(folder) if entry.is_file())
    except OSError:
        return []


def _unique(sets: list[ValuesSet]) -> list[ValuesSet]:
    """The sets with names of their own: of two with one name the first keeps it."""
    taken: dict[str, int] = {}
    unique = []
    for each in sets:
        count = taken[each.name] = taken.get(each.name, 0) + 1
        unique.append(each if count == 1 else each._replace(name=f"{each.name} ({count})"))
    return unique
