"""Settling: merging over scenarios, fingerprints, severities, accepted findings, order."""

from __future__ import annotations

from typing import Any

import pytest

from meshlint.options import Ignore, LintOptions
from meshlint.report.result import Settled
from meshlint.rules import catalog
from meshlint.rules.rule import INTERNAL_ERROR, Rule
from meshlint.settle import Batch, Outcome, matches_glob, settle
from meshlint.suppress import Suppressions
from meshlint.text.finding import Finding, ObjectRef, Place, SpanTarget
from meshlint.text.source import Source

RULES = (
    Rule("DR001", "routed-subset-selects-no-pod", "x", peers=("KIA0203",), tags=("outage",)),
    Rule("VS002", "destination-host-unknown", "x", peers=("IST0101",), tags=("outage",)),
    Rule("WL007", "pod-without-identity", "x", severity="note", precision="medium", tags=("style",)),
    Rule("CFG010", "suppression-unused", "x", severity="note"),
    Rule("CFG011", "suppression-malformed", "x", severity="warning"),
)
SOURCE = Source("chart/templates/x.yaml", "a: 1\nb: 2 # meshlint: ignore[DR001] known\nc: 3\n", "template")


@pytest.fixture(autouse=True)
def rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "ALL", RULES)


def finding(code: str = "DR001", line: int = 1, name: str = "review", **more: Any) -> Finding:
    start = SOURCE.offset(line)
    more.setdefault("object", ObjectRef("v1", "Service", "shop", name))
    return Finding(code, f"{code} {name}", [Place(SpanTarget(SOURCE, start, start + 1))], **more)


def run(*batches: Batch, suppressions: Suppressions | None = None, **options: Any) -> Outcome:
    selection = catalog.select(options.pop("select", ()), (), options.pop("ignore", ()))
    return settle(batches, selection, LintOptions(**options), suppressions, today="2026-06-01")


def one(*found: Finding, **options: Any) -> list[Settled]:
    return run(Batch("chart", "", found), **options).settled


def test_the_same_finding_in_some_scenarios_is_one_that_names_them() -> None:
    settled = run(
        Batch("chart", "", []),
        Batch("chart", "prod", [finding()]),
        Batch("chart", "uat", [finding()]),
    ).settled
    assert [each.scenarios for each in settled] == [("prod", "uat")]


def test_the_same_finding_in_all_scenarios_names_none() -> None:
    settled = run(Batch("chart", "", [finding()]), Batch("chart", "prod", [finding()])).settled
    assert [each.scenarios for each in settled] == [()]


def test_the_worst_of_merged_findings_speaks() -> None:
    mild, bad = finding(severity="note"), finding(severity="error")
    settled = run(Batch("chart", "", [mild]), Batch("chart", "prod", [bad])).settled
    assert [each.finding.severity for each in settled] == ["error"]


def test_worlds_are_not_merged() -> None:
    other = finding(name="rating")
    settled = run(Batch("a", "", [finding()]), Batch("b", "", [other])).settled
    assert [each.finding.message for each in settled] == ["DR001 rating", "DR001 review"]


def test_fingerprints_survive_another_release_namespace_and_line() -> None:
    first = finding(object=ObjectRef("v1", "Service", "prod", "blue-review"))
    second = finding(line=3, object=ObjectRef("v1", "Service", "test", "green-review"))
    prints = [
        run(Batch("chart", "", [each], release, namespace)).settled[0].fingerprint
        for each, release, namespace in ((first, "blue", "prod"), (second, "green", "test"))
    ]
    assert prints[0] == prints[1]


@pytest.mark.parametrize(
    "other",
    [
        {"code": "VS002"},
        {"name": "rating"},
        {"key": "v2"},
        {"object": ObjectRef("v1", "Pod", "shop", "review")},
    ],
)
def test_fingerprints_differ_by_rule_object_and_key(other: dict[str, Any]) -> None:
    assert one(finding(key="v1"))[0].fingerprint != one(finding(**{"key": "v1", **other}))[0].fingerprint


def test_order_is_severity_then_place() -> None:
    found = [finding(line=3), finding(line=1, severity="note", name="n"), finding("VS002", line=1)]
    assert [(each.finding.code, each.primary.line) for each in one(*found)] == [
        ("VS002", 1),
        ("DR001", 3),
        ("DR001", 1),
    ]


@pytest.mark.parametrize(
    ("severities", "expected"),
    [
        ({"DR001": "note"}, ["note"]),
        ({"DR": "warning"}, ["warning"]),
        ({"DR": "warning", "DR001": "note"}, ["note"]),
        ({"KIA0203": "note"}, ["note"]),
        ({"DR001": "off"}, []),
        ({"VS": "note"}, ["error"]),
    ],
)
def test_severities_of_the_config(severities: dict[str, str], expected: list[str]) -> None:
    assert [each.finding.severity for each in one(finding(), severities=severities)] == expected


