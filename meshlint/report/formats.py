"""Room: report. The formats by name, each loaded when it is used."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from meshlint.report.result import Report
from meshlint.report.view import View

Writer = Callable[[Report, View], str]
CUSTOM = "template:"


class Format(NamedTuple):
    """One format.

    name    what --format takes
    human   people read it: colours, and the closing block on stderr
    load    imports the module and returns the function that writes
    about   one line for the help page
    """

    name: str
    human: bool
    load: Callable[[], Writer]
    about: str


def _full() -> Writer:
    from meshlint.report.full import write

    return write


def _concise() -> Writer:
    from meshlint.report.concise import write

    return write


def _grouped() -> Writer:
    from meshlint.report.grouped import write

    return write


def _json() -> Writer:
    from meshlint.report.jsontext import write

    return write


def _jsonl() -> Writer:
    from meshlint.report.jsontext import write_lines

    return write_lines


def _sarif() -> Writer:
    from meshlint.report.sarif import write

    return write


def _github() -> Writer:
    from meshlint.report.github import write

    return write


def _azure() -> Writer:
    from meshlint.report.azure import write

    return write


def _gitlab() -> Writer:
    from meshlint.report.gitlab import write

    return write


def _junit() -> Writer:
    from meshlint.report.junit import write

    return write


def _rdjson() -> Writer:
    from meshlint.report.rdjson import write

    return write


def _markdown() -> Writer:
    from meshlint.report.templated import write_markdown

    return write_markdown


def _html() -> Writer:
    from meshlint.report.templated import write_html

    return write_html


FORMATS: tuple[Format, ...] = (
    Format("full", True, _full, "code frames with cause, effect and help"),
    Format("concise", True, _concise, "one line per finding: path:line:column: severity CODE message"),
    Format("grouped", True, _grouped, "one line per finding under the name of its file"),
    Format("json", False, _json, "everything, for programs"),
    Format("jsonl", False, _jsonl, "one JSON object per finding and line"),
    Format("sarif", False, _sarif, "SARIF 2.1.0, for code scanning"),
    Format("github", False, _github, "GitHub workflow commands (annotations)"),
    Format("gitlab", False, _gitlab, "GitLab code quality report"),
    Format("azure", False, _azure, "Azure Pipelines logging commands"),
    Format("junit", False, _junit, "JUnit XML"),
    Format("rdjson", False, _rdjson, "reviewdog"),
    Format("markdown", False, _markdown, "summary with a table, for job summaries"),
    Format("html", False, _html, "one self-contained page"),
)


def names() -> list[str]:
    """The names of the built-in formats."""
    return [each.name for each in FORMATS]


def known(name: str) -> bool:
    """True for a built-in format and for `template:FILE`."""
    return name in names() or (name.startswith(CUSTOM) and len(name) > len(CUSTOM))


def human(name: str) -> bool:
    """True if people read the format on a terminal."""
    return any(each.human for each in FORMATS if each.name == name)


def render(name: str, report: Report, view: View) -> str:
    """The report in the named format. Raises TemplateFault for a broken `template:FILE`."""
    if name.startswith(CUSTOM):
        from meshlint.report.templated import write_custom

        return write_custom(name[len(CUSTOM) :], report, view)
    writer = next(each.load for each in FORMATS if each.name == name)()
    return writer(report, view)
