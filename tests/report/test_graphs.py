"""Drawings as text: snapshots, escapes, the layout's promises, and that findings and drawings agree."""

from __future__ import annotations

import json
import random
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from meshlint.mesh.drawing import picture_of
from meshlint.mesh.graph import Mesh
from meshlint.mesh.picture import Picture
from meshlint.mesh.trace.questions import every_trace
from meshlint.mesh.trace.tracer import Tracer
from meshlint.mesh.xds import Xds
from meshlint.model import worlds
from meshlint.options import LintOptions
from meshlint.report.graphs import dot, mermaid, page, text
from meshlint.report.graphs.document import document
from meshlint.report.graphs.layout import GAP_X, layout
from meshlint.report.style import Style
from meshlint.rules import catalog, pages
from meshlint.rules.rule import Context, run_rules
from tests.conftest import Snapshot
from tests.mesh.golden import CASES, load, mesh_of
from tests.rules.worlds import write
from tests.shared import ROOT
from tests.trace.test_samples import CHANGES, NAMES, SAMPLES, Change, broken

GOLDEN = sorted(CASES.glob("*.yaml"))
SNAPSHOTS = Path(__file__).parent / "snapshots"
INPUTS = {"bookshop": "tests/fixtures/graph/bookshop.yaml", "review": "examples/review-rating-chart-broken"}
# What each rule's finding means in the drawing.
CODES = {
    **dict.fromkeys(("DR001", "SVC001", "SVC002"), "EDS-EMPTY"),
    **dict.fromkeys(("VS001", "DR003"), "CDS-NOSUBSET"),
    **dict.fromkeys(("VS002", "VS005", "VS021", "GA003"), "CDS-NOSVC"),
    **dict.fromkeys(("VS003", "VS004", "GA004"), "CDS-NOPORT"),
    **dict.fromkeys(("VS006", "VS007", "GA001"), "RDS-NOVHOST"),
    "VS016": "RDS-NOROUTE",
    "GW002": "LDS-NOLISTENER",
}
# Good examples the mesh judges harder than the rule of the page: a destination under a wildcard
# ServiceEntry has no cluster of its own, and a short host on a Gateway becomes a full name.
HARDER = {("VS002", "CDS-NOSVC"), ("VS030", "RDS-NOVHOST")}
# What one client's request meets, or what leaves the edge in order and is said on it.
NO_EDGE = {
    *("DNS-NX", "RDS-BLOCKED", "RDS-PASSTHROUGH", "POL-401", "POL-403"),
    *("LDS-PROTO", "LDS-CAPTURE", "RDS-SHADOWED", "EDS-PORT"),
}


def drawn(path: str) -> tuple[dict[str, Any], Picture]:
    options = LintOptions(paths=(path,), isolated=True, auto_values=False)
    (world, *_), _ = worlds(options)
    picture = picture_of(world.mesh)
    findings = run_rules(catalog.ALL, Context(world.mesh, world.mesh.resources, [], options))
    return document(picture, findings, path), picture


@pytest.fixture
def at_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.mark.usefixtures("at_root")
@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.parametrize("form", ["txt", "mmd", "dot", "json"])
def test_snapshot(name: str, form: str, snapshot: Snapshot) -> None:
    data, _ = drawn(INPUTS[name])
    data["tool"]["version"] = "VERSION"
    writers = {
        "txt": lambda: text.write(data, Style()),
        "mmd": lambda: mermaid.write(data),
        "dot": lambda: dot.write(data),
        "json": lambda: json.dumps(data, indent=1, ensure_ascii=False) + "\n",
    }
    snapshot(SNAPSHOTS / f"graph-{name}.{form}", writers[form]())


@pytest.mark.usefixtures("at_root")
def test_text_in_colour_is_the_plain_text_painted() -> None:
    data, _ = drawn(INPUTS["bookshop"])
    colored = text.write(data, Style(color=True))
    assert re.sub("\x1b\\[[0-9;]*m", "", colored) == text.write(data, Style())


