"""Suppression comments and annotations: which lines they cover, which codes they name."""

from __future__ import annotations

import pytest

from meshlint.kube.resource import resource_from
from meshlint.suppress import Suppressions
from meshlint.text.finding import Location, ObjectRef
from meshlint.text.source import Source

NAMES = frozenset({"DR001", "routed-subset-selects-no-pod", "KIA0203"})
OTHER = frozenset({"VS002", "destination-host-unknown", "IST0101"})

# name, text, lines on which DR001 is accepted
COVERED = [
    ("the same line", "a: 1\nb: 2 # meshlint: ignore[DR001] because\nc: 3\n", {2}),
    ("alone above a scalar", "a: 1\n# meshlint: ignore[DR001]\nb: 2\nc: 3\n", {2, 3}),
    ("alone above a block", "x: 0\n# meshlint: ignore[DR001]\na:\n  b: 1\n  c: 2\nd: 3\n", {2, 3, 4, 5}),
    ("alone above a list item", "x:\n  # meshlint: ignore[DR001]\n  - a: 1\n    b: 2\n  - c: 3\n", {2, 3, 4}),
    ("behind a key that opens a block", "a: # meshlint: ignore[DR001]\n  b: 1\nc: 2\n", {1, 2}),
    ("behind a list item", "x:\n  - a: 1 # meshlint: ignore[DR001]\n    b: 2\n  - c: 3\n", {2, 3}),
    (
        "a list at the key's own indentation",
        "x: 0\n# meshlint: ignore[DR001]\na:\n- b\n- c\nd: 1\n",
        {2, 3, 4, 5},
    ),
    ("at the start of a document", "# meshlint: ignore[DR001]\na: 1\nb: 2\n---\nc: 3\n", {1, 2, 3}),
    ("at the start of a later document", "a: 1\n---\n# meshlint: ignore[DR001]\nb: 2\n---\nc: 3\n", {3, 4}),
    ("a template comment", "a: 1\n{{/* meshlint: ignore[DR001] */}}\nb: 2\nc: 3\n", {2, 3}),
    ("a trimmed template comment", "a: 1\n{{- /* meshlint: ignore[DR001] why */ -}}\nb: 2\nc: 3\n", {2, 3}),
    (
        "over a guard",
        "a: 1\n# meshlint: ignore[DR001]\n{{- if .Values.x }}\nb: 2\n{{- end }}\nc: 3\n",
        {2, 3, 4},
    ),
    (
        "over a definition",
        '{{/* meshlint: ignore[DR001] */}}\n{{- define "x" }}\na: 1\n{{- end }}\n'
        '{{- define "y" }}\nb: 2\n{{- end }}\n',
        {1, 2, 3, 4},
    ),
    ("the whole file", "# meshlint: ignore-file[DR001] old\na: 1\n---\nb: 2", {1, 2, 3, 4}),
    ("a block", "a: 1\n# meshlint: disable=DR001\nb: 2\n# meshlint: enable=DR001\nc: 3\n", {2, 3, 4}),
    ("a block that stays open", "a: 1\n# meshlint: disable=DR001,VS\nb: 2\nc: 3", {2, 3, 4}),
    (
        "enable without codes ends all",
        "# meshlint: disable=DR001\na: 1\n# meshlint: enable\nb: 2\n",
        {1, 2, 3},
    ),
    ("a prefix", "a: 1 # meshlint: ignore[DR]\n", {1}),
    ("a prefix with star", "a: 1 # meshlint: ignore[DR*]\n", {1}),
    ("a slug", "a: 1 # meshlint: ignore[routed-subset-selects-no-pod]\n", {1}),
    ("a peer's code", "a: 1 # meshlint: ignore[KIA0203]\n", {1}),
    ("another rule", "a: 1 # meshlint: ignore[VS002]\n", set()),
    ("no comment sign", "a: meshlint: ignore[DR001]\n", set()),
]


def read(text: str) -> tuple[Source, Suppressions]:
    source = Source("templates/x.yaml", text, "template")
    suppressions = Suppressions()
    suppressions.read_sources([source])
    return source, suppressions


