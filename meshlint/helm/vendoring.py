"""Helm room, vendoring: what brings a dependency into charts/, and whether Chart.lock fits Chart.yaml.

In: a loaded chart. Out: the command to type for a missing dependency, and Problems where `helm dependency
build` would refuse the lock or bring another version than charts/ holds. Facts: helm internal/resolver and
pkg/downloader/manager.go.
"""

from __future__ import annotations

import os
from typing import Any

from meshlint.helm.chart import Chart
from meshlint.helm.decode import DecodeError, decode
from meshlint.helm.metadata import LOCK_SHAPES, Dependency
from meshlint.helm.problems import LOCK_OUT_OF_DATE, Problem, at_key, problem
from meshlint.sprig.semver import compatible
from meshlint.text.finding import Place
from meshlint.text.source import Source
from meshlint.yamldoc.tracked import TrackedMap, origin_of

_NAMED = ("@", "alias:")  # how a repository is written that `helm repo add` has to know


def fetching(chart: Chart, entry: Dependency) -> str:
    """What to type so that a declared dependency is there."""
    repository = entry.repository
    if not repository:
        return f"It names no repository: put the chart into `{chart.path}/charts/{entry.name}`."
    if repository.startswith("file://"):
        path = local_path(chart, repository)
        if not os.path.isfile(os.path.join(path, "Chart.yaml")) and not os.path.isfile(path):
            return f"`{repository}` leads to `{_shown(path)}`, where there is no chart: correct the path."
        if entry.name in chart.elsewhere:
            return f"Change the range `{entry.version}`, or the version in `{_shown(path)}`."
    command = f"`helm dependency {'build' if _fits(chart) else 'update'} {chart.path}`"
    for prefix in _NAMED:
        if repository.startswith(prefix):
            name = repository[len(prefix) :]
            return f"Run `helm repo add {name} URL` with the address of that repository, then {command}."
    return f"Run {command}."


def local_path(chart: Chart, repository: str) -> str:
    """Where a `file://` repository of the chart leads."""
    folder = os.path.realpath(chart.path if os.path.isdir(chart.path) else os.path.dirname(chart.path))
    return os.path.realpath(os.path.join(folder, repository[len("file://") :]))


def lock_problems(chart: Chart) -> list[Problem]:
    """Where Chart.lock does not fit Chart.yaml, or charts/ does not fit Chart.lock."""
    if chart.lock is None or not chart.metadata.declared():
        return []
    found = _unfit(chart)
    if not found and not _same_digest(chart):
        found = [
            _problem(
                chart,
                "",
                f"{_lock_name(chart)} was made for other dependencies than Chart.yaml declares now: "
                "`helm dependency build` refuses it",
                _at(chart, chart.lock, "digest"),
            )
        ]
    return found or _other_versions(chart)


def _fits(chart: Chart) -> bool:
    return chart.lock is not None and not _unfit(chart) and _same_digest(chart)


def _unfit(chart: Chart) -> list[Problem]:
    """A Problem per declared dependency that the lock lacks or has in a version out of range."""
    found = []
    for entry in chart.metadata.declared():
        locked = [(n, other) for n, other in enumerate(_locked(chart)) if other.name == entry.name]
        if not locked:
            message = f"dependency `{entry.name}` is not in {_lock_name(chart)}"
            place = _at(chart, chart.lock, "dependencies")
        elif not any(_satisfies(entry, other) for _, other in locked):
            number, other = locked[0]
            message = (
                f"dependency `{entry.name}` is locked at {other.version}, "
                f"but declared with version `{entry.version}`"
            )
            place = _at(chart, _entries(chart)[number], "version")
        else:
            continue
        message += ": `helm dependency build` refuses the lock"
        found.append(_problem(chart, entry.name, message, place))
    return found


def _satisfies(entry: Dependency, locked: Dependency) -> bool:
    """True if the range has the locked version; a version that is no number (a branch) is taken as it is."""
    return entry.version in ("", locked.version) or compatible(entry.version, locked.version)


def _other_versions(chart: Chart) -> list[Problem]:
    """A Problem per vendored chart of another version than the lock has."""
    found = []
    for number, locked in enumerate(_locked(chart)):
        versions = [sub.metadata.version for sub in chart.dependencies if _vendored(chart, sub, locked)]
        if versions and not any(_plain(version) == _plain(locked.version) for version in versions):
            message = (
                f"`charts/` holds `{locked.name}` {versions[0]}, {_lock_name(chart)} has {locked.version}: "
                "what is deployed depends on whether somebody runs `helm dependency build`"
            )
            place = _at(chart, _entries(chart)[number], "version")
            found.append(_problem(chart, locked.name, message, place))
    return found


def _vendored(chart: Chart, sub: Chart, locked: Dependency) -> bool:
    """True if the subchart is that dependency and lies in charts/, not borrowed from elsewhere."""
    return sub.name == locked.name and sub.path.startswith(f"{chart.path}/charts/")


def _plain(version: str) -> str:
    return version.removeprefix("v")


def _same_digest(chart: Chart) -> bool:
    """True if the lock was made for exactly these entries; Helm 2's digests are not looked into."""
    digest = (chart.lock or {}).get("digest")
    if chart.metadata.api_version == "v1" or not isinstance(digest, str):
        return True
    from hashlib import sha256

    from meshlint.helm.chartobject import entry_object
    from meshlint.yamldoc.jsontext import to_json

    locked = _locked(chart)
    declared = [_resolved(entry, locked) for entry in chart.metadata.declared()]
    lists = [[entry_object(entry) for entry in part] for part in (declared, locked)]
    return digest == f"sha256:{sha256(to_json(lists).encode()).hexdigest()}"


def _resolved(entry: Dependency, locked: list[Dependency]) -> Dependency:
    """The entry with the address of its repository where it only names it: the lock has the address."""
    other = next((other for other in locked if other.name == entry.name), None)
    if other is None or not entry.repository.startswith(_NAMED):
        return entry
    resolved = entry.copy()
    resolved.repository = other.repository
    return resolved


def _locked(chart: Chart) -> list[Dependency]:
    """The entries of the lock."""
    try:
        found = decode(chart.lock, LOCK_SHAPES["4"]) or {}
    except DecodeError:
        return []
    return [Dependency(item or {}, n) for n, item in enumerate(found.get("dependencies") or [])]


def _entries(chart: Chart) -> list[Any]:
    entries = (chart.lock or {}).get("dependencies")
    return entries if isinstance(entries, list) else []


def _at(chart: Chart, table: Any, key: str) -> Place:
    """The place of a key in the lock, of the whole lock without one."""
    origin = origin_of(table, key) if isinstance(table, TrackedMap) else None
    return at_key(origin, Source(f"{chart.path}/{_lock_name(chart)}", "", "chart"))


def _lock_name(chart: Chart) -> str:
    return "requirements.lock" if chart.metadata.api_version == "v1" else "Chart.lock"


def _shown(path: str) -> str:
    from meshlint.helm.directory import shown_path

    return shown_path(path)


def _problem(chart: Chart, key: str, message: str, place: Place) -> Problem:
    hint = f"Run `helm dependency update {chart.path}` and commit the lock."
    return problem(LOCK_OUT_OF_DATE, message, place, hint=hint, key=key)
