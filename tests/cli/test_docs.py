"""The documentation of configuration and reports is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from meshlint.config import groups
from meshlint.options import LintOptions
from meshlint.report import formats
from tests.architecture.graph import ROOT


def test_the_documented_configuration_is_valid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    text = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/configuration.md").read_text(), re.DOTALL)[0]
    Path(".meshlint.yaml").write_text(re.sub(r"(?m)^extends:.*$", "", text))
    (options,) = groups(LintOptions(paths=(".",)))
    assert (options.profile, options.fail_on, options.ignores[0].expires) == ("1.24", "error", "2026-12-31")


def test_every_format_is_documented() -> None:
    table = (ROOT / "docs/reports.md").read_text()
    assert [name for name in formats.names() if f"`{name}`" not in table] == []


def test_every_key_of_the_configuration_is_documented() -> None:
    import json

    schema = json.loads((ROOT / "meshlint/config.schema.json").read_text())
    text = (ROOT / "docs/configuration.md").read_text()
    assert [key for key in schema["properties"] if not re.search(rf"(?m)^{key}:", text)] == []


def test_every_field_of_the_graph_is_documented() -> None:
    import json

    data = json.loads((ROOT / "tests/report/snapshots/graph-review.json").read_text())
    text = (ROOT / "docs/graph.md").read_text()
    (edge,) = [edge for edge in data["edges"] if edge["break"]]
    fields = {*data, *data["summary"], *data["nodes"][0], *edge, *edge["break"], *edge["finding"]} - {
        "nodes",
        "edges",
    }
    assert [field for field in sorted(fields) if f"`{field}`" not in text] == []
