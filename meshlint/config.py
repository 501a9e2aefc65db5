"""Stage: configuration. From `.meshlint.yaml` or `[tool.meshlint]` and the command line to LintOptions.

In: LintOptions as the command line filled them. Out: LintOptions per configuration file and target
entry, ready for lint. The nearest file upwards of a target counts, up to the git root. Bad
configuration raises ConfigError, which the command line turns into exit code 2.

Command line and file meet thus: a single value on the command line wins, lists are joined (file
first), but `--select` replaces the file's.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Any

from meshlint.discover import chart_of, find, is_chart, shown
from meshlint.options import Ignore, LintOptions, ValuesSet

FILE_NAMES = (".meshlint.yaml", ".meshlint.yml")
PYPROJECT = "pyproject.toml"
_SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "config.schema.json")
_PATH_LISTS = ("values", "with", "context", "dependency_paths")


def schema_path() -> str:
    """Where the JSON schema of the file lies."""
    return _SCHEMA


class ConfigError(Exception):
    """The configuration cannot be used; the text names the file, the line and what to write instead."""


def groups(options: LintOptions) -> list[LintOptions]:
    """The options to lint with, one record per configuration file and target entry. Raises ConfigError.

    The records carry `isolated`, so that applying this twice changes nothing.
    """
    if options.isolated:
        return [options]
    if options.config is not None:
        return _by_entry(options, options.config)
    by_config: dict[str, list[str]] = {}
    for path in options.paths:
        for target, config in _configs(path, options):
            targets = by_config.setdefault(config, [])
            if target not in targets:
                targets.append(target)
    if not by_config:
        return [options._replace(isolated=True)]
    found = []
    for config, paths in by_config.items():
        group = options._replace(paths=tuple(paths))
        found.extend(_by_entry(group, config) if config else [group._replace(isolated=True)])
    return found


def _configs(path: str, options: LintOptions) -> list[tuple[str, str]]:
    """(path to lint, its configuration file or "") for one path: itself if one file holds for all below."""
    if path == "-":
        return [(path, nearest(os.getcwd()))]
    if not os.path.isdir(path) or is_chart(path):
        return [(path, nearest(chart_of(path) or os.path.dirname(os.path.abspath(path))))]
    own = nearest(path)
    pairs = [
        (target.path, nearest(target.path if os.path.isdir(target.path) else os.path.dirname(target.path)))
        for target in find([path], options.kind, options.exclude).targets
    ]
    return [(path, own)] if all(config == own for _, config in pairs) else pairs


def nearest(directory: str) -> str:
    """The configuration file that holds for a directory, as findings show paths; "" without any."""
    at = os.path.abspath(directory)
    while True:
        for name in FILE_NAMES:
            if os.path.isfile(os.path.join(at, name)):
                return shown(os.path.join(at, name))
        pyproject = os.path.join(at, PYPROJECT)
        if os.path.isfile(pyproject) and _mentions(pyproject):
            return shown(pyproject)
        parent = os.path.dirname(at)
        if parent == at or os.path.exists(os.path.join(at, ".git")):
            return ""
        at = parent


def _mentions(pyproject: str) -> bool:
    try:
        with open(pyproject, "rb") as file:
            return b"[tool.meshlint" in file.read()
    except OSError:
        return False


def _by_entry(options: LintOptions, path: str) -> list[LintOptions]:
    """The options with the file applied; split by `targets` entries where the file has some."""
    data = load(path)
    merged = apply(options, data, path)
    entries = data.get("targets", [])
    if not entries:
        return [merged]
    from meshlint.settle import matches_glob

    split: dict[int, list[str]] = {}
    targets = find(merged.paths, merged.kind, merged.exclude)
    names = [target.path for target in targets.targets] or list(merged.paths)
    for name in names:
        matches = (number for number, entry in enumerate(entries) if matches_glob(entry["path"], name))
        split.setdefault(next(matches, -1), []).append(name)
    found = []
    for number, paths in split.items():
        group = merged._replace(paths=tuple(paths))
        found.append(_entry(group, options, entries[number]) if number >= 0 else group)
    return found


def _entry(group: LintOptions, given: LintOptions, entry: dict[str, Any]) -> LintOptions:
    sets = _strings(entry.get("values_sets"))
    return group._replace(
        release_name=given.release_name or entry.get("release") or group.release_name,
        namespace=given.namespace or entry.get("namespace") or group.namespace,
        base_values=(*group.base_values, *_strings(entry.get("values"))),
        with_paths=(*_strings(entry.get("with")), *group.with_paths),
        context_paths=(*_strings(entry.get("context")), *group.context_paths),
        use_sets=given.use_sets or sets or group.use_sets,
    )


def load(path: str, seen: tuple[str, ...] = ()) -> dict[str, Any]:
    """The file's data, validated, with what it extends merged below it. Raises ConfigError."""
    real = os.path.realpath(path)
    if real in seen:
        raise ConfigError(f"{path}: `extends` leads back to this file")
    data = _toml(path) if path.endswith(".toml") else _yaml(path)
    folder = os.path.dirname(path)
    _absolute(data, folder)
    below: dict[str, Any] = {}
    for other in _strings(data.pop("extends", None)):
        below = _merged(below, load(os.path.join(folder, other), (*seen, real)))
    return _merged(below, data)


