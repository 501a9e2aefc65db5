"""Picture: the mesh as nodes and edges, each edge with a verdict and the places it rests on.

In: what the drawing modules put on a Canvas. Out: a Picture in a fixed order, whole or only what leads
to and from chosen nodes. Cards (Gateways, routes, Services, workloads) have rows (servers, single routes,
subsets), which are nodes with a parent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple

from meshlint.mesh.breaks import BREAKS, Break
from meshlint.mesh.steps import Spot

NodeKind = Literal["client", "gateway", "server", "routes", "route", "service", "subset", "workload"]
NodeState = Literal["here", "context", "missing", "outside"]
EdgeKind = Literal["exposes", "binds", "delegates", "routes", "alias", "selects"]
Verdict = Literal["ok", "unknown", "broken"]

KINDS: tuple[NodeKind, ...] = (
    *("client", "gateway", "server", "routes", "route"),
    *("service", "subset", "workload"),
)
WORSE: dict[Verdict, int] = {"ok": 0, "unknown": 1, "broken": 2}


class Node(NamedTuple):
    """A card, or a row of one.

    key       `Service/shop/web`, `Service/shop/web#v1`; stable from run to run
    what      what people call it: the kind of the object, "subset", "server", "http route"
    title     its name; `about` one line under it
    parent    key of the card a row belongs to, "" for cards
    state     "here", "context" (known to exist, not linted), "missing", or "outside" the input
    spot      where it is written, None if it is not
    facts     (name, value) pairs for people
    """

    key: str
    kind: NodeKind
    what: str
    title: str
    namespace: str = ""
    about: str = ""
    parent: str = ""
    state: NodeState = "here"
    spot: Spot | None = None
    facts: tuple[tuple[str, str], ...] = ()


class Edge(NamedTuple):
    """What leads from one node to another.

    kind      "exposes" (a client reaches a server), "binds" (a server has these routes), "delegates",
              "routes" (requests go to a service or subset), "alias", "selects" (pods behind it)
    label     a few words on the line: `90 %`, `80 to 8080`
    code      of the break table, "" unless broken
    detail    one clause: why it is broken or unknown, or what is taken for granted
    clusters  the Envoy clusters it stands for
    share     percent of the route's requests, None where that has no meaning
    spots     the places it rests on, the decisive one first
    confirm   the command that shows a break in a running cluster, "" if there is none
    http      another status than the break table's (Gateway API routes answer 500 where others answer 503)
    """

    source: str
    target: str
    kind: EdgeKind
    label: str = ""
    verdict: Verdict = "ok"
    code: str = ""
    detail: str = ""
    clusters: tuple[str, ...] = ()
    share: float | None = None
    mirror: bool = False
    spots: tuple[Spot, ...] = ()
    http: str = ""
    confirm: str = ""

    @property
    def fault(self) -> Break | None:
        """The entry of the break table for a broken edge, with the symptom callers see here."""
        found = BREAKS.get(self.code)
        if found is None or not self.http:
            return found
        return found._replace(symptom=found.symptom._replace(http=self.http))


class Picture(NamedTuple):
    """Nodes (rows behind their card), edges, and sentences about what is not drawn."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    notes: tuple[str, ...] = ()

    def broken(self) -> list[Edge]:
        """The broken edges, in order."""
        return [edge for edge in self.edges if edge.verdict == "broken"]


