"""The shared conformance suites: byte identity with real Helm, and the law of origins over every golden."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from meshlint.helm.loader import load_chart
from meshlint.helm.manifests import RenderedFile, split
from meshlint.text.source import Source
from tests.conformance import helm_charts, helm_vectors
from tests.conformance.suite import Case, default_root

ROOT = default_root()
needs_shared = pytest.mark.skipif(not (ROOT / "helm").is_dir(), reason="shared conformance data is absent")
# Cases that must pass of the shared sample: a floor, raised whenever more pass.
FLOORS = {("vectors", "4"): 1001, ("vectors", "3"): 1001, ("charts", "4"): 91, ("charts", "3"): 91}


@pytest.fixture(autouse=True)
def _universal_time(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The goldens were made with TZ=UTC."""
    before = os.environ.get("TZ")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    if before is None:
        os.environ.pop("TZ", None)
    time.tzset()


def failures(cases: list[Case]) -> str:
    return "\n".join(f"{case.name}: {case.difference}" for case in cases if not case.passed)


@needs_shared
@pytest.mark.parametrize("compat", ["4", "3"])
def test_vectors_are_byte_identical(compat: str) -> None:
    cases = helm_vectors.run(ROOT, compat)
    assert sum(case.passed for case in cases) >= FLOORS["vectors", compat], failures(cases)


@needs_shared
@pytest.mark.parametrize("compat", ["4", "3"])
def test_charts_are_byte_identical(compat: str) -> None:
    cases = helm_charts.run(ROOT, compat)
    assert sum(case.passed for case in cases) >= FLOORS["charts", compat], failures(cases)


@needs_shared
def test_every_character_of_every_golden_has_an_origin() -> None:
    for path, entry, _ in helm_charts.entries(ROOT, "4"):
        rendered = helm_charts.rendered(load_chart(str(path)), path, entry, "4")
        for file in rendered.files.values():
            check_origins(file)


def check_origins(file: RenderedFile) -> None:
    """The law: the parts joined are the text, and verbatim parts stand in the source they name."""
    text = str(file.text)
    assert "".join(part.text for part in file.text.parts) == text
    for part in file.text.parts:
        span = part.origin.span
        assert span is not None
        assert isinstance(span.source, Source)
        assert 0 <= span.start <= span.end <= len(span.source.text)
        if span.verbatim:
            start = span.start + part.shift
            assert span.source.text[start : start + len(part.text)] == part.text
    for manifest in split(file):
        assert "".join(part.text for part in manifest.text.parts) == str(manifest.text)
        assert text.startswith(str(manifest.text), manifest.start)
