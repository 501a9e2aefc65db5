"""The handbook is true: every example of every page is linted end to end and gives exactly what it says.

Bad examples meet the default rules and the page's own; good ones meet every rule there is, doubts of low
precision about other matters left out.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from meshlint.report.result import Report
from meshlint.rules import catalog, pages
from meshlint.rules.pages import Example
from meshlint.rules.rule import Rule
from tests.rules.worlds import as_templates, found, is_chart, run


class Case(NamedTuple):
    """An example of a page; `number` tells the examples of one page apart."""

    code: str
    number: str
    example: Example

    def __str__(self) -> str:
        return f"{self.code}-{self.number}"


def cases(section: str) -> list[Case]:
    """The examples of every page, manifests a second time as templates of a chart."""
    found = []
    for name in pages.names():
        code = name.partition("-")[0]
        for number, example in enumerate(pages.read(pages.page(code)).examples(section), 1):
            found.append(Case(code, f"{number}", example))
            if not is_chart(example.files) and all(
                file.endswith((".yaml", ".yml")) for file in example.files
            ):
                found.append(Case(code, f"{number}-chart", _templated(example)))
    return found


def _templated(example: Example) -> Example:
    expected = [(code, f"templates/{file}", line) for code, file, line in example.expected]
    return Example(example.title, as_templates(example.files), expected)


@pytest.mark.parametrize("case", cases("Bad"), ids=str)
def test_bad_examples_give_what_they_say(case: Case, tmp_path: Path) -> None:
    report = run(tmp_path, case.example.files, also=case.code)
    assert found(report, tmp_path) == sorted(case.example.expected), _messages(report)
    assert report.internal_errors == []


@pytest.mark.parametrize("case", cases("Good"), ids=str)
def test_good_examples_are_silent(case: Case, tmp_path: Path) -> None:
    report = run(tmp_path, case.example.files)
    assert found(report, tmp_path, own=case.code) == [], _messages(report)
    assert report.internal_errors == []


def _messages(report: Report) -> str:
    return "\n".join(
        f"{each.finding.code} {each.primary.source.path}:{each.primary.line} {each.finding.message}"
        for each in report.settled
    )


@pytest.mark.parametrize("rule", catalog.ALL, ids=lambda rule: rule.code)
def test_each_rule_has_its_page(rule: Rule) -> None:
    assert f"{rule.code}-{rule.slug}.md" in pages.names()
    page = pages.read(pages.page(rule.code))
    assert page.title == rule.summary.removesuffix(".")
    assert page.front["code"] == rule.code
    assert tuple(page.front["peers"]) == rule.peers
    assert page.front["tags"] == [tag for tag in rule.tags if tag not in ("always", "opt-in")]
    assert {"What", "Why it breaks", "Fix", "Options"} <= set(page.sections)


@pytest.mark.parametrize("name", pages.names())
def test_each_page_has_its_rule(name: str) -> None:
    assert catalog.rule_of(name.partition("-")[0]) is not None


@pytest.mark.parametrize("rule", catalog.ALL, ids=lambda rule: rule.code)
def test_a_page_shows_its_own_fault_and_how_it_looks_without(rule: Rule) -> None:
    page = pages.read(pages.page(rule.code))
    if "Example" in page.sections:
        return  # no text file can show it; the page says how it looks
    shown = {code for example in page.examples("Bad") for code, _, _ in example.expected}
    assert rule.code in shown
    assert page.examples("Good")
