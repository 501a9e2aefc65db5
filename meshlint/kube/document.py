"""Document: one YAML document of a manifest file or of rendered output, and the places in it.

In: a manifest Source, or the Rope a template gave. Out: Documents (a mapping with positions) and
findings for what is no YAML: YML001 for faults of syntax, YML002 for keys written twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from meshlint.helm.problems import Code
from meshlint.kube.placement import Placement
from meshlint.text.finding import Finding, Location, Place
from meshlint.text.origin import Origin, Path
from meshlint.text.rope import Rope
from meshlint.text.source import Source
from meshlint.yamldoc.compose import YamlError
from meshlint.yamldoc.index import Duplicate, NodeIndex, Range
from meshlint.yamldoc.load import LoadedDocument, json_kind, load_manifest

SYNTAX = Code(
    "YML001", "yaml-invalid", "error", "A document that is no YAML mapping: nothing in it is checked."
)
DUPLICATE = Code(
    "YML002", "yaml-key-twice", "warning", "A key written twice in one mapping: the first value is lost."
)
CODES: tuple[Code, ...] = (SYNTAX, DUPLICATE)

_SEPARATOR = re.compile(r"^---(?:[ \t].*)?\r?$\n?|^---(?=[^-\s])", re.MULTILINE)
_RENDERED_SEPARATOR = re.compile(r"^---[ \t]*", re.MULTILINE)

# How a fault of syntax begins in go-yaml's words -> what to type.
_HINTS = (
    ("mapping values are not allowed", "quote the value, or indent this line like its neighbours"),
    (
        "did not find expected key",
        "indent this line like its neighbours, or close the quote or bracket before it",
    ),
    ("did not find expected '-' indicator", "indent this line like the list items around it"),
    (
        "could not find expected ':'",
        "write `key: value` on this line, or indent it as part of the value above",
    ),
    (
        "found character that cannot start any token",
        "use spaces instead of tabs, and quote values that begin with @ or `",
    ),
    ("found a tab character", "use spaces instead of tabs"),
    ("found unexpected end of stream", "close the quote that is opened here"),
    ("invalid map key", "quote the value: unquoted, `{{` begins a mapping"),
    ("unknown anchor", "define the anchor before this line, or quote the value that begins with `*`"),
    ("block sequence entries are not allowed", "put the list on the lines below its key"),
    (
        "control characters are not allowed",
        "remove the control character, or write it as an escape in double quotes",
    ),
)


class Document:
    """One YAML mapping and where it was written.

    value      the mapping, with exact numbers (int and float)
    nodes      offsets of its keys and values in `text`
    source     the template or manifest file
    start      offset of the document in the placement's text
    placement  the way back from rendered characters to the template
    """

    __slots__ = ("nodes", "placement", "source", "start", "value")

    def __init__(self, value: dict[str, Any], nodes: NodeIndex, placement: Placement, start: int) -> None:
        self.value = value
        self.nodes = nodes
        self.placement = placement
        self.source = placement.source
        self.start = start

    def __repr__(self) -> str:
        return f"<Document {self.value.get('kind')} of {self.source.path}>"

    @property
    def text(self) -> str:
        """The document's text."""
        return self.nodes.text

    def locate(self, path: Path, on_key: bool) -> Location:
        """The place of the value (or the key) at `path`.

        Values of several lines are shown by their first. An absent path gives the last line of its
        nearest parent if that is a mapping of plain values (where the key would be added), else the
        parent's key; such a place is never more than "line".
        """
        container, key, found = self.step(path)
        if not found:
            return self.absent(container, key, path)
        if key is None:
            return self.first_line(path)
        span = self.nodes.key_span(container, key) if on_key else self.nodes.value_span(container, key)
        if span is None:
            return self.first_line(path)
        if span[0] == span[1]:  # `key:` without a value
            return self.at(self.nodes.key_span(container, key) or span, path, sure=False)
        return self.at(span, path)

    def step(self, path: Path) -> tuple[Any, str | int | None, bool]:
        """Follow a path: (container, key, True), or the last step that exists and False."""
        container: Any = None
        key: str | int | None = None
        value: Any = self.value
        for part in path:
            if not _has(value, part):
                return container, key, False
            container, key, value = value, part, value[part]
        return container, key, True

    def absent(self, container: Any, key: str | int | None, path: Path) -> Location:
        """The place of something that is not there, below container[key]."""
        parent: Any = self.value if key is None else container[key]
        entries = self.nodes.entries.get(id(parent), {}) if isinstance(parent, dict) else {}
        if entries:
            last = max(entries, key=lambda name: entries[name][0])
            if not isinstance(parent[last], (dict, list)):
                span = entries[last][0], self.nodes.value_end(parent, last, entries[last])
                return self.at(span, path, sure=False)
        if key is None:
            return self.first_line(path)
        if isinstance(key, int):
            span = self.nodes.value_span(container, key) or (0, 0)
            return self.at(span, path, sure=False)
        return self.at(self.nodes.key_span(container, key) or (0, 0), path, sure=False)

    def first_line(self, path: Path) -> Location:
        """The place of the document: its first key."""
        starts = [entry[0] for entry in self.nodes.entries.get(id(self.value), {}).values()]
        start = min(starts, default=0)
        return self.at((start, len(self.text.rstrip())), path, sure=False)

    def at(self, span: Range, path: Path = (), sure: bool = True) -> Location:
        """The place of characters of the document, of their first line if there are several."""
        start, extent = span
        stop = self.text.find("\n", start, extent)
        end = extent if stop < 0 else start + len(self.text[start:stop].rstrip())
        shift = self.start
        return self.placement.location(start + shift, end + shift, extent + shift, path, sure)

    def pieces(self, path: Path) -> list[tuple[Range, Origin]]:
        """The stretches of the value at `path` by where they come from; none for a plain manifest."""
        container, key, found = self.step(path)
        span = self.nodes.value_span(container, key) if found and key is not None else None
        if span is None:
            return []
        at, end = span
        stretches = []
        for part, low, high in self.placement.pieces(at + self.start, end + self.start):
            stop = min(at + high - low, end)
            stretches.append(((at, stop), part.origin))
            at = stop
        return stretches


