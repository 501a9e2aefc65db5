"""Finding: one thing wrong, said with symbolic places that are settled to lines only for findings.

A stage that meets a fault makes a Finding; nothing is raised. Loaders and the renderer report
findings too, which is why this file sits on the lowest floor.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, Protocol, runtime_checkable

from meshlint.text.origin import KeyOrigin, Origin, Path, Scope
from meshlint.text.source import Source

Severity = Literal["error", "warning", "note"]
Precision = Literal["very-high", "high", "medium", "low"]
Role = Literal["primary", "cause", "consumer", "definition", "candidate"]
Grade = Literal["exact", "line", "call-site", "file"]

SEVERITIES: tuple[Severity, ...] = ("note", "warning", "error")  # ascending
PRECISIONS: tuple[Precision, ...] = ("low", "medium", "high", "very-high")  # ascending


class Location(NamedTuple):
    """A place settled to a file. Lines and columns are 1-based, columns count code points; end exclusive.

    grade     how sure the place is: "exact" (this very text), "line", "call-site" (the template
              call that produced it), "file". Reports say "in" for the first two, "from" for the rest.
    pointer   path inside the Kubernetes object, as ("spec", "subsets", 0, "labels")
    rendered  1-based line in the rendered manifest, 0 if there is none
    calls     template call sites that led here, outermost first
    values    places in values files (or flags, Chart.yaml) whose values went into the text
    """

    source: Source
    line: int
    column: int
    end_line: int
    end_column: int
    grade: Grade = "exact"
    pointer: Path = ()
    rendered: int = 0
    calls: tuple[Scope, ...] = ()
    values: tuple[KeyOrigin, ...] = ()
    origin: Origin | None = None


@runtime_checkable
class Target(Protocol):
    """What a Place can point into: a resource, a stretch of a source, a rendered origin."""

    def locate(self, path: Path, on_key: bool) -> Location:
        """The location of the value (or the key) at `path`; of its nearest parent if it is absent."""
        ...


class Place:
    """A symbolic place: a target, a path in it, what is to be said there, and its part in the story.

    on_key   point at the key instead of the value
    label    short text for the code frame ("wants version=v1"), may be empty
    role     "primary" (first place of a finding), "cause", "consumer", "definition", "candidate"
    """

    __slots__ = ("label", "on_key", "path", "role", "target")

    def __init__(
        self, target: Target, path: Path = (), label: str = "", role: Role = "primary", on_key: bool = False
    ) -> None:
        self.target = target
        self.path = path
        self.label = label
        self.role = role
        self.on_key = on_key

    def locate(self) -> Location:
        """The settled location."""
        return self.target.locate(self.path, self.on_key)


class SpanTarget:
    """A Target that is simply a stretch of a source: characters [start, end)."""

    __slots__ = ("end", "grade", "source", "start")

    def __init__(self, source: Source, start: int, end: int, grade: Grade = "exact") -> None:
        self.source = source
        self.start = start
        self.end = end
        self.grade = grade

    def locate(self, path: Path, on_key: bool) -> Location:  # noqa: ARG002 - a span has no inside
        """The location of the whole span."""
        line, column = self.source.position(self.start)
        end_line, end_column = self.source.position(max(self.end, self.start))
        return Location(self.source, line, column, end_line, end_column, self.grade)


class Effect(NamedTuple):
    """What breaks at run time. Every field may be empty.

    cluster  Envoy cluster name, `outbound|80|v1|review.review.svc.cluster.local`
    flag     Envoy response flag: UH, NC, NR, UF, ...
    http     what the client sees: `503 "no healthy upstream"`
    text     one clause that ties them together; reports print it after "effect:"
    """

    text: str
    cluster: str = ""
    flag: str = ""
    http: str = ""


class ObjectRef(NamedTuple):
    """The Kubernetes object a finding is about."""

    api_version: str
    kind: str
    namespace: str
    name: str

    def label(self) -> str:
        """`Kind ns/name`, or `Kind name` without a namespace."""
        return f"{self.kind} {self.namespace + '/' if self.namespace else ''}{self.name}"


class Edit(NamedTuple):
    """A text edit that would fix the finding: replace [start, end) of source by `text`."""

    source: Source
    start: int
    end: int
    text: str


class Finding:
    """One fault.

    code       rule code, "DR001"
    message    one sentence, names first, values in backticks
    places     the primary place first, then related ones; never empty
    effect     what breaks, or None
    hint       one imperative sentence: what to type
    notes      further facts: near misses, assumptions
    object     the Kubernetes object, None for chart faults
    key        what tells this finding from others of the same rule and object, without line
               numbers (subset name, host, port): part of the fingerprint
    severity, precision   set by the rule record; a rule may lower severity for one finding
    peers      codes of other tools that mean the same (IST0101, KIA0203)
    edits      a safe fix, may be empty
    provisional  the finding depends on a placeholder or a random value: never an error
    scenarios  names of the value sets that show it (filled by settle)
    toggles    --set flags without which it is not there: () unless it was found by exploring
    """

    __slots__ = (
        "code",
        "edits",
        "effect",
        "hint",
        "key",
        "message",
        "notes",
        "object",
        "peers",
        "places",
        "precision",
        "provisional",
        "scenarios",
        "severity",
        "toggles",
    )

    def __init__(
        self,
        code: str,
        message: str,
        places: list[Place],
        *,
        severity: Severity = "error",
        precision: Precision = "high",
        effect: Effect | None = None,
        hint: str = "",
        notes: list[str] | None = None,
        object: ObjectRef | None = None,  # noqa: A002 - the field's name in every report format
        key: str = "",
        peers: tuple[str, ...] = (),
        edits: list[Edit] | None = None,
        provisional: bool = False,
    ) -> None:
        self.code = code
        self.message = message
        self.places = places
        self.severity: Severity = severity
        self.precision: Precision = precision
        self.effect = effect
        self.hint = hint
        self.notes = notes or []
        self.object = object
        self.key = key
        self.peers = peers
        self.edits = edits or []
        self.provisional = provisional
        self.scenarios: tuple[str, ...] = ()
        self.toggles: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<Finding {self.code} {self.severity}: {self.message}>"
