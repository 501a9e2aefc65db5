"""The full text of every format, as snapshots: `pytest --update` rewrites them, the diff is reviewed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from meshlint import __version__
from meshlint.report import formats, summary
from meshlint.report.result import Report
from tests.conftest import Snapshot
from tests.report.samples import REPORTS, VIEW, clean

SNAPSHOTS = Path(__file__).parent / "snapshots"
JSON_FORMATS = ("json", "sarif", "gitlab", "rdjson")
SUFFIX = {"json": "json", "sarif": "json", "gitlab": "json", "rdjson": "json", "jsonl": "jsonl"}


def stable(name: str, text: str) -> str:
    """The text without what changes with the version and the rule pages."""
    if name != "sarif":
        text = text.replace(f'"version": "{__version__}"', '"version": "VERSION"')
        return re.sub(r'("code": ?"[A-Z]+[0-9]+",\s*"name": ?")[^"]*', r"\1SLUG", text)
    log: dict[str, Any] = json.loads(text)
    driver = log["runs"][0]["tool"]["driver"]
    driver["rules"] = [rule["id"] for rule in driver["rules"]]
    driver["version"] = driver["semanticVersion"] = "VERSION"
    return json.dumps(log, indent=1, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("sample", REPORTS)
@pytest.mark.parametrize("name", formats.names())
def test_snapshot(name: str, sample: str, snapshot: Snapshot) -> None:
    text = formats.render(name, REPORTS[sample](), VIEW._replace(show_suppressed=True))
    snapshot(SNAPSHOTS / f"{name}-{sample}.{SUFFIX.get(name, 'txt')}", stable(name, text))


@pytest.mark.parametrize("width", [60, 100])
def test_full_keeps_to_the_width(width: int, snapshot: Snapshot) -> None:
    text = formats.render("full", REPORTS["corners"](), VIEW._replace(width=width))
    snapshot(SNAPSHOTS / f"full-corners-{width}.txt", text)
    facts = [line for line in text.splitlines() if "  = " in line and " rule: " not in line]
    long = [line for line in facts if len(line) > width and " " in line[width:]]
    assert long == []


def test_full_in_colour_is_the_plain_text_painted(snapshot: Snapshot) -> None:
    plain = formats.render("full", REPORTS["story"](), VIEW)
    colored = formats.render("full", REPORTS["story"](), VIEW._replace(color=True))
    snapshot(SNAPSHOTS / "full-story-color.txt", colored)
    assert re.sub("\x1b\\[[0-9;]*m", "", colored) == plain


def test_verbose_unfolds_repetitions() -> None:
    report = REPORTS["corners"]()
    folded = formats.render("full", report, VIEW)
    unfolded = formats.render("full", report, VIEW._replace(verbose=True))
    assert folded.count("error[XS001]") == 1
    assert unfolded.count("error[XS001]") == 8


@pytest.mark.parametrize("name", JSON_FORMATS)
@pytest.mark.parametrize("sample", REPORTS)
def test_json_formats_parse(name: str, sample: str) -> None:
    json.loads(formats.render(name, REPORTS[sample](), VIEW))


def test_xml_parses() -> None:
    from xml.etree import ElementTree

    for report in REPORTS.values():
        root = ElementTree.fromstring(formats.render("junit", report(), VIEW))
        cases = root.findall(".//testcase")
        assert int(root.attrib["tests"]) == len(cases)
        assert int(root.attrib["failures"]) == len(root.findall(".//failure"))


def test_html_escapes_what_charts_say() -> None:
    text = formats.render("html", REPORTS["corners"](), VIEW)
    assert "<c>" not in text
    assert "&lt;c&gt;" in text


def test_no_control_character_reaches_a_terminal() -> None:
    for name in ("full", "concise", "grouped"):
        assert "\x1b" not in formats.render(name, REPORTS["corners"](), VIEW)


def test_github_escapes_and_caps() -> None:
    report = REPORTS["corners"]()
    many = Report(report.settled[:1] * 5 + report.settled * 3, report.coverage)
    lines = formats.render("github", many, VIEW).splitlines()
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in lines)
    places = [re.sub(r",endLine.*", "", line) for line in lines if "file=" in line]
    assert len(places) == len(set(places))
    assert "XV010 100%25 of `a|b` <c>%2C d%3A e [f](1) line two" in "".join(lines)
    assert lines[-1].startswith("::notice title=meshlint::")


def test_gitlab_fingerprints_are_unique() -> None:
    rows = json.loads(formats.render("gitlab", REPORTS["corners"](), VIEW))
    prints = [row["fingerprint"] for row in rows]
    assert len(set(prints)) == len(prints) == 17


def test_summary(snapshot: Snapshot) -> None:
    text = "\n".join(summary.write(report(), VIEW) for report in (*REPORTS.values(), Report))
    snapshot(SNAPSHOTS / "summary.txt", text)


def test_custom_template(tmp_path: Path) -> None:
    template = tmp_path / "own.j2"
    template.write_text(
        "{% for f in findings %}{{ f.code }} {{ f.primary | place }}\n{% endfor %}{{ counted }}\n"
    )
    text = formats.render(f"template:{template}", REPORTS["story"](), VIEW)
    assert text == "DR001 charts/review/templates/routing.yaml:10\n1 error\n"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{% for %}", "Expected"),
        ("\n{{ nothing | nope }}", ":2"),
    ],
)
def test_custom_template_faults(tmp_path: Path, text: str, fault: str) -> None:
    from meshlint.report.templated import TemplateFault

    template = tmp_path / "own.j2"
    template.write_text(text)
    with pytest.raises(TemplateFault, match=fault):
        formats.render(f"template:{template}", clean(), VIEW)


def test_known_formats() -> None:
    assert formats.known("sarif")
    assert formats.known("template:x.j2")
    assert not formats.known("template:")
    assert not formats.known("xml")
    assert {name for name in formats.names() if formats.human(name)} == {"full", "concise", "grouped"}