def _has(value: Any, part: str | int) -> bool:
    if isinstance(value, dict):
        return part in value
    return isinstance(value, list) and isinstance(part, int) and 0 <= part < len(value)


class _Stretch:
    """A Target: characters of a document that did not become one."""

    __slots__ = ("end", "placement", "start")

    def __init__(self, placement: Placement, start: int, end: int) -> None:
        self.placement = placement
        self.start = start
        self.end = end

    def locate(self, path: Path, on_key: bool) -> Location:  # noqa: ARG002 - characters have no inside
        """The place of the characters; the parser's idea of a fault is never exact."""
        return self.placement.location(self.start, self.end, 0, path, sure=False)


def documents_of_source(source: Source) -> tuple[list[Document], list[Finding]]:
    """The mappings of a manifest file; documents of another shape are passed over.

    A file of several documents is cut at lines that begin with `---`, as kubectl does.
    """
    return _documents(Placement(source.text, source), _SEPARATOR, rendered=False)


def documents_of_rendered(
    text: Rope, source: Source, first_line: int = 1
) -> tuple[list[Document], list[Finding]]:
    """The mappings a template gave, cut as Helm 4 cuts its output; other documents are findings.

    first_line   1-based line of the text's first line in the rendered manifest
    """
    return _documents(Placement(text, source, first_line), _RENDERED_SEPARATOR, rendered=True)


def rendered_document(
    text: Rope, source: Source, first_line: int = 1, loaded: LoadedDocument | None = None
) -> tuple[Document | None, list[Finding]]:
    """One document that Helm has cut out already; `loaded` spares reading it twice."""
    return _read(Placement(text, source, first_line), str(text), 0, loaded, rendered=True)


