"""Helm room, directories: the files of a chart directory in Helm's walk order, links handled with care.

In: a path. Out: ChartFiles and the Problems met. Helm follows every symbolic link; here links that leave the
chart are refused and reported unless asked for, and a link into one of its own parents ends the walk there.
"""

from __future__ import annotations

import os
import stat

from meshlint.gotemplate.gotype import sort_key
from meshlint.helm.archive import MAX_FILE_SIZE, MAX_FILES
from meshlint.helm.chart import ChartFile
from meshlint.helm.ignore import IgnoreError, Rules
from meshlint.helm.problems import CHART_LOAD, OUTSIDE_LINK, Problem, at_file, at_line, problem
from meshlint.text.source import Source


def shown_path(path: str) -> str:
    """A path as findings show it: forward slashes, relative to the working directory when below it."""
    here = os.getcwd()
    absolute = os.path.abspath(path)
    if absolute == here:
        return "."
    if absolute.startswith(here.rstrip(os.sep) + os.sep):
        absolute = absolute[len(here.rstrip(os.sep)) + 1 :]
    return absolute.replace(os.sep, "/")


def read_directory(root: str, outside_links: bool = False) -> tuple[list[ChartFile], list[Problem]]:
    """The files of a chart directory and what is wrong with them.

    outside_links  read the targets of symbolic links that leave the chart, as Helm does
    """
    walk = _Walk(os.path.abspath(root), shown_path(root), outside_links)
    walk.directory(walk.root, "", (os.path.realpath(walk.root),))
    return walk.files, walk.problems


class _Walk:
    """One walk: what was found so far."""

    __slots__ = (
        "files",
        "folders",
        "full",
        "outside_links",
        "problems",
        "real_root",
        "root",
        "rules",
        "shown",
    )

    def __init__(self, root: str, shown: str, outside_links: bool) -> None:
        self.root = root
        self.shown = "" if shown == "." else shown.rstrip("/") + "/"
        self.real_root = os.path.realpath(root)
        self.outside_links = outside_links
        self.files: list[ChartFile] = []
        self.full = False
        self.folders = 0  # links can lead into one folder many times
        self.problems: list[Problem] = []
        self.rules = self._read_rules()

    def _read_rules(self) -> Rules:
        file = ChartFile(
            ".helmignore", self.shown + ".helmignore", disk=os.path.join(self.root, ".helmignore")
        )
        try:
            source = file.source("file")
        except OSError:
            return Rules()
        try:
            return Rules(source.text)
        except IgnoreError as fault:
            place = at_line(source, fault.line)
            self.problems.append(problem(CHART_LOAD, f".helmignore: {fault}", place, fatal=str(fault)))
            return Rules()

    def directory(self, path: str, inner: str, above: tuple[str, ...]) -> None:
        """Everything below one directory; `above` are the real paths of the directories walked into."""
        self.folders += 1
        try:
            entries = sorted(os.scandir(path), key=lambda entry: sort_key(entry.name))
        except OSError as fault:
            self._report(inner or ".", f"open {path}: {_words(fault)}")
            return
        for entry in entries:
            if len(self.files) + self.folders > MAX_FILES:
                self._too_many()
                return
            name = f"{inner}/{entry.name}" if inner else entry.name
            if entry.is_symlink():
                self._link(entry.path, name, above)
            elif entry.is_dir(follow_symlinks=False):
                if not self.rules.ignored(name, True):
                    self.directory(entry.path, name, (*above, entry.path))
            elif not self.rules.ignored(name, False):
                self._file(entry.path, name, entry.stat(follow_symlinks=False))

    def _link(self, path: str, name: str, above: tuple[str, ...]) -> None:
        target = os.path.realpath(path)
        try:
            status = os.stat(target)
        except OSError as fault:
            self._report(name, f"error evaluating symlink {path}: lstat {target}: {_words(fault)}")
            return
        is_directory = stat.S_ISDIR(status.st_mode)
        if self.rules.ignored(name, is_directory):
            return
        if not self.outside_links and not _inside(target, self.real_root):
            self._refuse(name, target)
        elif not is_directory:
            self._file(path, name, status)
        elif any(_inside(parent, target) for parent in above):
            self._report(name, f"error evaluating symlink {path}: too many links")
        else:
            self.directory(path, name, (*above, target))

    def _file(self, path: str, name: str, status: os.stat_result) -> None:
        if not stat.S_ISREG(status.st_mode):
            self._report(name, f"cannot load irregular file {path} as it has file mode type bits set")
        elif status.st_size > MAX_FILE_SIZE:
            base = name.rpartition("/")[2]
            self._report(name, f'chart file "{base}" is larger than the maximum file size {MAX_FILE_SIZE}')
        else:
            self.files.append(ChartFile(name, self.shown + name, disk=path))

    def _refuse(self, name: str, target: str) -> None:
        place = at_file(Source(self.shown + name, "", "file"))
        message = f"`{name}` is a symbolic link to `{target}`, outside of the chart: not read"
        hint = "copy the file into the chart: a packaged chart cannot contain the link"
        self.problems.append(problem(OUTSIDE_LINK, message, place, hint=hint, key=name))

    def _too_many(self) -> None:
        """Say once that the rest is not read."""
        text = f"chart has more than {MAX_FILES} files and folders"
        if not self.full:
            place = at_file(Source(self.shown.rstrip("/") or ".", "", "file"))
            hint = "exclude what is no part of the chart in .helmignore"
            self.problems.append(problem(CHART_LOAD, text, place, fatal=text, hint=hint))
        self.full = True

    def _report(self, name: str, text: str) -> None:
        place = at_file(Source(self.shown + name, "", "file"))
        self.problems.append(problem(CHART_LOAD, f"`{name}`: {text}", place, fatal=text, key=name))


def _inside(path: str, root: str) -> bool:
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)


def _words(fault: OSError) -> str:
    """The system's message as Go prints it: in lower case."""
    return (fault.strerror or str(fault)).lower()
