"""Helm room, the scenario: one named way to render a chart, and the user's values it comes with.

In: files and flags. Out: one tracked mapping, merged in Helm's fixed order (-f, --set-json, --set,
--set-string, --set-file, --set-literal), and the Problems met; what does not parse is left out.
"""

from __future__ import annotations

import re
import sys
from typing import Any, Literal

from meshlint.helm.chart import yaml_text
from meshlint.helm.directory import shown_path
from meshlint.helm.problems import SET_FLAG, VALUES_FILE, Problem, at_file, key_twice, problem
from meshlint.helm.strvals import FlagKind, StrvalsError, decode_json, parse_into, tracked
from meshlint.text.finding import Place, SpanTarget
from meshlint.text.source import Source
from meshlint.yamldoc.compose import YamlError
from meshlint.yamldoc.load import Repeated, load_values, merge_maps
from meshlint.yamldoc.tracked import TrackedMap, deep_copy

Compat = Literal["3", "4"]
_REMOTE = re.compile(r"(?:https?|oci)://", re.IGNORECASE)  # what Helm fetches; others it opens as files


class Scenario:
    """How to render a chart: `helm template RELEASE CHART` with these flags.

    name            what reports call it, "default"
    values_files    -f files in order: paths, "-" for stdin, or Sources read already
    values          values of a config file, laid over the files; None without
    overlay         values that are only tried, laid over those; the --set flags win; None without
    set, set_string, set_json, set_file, set_literal   the --set flags, each a list of their texts
    release, namespace   .Release.Name and .Release.Namespace
    kube_version    --kube-version, None for the default of the Helm version
    api_versions    added to .Capabilities.APIVersions
    is_upgrade, include_crds, skip_schema   --is-upgrade, --include-crds, --skip-schema-validation
    strict          missingkey=error: a missing value fails the template
    compat          "3" or "4": whose differences to follow
    """

    __slots__ = (
        *("api_versions", "compat", "include_crds", "is_upgrade", "kube_version", "name", "namespace"),
        *(
            "overlay",
            "release",
            "set",
            "set_file",
            "set_json",
            "set_literal",
            "set_string",
            "skip_schema",
            "strict",
        ),
        *("values", "values_files"),
    )

    def __init__(
        self,
        name: str = "default",
        *,
        values_files: list[str | Source] | None = None,
        values: dict[str, Any] | None = None,
        overlay: TrackedMap | None = None,
        set: list[str] | None = None,  # noqa: A002 - the flag's name
        set_string: list[str] | None = None,
        set_json: list[str] | None = None,
        set_file: list[str] | None = None,
        set_literal: list[str] | None = None,
        release: str = "release-name",
        namespace: str = "default",
        kube_version: str | None = None,
        api_versions: list[str] | None = None,
        is_upgrade: bool = False,
        include_crds: bool = False,
        skip_schema: bool = False,
        strict: bool = False,
        compat: Compat = "4",
    ) -> None:
        self.name = name
        self.values_files = values_files or []
        self.values = values
        self.overlay = overlay
        self.set = set or []
        self.set_string = set_string or []
        self.set_json = set_json or []
        self.set_file = set_file or []
        self.set_literal = set_literal or []
        self.release = release
        self.namespace = namespace
        self.kube_version = kube_version
        self.api_versions = api_versions or []
        self.is_upgrade = is_upgrade
        self.include_crds = include_crds
        self.skip_schema = skip_schema
        self.strict = strict
        self.compat: Compat = compat

    def __repr__(self) -> str:
        return f"<Scenario {self.name}>"


def user_values(scenario: Scenario) -> tuple[TrackedMap, list[Problem]]:
    """The user's values and what was wrong with them; the problems are fatal to Helm."""
    merged = TrackedMap()
    problems: list[Problem] = []
    for file in scenario.values_files:
        _add_file(merged, file, scenario.compat, problems)
    if scenario.values:
        merge_maps(merged, _as_tracked(scenario.values))
    if scenario.overlay:
        merge_maps(merged, deep_copy(scenario.overlay))
    for text in scenario.set_json:
        _add_json(merged, text, scenario.compat, problems)
    _add_flags(merged, "--set", scenario.set, scenario.compat, problems)
    _add_flags(merged, "--set-string", scenario.set_string, scenario.compat, problems)
    _add_flags(merged, "--set-file", scenario.set_file, scenario.compat, problems)
    _add_flags(merged, "--set-literal", scenario.set_literal, scenario.compat, problems)
    return merged, problems