def at(source: Source, line: int) -> list[Location]:
    return [Location(source, line, 1, line, 1)]


@pytest.mark.parametrize(("text", "lines"), [row[1:] for row in COVERED], ids=[row[0] for row in COVERED])
def test_the_lines_a_comment_covers(text: str, lines: set[int]) -> None:
    source, suppressions = read(text)
    count = len(text.rstrip("\n").split("\n"))
    covered = {line for line in range(1, count + 1) if suppressions.accepting(NAMES, (), at(source, line))}
    assert covered == lines


MALFORMED = [
    ("no codes", "a: 1 # meshlint: ignore\n", "`meshlint: ignore` names no rule"),
    ("empty codes", "a: 1 # meshlint: ignore[]\n", "`meshlint: ignore` names no rule"),
    (
        "late ignore-file",
        "a: 1\n" * 11 + "# meshlint: ignore-file[DR001]\n",
        "`ignore-file` counts only in the first 10 lines",
    ),
]


@pytest.mark.parametrize(
    ("text", "problem"), [row[1:] for row in MALFORMED], ids=[row[0] for row in MALFORMED]
)
def test_comments_that_suppress_nothing_are_told(text: str, problem: str) -> None:
    source, suppressions = read(text)
    assert [malformed.problem for malformed in suppressions.malformed] == [problem]
    assert suppressions.accepting(NAMES, (), at(source, 1)) is None


@pytest.mark.parametrize(
    ("comment", "reason"),
    [
        ("# meshlint: ignore[DR001] pods follow", "pods follow"),
        ("# meshlint: ignore[DR001]: pods follow", "pods follow"),
        ("# meshlint: ignore[DR001]", ""),
        ("{{/* meshlint: ignore[DR001] pods follow */}}", "pods follow"),
        ("{{- /* meshlint: ignore[DR001] pods follow */ -}}", "pods follow"),
    ],
)
def test_the_reason_is_kept(comment: str, reason: str) -> None:
    _, suppressions = read(f"a: 1 {comment}\n")
    assert [each.reason for each in suppressions.comments] == [reason]


def test_unused_comments_are_known_for_the_rules_that_ran() -> None:
    source, suppressions = read("a: 1 # meshlint: ignore[DR001]\nb: 2 # meshlint: ignore[VS002]\n")
    suppressions.accepting(NAMES, (), at(source, 1))
    assert [each.line for each in suppressions.unused([NAMES, OTHER])] == [2]
    assert suppressions.unused([NAMES]) == []


ANNOTATIONS = [
    ({"meshlint.dev/ignore": "DR001, VS*"}, True),
    ({"meshlint.dev/ignore": "VS002"}, False),
    ({"galley.istio.io/analyze-suppress": "IST0108"}, False),
    ({"galley.istio.io/analyze-suppress": "*"}, False),  # DR001 has no IST twin here
    ({"kiali.io/ignore-validations": "KIA0203"}, True),
    ({"kiali.io/ignore-validations": ""}, True),
]


@pytest.mark.parametrize(("annotations", "accepted"), ANNOTATIONS)
def test_annotations_accept_findings_about_their_object(annotations: dict[str, str], accepted: bool) -> None:
    metadata = {"name": "review", "annotations": annotations}
    rule = {"apiVersion": "networking.istio.io/v1", "kind": "DestinationRule", "metadata": metadata}
    suppressions = Suppressions()
    suppressions.read_annotations([resource_from(rule)])
    about = ObjectRef("networking.istio.io/v1", "DestinationRule", "default", "review")
    elsewhere = about._replace(name="rating")
    assert (suppressions.accepting(NAMES, {about}, []) is not None) is accepted
    assert suppressions.accepting(NAMES, {elsewhere}, []) is None


def test_pod_template_annotations_count_for_the_workload() -> None:
    template = {"metadata": {"annotations": {"meshlint.dev/ignore": "DR001"}}}
    workload = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "review"},
        "spec": {"template": template},
    }
    suppressions = Suppressions()
    suppressions.read_annotations([resource_from(workload)])
    about = ObjectRef("apps/v1", "Deployment", "default", "review")
    assert suppressions.accepting(NAMES, {about}, []) is not None