def _documents(
    placement: Placement, separator: re.Pattern[str], *, rendered: bool
) -> tuple[list[Document], list[Finding]]:
    documents: list[Document] = []
    findings: list[Finding] = []
    for start, end in _cut(placement.text, separator, rendered):
        found, faults = _read(placement, placement.text[start:end], start, None, rendered=rendered)
        findings += faults
        if found is not None:
            documents.append(found)
    return documents, findings


def _cut(text: str, separator: re.Pattern[str], trim: bool) -> Iterator[Range]:
    """The stretches between separators that are not blank, without blank lines before.

    Helm trims the first line's indentation too; kubectl does not.
    """
    start = 0
    found = separator.finditer(text) if "---" in text else ()
    for end, following in [*((match.start(), match.end()) for match in found), (len(text), len(text))]:
        piece = text[start:end]
        lead = len(piece) - len(piece.lstrip())
        if lead < len(piece):
            yield start + (lead if trim else piece.rfind("\n", 0, lead) + 1), end
        start = following


def _read(
    placement: Placement, text: str, start: int, loaded: LoadedDocument | None, *, rendered: bool
) -> tuple[Document | None, list[Finding]]:
    try:
        value, nodes = load_manifest(text) if loaded is None else loaded
    except YamlError as error:
        return None, [_syntax_finding(placement, error, start, len(text), rendered)]
    if not isinstance(value, dict):
        return None, [_shape_finding(placement, value, text, start)] if rendered and value is not None else []
    document = Document(value, nodes, placement, start)
    return document, [_duplicate_finding(document, duplicate) for duplicate in nodes.duplicates]


def _syntax_finding(
    placement: Placement, error: YamlError, start: int, length: int, rendered: bool
) -> Finding:
    text = placement.text
    at = start + min(error.offset, max(length - 1, 0))
    while at > start and text[at].isspace() and text[at] != "\t":
        at -= 1  # faults at the end of a line or text: point at the last thing there
    end = text.find("\n", at)
    hint = next((hint for begin, hint in _HINTS if error.problem.startswith(begin)), "correct the YAML here")
    if "{ {" in text[text.rfind("\n", 0, at) + 1 : len(text) if end < 0 else end]:
        hint = "write `{{ ... }}`: with blanks between the braces it is no template action"
    subject = "the rendered text" if rendered else "the document"
    place = Place(_Stretch(placement, at, len(text) if end < 0 else end))
    return Finding(
        SYNTAX.code,
        f"{subject} is no valid YAML: {error.problem}",
        [place],
        severity=SYNTAX.severity,
        precision="very-high",
        hint=hint,
        key=error.problem,
    )


def _shape_finding(placement: Placement, value: Any, text: str, start: int) -> Finding:
    kind = json_kind(value)
    article = "an" if kind[0] in "aeiou" else "a"
    lead = len(text) - len(text.lstrip())
    place = Place(_Stretch(placement, start + lead, start + len(text.rstrip())))
    return Finding(
        SYNTAX.code,
        f"the rendered text is no Kubernetes object but {article} {kind}: Helm stops here",
        [place],
        severity=SYNTAX.severity,
        precision="very-high",
        hint="write a mapping with apiVersion, kind and metadata, or render nothing",
        key=kind,
    )


class Characters:
    """A Target: a stretch of a document, such as a few characters of a long text, or a key written twice."""

    __slots__ = ("document", "span")

    def __init__(self, document: Document, span: Range) -> None:
        self.document = document
        self.span = span

    def locate(self, path: Path, on_key: bool) -> Location:  # noqa: ARG002 - the characters are the place
        """The place of the characters; `path` only says which value they belong to."""
        return self.document.at(self.span, path)


def _duplicate_finding(document: Document, duplicate: Duplicate) -> Finding:
    key = duplicate.key
    return Finding(
        DUPLICATE.code,
        f"`{key}` is written twice in one mapping: only the last value counts",
        [
            Place(Characters(document, duplicate.again), label="this one counts"),
            Place(Characters(document, duplicate.first), label="this one is lost", role="cause"),
        ],
        severity=DUPLICATE.severity,
        precision="very-high",
        hint=f"remove one `{key}`, or merge the two",
        key=key,
    )
