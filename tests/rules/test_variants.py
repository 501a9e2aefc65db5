"""A folder of variants, the same objects for staging and for production, conflicts with itself nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from meshlint.lint import lint
from meshlint.options import LintOptions
from meshlint.rules import pages
from tests.rules.worlds import is_chart, write

PLAIN = [
    (name.partition("-")[0], example.files)
    for name in pages.names()
    for example in pages.read(pages.page(name.partition("-")[0])).examples("Good")
    if not is_chart(example.files) and all(file.endswith(".yaml") for file in example.files)
]


@pytest.mark.parametrize(("code", "files"), PLAIN, ids=lambda value: value if isinstance(value, str) else "")
def test_two_variants_say_no_more_than_one(code: str, files: dict[str, str], tmp_path: Path) -> None:
    for variant in ("staging", "production"):
        write(tmp_path / variant, files)
    found = [
        {(each.finding.code, each.finding.object) for each in lint(_options(path)).open()}
        for path in (tmp_path / "staging", tmp_path)
    ]
    assert found[1] <= found[0], code


def _options(path: Path) -> LintOptions:
    return LintOptions(paths=(str(path),), isolated=True)
