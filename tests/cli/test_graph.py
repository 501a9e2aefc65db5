from __future__ import annotations

import json
from pathlib import Path

import pytest

from meshlint.cli.main import exit_code
from tests.cli.runs import BROKEN, HEALTHY, meshlint
from tests.shared import ROOT

BOOKSHOP = str(ROOT / "tests/fixtures/graph/bookshop.yaml")
Captured = pytest.CaptureFixture[str]


def out(capsys: Captured, *arguments: str) -> str:
    assert exit_code(["graph", *arguments]) == 0
    return capsys.readouterr().out


def test_the_broken_example_as_text(capsys: Captured) -> None:
    shown = out(capsys, str(BROKEN))
    assert 'EDS-EMPTY 503 UH "no healthy upstream"' in shown
    assert "_helpers.tpl:4:1" in shown
    assert shown.endswith("5 edges between 6 objects: 1 broken\n")
    assert out(capsys, str(HEALTHY)).endswith(": none broken\n")


def test_values_decide(capsys: Captured) -> None:
    shown = out(capsys, str(HEALTHY), "--set", "routing.subset=v2")
    assert "x-> Deployment review/review" in shown


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("g.html", "<!doctype html>"),
        ("deep/g.mmd", "flowchart LR\n"),
        ("g.dot", "digraph mesh {"),
        ("g.json", "{\n"),
        ("g.txt", "outside"),
    ],
)
def test_the_suffix_names_the_format(name: str, start: str, tmp_path: Path, capsys: Captured) -> None:
    assert out(capsys, BOOKSHOP, "--out", str(tmp_path / name)) == ""
    assert (tmp_path / name).read_text().startswith(start)


def test_json_carries_the_finding(capsys: Captured) -> None:
    data = json.loads(out(capsys, str(BROKEN), "--format", "json"))
    (edge,) = [edge for edge in data["edges"] if edge["break"]]
    assert edge["break"]["code"] == "EDS-EMPTY"
    assert edge["finding"]["code"] == "DR001"
    assert edge["places"][0]["file"].endswith("templates/_helpers.tpl")
    assert data["summary"] == {"cards": 6, "edges": 5, "broken": 1, "unknown": 0}


@pytest.mark.parametrize("word", ["pay.payments.svc.cluster.local", "Service/payments/pay", "service/pay"])
def test_focus(word: str, capsys: Captured) -> None:
    shown = out(capsys, BOOKSHOP, "--focus", word)
    assert "VirtualService payments/pay" in shown
    assert "reviews" not in shown


def test_focus_namespace_and_broken(capsys: Captured) -> None:
    shown = out(capsys, BOOKSHOP, "--focus-namespace", "payments")
    assert "Service books/" not in shown
    shown = out(capsys, BOOKSHOP, "--broken")
    assert "Service books/productpage" not in shown
    assert shown.endswith("6 broken\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--focus", "revews"], "nothing is called `revews`; did you mean `reviews`?"),
        (["--focus-namespace", "book"], "nothing is in namespace `book`; did you mean `books`?"),
        (["--depth", "2"], "--depth needs --focus"),
        (["--format", "png"], "'png' is not one of"),
    ],
)
def test_usage_errors(arguments: list[str], said: str, capsys: Captured) -> None:
    assert exit_code(["graph", BOOKSHOP, *arguments]) == 2
    assert said in capsys.readouterr().err


def test_exit_codes(tmp_path: Path) -> None:
    assert exit_code(["graph", str(tmp_path)]) == 3
    (tmp_path / "bad.yaml").write_text("apiVersion: v1\nkind: [\n")
    assert exit_code(["graph", str(tmp_path)]) == 4
    assert exit_code(["graph", BOOKSHOP, "--out", "/dev/null/x.html"]) == 2


def test_stdin_and_other_inputs(tmp_path: Path) -> None:
    text = Path(BOOKSHOP).read_text()
    run = meshlint("graph", "-", "--color", "never", cwd=tmp_path, text=text)
    assert run.code == 0
    assert run.out.endswith("6 broken\n")
    for name in ("a", "b"):
        (tmp_path / name / "templates").mkdir(parents=True)
        (tmp_path / name / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: 0.1.0\n")
        (tmp_path / name / "templates/x.yaml").write_text(text)
    run = meshlint("graph", ".", cwd=tmp_path)
    assert run.err == "only `a` is looked at; also there: b\n"
