"""Room: scenarios, the named sets of values a chart is rendered with.

In: a chart's directory and the options. Out: ValuesSets, the plain defaults first. Sets are declared in
the config, or found by themselves: `ci/*-values.yaml` (chart-testing's convention), `values-prod.yaml`
and `values.prod.yaml` beside the chart's values.yaml, `environments/prod.yaml` and, as helmfile users have
them, `environments/prod/values.yaml`. Not every YAML file there holds values: manifests do not, nor do files
that are not called values and set nothing the chart has. Values given on the command line mean one release,
as it will be installed: then nothing is looked for. So do `values` of the config where it declares no sets;
else they lie below every set.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from meshlint.options import LintOptions, ValuesSet
from meshlint.text.pattern import lazy

DEFAULT = ValuesSet("default")

# What may follow the folder and precede .yaml; the group is the set's name.
_BESIDE = lazy(r"values[-._](?P<name>.+)\.ya?ml|(?P<front>.+)[-._]values\.ya?ml")
_CI = lazy(r"(?P<name>.+?)[-._]?values\.ya?ml|(?P<front>[^.].*)\.ya?ml")
_ENVIRONMENT = lazy(r"(?:values[-._])?(?P<name>[^.].*?)(?:[-._]values)?\.ya?ml")
_ONE_ENVIRONMENT = lazy(r"values\.ya?ml")
_FOLDERS = (("", _BESIDE, ""), ("ci", _CI, "ci/"), ("environments", _ENVIRONMENT, ""))
_KEY = lazy(r"^[\"']?([A-Za-z_][\w./-]*)[\"']?:", re.MULTILINE)
_DEPENDENCY = lazy(r"^[ \t-]+(?:name|alias):[ \t]*[\"']?([\w-]+)", re.MULTILINE)


def scenarios_of(chart: str, options: LintOptions) -> list[ValuesSet]:
    """The value sets to render the chart with, in a stable order; never empty unless a name was asked for.

    chart   the chart's directory (or .tgz), as the user would open it
    """
    declared = [_placed(each, chart) for each in options.values_sets if _applies(each, chart)]
    if _given(options) or (options.base_values and not declared):
        return [DEFAULT]
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
    return _given(options) or bool(options.base_values) or bool(values_set.config)


def _given(options: LintOptions) -> bool:
    """True if the command line says with which values the chart is installed."""
    flags = (options.values, options.set_values, options.set_strings, options.set_files, options.set_jsons)
    return any((*flags, options.set_literals))


def _applies(values_set: ValuesSet, chart: str) -> bool:
    return not values_set.charts or any(
        fnmatchcase(chart, glob) or fnmatchcase(os.path.normpath(chart), os.path.normpath(glob))
        for glob in values_set.charts
    )


def _placed(values_set: ValuesSet, chart: str) -> ValuesSet:
    """The declared set with its files as they are opened: as named, or else in the chart."""
    files = []
    for file in values_set.files:
        inside = os.path.join(chart, file).replace(os.sep, "/")
        files.append(inside if not os.path.exists(file) and os.path.exists(inside) else file)
    return values_set._replace(files=tuple(files))


def _found(chart: str) -> list[ValuesSet]:
    """The sets found by the names of files in the chart."""
    known: set[str] | None = None
    sets = []
    for title, path in _candidates(chart):
        if known is None:
            known = _keys_of_chart(chart)
        if _holds_values(path, known):
            sets.append(ValuesSet(title, (path.replace(os.sep, "/"),)))
    return sets


def _candidates(chart: str) -> Iterator[tuple[str, str]]:
    """(name of the set, path) of the files that are named as values files are."""
    for folder, pattern, prefix in _FOLDERS:
        place = os.path.join(chart, folder) if folder else chart
        for name in _names(place):
            match = pattern.fullmatch(name)
            if match is not None:
                title = (match.groupdict().get("name") or match.groupdict().get("front") or "").strip("-._")
                yield f"{prefix}{title or 'values'}", os.path.join(place, name)
    environments = os.path.join(chart, "environments")
    for folder in _names(environments, folders=True):
        for name in _names(os.path.join(environments, folder)):
            if _ONE_ENVIRONMENT.fullmatch(name):
                yield folder, os.path.join(environments, folder, name)


def _holds_values(path: str, known: set[str]) -> bool:
    """True if the file may hold values: what its name does not say, its keys must."""
    keys = set(_KEY.findall(_text(path)))
    if {"apiVersion", "kind"} <= keys:
        return False
    return "values" in os.path.basename(path) or not known or not known.isdisjoint(keys)


def _keys_of_chart(chart: str) -> set[str]:
    """The top-level keys that values of the chart may have, as far as its files say; empty if they do not."""
    keys = set(_KEY.findall(_text(os.path.join(chart, "values.yaml"))))
    names = set(_DEPENDENCY.findall(_text(os.path.join(chart, "Chart.yaml"))))
    return keys | names | {"global", "tags"} if keys or names else set()


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _names(folder: str, folders: bool = False) -> list[str]:
    """The names of the files (or of the folders) in a folder, sorted; none if it cannot be read."""
    try:
        return sorted(entry.name for entry in os.scandir(folder) if entry.is_dir() == folders)
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
