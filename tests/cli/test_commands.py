"""The command line as a whole: usage, help, rules, explain."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from meshlint import __version__
from meshlint.cli.app import COMMANDS, with_command
from meshlint.cli.main import exit_code
from meshlint.rules.catalog import ALL
from tests.cli.runs import meshlint

Captured = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("arguments", "with_check"),
    [
        ([], []),
        (["check", "x"], ["check", "x"]),
        (["."], ["check", "."]),
        (["a/b"], ["check", "a/b"]),
        (["-"], ["check", "-"]),
        (["--fail-on", "never", "."], ["check", "--fail-on", "never", "."]),
        (["--version"], ["--version"]),
        (["-h"], ["-h"]),
        (["chekc"], ["chekc"]),
    ],
)
def test_a_bare_path_means_check(arguments: list[str], with_check: list[str]) -> None:
    assert with_command(arguments) == with_check


def test_version(capsys: Captured) -> None:
    assert exit_code(["--version"]) == 0
    assert capsys.readouterr().out == f"meshlint, version {__version__}\n"


def test_help_without_arguments(capsys: Captured) -> None:
    assert exit_code([]) == 0
    out = capsys.readouterr().out
    assert all(f"  {entry.name}  " in out for entry in COMMANDS)


@pytest.mark.parametrize("command", [entry.name for entry in COMMANDS])
def test_every_command_has_help(command: str, capsys: Captured) -> None:
    assert exit_code([command, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: meshlint {command} ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["chekc"], "no command and no path `chekc`; did you mean `check`?"),
        (["check", "--format", "yson"], "no format `yson`; did you mean `json`?"),
        (["check", "--out", "sarif"], "--out takes FORMAT=FILE"),
        (
            ["check", "--allow-empty", "--out", "json=/dev/null/x"],
            "cannot write `/dev/null/x`",
        ),
        (["check", "--fail-on", "bad"], "'bad' is not one of"),
        (["check", "--select", "VS27"], "no rule `VS27`; did you mean `VS027`?"),
        (["check", "--ignore", "VS027,nope"], "no rule `nope`"),
        (["check", "--config", "nope.yaml"], "nope.yaml: cannot read"),
        (["explain", "VS27"], "no rule `VS27`; did you mean `VS027`?"),
        (["rules", "zzz"], "no rule `zzz`; `meshlint rules` lists them"),
        (["chart"], "Missing argument"),
        (["check", "--nope"], "No such option"),
    ],
)
def test_usage_errors_exit_2(
    arguments: list[str], said: str, capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert exit_code(arguments) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.out == ""


def test_rules_as_json(capsys: Captured) -> None:
    assert exit_code(["rules", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["code"] for row in rows] == [rule.code for rule in ALL]
    assert {"name", "summary", "severity", "precision", "default", "tags", "peers", "since"} <= set(rows[0])


def test_rules_by_prefix_and_peer(capsys: Captured) -> None:
    assert exit_code(["rules", "INP", "KIA1104"]) == 0
    codes = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert codes == ["INP001", "INP002", "INP003", "VS027"]


@pytest.mark.parametrize("word", ["VS027", "vs027", "weight-of-lone-destination", "KIA1104"])
def test_explain(word: str, capsys: Captured) -> None:
    assert exit_code(["explain", word]) == 0
    out = capsys.readouterr().out
    assert out.startswith("VS027 weight-of-lone-destination\n")
    assert "Why it breaks" in out
    assert "```" not in out
    assert "\x1b" not in out


def test_explain_raw_is_the_page(capsys: Captured) -> None:
    assert exit_code(["explain", "--raw", "VS027"]) == 0
    assert capsys.readouterr().out.startswith("---\ncode: VS027\n")


def test_the_schema_is_printed(capsys: Captured) -> None:
    assert exit_code(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "meshlint configuration"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: str, capsys: Captured, tmp_path: Path) -> None:
    assert exit_code(["completion", shell]) == 0
    assert f"_MESHLINT_COMPLETE={shell}_complete" in capsys.readouterr().out


def test_a_shell_completes_commands(tmp_path: Path) -> None:
    words = {"_MESHLINT_COMPLETE": "bash_complete", "COMP_WORDS": "meshlint che", "COMP_CWORD": "1"}
    assert meshlint(cwd=tmp_path, **words).out == "plain,check\n"


def test_a_closed_pipe_is_no_crash(tmp_path: Path) -> None:
    import subprocess
    import sys

    from tests.architecture.graph import ROOT

    command = f"'{sys.executable}' -m meshlint rules | head -1"
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stderr == ""


def test_module_and_hook_agree_on_nothing_to_do(tmp_path: Path) -> None:
    assert meshlint("hook", "README.md", cwd=tmp_path) == (0, "", "")