class Canvas:
    """Collects nodes and edges: the first node of a key stays, the worst of equal edges wins."""

    __slots__ = ("edges", "nodes", "notes")

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.edges: dict[tuple[str, str, str, str], Edge] = {}
        self.notes: list[str] = []

    def put(self, node: Node) -> str:
        """Add a node unless its key is there; the key."""
        self.nodes.setdefault(node.key, node)
        return node.key

    def draw(self, edge: Edge) -> None:
        """Add an edge; of two with the same ends, kind and label one stays, with the clusters of both."""
        key = (edge.source, edge.target, edge.kind, edge.label)
        known = self.edges.get(key)
        if known is not None:
            worst = edge if WORSE[edge.verdict] > WORSE[known.verdict] else known
            edge = worst._replace(
                clusters=tuple(dict.fromkeys((*worst.clusters, *known.clusters, *edge.clusters)))
            )
        self.edges[key] = edge

    def picture(self) -> Picture:
        """Everything in a fixed order; context objects only where something of the input touches them."""
        kept = self._touched()
        cards = sorted((node for node in kept.values() if not node.parent), key=_card_order)
        rows: dict[str, list[Node]] = {}
        for node in kept.values():
            if node.parent:
                rows.setdefault(node.parent, []).append(node)
        nodes = tuple(
            node for card in cards for node in (card, *sorted(rows.get(card.key, ()), key=_row_order))
        )
        rank = {node.key: at for at, node in enumerate(nodes)}
        edges = [edge for edge in self.edges.values() if edge.source in rank and edge.target in rank]
        edges.sort(key=lambda edge: (rank[edge.source], rank[edge.target], edge.kind, edge.label))
        return Picture(nodes, tuple(edges), tuple(self.notes))

    def _touched(self) -> dict[str, Node]:
        """The nodes without context objects that no edge joins to an object of the input."""
        near = {key for key, node in self.nodes.items() if node.state == "here" and node.kind != "client"}
        for edge in self.edges.values():
            if self.nodes[edge.source].state == "here" or self.nodes[edge.target].state == "here":
                near |= {edge.source, edge.target}
        size = 0
        while size != len(near):  # whatever stands behind these
            size = len(near)
            near |= {edge.target for edge in self.edges.values() if edge.source in near}
        near |= {self.nodes[key].parent for key in near} - {""}
        return {
            key: node
            for key, node in self.nodes.items()
            if key in near or (node.parent in near and node.kind != "subset")
        }


def _card_order(node: Node) -> tuple[int, str, str, str, str]:
    return KINDS.index(node.kind), node.namespace, node.what, node.title, node.key


def _row_order(node: Node) -> tuple[bool, tuple[str, ...]]:
    """Routes and servers as they are written, subsets as they came, missing ones last."""
    path = node.spot.path if node.spot is not None and node.kind != "subset" else ()
    return node.state == "missing", tuple(f"{step:09}" if isinstance(step, int) else step for step in path)


def leading(picture: Picture, chosen: Callable[[Node], bool], depth: int = 0) -> Picture:
    """The part that leads to and from the chosen nodes, at most `depth` edges away (0: any number).

    The cards of every kept row are kept, and the rows of a chosen card.
    """
    cards = [node for node in picture.nodes if chosen(node)]
    ids = {node.key for node in cards}
    ids |= {node.key for node in picture.nodes if node.parent in ids}
    kept = _closure(picture, ids, depth, forward=True) | _closure(picture, ids, depth, forward=False)
    return _only(picture, kept, [edge for edge in picture.edges if {edge.source, edge.target} <= kept])


def broken_paths(picture: Picture) -> Picture:
    """The part that leads to and from broken edges."""
    faulty = picture.broken()
    before = _closure(picture, {edge.source for edge in faulty}, 0, forward=False)
    after = _closure(picture, {edge.target for edge in faulty}, 0, forward=True)
    kept = before | after
    edges = [
        edge
        for edge in picture.edges
        if edge.verdict == "broken"
        or {edge.source, edge.target} <= before
        or {edge.source, edge.target} <= after
    ]
    return _only(picture, kept, edges)


def _only(picture: Picture, kept: set[str], edges: Iterable[Edge]) -> Picture:
    kept = kept | {node.parent for node in picture.nodes if node.key in kept}
    return Picture(tuple(node for node in picture.nodes if node.key in kept), tuple(edges), picture.notes)


def _closure(picture: Picture, start: set[str], depth: int, *, forward: bool) -> set[str]:
    """The nodes that can be reached along (or against) the edges.

    Whatever reaches a card of routes or a gateway goes on from each of its rows; a Service's subsets
    are ways of their own.
    """
    parents = {node.key: node.parent for node in picture.nodes if node.kind in ("server", "route")}
    rows: dict[str, list[str]] = {}
    for key, parent in parents.items():
        rows.setdefault(parent, []).append(key)
    ways: dict[str, list[str]] = {}
    for edge in picture.edges:
        source, target = (edge.source, edge.target) if forward else (edge.target, edge.source)
        ways.setdefault(source, []).append(target)
    seen, front = set(start), sorted(start)
    steps = 0
    while front and (not depth or steps < depth):
        steps += 1
        beside = [row for key in front for row in (rows.get(key, []) if forward else [parents.get(key, "")])]
        following = {target for key in (*front, *beside) for target in ways.get(key, ())}
        seen.update(key for key in beside if key)
        front = sorted(following - seen)
        seen |= following
    return seen
