"""Room: command line. From changed files to what has to be linted: charts, their umbrellas, manifests.

In: file names as pre-commit passes them. Out: paths for lint. Runs before anything heavy is loaded,
so that a commit without a relevant file costs next to nothing: no YAML, no click.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from meshlint.discover import CHART_FILE, chart_of, is_manifest, shown
from meshlint.report.uri import git_root

CONFIGS = (".meshlint.yaml", ".meshlint.yml")
# Keep in step with `files` in .pre-commit-hooks.yaml; tests compare the two.
CHART_PATTERN = (
    r"(^|/)(Chart\.ya?ml|Chart\.lock|requirements\.(yaml|lock)|values[^/]*\.ya?ml|values\.schema\.json"
    r"|\.helmignore|\.meshlint\.ya?ml)$"
    r"|(^|/)templates/.*\.(ya?ml|tpl|txt|json)$"
    r"|(^|/)(ci|crds|environments)/.*\.ya?ml$"
)
PATTERN = CHART_PATTERN + r"|\.ya?ml$"
_CHARTS = re.compile(CHART_PATTERN)
_ANY = re.compile(PATTERN)
_DOCUMENTS = re.compile(r"\.(md|rst|adoc)$|(^|/)(LICENSE|NOTICE|OWNERS)[^/]*$", re.IGNORECASE)
_LOCAL_DEPENDENCY = re.compile(rb"""repository:\s*["']?file://([^"'\s#]+)""")


def any_relevant(arguments: Iterable[str]) -> bool:
    """True if one of the words can be a file that matters. Flags do not; their values do no harm."""
    return any(relevant(word) for word in arguments if not word.startswith("-"))


def relevant(path: str) -> bool:
    """True for files that can change what a chart renders, and for YAML files."""
    name = path.replace(os.sep, "/")
    if _ANY.search(name):
        return True
    return not _DOCUMENTS.search(name) and chart_of(os.path.dirname(path), _top()) is not None


def _top() -> str:
    return git_root(os.getcwd()) or os.path.abspath(os.getcwd())


class Changes:
    """Gathers the targets of changed files, each once."""

    def __init__(self, charts_only: bool = False) -> None:
        self.top = _top()
        self.charts_only = charts_only
        self.charts: dict[str, None] = {}
        self.manifests: dict[str, None] = {}
        self.paths: dict[str, None] = {}
        self._dependents: dict[str, list[str]] | None = None

    def add(self, path: str) -> None:
        """Queue what a changed or deleted file belongs to."""
        name = path.replace(os.sep, "/")
        if os.path.basename(path) in CONFIGS:
            self.paths[shown(os.path.dirname(path) or ".")] = None
            return
        chart = chart_of(os.path.dirname(path), self.top)
        if chart is not None and not _DOCUMENTS.search(name):
            self._queue(chart)
        elif name.endswith((".yaml", ".yml")) and not self.charts_only:
            self._add_plain(path)

    def targets(self) -> tuple[str, ...]:
        """The paths to lint: configured trees, charts, then manifests with their neighbours."""
        return (*sorted(self.paths), *sorted(self.charts), *sorted(self.manifests))

    def _queue(self, chart: str) -> None:
        """The chart, the charts it is vendored in, and those that depend on it by file://."""
        name = shown(chart)
        if name in self.charts:
            return
        self.charts[name] = None
        outer = self._umbrella(chart)
        if outer is not None:
            self._queue(outer)
        for dependent in self._depending(chart):
            self._queue(dependent)

    def _umbrella(self, chart: str) -> str | None:
        """The chart in whose charts/ directory this one lies."""
        folder = os.path.dirname(chart)
        if os.path.basename(folder) != "charts" or not folder.startswith(self.top):
            return None
        return chart_of(os.path.dirname(folder), self.top)

    def _depending(self, chart: str) -> list[str]:
        if self._dependents is None:
            self._dependents = {}
            for file in self._chart_files():
                folder = os.path.dirname(file)
                for local in _LOCAL_DEPENDENCY.findall(_bytes(file)):
                    target = os.path.normpath(os.path.join(folder, os.fsdecode(local)))
                    self._dependents.setdefault(os.path.realpath(target), []).append(folder)
        return self._dependents.get(os.path.realpath(chart), [])

    def _chart_files(self) -> list[str]:
        """Every Chart.yaml of the repository, absolute; git's index knows them without a walk."""
        listed = git(
            ["ls-files", "-z", "--cached", "--others", "--exclude-standard", f":(glob)**/{CHART_FILE}"]
        )
        if listed is not None:
            names = [name for name in listed.split("\0") if name]
            return [os.path.join(os.getcwd(), name) for name in names]
        found = []
        for folder, folders, files in os.walk(self.top):
            folders[:] = [name for name in folders if not name.startswith(".") and name != "node_modules"]
            if CHART_FILE in files:
                found.append(os.path.join(folder, CHART_FILE))
        return found

    def _add_plain(self, path: str) -> None:
        """A YAML file outside of charts: values of a configured chart, or a manifest and its neighbours."""
        self._add_configured(path)
        if not os.path.exists(path) or not is_manifest(path):
            return
        folder = os.path.dirname(path) or "."
        for name in sorted(os.listdir(folder)):
            neighbour = os.path.join(folder, name)
            if name.endswith((".yaml", ".yml")) and os.path.isfile(neighbour) and is_manifest(neighbour):
                self.manifests[shown(neighbour)] = None

    def _add_configured(self, path: str) -> None:
        """The charts whose configuration names the file: as values, as context, as further input."""
        from meshlint.config import load, nearest

        config = nearest(os.path.dirname(path) or ".")
        if not config:
            return
        data, name = load(config), shown(path)
        folder = os.path.dirname(config) or "."
        owners = [data, *data.get("values_sets", [])]
        if any(_names(owner, name) for owner in owners):
            self.paths[shown(folder)] = None
            return
        from meshlint.discover import find
        from meshlint.settle import matches_glob

        globs = [entry["path"] for entry in data.get("targets", []) if _names(entry, name)]
        if globs:
            for target in find([folder]).targets:
                if any(matches_glob(glob, target.path) for glob in globs):
                    self.paths[target.path] = None


def _names(owner: dict[str, object], path: str) -> bool:
    """True if an entry of the configuration lists the file, or a directory above it."""
    for key in ("values", "files", "with", "context"):
        listed = owner.get(key, ())
        for each in (
            [listed] if isinstance(listed, str) else listed if isinstance(listed, (list, tuple)) else ()
        ):
            if each == path or path.startswith(f"{each}/"):
                return True
    return False


def deleted() -> list[str]:
    """The files that the commit being made deletes; pre-commit never passes these."""
    listed = git(["diff", "--cached", "--name-only", "--no-renames", "--diff-filter=D", "-z", "--relative"])
    return [name for name in (listed or "").split("\0") if name]


def git(arguments: list[str]) -> str | None:
    """What git prints, None if there is no git or no repository."""
    import subprocess

    try:
        done = subprocess.run(["git", *arguments], capture_output=True, check=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return None
    return os.fsdecode(done.stdout)


def _bytes(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""
