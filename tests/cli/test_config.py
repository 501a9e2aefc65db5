"""The configuration file: where it is found, what it says, how its faults are told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meshlint.config import _SCHEMA, ConfigError, groups, nearest
from meshlint.options import Ignore, LintOptions, ValuesSet
from tests.architecture.graph import ROOT


@pytest.fixture(autouse=True)
def _repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)


def write(path: str, text: str) -> None:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def one(text: str, **given: Any) -> LintOptions:
    write(".meshlint.yaml", text)
    (options,) = groups(LintOptions(paths=(".",), **given))
    return options


def test_no_file_changes_nothing() -> None:
    assert groups(LintOptions(paths=(".",))) == [LintOptions(paths=(".",), isolated=True)]


def test_isolated_reads_no_file() -> None:
    write(".meshlint.yaml", "fail_on: note\n")
    assert groups(LintOptions(paths=(".",), isolated=True))[0].fail_on is None


def test_twice_is_once() -> None:
    options = one("rules: {ignore: VS001}\n")
    assert groups(options) == [options]


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("fail_on: warning", "fail_on", "warning"),
        ("profile: '1.24'", "profile", "1.24"),
        ("profile: 1.30", "profile", "1.30"),
        ("profile: {version: 1.30}", "profile", "1.30"),
        ("profile: {mode: ambient}", "mesh_mode", "ambient"),
        ("profile: {cluster_domain: x.y}", "cluster_domain", "x.y"),
        ("profile: {root_namespace: istio}", "root_namespace", "istio"),
        ("profile: {outbound: registry-only}", "outbound_policy", "registry-only"),
        ("profile: {mtls: strict}", "mtls", "strict"),
        ("profile: {auto_mtls: false}", "auto_mtls", False),
        ("profile: {injected_namespaces: [a, b]}", "assume_injected", ("a", "b")),
        ("profile: {closed_namespaces: a}", "closed_namespaces", ("a",)),
        ("kubernetes: {version: 1.30, api_versions: x/v1}", "kube_version", "1.30"),
        ("kubernetes: {api_versions: x/v1}", "api_versions", ("x/v1",)),
        ("release: shop", "release_name", "shop"),
        ("namespace: shop", "namespace", "shop"),
        ("rules: {select: [VS, DR001]}", "select", ("VS", "DR001")),
        ("rules: {extend_select: all}", "extend_select", ("all",)),
        ("rules: {ignore: VS}", "ignore", ("VS",)),
        ("rules: {severity: {VS014: note}}", "severities", {"VS014": "note"}),
        ("auto_values: false", "auto_values", False),
        ("explore: true", "explore", True),
        ("strict: true", "strict", True),
        ("severity: warning", "min_severity", "warning"),
        ("precision: high", "min_precision", "high"),
        ("values: base.yaml", "base_values", ("base.yaml",)),
        ("with: [../other]", "with_paths", ("../other",)),
        ("context: crds", "context_paths", ("crds",)),
        ("dependency_paths: [a/b]", "dependency_paths", ("a/b",)),
        ("exclude: [tests, ./a/b]", "exclude", ("tests", "a/b")),
        ("per_file_ignores: {'*.tpl': VS}", "per_file_ignores", {"*.tpl": ("VS",)}),
    ],
)
def test_keys(text: str, field: str, value: object) -> None:
    result = getattr(one(text), field)
    if field == "with_paths":
        result = tuple(Path(path).name for path in result)
        value = ("other",)
    assert result == value


def test_ignores() -> None:
    text = "ignores:\n- {rule: DR001, reason: why, object: D/a/b, expires: 2026-12-31, path: c/x.yaml}\n"
    assert one(text).ignores == (
        Ignore("DR001", "why", "D/a/b", "c/x.yaml", expires="2026-12-31", where=".meshlint.yaml"),
    )


def test_values_sets() -> None:
    write("env/prod.yaml", "a: 1\n")
    entry = "{name: prod, files: [env/prod.yaml, values-prod.yaml], set: {a: {b: 1}}, charts: c/*}"
    text = f"values_sets:\n- {entry}\n"
    assert one(text).values_sets == (
        ValuesSet("prod", ("env/prod.yaml", "values-prod.yaml"), {"a": {"b": 1}}, ".meshlint.yaml", ("c/*",)),
    )


def test_flags_and_file_meet() -> None:
    options = one(
        "fail_on: note\nrules: {select: VS, ignore: VS001}\nvalues: a.yaml\nprofile: {mtls: strict}\n",
        fail_on="never",
        select=("DR",),
        ignore=("DR001",),
        values=("b.yaml",),
    )
    assert (options.fail_on, options.select, options.ignore) == ("never", ("DR",), ("VS001", "DR001"))
    assert (options.base_values, options.values, options.mtls) == (("a.yaml",), ("b.yaml",), "strict")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("profle: x\n", r"\.meshlint\.yaml:1:1: unknown key `profle`; did you mean `profile`\?"),
        ("rules:\n  slect: VS\n", r":2:3: unknown key `slect`; did you mean `select`\?"),
        (
            "rules:\n  severity:\n    VS1: bad\n",
            r":3:10: `rules\.severity\.VS1` is `bad`; write one of error",
        ),
        ("ignores:\n- rule: X\n", r":2:3: `ignores\.0` needs the key `reason`"),
        ("a: [\n", r":2:1: not YAML"),
        ("fail_on: never\nfail_on: error\n", r":2:1: key `fail_on` is written twice"),
        ("- a\n", r":1:1: .*not of type 'object'"),
        ("extends: other.yaml\n", "cannot read"),
        ("extends: .meshlint.yaml\n", "leads back"),
        ("version: 2\n", r":1:10: `version`"),
    ],
)
def test_faults(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        one(text)


def test_extends_joins() -> None:
    write("shared/base.yaml", "rules: {ignore: [VS001]}\nexclude: [x/y]\nfail_on: note\nvalues: v.yaml\n")
    options = one("extends: shared/base.yaml\nrules: {ignore: [VS002]}\nfail_on: error\n")
    assert (options.ignore, options.fail_on) == (("VS001", "VS002"), "error")
    assert (options.exclude, options.base_values) == (("shared/x/y",), ("shared/v.yaml",))


def test_the_nearest_file_counts_up_to_the_git_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write("../.meshlint.yaml", "")  # above the git root: not ours
    assert nearest(".") == ""
    write(".meshlint.yaml", "")
    write("a/b/.meshlint.yaml", "")
    assert (nearest("."), nearest("a"), nearest("a/b/c")) == (
        ".meshlint.yaml",
        ".meshlint.yaml",
        "a/b/.meshlint.yaml",
    )


def test_each_target_by_its_own_file() -> None:
    for chart in ("a", "b"):
        write(f"{chart}/Chart.yaml", "name: x\nversion: 1.0.0\napiVersion: v2\n")
    write("b/.meshlint.yaml", "fail_on: note\n")
    found = groups(LintOptions(paths=(".",)))
    assert [(group.paths, group.fail_on) for group in found] == [(("a",), None), (("b",), "note")]


def test_target_entries() -> None:
    for chart in ("charts/a", "charts/b", "other"):
        write(f"{chart}/Chart.yaml", "name: x\nversion: 1.0.0\napiVersion: v2\n")
    write(
        ".meshlint.yaml",
        "namespace: all\ntargets:\n- {path: charts/a, namespace: na, values: v.yaml, values_sets: prod}\n"
        "- {path: 'charts/*', release: r}\n",
    )
    found = {group.paths: group for group in groups(LintOptions(paths=(".",)))}
    assert set(found) == {("charts/a",), ("charts/b",), ("other",)}
    first = found["charts/a",]
    assert (first.namespace, first.base_values, first.use_sets) == ("na", ("v.yaml",), ("prod",))
    assert (found["charts/b",].namespace, found["charts/b",].release_name) == ("all", "r")
    assert found["other",].release_name is None


@pytest.mark.skipif(sys.version_info < (3, 11), reason="tomllib came with 3.11")
def test_pyproject() -> None:
    write("pyproject.toml", '[tool.meshlint]\nfail_on = "note"\n[tool.meshlint.rules]\nignore = ["VS"]\n')
    (options,) = groups(LintOptions(paths=(".",)))
    assert (options.fail_on, options.ignore, options.config) == ("note", ("VS",), "pyproject.toml")
    write("pyproject.toml", "[tool.meshlint]\nfail_onn = 1\n")
    with pytest.raises(ConfigError, match="did you mean `fail_on`"):
        groups(LintOptions(paths=(".",)))


def test_a_pyproject_without_our_table_is_none_of_ours() -> None:
    write("pyproject.toml", "[tool.other]\n")
    assert nearest(".") == ""


def subschemas(schema: Any) -> list[dict[str, Any]]:
    """The schema and every schema below it."""
    found = [schema]
    for key in ("properties", "$defs"):
        for below in schema.get(key, {}).values():
            found += subschemas(below)
    for below in (*schema.get("oneOf", ()), schema.get("items"), schema.get("additionalProperties")):
        if isinstance(below, dict):
            found += subschemas(below)
    return found


def test_the_quick_check_knows_every_keyword_of_the_schema() -> None:
    from meshlint.configfile import KEYWORDS

    used = {key for schema in subschemas(json.loads(Path(_SCHEMA).read_text())) for key in schema}
    assert used - KEYWORDS == set()


VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(0, 3),
        st.floats(0, 2),
        st.sampled_from(["", "error", "prod", "off"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.dictionaries(
            st.sampled_from(["name", "files", "set", "rule", "reason", "version", "select"]),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=4,
)
SCHEMA = json.loads(Path(_SCHEMA).read_text())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from([*SCHEMA["properties"], "other"]), VALUES, max_size=3))
def test_the_quick_check_agrees_with_jsonschema(data: dict[str, Any]) -> None:
    from jsonschema import Draft202012Validator

    from meshlint.configfile import fits

    assert fits(data, SCHEMA, SCHEMA) == Draft202012Validator(SCHEMA).is_valid(data)


def test_a_good_file_does_not_load_jsonschema() -> None:
    program = (
        "import sys\nfrom meshlint.config import load\n"
        "load('.meshlint.yaml')\nsys.exit('jsonschema' in sys.modules)"
    )
    write(".meshlint.yaml", "rules: {ignore: VS}\nvalues_sets: [{name: a, files: b, set: {c: 1}}]\n")
    subprocess.run([sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)


def test_the_schema_is_valid_and_describes_itself() -> None:
    from jsonschema import Draft202012Validator

    schema = json.loads(Path(_SCHEMA).read_text())
    Draft202012Validator.check_schema(schema)
    assert schema["additionalProperties"] is False
