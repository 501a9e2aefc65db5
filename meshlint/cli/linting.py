"""Room: command line. One lint run: configuration, lint, formats to their places, the exit code."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from meshlint.config import groups
from meshlint.options import LintOptions
from meshlint.report import formats
from meshlint.report.result import (
    EXIT_FINDINGS,
    EXIT_INPUT,
    EXIT_INTERNAL,
    EXIT_NOTHING,
    EXIT_OK,
    Report,
    merged,
)
from meshlint.report.style import is_terminal, wants_color, whole
from meshlint.report.uri import git_root
from meshlint.report.view import View

PRECEDENCE = (EXIT_INTERNAL, EXIT_INPUT, EXIT_FINDINGS, EXIT_NOTHING, EXIT_OK)


def lint_paths(options: LintOptions, flags: dict[str, Any]) -> int:
    """Lint and report; the exit code. Raises click.UsageError and ConfigError for what the user got wrong."""
    chosen, outs = _outputs(flags)
    if "-" in options.paths:
        options = options._replace(stdin=read_stdin())
    parts = groups(options)
    for part in parts:
        _check_names(part, options)
    from meshlint.lint import lint

    reports = [lint(part) for part in parts]
    report = merged(reports)
    code = _exit_code(parts, reports, report)
    view = _view(parts, flags, code)
    _write(report, view, chosen, outs, flags)
    return code


def _outputs(flags: dict[str, Any]) -> tuple[list[str], list[tuple[str, str]]]:
    """The formats for stdout and (format, file) pairs; unknown ones are usage errors."""
    outs = []
    for text in flags["outs"]:
        name, equals, path = text.partition("=")
        if not equals or not path:
            raise click.UsageError(f"--out takes FORMAT=FILE, not `{text}`")
        outs.append((name, path))
    chosen = list(flags["formats"]) or ["full"]
    for name in [*chosen, *(name for name, _ in outs)]:
        if not formats.known(name):
            raise click.UsageError(f"no format `{name}`{near(name, formats.names())}")
    return chosen, outs


def near(word: str, known: list[str]) -> str:
    """`; did you mean "json"?`, or the list of what there is."""
    from difflib import get_close_matches

    found = get_close_matches(word, known, n=1)
    return f"; did you mean `{found[0]}`?" if found else f"; there are {', '.join(known)}"


def read_stdin() -> str:
    """Stdin as text; broken UTF-8 is kept."""
    return sys.stdin.buffer.read().decode("utf-8-sig", "surrogateescape")


def _check_names(options: LintOptions, typed: LintOptions) -> None:
    """Unknown rules and value sets are usage errors, not silence. `typed` holds the flags alone."""
    from meshlint.rules.catalog import matching, select

    unknown = [name for name, _ in select(options.select, options.extend_select, options.ignore).unknown]
    lists = [*options.per_file_ignores.values(), tuple(options.severities)]
    for code in dict.fromkeys(code for codes in lists for code in codes):
        if not matching(code.rstrip("*")):
            unknown.append(code)
    if unknown:
        word = unknown[0]
        on_line = word in (*typed.select, *typed.extend_select, *typed.ignore)
        where = "" if on_line or not options.config else f" (in {options.config})"
        raise unknown_rule(word, where)
    if options.use_sets:
        _check_sets(options)


def unknown_rule(word: str, where: str = "") -> click.UsageError:
    """The usage error for a word that names no rule, with the nearest one that does."""
    from meshlint.rules.catalog import nearest

    like = nearest(word) or nearest(word.upper()) or nearest(word.lower())
    hint = f"; did you mean `{like}`?" if like else "; `meshlint rules` lists them"
    return click.UsageError(f"no rule `{word}`{hint}{where}")


def _check_sets(options: LintOptions) -> None:
    from meshlint.discover import discover
    from meshlint.scenarios import scenarios_of

    everything = options._replace(use_sets=())
    charts = [target.path for target in discover(options).targets if target.kind != "manifests"]
    known = sorted({each.name for chart in charts for each in scenarios_of(chart, everything)})
    for name in options.use_sets:
        if charts and name not in known:
            raise click.UsageError(f"no value set `{name}`{near(name, known)}")


def _exit_code(parts: list[LintOptions], reports: list[Report], report: Report) -> int:
    """The first code by precedence; only a run without any input at all is empty."""
    codes = {
        each.exit_code(part.fail_on or "error", allow_empty=True)
        for part, each in zip(parts, reports, strict=True)
    }
    if report.empty() and not parts[0].allow_empty:
        codes.add(EXIT_NOTHING)
    return next(code for code in PRECEDENCE if code in codes or code == EXIT_OK)


def _view(parts: list[LintOptions], flags: dict[str, Any], code: int) -> View:
    directory = os.path.realpath(os.getcwd())
    terminal = is_terminal(sys.stdout)
    return View(
        color=wants_color(flags["color"], sys.stdout),
        hyperlinks=terminal and os.environ.get("TERM") != "dumb",
        width=terminal_width() if terminal or "COLUMNS" in os.environ else 0,
        verbose=flags["verbose"],
        show_suppressed=flags["show_suppressed"],
        fail_on=parts[0].fail_on or "error",
        exit_code=code,
        root=git_root(directory) or directory,
        directory=directory,
        config=", ".join(dict.fromkeys(part.config for part in parts if part.config)),
    )


def _write(
    report: Report, view: View, chosen: list[str], outs: list[tuple[str, str]], flags: dict[str, Any]
) -> None:
    plain = view._replace(color=False, hyperlinks=False)
    for name, path in outs:
        to_file(path, _render(name, report, plain._replace(width=0)))
    for name in chosen:
        people = formats.human(name)
        to_stdout(_render(name, report, view if people else plain), people)
    people = any(formats.human(name) for name in chosen)
    if _annotates(flags, people):
        sys.stderr.write(_render("github", report, plain))
    if "github" in chosen:
        _step_summary(report, plain)
    if people and not flags["quiet"]:
        from meshlint.report import summary

        sys.stdout.flush()
        color = wants_color(flags["color"], sys.stderr)
        sys.stderr.write(summary.write(report, view._replace(color=color)))


def _render(name: str, report: Report, view: View) -> str:
    if not name.startswith(formats.CUSTOM):
        return formats.render(name, report, view)
    from meshlint.report.templated import TemplateFault

    try:
        return formats.render(name, report, view)
    except TemplateFault as error:
        raise click.UsageError(str(error)) from error


def _annotates(flags: dict[str, Any], people: bool) -> bool:
    if flags["annotations"] is not None:
        return bool(flags["annotations"])
    return people and os.environ.get("GITHUB_ACTIONS") == "true"


def _step_summary(report: Report, view: View) -> None:
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.write(_render("markdown", report, view))


def to_file(path: str, text: str) -> None:
    """Write a file and the folders above it. Raises click.UsageError where that is not possible."""
    try:
        folder = os.path.dirname(path)
        if folder:
            os.makedirs(folder, exist_ok=True)
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(whole(text))
    except OSError as error:
        raise click.UsageError(f"cannot write `{path}`: {(error.strerror or str(error)).lower()}") from error


def to_stdout(text: str, people: bool) -> None:
    """Data is UTF-8 whatever the terminal; text for people is what the terminal can show."""
    encoding = (sys.stdout.encoding or "utf-8") if people else "utf-8"
    data = whole(text).encode(encoding, "replace")
    buffer = getattr(sys.stdout, "buffer", None)
    sys.stdout.flush()
    if buffer is None:
        sys.stdout.write(data.decode(encoding))
    else:
        buffer.write(data)
        buffer.flush()


def terminal_width() -> int:
    """The columns of the terminal, or what COLUMNS says."""
    from shutil import get_terminal_size

    return get_terminal_size().columns
