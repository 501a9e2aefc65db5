"""Room: command line. `meshlint explain CODE`: a rule's page, offline, readable on a terminal."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import click

from meshlint.cli.linting import to_stdout, unknown_rule

if TYPE_CHECKING:
    from meshlint.report.style import Style
    from meshlint.rules.rule import Rule


@click.command()
@click.argument("codes", nargs=-1, required=True, metavar="CODE...")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colours.")
@click.option("--raw", is_flag=True, help="Print the Markdown as it is.")
def explain(codes: tuple[str, ...], color: str, raw: bool) -> int:
    """Show the page of rules: by code (DR001), name, or another tool's code (IST0101, KIA0202)."""
    from meshlint.report.style import Style, wants_color

    style = Style(wants_color(color, sys.stdout))
    found: dict[str, Rule] = {}
    for code in codes:
        for rule in _named(code):
            found[rule.code] = rule
    texts = [_page(rule, style, raw) for rule in found.values()]
    to_stdout("\n".join(texts), people=True)
    return 0


def _named(word: str) -> list[Rule]:
    """The rules of a code, slug or peer's code, whatever its case; unknown ones are usage errors."""
    from meshlint.rules.catalog import ALL, RETIRED

    names = {word, word.upper(), word.lower()}
    found = [rule for rule in ALL if not names.isdisjoint((rule.code, rule.slug, *rule.peers))]
    if found:
        return found
    if word.upper() in RETIRED:
        raise click.UsageError(f"rule {word.upper()} was retired: {RETIRED[word.upper()]}")
    raise unknown_rule(word)


def _page(rule: Rule, style: Style, raw: bool) -> str:
    from meshlint.rules.pages import page

    text = page(rule.code)
    if raw and text:
        return text
    head = f"{style.paint(rule.code, 'bold')} {rule.slug}"
    facts = f"{rule.severity}, precision {rule.precision}, {'on' if rule.default else 'off'} by default"
    lines = [head, facts + f", since {rule.since}"]
    if rule.peers:
        lines.append("the same in other tools: " + ", ".join(rule.peers))
    body = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL) if text else f"\n{rule.summary}\n"
    return "\n".join([*lines, "", _shown(body, style)])


def _shown(markdown: str, style: Style) -> str:
    """The Markdown with headings and code set off; fences go, what they hold is indented."""
    lines: list[str] = []
    fenced = False
    for line in markdown.strip().splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced:
            lines.append(style.paint("    " + line, "path") if line else "")
        elif line.startswith("#"):
            lines.append(style.paint(line.lstrip("#").strip(), "bold"))
        else:
            lines.append(re.sub(r"\[([^\]]+)\]\(([^)]+)\)", r"\1 (\2)", line))
    return "\n".join(lines) + "\n"
