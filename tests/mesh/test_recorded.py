"""The model predicts what a real istiod sent (recorded/README.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from meshlint.mesh.graph import Mesh
from meshlint.mesh.settings import Settings, with_mesh_config
from tests.mesh.envoy_view import view
from tests.mesh.golden import resources

FILES = sorted((Path(__file__).parent / "recorded").glob("*.yaml"))
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_model_predicts_what_istiod_sent(path: Path) -> None:
    recorded: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)
    settings = with_mesh_config(Settings(closed_world=True), recorded.get("mesh", {}))
    mesh = Mesh.build(resources(recorded["manifests"]), settings)
    for proxy, expected in recorded["proxies"].items():
        predicted = view(mesh, proxy)
        predicted["endpoints"] = {name: " ".join(found) for name, found in predicted["endpoints"].items()}
        for part in expected:
            assert predicted[part] == expected[part], (proxy, part)


def test_there_are_a_few_dozen() -> None:
    assert len(FILES) > 40
