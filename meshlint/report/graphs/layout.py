"""Room: report. Where everything of the page's drawing stands: columns by kind, bands by namespace.

In: the document. Out: a Layout in pixels. Requests run from left to right: callers, Gateways, routes,
Services, pods; each namespace is a band across the columns, so nothing overlaps however much there is.
Within a band, cards stand as near as they can to what they are joined with (isotonic regression).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from meshlint.report.graphs.lines import short_symptom

CARD, NARROW = 264, 168
GAP_X, GAP_Y = 150, 18
MARGIN = 40
HEAD, ABOUT, ROW, LINE, FOOT = 46, 18, 38, 22, 8
BAND_TOP, BAND_BOTTOM, BAND_GAP = 44, 22, 26
COLUMNS = ("client", "gateway", "routes", "delegates", "service", "workload")
TITLES = {
    "gateway": "Gateways",
    "routes": "Routes",
    "delegates": "Delegates",
    "service": "Services and subsets",
    "workload": "Pods",
}
_SWEEPS = 6
_WEAK = 0.1
_MANY = 8
_SPOTS = (0.5, 0.36, 0.64, 0.25, 0.75)

Doc = dict[str, Any]


class Box(NamedTuple):
    """A rectangle."""

    x: float
    y: float
    w: float
    h: float

    def meets(self, other: Box) -> bool:
        """True if the two overlap."""
        return (
            self.x < other.x + other.w
            and other.x < self.x + self.w
            and self.y < other.y + other.h
            and other.y < self.y + self.h
        )


class Card:
    """A card on its way to a place: its rows, the lines of its routes, and the height they take.

    anchors   y of each row, and of each edge that has a line of its own, from the top of the card
    """

    __slots__ = ("anchors", "band", "column", "h", "node", "rows", "w", "x", "y")

    def __init__(self, node: Doc, column: str, rows: list[Doc], leaving: dict[str, list[Doc]]) -> None:
        self.node = node
        self.column = column
        self.band: str = node["namespace"] or ""
        self.w = NARROW if column == "client" else CARD
        self.x = self.y = 0.0
        self.anchors: dict[str, float] = {node["id"]: HEAD / 2}
        self.rows: list[dict[str, Any]] = []
        at = HEAD + (ABOUT if node["about"] else 0)
        for row in rows:
            lines = leaving.get(row["id"], []) if row["kind"] == "route" else []
            self.anchors[row["id"]] = at + ROW / 2
            self.rows.append({"node": row, "y": at, "h": ROW + LINE * len(lines), "lines": lines})
            at += ROW
            for edge in lines:
                self.anchors[edge["id"]] = at + LINE / 2 - 2
                at += LINE
        self.h: float = at + FOOT

    @property
    def box(self) -> Box:
        """Where it stands."""
        return Box(self.x, self.y, self.w, self.h)


class Wire(NamedTuple):
    """An edge as a curve.

    label_x, label_y   where its label goes, None if it has none
    thin               one of many from the same place, which together would hide what is behind
    """

    edge: Doc
    path: str
    label: str
    label_x: float | None
    label_y: float | None
    thin: bool


class Layout(NamedTuple):
    """The whole drawing.

    bands     (namespace, rectangle)
    headings  (title of a column, x)
    """

    cards: list[Card]
    wires: list[Wire]
    bands: list[tuple[str, Box]]
    headings: list[tuple[str, float]]
    width: float
    height: float


def layout(document: Doc) -> Layout:
    """Everything in its place."""
    cards = _cards(document)
    joined = _joined(document, cards)
    xs = _columns(cards.values())
    for card in cards.values():
        card.x = xs[card.column]
    order = _band_order(cards.values())
    _sort(cards, joined, order)
    bands = _place(cards, joined, order)
    _callers(cards, joined)
    wires = _wires(document, cards)
    width = max((card.x + card.w for card in cards.values()), default=0) + MARGIN
    height = max((card.y + card.h for card in cards.values()), default=0) + BAND_BOTTOM + MARGIN
    headings = [(TITLES[name], xs[name]) for name in COLUMNS if name in xs and name in TITLES]
    return Layout(list(cards.values()), wires, bands, headings, width, height)


def _cards(document: Doc) -> dict[str, Card]:
    """The cards by id, in the order of the document."""
    rows: dict[str, list[Doc]] = {}
    leaving: dict[str, list[Doc]] = {}
    for node in document["nodes"]:
        if node["parent"]:
            rows.setdefault(node["parent"], []).append(node)
    for edge in document["edges"]:
        leaving.setdefault(edge["source"], []).append(edge)
    delegates = {edge["target"] for edge in document["edges"] if edge["kind"] == "delegates"}
    found = {}
    for node in document["nodes"]:
        if not node["parent"]:
            column = "delegates" if node["id"] in delegates else node["kind"]
            if node["id"] == "client/sidecars":
                column = "gateway"
            found[node["id"]] = Card(node, column, rows.get(node["id"], []), leaving)
    return found


class Joint(NamedTuple):
    """One end of an edge: the height on this card, the other card, the height there, how much it pulls."""

    own: float
    other: str
    theirs: float
    pull: float


def _joined(document: Doc, cards: dict[str, Card]) -> dict[str, list[Joint]]:
    """What each card is joined with; a Service with subsets pulls its pods less than the subsets do."""
    owner = {node["id"]: node["parent"] or node["id"] for node in document["nodes"]}
    found: dict[str, list[Joint]] = {}
    for edge in document["edges"]:
        first, second = cards[owner[edge["source"]]], cards[owner[edge["target"]]]
        start = first.anchors.get(edge["id"], first.anchors[edge["source"]])
        end = second.anchors[edge["target"]]
        pull = _WEAK if edge["kind"] == "selects" and first.rows and edge["source"] in cards else 1.0
        pull = _WEAK if edge["verdict"] == "broken" and edge["kind"] == "selects" else pull
        found.setdefault(first.node["id"], []).append(Joint(start, second.node["id"], end, pull))
        found.setdefault(second.node["id"], []).append(Joint(end, first.node["id"], start, pull))
    return found


def _columns(cards: Iterable[Card]) -> dict[str, float]:
    """The x of each column that has something in it."""
    widths: dict[str, float] = {}
    for card in cards:
        widths[card.column] = max(widths.get(card.column, 0), card.w)
    at, found = float(MARGIN), {}
    for name in COLUMNS:
        if name in widths:
            found[name] = at
            at += widths[name] + GAP_X
    return found


def _band_order(cards: Iterable[Card]) -> list[str]:
    """Callers first, then namespaces with Gateways, then those with routes, then the others by name."""
    first: dict[str, int] = {}
    for card in cards:
        if card.node["kind"] != "client":
            first[card.band] = min(first.get(card.band, 9), COLUMNS.index(card.column))
    ranks = {name: (0 if at <= 1 else 1 if at <= 3 else 2) for name, at in first.items()}
    return ["", *sorted((name for name in ranks if name), key=lambda name: (ranks[name], name))]


def _cells(cards: dict[str, Card], band: str) -> dict[str, list[Card]]:
    """The cards of a band by column; the caller outside has a place of its own."""
    found: dict[str, list[Card]] = {}
    for card in cards.values():
        if card.band == band and card.column != "client":
            found.setdefault(card.column, []).append(card)
    return found


def _sort(cards: dict[str, Card], joined: dict[str, list[Joint]], order: list[str]) -> None:
    """Order the cards of each cell by the middle of what they are joined with, to and fro."""
    rank = {name: at * 1e6 for at, name in enumerate(order)}
    for card in cards.values():
        card.y = rank.get(card.band, 0)
    cells = [cell for band in order for cell in _cells(cards, band).values()]
    for cell in cells:
        _stack(cell, rank[cell[0].band])
    near = {key: _nearest(cards, joined, key) for key in cards}
    ordered = sorted(cells, key=lambda cell: COLUMNS.index(cell[0].column))
    for sweep in range(_SWEEPS):
        for cell in ordered if sweep % 2 else reversed(ordered):
            middles = {card.node["id"]: _middle(card, cards, near) for card in cell}
            cell.sort(key=lambda card: (middles[card.node["id"]], card.node["title"]))
            _stack(cell, rank[cell[0].band])


def _nearest(cards: dict[str, Card], joined: dict[str, list[Joint]], key: str) -> list[Joint]:
    """What a card is joined with in its own band; if that is nothing, anywhere."""
    every = joined.get(key, [])
    return [each for each in every if cards[each.other].band == cards[key].band] or every


def _stack(cell: list[Card], top: float) -> None:
    for card in cell:
        card.y = top
        top += card.h + GAP_Y


def _middle(card: Card, cards: dict[str, Card], joined: dict[str, list[Joint]]) -> float:
    """Where the card wants its top: so that its lines run level."""
    wanted = [
        (cards[each.other].y + each.theirs - each.own, each.pull)
        for each in joined.get(card.node["id"], ())
        if cards[each.other].node["kind"] != "client"
    ]
    pull = sum(weight for _, weight in wanted)
    return sum(y * weight for y, weight in wanted) / pull if pull else card.y


def _place(cards: dict[str, Card], joined: dict[str, list[Joint]], order: list[str]) -> list[tuple[str, Box]]:
    """Give every band its rectangle and every card its height in it."""
    top, bands = float(MARGIN) + 34, []
    left = min((card.x for card in cards.values() if card.column != "client"), default=0) - 22
    right = max((card.x + card.w for card in cards.values()), default=0) + 22
    for band in order:
        cells = _cells(cards, band)
        if not cells:
            continue
        start = top + BAND_TOP if band else top
        for cell in cells.values():
            cell.sort(key=lambda card: card.y)
            _stack(cell, start)
        for _ in range(_SWEEPS):
            for cell in cells.values():
                _level(cell, cards, joined, start)
        bottom = max(card.y + card.h for cell in cells.values() for card in cell)
        if band:
            bands.append((band, Box(left, top, right - left, bottom + BAND_BOTTOM - top)))
        top = bottom + BAND_BOTTOM + BAND_GAP
    return bands


def _level(cell: list[Card], cards: dict[str, Card], joined: dict[str, list[Joint]], top: float) -> None:
    """Put the cards of a cell where they want to be, in order and without overlap (isotonic regression)."""
    inside = {
        card.node["id"]: [
            each for each in joined.get(card.node["id"], ()) if cards[each[1]].band == card.band
        ]
        for card in cell
    }
    offsets, at = [], 0.0
    for card in cell:
        offsets.append(at)
        at += card.h + GAP_Y
    blocks: list[tuple[float, int]] = []  # mean of what its cards want, number of cards
    for card, offset in zip(cell, offsets, strict=True):
        mean, size = _middle(card, cards, inside) - offset, 1
        while blocks and blocks[-1][0] > mean:
            before, count = blocks.pop()
            mean, size = (before * count + mean * size) / (count + size), count + size
        blocks.append((mean, size))
    wanted = [mean for mean, size in blocks for _ in range(size)]
    for card, offset, start in zip(cell, offsets, wanted, strict=True):
        card.y = max(start, top) + offset


def _callers(cards: dict[str, Card], joined: dict[str, list[Joint]]) -> None:
    """The caller outside stands level with what it reaches."""
    for card in cards.values():
        if card.column == "client":
            reached = [cards[each.other].y + each.theirs for each in joined.get(card.node["id"], ())]
            card.y = max(sum(reached) / len(reached) - HEAD / 2 if reached else 0, MARGIN + 34 + BAND_TOP)


# Wires


def _wires(document: Doc, cards: dict[str, Card]) -> list[Wire]:
    owner = {node["id"]: node["parent"] or node["id"] for node in document["nodes"]}
    taken: list[Box] = []
    found = []
    leaving = Counter(edge["source"] for edge in document["edges"])
    for edge in document["edges"]:
        first, second = cards[owner[edge["source"]]], cards[owner[edge["target"]]]
        x1, y1 = first.x + first.w, first.y + first.anchors.get(edge["id"], first.anchors[edge["source"]])
        x2, y2 = second.x, second.y + second.anchors[edge["target"]]
        label = short_symptom(edge)
        if x2 <= x1:  # the same column: around on the right
            x2 = second.x + second.w
            curve = (x1, y1, x1 + 70.0, y1, x2 + 70.0, y2, x2, y2)
        else:
            bend = max(50.0, (x2 - x1) / 2)
            curve = (x1, y1, x1 + bend, y1, x2 - bend, y2, x2, y2)
        path = "M{:.0f} {:.0f}C{:.0f} {:.0f} {:.0f} {:.0f} {:.0f} {:.0f}".format(*curve)
        x, y = _label_spot(curve, label, taken) if label else (None, None)
        found.append(Wire(edge, path, label, x, y, leaving[edge["source"]] > _MANY))
    return found


def _label_spot(curve: tuple[float, ...], label: str, taken: list[Box]) -> tuple[float, float]:
    """The middle of a label on its curve, beside the labels that are there already."""
    width, height = 7.2 * len(label) + 34, 24.0
    spots = [_point(curve, t) for t in _SPOTS]
    boxes = [Box(x - width / 2, y - height / 2, width, height) for x, y in spots]
    free = next((at for at, box in enumerate(boxes) if not any(map(box.meets, taken))), 0)
    taken.append(boxes[free])
    return spots[free]


def _point(curve: tuple[float, ...], t: float) -> tuple[float, float]:
    """The point of a cubic Bezier curve at t."""
    s = 1 - t
    weights = (s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t)
    return (
        sum(weight * curve[2 * at] for at, weight in enumerate(weights)),
        sum(weight * curve[2 * at + 1] for at, weight in enumerate(weights)),
    )
