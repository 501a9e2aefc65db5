"""A plain run loads nothing heavy: start-up time is paid at every commit."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.architecture.graph import ROOT

HEAVY = {
    *("asyncio", "attr", "dataclasses", "decimal", "difflib", "fractions", "importlib.metadata"),
    *("importlib.resources", "jinja2", "jsonschema", "logging", "markupsafe", "multiprocessing"),
    *("referencing", "sarif_om", "sqlite3", "ssl", "tarfile", "tomllib", "urllib.request"),
}
# What click itself brings in is not ours to refuse.
PROGRAM = """
import sys, json
import click
brought_by_click = set(sys.modules)
from meshlint.cli.main import run
try:
    run({arguments!r})
except SystemExit:
    pass
print(json.dumps(sorted(set(sys.modules) - brought_by_click)), file=sys.stderr)
"""


def loaded(arguments: list[str]) -> set[str]:
    import json

    program = PROGRAM.format(arguments=arguments)
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    return set(json.loads(run.stderr.splitlines()[-1]))


@pytest.mark.parametrize(
    "arguments",
    [["chart", "examples/review-rating-chart"], ["check", "examples/review-rating-chart"], ["--version"]],
    ids=" ".join,
)
def test_a_plain_run_loads_nothing_heavy(arguments: list[str]) -> None:
    assert sorted(loaded(arguments) & HEAVY) == []


def test_a_hook_with_no_relevant_file_does_not_even_load_yaml() -> None:
    assert sorted(loaded(["hook", "README.md"]) & {*HEAVY, "yaml", "meshlint.lint"}) == []
