"""Charts explored in tests: what is never rendered, what is tried, and what it makes appear."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from meshlint.explore.goals import Opened
from meshlint.explore.variant import Search
from meshlint.helm.loader import load_chart
from meshlint.helm.render import render_chart
from meshlint.helm.scenario import Scenario
from meshlint.kube.document import documents_of_rendered
from meshlint.kube.fields import dig
from tests.rules.worlds import write

ROUTE = """\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: review}
"""


class Tried(NamedTuple):
    """A variant that was rendered: its flags, and the objects it made as `Kind/name`."""

    flags: tuple[str, ...]
    objects: tuple[str, ...]


def explore(folder: Path, files: dict[str, str], most: int = 16, **scenario: object) -> list[Tried]:
    """The variants of a chart, as they were tried."""
    write(folder, files)
    chart = load_chart(str(folder))
    base = Scenario(**scenario)  # type: ignore[arg-type]
    rendered = render_chart(chart, base, tolerant=True)
    search = Search("default", rendered, chart, Opened([rendered]))
    found: list[Tried] = []
    while (variant := search.next()) is not None and len(found) < most:
        again = Scenario(**scenario)  # type: ignore[arg-type]
        again.overlay = variant.values
        again.api_versions += variant.apis
        result = render_chart(chart, again, tolerant=True)
        search.learn(variant, result)
        documents = [
            each
            for file in result.files.values()
            for each in documents_of_rendered(file.text, file.source)[0]
        ]
        objects = [f"{each.value.get('kind')}/{dig(each.value, ('metadata', 'name'))}" for each in documents]
        found.append(Tried(variant.flags, tuple(sorted(objects))))
    return found
