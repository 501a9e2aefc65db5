"""Missing dependencies and what to type for them; locks that fit and locks that do not."""

from __future__ import annotations

import pytest

from meshlint.helm.dependencies import missing_problems
from meshlint.helm.vendoring import lock_problems
from tests.helm.charts import chart

HEAD = "apiVersion: v2\nname: c\nversion: 0.1.0\ndependencies:\n"
LOCKED = "dependencies:\n- {name: lib, version: 1.2.0, repository: 'https://x'}\n"
# What `helm dependency update` wrote for two aliases of one chart with all fields there are.
ENTRIES = """\
- {name: lib, version: ">=1.0.0 <2", repository: "file://../lib", condition: lib.enabled, tags: [a, "b<c"],
   import-values: [data, {child: a, parent: b}]}
- {name: lib, version: "^1.0.0", repository: "file://../lib", alias: other, enabled: true}
- {name: two, version: 1.x, repository: "file://../two"}
"""
LOCK = """\
dependencies:
- {name: lib, repository: "file://../lib", version: 1.2.0}
- {name: lib, repository: "file://../lib", version: 1.2.0}
- {name: two, repository: "file://../two", version: v1.2.0}
digest: sha256:2e5a655e5443539d785d35e8284a1ff51a27583ea2a3520da45e18351f094381
generated: "2026-11-26T23:22:13.775235363Z"
"""


def hints(entry: str, **more: str) -> list[str]:
    loaded = chart({"Chart.yaml": HEAD + entry, **more})
    return [found.finding.hint for found in missing_problems(loaded)]


@pytest.mark.parametrize(
    ("entry", "hint"),
    [
        ("- {name: lib, version: 1.x, repository: 'https://x'}", "Run `helm dependency update c`."),
        ("- {name: lib, version: 1.x, repository: 'oci://x/y'}", "Run `helm dependency update c`."),
        (
            "- {name: lib, version: 1.x, repository: '@corp'}",
            "Run `helm repo add corp URL` with the address of that repository, "
            "then `helm dependency update c`.",
        ),
        (
            "- {name: lib, version: 1.x, repository: 'alias:corp'}",
            "Run `helm repo add corp URL` with the address of that repository, "
            "then `helm dependency update c`.",
        ),
        ("- {name: lib, version: 1.x}", "It names no repository: put the chart into `c/charts/lib`."),
    ],
)
def test_what_to_type_for_a_missing_dependency(entry: str, hint: str) -> None:
    assert hints(entry) == [hint]


def test_a_lock_that_fits_is_built_from() -> None:
    entry = "- {name: lib, version: 1.x, repository: 'https://x'}"
    assert hints(entry, **{"Chart.lock": LOCKED}) == ["Run `helm dependency build c`."]
    assert hints(entry.replace("1.x", "2.x"), **{"Chart.lock": LOCKED}) == ["Run `helm dependency update c`."]


def test_a_missing_dependency_is_no_error() -> None:
    loaded = chart({"Chart.yaml": HEAD + "- {name: lib, version: 1.x}"})
    assert [(found.finding.severity, found.demand) for found in missing_problems(loaded)] == [
        ("warning", True)
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("", "", ""),
        ("version: 1.x,", "version: 1.2.x,", "Chart.lock was made for other dependencies"),
        ("alias: other", "alias: another", "Chart.lock was made for other dependencies"),
        ('"^1.0.0"', '"^2.0.0"', "dependency `lib` is locked at 1.2.0, but declared with version `^2.0.0`"),
        ("name: two", "name: three", "dependency `three` is not in Chart.lock"),
        ('"file://../two"', '"@two"', ""),
    ],
)
def test_what_helm_dependency_build_refuses(old: str, new: str, message: str) -> None:
    loaded = chart({"Chart.yaml": HEAD + ENTRIES.replace(old, new, 1), "Chart.lock": LOCK})
    messages = [found.finding.message for found in lock_problems(loaded)]
    assert len(messages) == bool(message)
    assert all(each.startswith(message) for each in messages)


@pytest.mark.parametrize(("version", "count"), [("1.2.0", 0), ("v1.2.0", 0), ("1.2.1", 1)])
def test_a_vendored_chart_of_another_version(version: str, count: int) -> None:
    loaded = chart(
        {
            "Chart.yaml": HEAD + "- {name: lib, version: 1.x, repository: 'https://x'}",
            "Chart.lock": LOCKED,
            "charts/lib/Chart.yaml": f"apiVersion: v2\nname: lib\nversion: {version}\n",
        }
    )
    found = [each.finding.message for each in lock_problems(loaded)]
    assert len(found) == count
    assert all("`charts/` holds `lib` 1.2.1, Chart.lock has 1.2.0" in each for each in found)
