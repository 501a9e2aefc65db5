"""Room: report. Formats written with Jinja templates: Markdown (job summaries), HTML, the user's own.

Templates get `report`, the data of the JSON report (jsontext.document); each finding also has `frame`,
its code frames as plain text. The environment is sandboxed, since a user's template is input too, and
HTML escapes everything, since chart texts are hostile.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from meshlint.report.full import finding_lines
from meshlint.report.jsontext import document
from meshlint.report.result import Report
from meshlint.report.style import Style, one_line, safe
from meshlint.report.summary import checked, counted
from meshlint.report.view import View

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "templates")
MOST_FINDINGS = 200  # a job summary holds 1 MiB
_ACTIVE = re.compile(r"([\\*_\[\]|~#])")
WIDTH = 120


class TemplateFault(Exception):
    """The user's report template cannot be read or rendered; the text says where."""


def write_markdown(report: Report, view: View) -> str:
    """A summary for people on a web page: counts, a table, the frames folded away."""
    return _own("summary.md.j2", report, view, escape=False)


def write_html(report: Report, view: View) -> str:
    """One self-contained page."""
    return _own("report.html.j2", report, view, escape=True)


def write_custom(path: str, report: Report, view: View) -> str:
    """The user's template filled in; files named *.html.j2 or *.htm* escape. Raises TemplateFault."""
    from jinja2 import TemplateError

    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        made = environment(os.path.dirname(path) or ".", escape=".htm" in os.path.basename(path))
        return made.from_string(text).render(_data(report, view))
    except (OSError, UnicodeDecodeError, TemplateError) as error:
        line = getattr(error, "lineno", None)
        raise TemplateFault(f"template {path}{f':{line}' if line else ''}: {error}") from error


def _own(name: str, report: Report, view: View, escape: bool) -> str:
    return environment(FOLDER, escape).get_template(name).render(_data(report, view))


def environment(folder: str, escape: bool) -> SandboxedEnvironment:
    """Jinja for the templates of a folder; `escape` for HTML."""
    from jinja2 import FileSystemLoader
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(
        loader=FileSystemLoader(folder),
        autoescape=escape,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(md=markdown, one_line=one_line, fence=fenced, place=place)
    return environment


def _data(report: Report, view: View) -> dict[str, Any]:
    data = document(report, view)
    plain = Style()
    narrow = view._replace(color=False, hyperlinks=False, width=WIDTH)
    for row, settled in zip(data["findings"], report.settled, strict=True):
        row["seen"] = settled.seen()
        row["frame"] = "\n".join(finding_lines([settled], narrow, plain))
    opened = [row for row in data["findings"] if row["suppression"] is None]
    return {
        "report": data,
        "findings": opened,
        "shown": opened[:MOST_FINDINGS],
        "hidden": max(len(opened) - MOST_FINDINGS, 0),
        "checked": checked(report),
        "counted": counted(report),
    }


def markdown(text: str) -> str:
    """The text inside a Markdown table cell: `code` stays code, everything else is plain text."""
    parts = safe(" ".join(text.split())).split("`")
    if len(parts) % 2 == 0:
        return _prose("'".join(parts))
    return "`".join(
        part.replace("|", "\\|") if index % 2 else _prose(part) for index, part in enumerate(parts)
    )


def _prose(text: str) -> str:
    return _ACTIVE.sub(r"\\\1", text.replace("&", "&amp;").replace("<", "&lt;")).replace("@", "@<!-- -->")


def fenced(text: str) -> str:
    """The text as a fenced block whose fence it does not contain."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def place(primary: dict[str, Any]) -> str:
    """`path:line` of a place of the JSON report."""
    line = primary.get("line")
    known = line is not None and primary.get("grade") != "file"
    return safe(f"{primary['file']}:{line}" if known else str(primary["file"]))
