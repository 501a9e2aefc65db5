"""The handbook: finds and reads the page of a rule, `rules/<CODE>-<slug>.md`.

In: a rule code. Out: the page's Markdown, or its parts (front matter, sections, example files). The
pages lie in `meshlint/_rulebook` in a wheel and in the top-level `rules/` of a checkout; nothing is
read before somebody asks.
"""

from __future__ import annotations

import os
import re
from typing import Any, NamedTuple

_HERE = os.path.dirname(os.path.abspath(__file__))
_FOLDERS = (
    os.path.join(os.path.dirname(_HERE), "_rulebook"),
    os.path.join(os.path.dirname(os.path.dirname(_HERE)), "rules"),
)
_FRONT = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_HEADING = re.compile(r"^(#{1,3}) +(.+?)\s*$")
_FENCE = re.compile(r"`{3,}")
_FILE_NAME = re.compile(r"^`([^`]+)`:\s*$")
_EXPECT = re.compile(r"[ \t]*(?:#|\{\{/\*)[ \t]*expect:[ \t]*([A-Z0-9, ]+?)[ \t]*(?:\*/\}\})?[ \t]*$")


class Example(NamedTuple):
    """One small world of a page: what its files are and which findings they must give.

    title     "Bad" or "Good", or the text of a `###` heading below it
    files     file name -> text, without the `# expect:` comments
    expected  (code, file name, 1-based line), sorted; empty for Good
    """

    title: str
    files: dict[str, str]
    expected: list[tuple[str, str, int]]


class Page(NamedTuple):
    """A rule page in parts: front matter, the title line, and `##` heading -> text in page order."""

    front: dict[str, Any]
    title: str
    sections: dict[str, str]

    def examples(self, section: str) -> list[Example]:
        """The worlds of a section ("Bad", "Good"): one, or one per `###` heading in it."""
        return _examples(section, self.sections.get(section, ""))


def folder() -> str | None:
    """The folder that holds the pages, None if the installation has none."""
    return next((path for path in _FOLDERS if os.path.isdir(path)), None)


def names() -> list[str]:
    """The file names of all rule pages, sorted."""
    path = folder()
    found = os.listdir(path) if path else []
    return sorted(name for name in found if re.match(r"[A-Z]{2,}\d+-.+\.md$", name))


def page(code: str) -> str:
    """The Markdown of the rule's page; "" if there is none."""
    path = folder()
    for name in names():
        if path and name.startswith(code + "-"):
            with open(os.path.join(path, name), encoding="utf-8") as file:
                return file.read()
    return ""


def read(text: str) -> Page:
    """A page's parts. A missing front matter gives an empty mapping."""
    import yaml

    front = _FRONT.match(text)
    mapping = yaml.safe_load(front.group(1)) if front else {}
    title, current = "", ""
    sections: dict[str, str] = {}
    for line, fenced in _fenced(text[front.end() if front else 0 :]):
        heading = None if fenced else _HEADING.match(line)
        if heading and heading.group(1) == "#":
            title = heading.group(2)
        elif heading and heading.group(1) == "##":
            current = heading.group(2)
            sections[current] = ""
        elif current:
            sections[current] += line
    return Page(mapping or {}, title, sections)


def _fenced(text: str) -> list[tuple[str, bool]]:
    """The lines, each with whether it belongs to a fenced block (its marks included)."""
    found: list[tuple[str, bool]] = []
    fence = ""
    for line in text.splitlines(keepends=True):
        mark = _FENCE.match(line)
        if fence:
            found.append((line, True))
            fence = "" if line.strip() == fence else fence
        else:
            found.append((line, mark is not None))
            fence = mark.group(0) if mark else ""
    return found


def _examples(section: str, text: str) -> list[Example]:
    found: list[Example] = []
    title = section
    files: dict[str, str] = {}
    for kind, name, body in _pieces(text):
        if kind == "heading":
            if files:
                found.append(_example(title, files))
            title, files = name, {}
        else:
            files[name] = files.get(name, "") + body
    if files:
        found.append(_example(title, files))
    return found


def _pieces(text: str) -> list[tuple[str, str, str]]:
    """("heading", title, "") and ("file", name, body) in order; a block without a file name is prose."""
    found: list[tuple[str, str, str]] = []
    name, block = "", ""
    for line, fenced in _fenced(text):
        if fenced:
            block += line
            continue
        if block:
            found += _file(name, block)
            name, block = "", ""
        if heading := _HEADING.match(line):
            found.append(("heading", heading.group(2), ""))
        elif line.strip():
            named = _FILE_NAME.match(line)
            name = named.group(1) if named else ""
    return found + _file(name, block)


def _file(name: str, block: str) -> list[tuple[str, str, str]]:
    """The piece of a fenced block, its marks taken off."""
    body = "".join(block.splitlines(keepends=True)[1:-1])
    return [("file", name, body)] if name and block else []


def _example(title: str, marked: dict[str, str]) -> Example:
    files: dict[str, str] = {}
    expected: list[tuple[str, str, int]] = []
    for name, text in marked.items():
        lines = text.split("\n")
        for index, line in enumerate(lines):
            found = _EXPECT.search(line)
            if found:
                lines[index] = line[: found.start()]
                codes = [code.strip() for code in found.group(1).split(",")]
                expected.extend((code, name, index + 1) for code in codes)
        files[name] = "\n".join(lines)
    return Example(title, files, sorted(expected))