def _absolute(data: dict[str, Any], folder: str) -> None:
    """Make the paths of a file's data relative to the working directory, so that files can be merged."""
    for owner in (data, *data.get("targets", [])):
        for name in _PATH_LISTS:
            if name in owner:
                owner[name] = [shown(os.path.join(folder, path)) for path in _strings(owner[name])]
    for entry in data.get("targets", []):
        entry["path"] = _rebased(entry["path"], folder)
    for entry in data.get("values_sets", []):
        files = _strings(entry.get("files"))
        beside = [os.path.join(folder, file) for file in files]
        entry["files"] = [
            shown(path) if os.path.exists(path) else file for path, file in zip(beside, files, strict=True)
        ]
        entry["charts"] = [_rebased(glob, folder) for glob in _strings(entry.get("charts"))]
    if "exclude" in data:
        data["exclude"] = [_rebased(glob, folder) for glob in _strings(data["exclude"])]
    if "per_file_ignores" in data:
        table = data["per_file_ignores"]
        data["per_file_ignores"] = {_rebased(glob, folder): codes for glob, codes in table.items()}
    for entry in data.get("ignores", []):
        if "path" in entry:
            entry["path"] = _rebased(entry["path"], folder)


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Mappings joined, lists appended, single values from above."""
    out = dict(below)
    for key, value in above.items():
        known = out.get(key)
        if isinstance(known, dict) and isinstance(value, dict):
            out[key] = _merged(known, value)
        elif isinstance(known, list) and isinstance(value, list):
            out[key] = known + value
        else:
            out[key] = value
    return out


def _yaml(path: str) -> dict[str, Any]:
    import yaml

    from meshlint.configfile import checked

    try:
        with open(path, encoding="utf-8-sig") as file:
            text = file.read()
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot read: {error}") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise ConfigError(f"{path}{place}: not YAML: {error.problem}") from error
    try:
        return checked(path, node, _SCHEMA)
    except ValueError as error:
        raise ConfigError(str(error)) from error


def _toml(path: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib

        from meshlint.configfile import validated

        try:
            with open(path, "rb") as file:
                data = tomllib.load(file).get("tool", {}).get("meshlint", {})
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise ConfigError(f"{path}: {error}") from error
        try:
            return validated(path, data, _SCHEMA)
        except ValueError as error:
            raise ConfigError(str(error)) from error
    raise ConfigError(f"{path}: reading [tool.meshlint] needs Python 3.11; write .meshlint.yaml instead")


def apply(options: LintOptions, data: dict[str, Any], path: str) -> LintOptions:
    """The options with the file's data below them."""
    rules = data.get("rules", {})
    kubernetes = data.get("kubernetes", {})
    given = options
    return given._replace(
        **_profile(given, data.get("profile", {})),
        release_name=given.release_name or data.get("release"),
        namespace=given.namespace or data.get("namespace"),
        kube_version=given.kube_version or _text(kubernetes.get("version")),
        api_versions=(*_strings(kubernetes.get("api_versions")), *given.api_versions),
        base_values=(*_strings(data.get("values")), *given.base_values),
        values_sets=(*_values_sets(data, path), *given.values_sets),
        auto_values=given.auto_values and data.get("auto_values", True),
        explore=given.explore or data.get("explore", False),
        with_paths=(*_strings(data.get("with")), *given.with_paths),
        context_paths=(*_strings(data.get("context")), *given.context_paths),
        dependency_paths=(*_strings(data.get("dependency_paths")), *given.dependency_paths),
        exclude=(*_strings(data.get("exclude")), *given.exclude),
        select=given.select or _strings(rules.get("select")),
        extend_select=(*_strings(rules.get("extend_select")), *given.extend_select),
        ignore=(*_strings(rules.get("ignore")), *given.ignore),
        severities={**rules.get("severity", {}), **given.severities},
        per_file_ignores={glob: _strings(codes) for glob, codes in data.get("per_file_ignores", {}).items()},
        ignores=tuple(Ignore(**{"where": path, **entry}) for entry in data.get("ignores", [])),
        strict=given.strict or data.get("strict", False),
        min_severity=given.min_severity or data.get("severity"),
        min_precision=given.min_precision or data.get("precision"),
        fail_on=given.fail_on or data.get("fail_on"),
        config=path,
        isolated=True,
    )


def _profile(given: LintOptions, profile: str | dict[str, Any]) -> dict[str, Any]:
    if isinstance(profile, str):
        return {"profile": given.profile or profile}
    return {
        "profile": given.profile or _text(profile.get("version")),
        "mesh_mode": given.mesh_mode or profile.get("mode"),
        "cluster_domain": given.cluster_domain or profile.get("cluster_domain"),
        "root_namespace": given.root_namespace or profile.get("root_namespace"),
        "outbound_policy": given.outbound_policy or profile.get("outbound"),
        "mtls": given.mtls or profile.get("mtls"),
        "auto_mtls": profile.get("auto_mtls") if given.auto_mtls is None else given.auto_mtls,
        "assume_injected": (*_strings(profile.get("injected_namespaces")), *given.assume_injected),
        "closed_namespaces": (*_strings(profile.get("closed_namespaces")), *given.closed_namespaces),
    }


def _values_sets(data: dict[str, Any], path: str) -> Iterable[ValuesSet]:
    for entry in data.get("values_sets", []):
        files, charts = tuple(entry["files"]), tuple(entry["charts"])
        yield ValuesSet(entry["name"], files, entry.get("set", {}), path, charts)


def _strings(value: str | list[str] | None) -> tuple[str, ...]:
    return () if value is None else (value,) if isinstance(value, str) else tuple(value)


def _text(value: str | float | None) -> str | None:
    return None if value is None else str(value)


def _rebased(glob: str, folder: str) -> str:
    """The glob as paths are shown: one with a slash is relative to the configuration file."""
    if "/" not in glob.rstrip("/"):
        return glob
    return shown(os.path.join(folder, glob))
