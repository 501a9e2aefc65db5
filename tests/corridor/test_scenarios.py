from __future__ import annotations

from pathlib import Path

import pytest

from meshlint.options import LintOptions, ValuesSet
from meshlint.scenarios import scenarios_of


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    beside = ("Chart.yaml", "values.yaml", "values-prod.yaml", "values.uat.yml", "values.schema.json")
    below = (
        "ci/values.yaml",
        "ci/ingress-values.yaml",
        "environments/dev.yaml",
        "environments/values-qa.yaml",
    )
    for name in (*beside, *below, "values-notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("a: 1\n")
    return tmp_path


def names(chart: Path, options: LintOptions) -> list[str]:
    return [each.name for each in scenarios_of(str(chart), options)]


def test_sets_are_found_by_file_name(chart: Path) -> None:
    assert names(chart, LintOptions()) == ["default", "prod", "uat", "ci/ingress", "ci/values", "dev", "qa"]


def test_a_set_names_its_file(chart: Path) -> None:
    files = {each.name: each.files for each in scenarios_of(str(chart), LintOptions())}
    assert files["ci/ingress"] == (f"{chart}/ci/ingress-values.yaml",)
    assert files["default"] == ()


def test_given_values_are_the_only_scenario(chart: Path) -> None:
    assert names(chart, LintOptions(set_values=("a=2",))) == ["default"]
    assert names(chart, LintOptions(values=("values-prod.yaml",))) == ["default"]


def test_declared_sets_replace_found_ones(chart: Path) -> None:
    declared = (ValuesSet("blue", ("blue.yaml",)), ValuesSet("other", charts=("elsewhere/*",)))
    assert names(chart, LintOptions(values_sets=declared)) == ["default", "blue"]


def test_sets_are_picked_by_name(chart: Path) -> None:
    assert names(chart, LintOptions(use_sets=("prod", "dev"))) == ["prod", "dev"]


def test_nothing_is_looked_for_when_told_so(chart: Path) -> None:
    assert names(chart, LintOptions(auto_values=False)) == ["default"]


def test_an_archive_has_its_defaults_only(tmp_path: Path) -> None:
    (tmp_path / "c.tgz").write_bytes(b"")
    assert names(tmp_path / "c.tgz", LintOptions()) == ["default"]


def test_what_holds_no_values_is_no_set(chart: Path) -> None:
    files = {
        "ci/.checkov.yaml": "a: 1\n",
        "ci/kind.yaml": "nodes: []\n",
        "ci/extra.yml": "a: 2\n",
        "environments/app.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: Application\n",
        "values-object.yaml": "kind: ConfigMap\napiVersion: v1\n",
        "environments/live/values.yaml": "a: 3\n",
        "environments/live/secrets.yaml": "a: 3\n",
    }
    for name, text in files.items():
        (chart / name).parent.mkdir(exist_ok=True)
        (chart / name).write_text(text)
    assert names(chart, LintOptions()) == [
        *("default", "prod", "uat", "ci/extra", "ci/ingress", "ci/values", "dev", "qa", "live"),
    ]


def test_a_file_may_set_what_only_a_subchart_has(tmp_path: Path) -> None:
    (tmp_path / "Chart.yaml").write_text("name: x\ndependencies:\n- name: redis\n  alias: store\n")
    (tmp_path / "environments").mkdir()
    for key in ("store", "global", "other"):
        (tmp_path / "environments" / f"{key}.yaml").write_text(f"{key}: {{}}\n")
    assert names(tmp_path, LintOptions()) == ["default", "global", "store"]


def test_values_of_the_config_are_one_release_or_lie_below_its_sets(chart: Path) -> None:
    options = LintOptions(base_values=("common.yaml",))
    assert names(chart, options) == ["default"]
    assert names(chart, options._replace(values_sets=(ValuesSet("blue"),))) == ["default", "blue"]


def test_files_of_a_declared_set_may_lie_in_the_chart(chart: Path) -> None:
    declared = (ValuesSet("prod", ("environments/dev.yaml", "nowhere.yaml")),)
    found = scenarios_of(str(chart), LintOptions(values_sets=declared))
    assert found[1].files == (f"{chart}/environments/dev.yaml", "nowhere.yaml")


def test_names_stay_unique(tmp_path: Path) -> None:
    for name in ("values-prod.yaml", "values.prod.yaml"):
        (tmp_path / name).write_text("a: 1\n")
    assert names(tmp_path, LintOptions()) == ["default", "prod", "prod (2)"]