def test_a_provisional_finding_is_never_an_error() -> None:
    assert [each.finding.severity for each in one(finding(provisional=True))] == ["warning"]


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ({}, ["DR001"]),
        ({"select": ("ALL",)}, ["DR001", "WL007"]),
        ({"select": ("ALL",), "min_severity": "warning"}, ["DR001"]),
        ({"select": ("ALL",), "min_precision": "high"}, ["DR001"]),
        ({"ignore": ("DR",)}, []),
        ({"ignore": ("KIA0203",)}, []),
        ({"select": ("outage",), "ignore": ("VS",)}, ["DR001"]),
    ],
)
def test_what_is_shown(options: dict[str, Any], shown: list[str]) -> None:
    found = [finding(), finding("WL007", line=3, severity="note", precision="medium")]
    assert [each.finding.code for each in one(*found, **options)] == shown


def suppressions() -> Suppressions:
    read = Suppressions()
    read.read_sources([SOURCE])
    return read


def test_a_comment_accepts_the_finding_with_its_reason() -> None:
    settled = one(finding(line=2), suppressions=suppressions())
    assert [
        (each.suppression.kind, each.suppression.reason, each.suppression.where)
        for each in settled
        if each.suppression
    ] == [("inSource", "known", "chart/templates/x.yaml:2")]


def test_an_unused_comment_is_a_note() -> None:
    settled = one(finding(line=1), suppressions=suppressions())
    assert [(each.finding.code, each.primary.line) for each in settled] == [("DR001", 1), ("CFG010", 2)]


def test_a_comment_is_not_unused_if_its_rule_did_not_run() -> None:
    settled = one(suppressions=suppressions(), select=("VS002", "CFG010"))
    assert settled == []


IGNORES = [
    ({"rule": "DR001"}, True),
    ({"rule": "DR*", "object": "Service/shop/review"}, True),
    ({"rule": "DR001", "object": "Service/rev*"}, True),
    ({"rule": "KIA0203"}, True),
    ({"rule": "DR001", "object": "Service/shop/rating"}, False),
    ({"rule": "DR001", "path": "chart/**"}, True),
    ({"rule": "DR001", "path": "other/**"}, False),
    ({"rule": "DR001", "values_set": "prod"}, False),
    ({"rule": "DR001", "expires": "2026-06-01"}, True),
    ({"rule": "DR001", "expires": "2026-05-31"}, False),
]


@pytest.mark.parametrize(("entry", "accepted"), IGNORES)
def test_ignores_of_the_config(entry: dict[str, str], accepted: bool) -> None:
    settled = one(finding(), ignores=(Ignore(reason="later", where=".meshlint.yaml:3", **entry),))
    assert [each.suppression is not None for each in settled] == [accepted]
    expired = [note for each in settled for note in each.finding.notes if "expired" in note]
    assert len(expired) == (1 if "expires" in entry and not accepted else 0)


def test_per_file_ignores() -> None:
    settled = one(finding(), finding("VS002"), per_file_ignores={"chart/templates/*": ("DR",)})
    assert [(each.finding.code, each.suppression is not None) for each in settled] == [
        ("DR001", True),
        ("VS002", False),
    ]


def test_a_crash_is_an_internal_error_and_no_finding() -> None:
    crash = Finding(INTERNAL_ERROR, "rule DR001 crashed", [], key="DR001", notes=["Traceback"])
    outcome = run(Batch("chart", "", [crash]), Batch("chart", "prod", [crash]))
    assert outcome.settled == []
    assert [tuple(each) for each in outcome.internal_errors] == [("DR001", "rule DR001 crashed", "Traceback")]


GLOBS = [
    ("*.yaml", "a/b/x.yaml", True),
    ("templates", "a/templates/x.yaml", True),
    ("templates/", "templates/x.yaml", True),
    ("a/*.yaml", "a/x.yaml", True),
    ("a/*.yaml", "a/b/x.yaml", False),
    ("a/**", "a/b/x.yaml", True),
    ("a/**/x.yaml", "a/x.yaml", True),
    ("a/**/x.yaml", "a/b/c/x.yaml", True),
    ("**/x.yaml", "x.yaml", True),
    ("x?.yaml", "x1.yaml", True),
    ("b/x.yaml", "a/b/x.yaml", False),
    ("a.b", "aXb", False),
]


@pytest.mark.parametrize(("pattern", "path", "expected"), GLOBS)
def test_globs_match_as_gitignore_does(pattern: str, path: str, expected: bool) -> None:
    assert matches_glob(pattern, path) is expected
