"""Origins of whole charts: margins that were checked by hand, and the law of mutation.

Each page of tests/fixtures/origins/ is a chart; beside it stands what `meshlint render --origins` prints,
checked by hand line by line (`--update` rewrites it). The law: change one literal of a template or one
value, and the rendered lines that change are those whose origins name it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from meshlint.cli.main import exit_code
from meshlint.helm.chart import Chart
from meshlint.helm.loader import load_chart
from meshlint.helm.render import Rendered, render_chart
from meshlint.helm.scenario import Scenario
from meshlint.text.origin import KeyOrigin, Origin, Read
from meshlint.text.rope import Part
from tests.conftest import Snapshot
from tests.rules.worlds import write
from tests.shared import shared

PAGES = sorted((Path(__file__).parent.parent / "fixtures" / "origins").glob("*.yaml"))
NAMES = [path.stem for path in PAGES]
# Real charts whose values and templates are mutated where the reference cases are present.
CHARTS = (
    "stefanprodan__podinfo__charts__podinfo",
    "prometheus-community__helm-charts__charts__prometheus-blackbox-exporter",
    "helm__charts__stable__sealed-secrets",
)
WORD = re.compile(r"[a-z]{3,}")
# Functions whose result is not made of pieces of their argument: a changed argument changes all of it.
OPAQUE = re.compile(r"sha256sum|b64enc|fromYaml|toJson|\beq\b|\bne\b|\bif\b|contains|hasKey|AsConfig|Files")
# Functions that may hide a change of their argument.
LOSSY = re.compile(r"trunc|ternary|\bnot\b|b64enc|keys|len|\bint\b|default|semverCompare")


def page(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(path.read_text())
    return read


@pytest.mark.parametrize("path", PAGES, ids=NAMES)
def test_margins(
    path: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    snapshot: Snapshot,
) -> None:
    described = page(path)
    write(tmp_path, described["files"])
    monkeypatch.chdir(tmp_path)
    assert exit_code(["render", ".", "--origins", *described.get("arguments", [])]) == 0
    snapshot(path.with_suffix(".txt"), capsys.readouterr().out)


# ------------------------------------------------------------------------------------ the law of mutation


def lines(rendered: Rendered) -> dict[tuple[str, int], list[Part]]:
    """The parts of each rendered line."""
    found: dict[tuple[str, int], list[Part]] = {}
    for name, file in rendered.files.items():
        number = 1
        for part in file.text.parts:
            at = 0
            for index, piece in enumerate(part.text.split("\n")):
                number += index > 0
                if piece.strip():
                    cut = Part(piece, part.origin, part.shift + at)
                    found.setdefault((name, number), []).append(cut)
                at += len(piece) + 1
    return found


def texts(rendered: Rendered) -> dict[tuple[str, int], str]:
    return {
        (name, number): line
        for name, file in rendered.files.items()
        for number, line in enumerate(str(file.text).split("\n"), 1)
    }


def changed(before: Rendered, after: Rendered) -> set[tuple[str, int]] | None:
    """The lines that differ; None if lines came or went, so that they cannot be laid side by side."""
    old, new = texts(before), texts(after)
    return None if old.keys() != new.keys() else {key for key in old if old[key] != new[key]}


def render(chart: Chart) -> Rendered:
    return render_chart(chart, Scenario())


def replaced(folder: Path, file: Path, start: int, end: int, text: str) -> Rendered:
    """The chart with one stretch of a file written anew; the file is as before afterwards."""
    before = file.read_text(encoding="utf-8")
    try:
        file.write_text(before[:start] + text + before[end:], encoding="utf-8")
        return render(load_chart(str(folder)))
    finally:
        file.write_text(before, encoding="utf-8")


def sample(found: list[Any], most: int) -> list[Any]:
    """About `most` of the things, evenly spread."""
    return found[:: max(len(found) // most, 1)]


def check_literals(folder: Path, most: int) -> int:
    """Change words of text nodes; the number that could be compared."""
    before = render(load_chart(str(folder)))
    by_line = lines(before)
    words: dict[tuple[str, int], None] = {}
    for parts in by_line.values():
        for part in parts:
            span = part.origin.span
            if span is not None and span.verbatim and span.source.kind == "template":
                for word in WORD.finditer(part.text):
                    words[span.source.path, span.start + part.shift + word.start()] = None
    compared = 0
    for path, offset in sample(list(words), most):
        after = replaced(folder, Path(path), offset, offset + 1, "Q")
        differing = changed(before, after)
        if differing is None:
            continue
        compared += 1
        naming = {key for key, parts in by_line.items() if any(covers(part, path, offset) for part in parts)}
        assert naming <= differing, (path, offset)
        for key in differing - naming:
            assert any(is_opaque(part.origin) for part in by_line[key]), (path, offset, key)
    return compared


def covers(part: Part, path: str, offset: int) -> bool:
    span = part.origin.span
    if span is None or not span.verbatim or (span.source.path, span.source.kind) != (path, "template"):
        return False
    start = span.start + part.shift
    return start <= offset < start + len(part.text)


def is_opaque(origin: Origin) -> bool:
    """True if the text was computed, or stands under a condition, from what another template wrote."""
    written = [] if origin.span is None or origin.span.verbatim else [origin.span]
    guards = [scope.span for scope in (origin.scope.links() if origin.scope is not None else ())]
    return any(OPAQUE.search(span.text()) for span in (*written, *guards))


def check_values(folder: Path, most: int) -> int:
    """Change scalars of values.yaml; the number that could be compared."""
    chart = load_chart(str(folder))
    before = render(chart)
    by_line = lines(before)
    file = folder / "values.yaml"
    compared = 0
    for origin in sample(list(scalars(chart.values)), most):
        written = origin.source.text[origin.value_start : origin.value_end]
        offset = next((word.end() for word in re.finditer(r"[a-z0-9]+", written)), 0)
        if written in ("true", "false") or not offset or "{{" in written:
            continue
        digit = written[offset - 1].isdigit()
        at = origin.value_start + offset
        differing = changed(before, replaced(folder, file, at, at, "7" if digit else "q"))
        if differing is None:
            continue
        compared += 1
        for key, parts in by_line.items():
            if key in differing:
                assert any(names(part.origin, origin) for part in parts), (origin, key)
            for part in parts if key not in differing else ():
                if any(found.path == origin.path for found in part.origin.written()):
                    assert part.origin.span is not None
                    assert LOSSY.search(whole(part.origin.span)), (origin, key)
    return compared


def whole(span: Any) -> str:
    """The line of the template on which a span begins: functions may stand in front of it."""
    line, _ = span.source.position(span.start)
    found: str = span.source.line_text(line)
    return found


def scalars(values: Any) -> Iterator[KeyOrigin]:
    for key in values if isinstance(values, dict) else range(len(values)):
        value = values[key]
        origin = getattr(values, "origins", {}).get(key)
        if isinstance(value, (dict, list)):
            yield from scalars(value)
        elif isinstance(origin, KeyOrigin) and value not in (None, ""):
            yield origin


def same(one: KeyOrigin, other: KeyOrigin) -> bool:
    """True if one stands at or below the other."""
    begins = (one.source.path, *one.path[: len(other.path)]) == (other.source.path, *other.path)
    return begins or (other.source.path, *other.path[: len(one.path)]) == (one.source.path, *one.path)


def names(origin: Origin, wanted: KeyOrigin) -> bool:
    """True if the value, or a container with it, went into the text, or was looked at by a condition."""
    scopes = origin.scope.links() if origin.scope is not None else ()
    reads = [*origin.reads, *(read for scope in scopes for read in scope.reads)]
    return any(same(found, wanted) for read in reads for found in _written(read))


def _written(read: Read) -> list[KeyOrigin]:
    return Origin(None, None, (Read(read.container, read.key),)).written()


@pytest.mark.parametrize("path", [path for path in PAGES if "arguments" not in page(path)], ids=str)
def test_changes_are_where_origins_say(path: Path, tmp_path: Path) -> None:
    write(tmp_path, page(path)["files"])
    compared = check_literals(tmp_path, 60) + check_values(tmp_path, 60)
    assert compared > 5


@pytest.mark.parametrize("name", CHARTS)
def test_changes_of_real_charts_are_where_origins_say(name: str, tmp_path: Path) -> None:
    source = shared(f"conformance/helm/charts/{name}")
    for file in source.rglob("*"):
        if file.is_file():
            target = tmp_path / file.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    compared = check_literals(tmp_path, 40) + check_values(tmp_path, 40)
    assert compared > 30