def _as_tracked(values: dict[str, Any]) -> TrackedMap:
    """A copy of config values as a values file would give them: tracked, numbers as float64."""
    copied = deep_copy(values)
    return (
        copied
        if isinstance(copied, TrackedMap)
        else tracked(copied, Source("<config>", "", "values"), 0, 0, ())
    )


def _add_file(merged: TrackedMap, file: str | Source, compat: str, problems: list[Problem]) -> None:
    try:
        source = file if isinstance(file, Source) else _values_source(file)
        repeated: list[Repeated] = []
        merge_maps(merged, load_values(source, compat, repeated))
        problems += [key_twice(source, key, lost, kept) for key, lost, kept in repeated]
    except OSError as fault:
        text = _words(str(file), fault)
        place = at_file(Source(str(file), "", "values"))
        problems.append(
            problem(VALUES_FILE, f"values file `{file}`: {text}", place, fatal=text, key=str(file))
        )
    except YamlError as fault:
        name = source.path if isinstance(file, Source) else file
        place = Place(SpanTarget(source, fault.offset, fault.offset + 1, "line"))
        text = f"failed to parse {name}: {fault.text}"
        message = f"values file `{source.path}` cannot be read: {fault.problem}"
        problems.append(problem(VALUES_FILE, message, place, fatal=text, key=source.path))


def _values_source(path: str) -> Source:
    """The text of a -f argument. Raises OSError; addresses are refused, nothing is fetched."""
    if path.strip() == "-":
        return Source("<stdin>", sys.stdin.read(), "values")
    data = _read(path)
    text = yaml_text(data)
    return Source(shown_path(path), _plain(data) if text is None else text, "values")


def _read(path: str) -> bytes:
    if _REMOTE.match(path):
        raise OSError(0, "remote files are not fetched")
    with open(path, "rb") as file:
        return file.read()


def _plain(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape").removeprefix("\ufeff")


def _flag_source(kind: FlagKind, text: str) -> Source:
    """A flag as a Source; its path names the keys only, values may be secret."""
    return Source(f"{kind} {text.partition('=')[0]}", text, "flag")


def _add_flags(
    merged: TrackedMap, kind: FlagKind, texts: list[str], compat: str, problems: list[Problem]
) -> None:
    for text in texts:
        source = _flag_source(kind, text)
        try:
            parse_into(source, merged, kind, compat, _read_for_flag)
        except StrvalsError as fault:
            fatal = f"failed parsing {kind} data: {fault}"
            problems.append(_flag_problem(source, str(fault), fatal))


def _read_for_flag(path: str) -> str:
    try:
        return _plain(_read(path))
    except OSError as fault:
        raise StrvalsError(_words(path, fault)) from None


def _words(path: str, fault: OSError) -> str:
    """The system's message as Go prints it; a directory can be opened, but not read."""
    verb = "read" if isinstance(fault, IsADirectoryError) else "open"
    return f"{verb} {path}: {(fault.strerror or str(fault)).lower()}"


def _add_json(merged: TrackedMap, text: str, compat: str, problems: list[Problem]) -> None:
    """--set-json: a whole object (Helm 4), or key=JSON pairs."""
    source = _flag_source("--set-json", text)
    whole = compat != "3" and text.strip().startswith("{")
    try:
        if not whole:
            parse_into(source, merged, "--set-json", compat)
            return
        start = len(text) - len(text.lstrip())
        value, end = decode_json(text, start)
        if text[end:].strip():
            raise StrvalsError(f"unexpected text after the object: {text[end:].strip()}")
        merge_maps(merged, tracked(value, source, start, end, ()))
    except StrvalsError as fault:
        fatal = f"failed parsing --set-json data {'JSON: ' if whole else ''}{text}"
        problems.append(_flag_problem(source, str(fault), fatal))


def _flag_problem(source: Source, detail: str, fatal: str) -> Problem:
    place = Place(SpanTarget(source, 0, len(source.text), "exact"))
    return problem(SET_FLAG, f"`{source.path}` does not parse: {detail}", place, fatal=fatal, key=source.path)