@pytest.mark.usefixtures("at_root")
def test_the_readme_shows_the_drawing_of_the_broken_example() -> None:
    data, _ = drawn(INPUTS["review"])
    shown = re.findall(r"```mermaid\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert shown == [mermaid.write(data)]


EXAMPLES = [
    (section, name.partition("-")[0], number)
    for section in ("Bad", "Good")
    for name in pages.names()
    for number, _ in enumerate(pages.read(pages.page(name.partition("-")[0])).examples(section))
]


@pytest.mark.parametrize(("section", "code", "number"), EXAMPLES)
def test_drawings_and_findings_agree(section: str, code: str, number: int, tmp_path: Path) -> None:
    example = pages.read(pages.page(code)).examples(section)[number]
    write(tmp_path, example.files)
    options = LintOptions(paths=(str(tmp_path),), isolated=True, auto_values=False)
    found, _ = worlds(options)
    if not found:
        return
    world = found[0]
    findings = run_rules(catalog.ALL, Context(world.mesh, world.mesh.resources, [], options))
    data = document(picture_of(world.mesh), findings)
    broken = [edge for edge in data["edges"] if edge["break"]]
    assert untraced(world.mesh) == []
    told = {CODES[each.code] for each in findings if each.code in CODES and each.precision != "low"}
    assert told <= {edge["break"]["code"] for edge in broken}
    untold = {(code, edge["break"]["code"]) for edge in broken if edge["finding"] is None}
    assert untold <= (HARDER if section == "Good" else set())


def untraced(mesh: Mesh) -> list[str]:
    """Breaks that traces meet at a drawn cluster and the drawing does not show.

    A Service in a namespace without any pods is in doubt, as SVC001 has it: the pods may come from elsewhere.
    """
    picture = picture_of(mesh)
    of_cluster: dict[str, set[str]] = {}
    for edge in picture.edges:
        for cluster in edge.clusters:
            of_cluster.setdefault(cluster, set()).add(edge.code or edge.verdict)
    lost = []
    for trace in every_trace(Tracer(Xds(mesh))):
        for branch in trace.branches:
            step = branch.last
            shown = of_cluster.get(step.name)
            if step.verdict == "BREAK" and shown is not None and not shown & {step.code, "unknown"}:
                lost.append(f"{step.code} {step.name} {trace.origin}")
    return lost


@pytest.mark.parametrize("path", GOLDEN, ids=[path.stem for path in GOLDEN])
def test_drawings_and_traces_agree(path: Path) -> None:
    assert untraced(mesh_of(load(path))) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_that_works_has_no_broken_edge(name: str) -> None:
    for found in worlds(LintOptions(paths=(str(SAMPLES / name),)))[0]:
        picture = picture_of(found.mesh)
        assert picture.edges
        assert [edge for edge in picture.edges if edge.verdict != "ok"] == []


@pytest.mark.parametrize("change", CHANGES, ids=[change.code for change in CHANGES])
def test_a_broken_sample_is_drawn_broken(change: Change, tmp_path: Path) -> None:
    """What a request of one client meets (a policy, a name nobody knows) is no edge of the mesh."""
    (world, *_), _ = worlds(LintOptions(paths=(str(broken(change, tmp_path)),)))
    assert untraced(world.mesh) == []
    shown = {edge.code for edge in picture_of(world.mesh).broken()}
    if change.code not in NO_EDGE:
        assert change.code in shown


# Escapes

NASTY = '"]; end\n  click n0 "javascript:x" <b>&amp; `x` \\ #quot; | \u202e'


def test_mermaid_labels_cannot_end_early() -> None:
    shown = mermaid.escaped(NASTY)
    assert not re.search(r'["\n\[\]<>&`\\;](?<!\d;)', shown)
    assert re.sub(r"#(\d+);", lambda found: chr(int(found.group(1))), shown).startswith('"]; end\n')


def test_dot_strings_cannot_end_early() -> None:
    shown = dot.quoted(NASTY)
    assert re.fullmatch(r'"(?:[^"\\\n]|\\.)*"', shown)


def test_the_data_cannot_end_its_script_element() -> None:
    shown = page.embedded({"name": "</script><!--<script>&\u2028"})
    assert not set(shown) & set("<>&\u2028")
    assert json.loads(shown) == {"name": "</script><!--<script>&\u2028"}


@pytest.mark.usefixtures("at_root")
def test_the_page_asks_for_nothing_from_elsewhere() -> None:
    html = page.write(*drawn(INPUTS["bookshop"]))
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
    assert policy is not None
    assert "default-src &#39;none&#39;" in policy.group(1) or "default-src 'none'" in policy.group(1)
    shell = re.sub(r'<script type="application/json".*?</script>', "", html, flags=re.DOTALL)
    assert not re.search(r"https?://|@import|url\((?!#)", shell)
    assert html.count("<script") == 2


# Layout


def world(cards: int, seed: int) -> dict[str, Any]:
    """A document of about so many cards in several namespaces, joined at random."""
    chance = random.Random(seed)
    namespaces = [f"ns{at}" for at in range(max(1, cards // 25))]
    nodes: list[dict[str, Any]] = []
    edges: list[dict[str, Any]] = []

    def node(kind: str, at: int, parent: str = "") -> str:
        key = f"{parent}#{at}" if parent else f"{kind}/{at}"
        owner = next((one["namespace"] for one in nodes if one["id"] == parent), chance.choice(namespaces))
        nodes.append(
            {"id": key, "kind": kind, "what": kind, "title": key, "namespace": owner, "about": "about"}
            | {"parent": parent or None, "state": "here", "facts": {}, "places": []}
        )
        return key

    def edge(source: str, target: str, kind: str) -> None:
        code = {"code": "EDS-EMPTY", "stage": "EDS", "about": "", "http": "503", "flag": "UH", "body": ""}
        broken = chance.random() < 0.15
        edges.append(
            {"id": f"{source}>{target}{len(edges)}", "source": source, "target": target, "kind": kind}
            | {"label": "100 %", "verdict": "broken" if broken else "ok", "break": code if broken else None}
            | {"clusters": [], "mirror": False, "places": [], "finding": None, "detail": "", "share": None}
        )

    kinds = {"gateway": 1, "routes": 3, "service": 4, "workload": 4}
    made = {
        kind: [node(kind, at) for at in range(max(1, cards * part // 12))] for kind, part in kinds.items()
    }
    for card in made["routes"]:
        edge(chance.choice(made["gateway"]), card, "binds")
        for at in range(chance.randint(1, 4)):
            row = node("route", at, card)
            for _ in range(chance.randint(1, 3)):
                edge(row, chance.choice(made["service"]), "routes")
    for card in made["service"]:
        rows = [node("subset", at, card) for at in range(chance.randint(0, 4))]
        for start in (card, *rows):
            edge(start, chance.choice(made["workload"]), "selects")
    nodes.sort(key=lambda one: not one["parent"])  # rows may come before their cards
    return {"nodes": nodes, "edges": edges}


@pytest.mark.parametrize("cards", [1, 5, 24, 80, 300])
@pytest.mark.parametrize("seed", range(3))
def test_nothing_overlaps(cards: int, seed: int) -> None:
    data = world(cards, seed)
    found = layout(data)
    boxes = [card.box for card in found.cards]
    assert len(boxes) == sum(not node["parent"] for node in data["nodes"])
    assert [pair for pair in combinations(boxes, 2) if pair[0].meets(pair[1])] == []
    bands = dict(found.bands)
    assert [pair for pair in combinations(bands.values(), 2) if pair[0].meets(pair[1])] == []
    for card in found.cards:
        band = bands[card.band]
        assert band.x < card.x
        assert band.y < card.y
        assert card.x + card.w < band.x + band.w
        assert card.y + card.h < band.y + band.h
    assert all(box.x >= 0 and box.x + box.w <= found.width and box.y + box.h <= found.height for box in boxes)


def test_labels_stay_between_the_columns() -> None:
    found = layout(world(80, 1))
    edges_of_cards = sorted({card.x for card in found.cards})
    for wire in found.wires:
        if wire.label_x is not None:
            right = min(x for x in edges_of_cards if x > wire.label_x)
            assert right - GAP_X < wire.label_x < right


@pytest.mark.usefixtures("at_root")
def test_cards_stand_level_with_what_they_are_joined_with() -> None:
    found = {card.node["id"]: card for card in layout(drawn(INPUTS["bookshop"])[0]).cards}
    first, second = found["Service/payments/pay"], found["StatefulSet/payments/pay"]
    assert first.y == second.y
    pods = [found[f"Deployment/books/reviews-{name}"].y for name in ("v1", "v2")]
    assert pods == sorted(pods)  # as the subsets that select them


def test_chains_of_one_namespace_do_not_cross() -> None:
    """Route to Service to pods, many times over, in whatever order they are written."""
    data: dict[str, Any] = {"nodes": [], "edges": []}
    for kind, order in (
        ("routes", [3, 1, 4, 0, 2]),
        ("service", [0, 4, 2, 1, 3]),
        ("workload", [2, 3, 0, 1, 4]),
    ):
        data["nodes"] += [
            {"id": f"{kind}/{at}", "kind": kind, "what": kind, "title": f"{kind}/{at}", "namespace": "shop"}
            | {"about": "", "parent": None, "state": "here", "facts": {}, "places": []}
            for at in order
        ]
    for at in range(5):
        for source, target in (("routes", "service"), ("service", "workload")):
            data["edges"].append(
                {
                    "id": f"{source}{at}",
                    "source": f"{source}/{at}",
                    "target": f"{target}/{at}",
                    "kind": "routes",
                }
                | {"label": "", "verdict": "ok", "break": None, "mirror": False}
            )
    found = {card.node["id"]: card.y for card in layout(data).cards}
    for at in range(5):
        assert found[f"routes/{at}"] == found[f"service/{at}"] == found[f"workload/{at}"]


def test_a_layout_is_the_same_each_time() -> None:
    first, again = layout(world(80, 2)), layout(world(80, 2))
    assert [card.box for card in first.cards] == [card.box for card in again.cards]
    assert first.wires == again.wires
