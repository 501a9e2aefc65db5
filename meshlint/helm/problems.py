"""Helm room, faults: the one table of HLM codes, and a Problem as loading and rendering report it.

A Problem has two faces: a Finding with a place for linting, and the exact words with which `helm
template` would stop (None where Helm goes on), for strict rendering.
"""

from __future__ import annotations

from typing import NamedTuple

from meshlint.text.finding import Finding, Grade, Place, Severity, SpanTarget
from meshlint.text.origin import KeyOrigin
from meshlint.text.source import Source


class Code(NamedTuple):
    """One kind of fault: stable code, slug (the wrong state in plain words), severity, what it means."""

    code: str
    slug: str
    severity: Severity
    what: str


CHART_YAML = Code("HLM001", "chart-yaml-invalid", "error", "Chart.yaml is missing or does not validate.")
CHART_LOAD = Code("HLM002", "chart-does-not-load", "error", "A file keeps Helm from loading the chart.")
DEPENDENCY_MISSING = Code(
    "HLM003", "dependency-missing", "warning", "A declared dependency is not in the charts/ directory."
)
VALUES_FILE = Code(
    "HLM004", "values-file-invalid", "error", "A values file cannot be read or is no YAML mapping."
)
SET_FLAG = Code("HLM005", "set-flag-invalid", "error", "A --set flag does not parse.")
SCHEMA_VIOLATION = Code(
    "HLM006", "values-against-schema", "error", "The values do not meet the chart's values.schema.json."
)
TEMPLATE_SYNTAX = Code("HLM007", "template-does-not-parse", "error", "A template has a syntax error.")
TEMPLATE_ERROR = Code("HLM008", "template-fails", "error", "A template fails while it is executed.")
REQUIRED_VALUE = Code(
    "HLM009", "required-value-missing", "error", "A template calls `required` on a value nobody set."
)
FAIL_CALLED = Code("HLM010", "fail-called", "error", "A template calls `fail`.")
KUBE_VERSION = Code(
    "HLM011",
    "kube-version-incompatible",
    "error",
    "The chart's kubeVersion excludes the Kubernetes version it is rendered for.",
)
OUTSIDE_LINK = Code(
    "HLM012",
    "link-leaves-chart",
    "warning",
    "A symbolic link leads out of the chart; its target was not read.",
)
SCHEMA_BROKEN = Code("HLM013", "schema-unusable", "error", "values.schema.json is no valid JSON schema.")
VERSION_MISMATCH = Code(
    "HLM014",
    "dependency-version-mismatch",
    "warning",
    "A chart in charts/ has another version than declared: Helm renders it without condition, tags or alias.",
)
VALUES_TYPE = Code(
    "HLM015", "subchart-values-no-mapping", "error", "The values section of a subchart is not a mapping."
)
VALUE_IGNORED = Code(
    "HLM016", "value-type-conflict", "warning", "A mapping meets a plain value; Helm ignores one of them."
)
CONDITION_IGNORED = Code(
    "HLM017",
    "condition-not-bool",
    "warning",
    "A dependency's condition or tag is not true or false: ignored.",
)
IMPORT_MISSING = Code(
    "HLM018", "import-values-missing", "warning", "An import-values entry names a table that does not exist."
)
UNKNOWN_HOOK = Code(
    "HLM019", "unknown-hook", "warning", "An unknown helm.sh/hook name: Helm silently drops the resource."
)
NOT_INSTALLABLE = Code(
    "HLM020",
    "chart-not-installable",
    "note",
    "A library chart renders nothing itself: only its syntax is checked.",
)
RELEASE_NAME = Code("HLM021", "release-name-invalid", "error", "Helm refuses the release name.")
MANIFEST_YAML = Code("HLM022", "rendered-yaml-invalid", "error", "Rendered text is no YAML mapping.")
LEGACY_REQUIREMENTS = Code(
    "HLM023", "requirements-yaml-in-v2", "note", "apiVersion v2 declares dependencies in Chart.yaml."
)
DEPENDENCY_BORROWED = Code(
    "HLM024", "dependency-not-vendored", "note", "A dependency was read from elsewhere on this disk."
)
KEY_TWICE = Code(
    "HLM041", "key-written-twice", "warning", "A key written twice in Chart.yaml or a values file."
)
LOCK_OUT_OF_DATE = Code(
    "HLM045",
    "lock-out-of-date",
    "warning",
    "Chart.lock does not fit the declared dependencies, or charts/ does not fit Chart.lock.",
)
VALUE_MISSING = Code("HLM025", "value-missing", "error", "A template reads into a value nobody set.")

CODES: tuple[Code, ...] = (
    *(CHART_YAML, CHART_LOAD, DEPENDENCY_MISSING, VALUES_FILE, SET_FLAG, SCHEMA_VIOLATION, TEMPLATE_SYNTAX),
    *(TEMPLATE_ERROR, REQUIRED_VALUE, FAIL_CALLED, KUBE_VERSION, OUTSIDE_LINK, SCHEMA_BROKEN),
    *(VERSION_MISMATCH, VALUES_TYPE, VALUE_IGNORED, CONDITION_IGNORED, IMPORT_MISSING, UNKNOWN_HOOK),
    *(NOT_INSTALLABLE, RELEASE_NAME, MANIFEST_YAML, LEGACY_REQUIREMENTS),
    *(DEPENDENCY_BORROWED, KEY_TWICE, LOCK_OUT_OF_DATE, VALUE_MISSING),
)


class Problem:
    """One fault met while loading or rendering.

    finding  what linting reports
    fatal    the text of the error with which Helm stops (without "Error: "), None if Helm goes on
    demand   True if the chart only asks for something that may be supplied: a value, a library chart
    """

    __slots__ = ("demand", "fatal", "finding")

    def __init__(self, finding: Finding, fatal: str | None = None) -> None:
        self.finding = finding
        self.fatal = fatal
        self.demand = False

    def __repr__(self) -> str:
        return f"<Problem {self.finding.code}: {self.fatal or self.finding.message}>"


class RenderError(Exception):
    """Strict rendering stops: the text is what `helm template` prints after "Error: "."""


def problem(
    code: Code,
    message: str,
    place: Place,
    *more: Place,
    fatal: str | None = None,
    hint: str = "",
    key: str = "",
) -> Problem:
    """A Problem with the code's severity."""
    places = [place, *more]
    finding = Finding(
        code.code, message, places, severity=code.severity, precision="very-high", hint=hint, key=key
    )
    return Problem(finding, fatal)


def key_twice(source: Source, key: str, lost: tuple[int, int], kept: tuple[int, int]) -> Problem:
    """A key of which only the last value counts."""
    name = source.path.rpartition("/")[2]
    return problem(
        KEY_TWICE,
        f"`{key}` is written twice in one mapping of {name}: only the last value counts",
        Place(SpanTarget(source, *kept), label="this one counts"),
        Place(SpanTarget(source, *lost), label="this one is lost", role="cause"),
        hint=f"remove one `{key}`, or merge the two",
        key=key,
    )


def at_line(source: Source, line: int, label: str = "", grade: Grade = "line") -> Place:
    """The place of a whole 1-based line of a source; line 0 is the file."""
    if line <= 0:
        return at_file(source, label)
    start = source.offset(line)
    text = source.line_text(line)
    lead = len(text) - len(text.lstrip())
    return Place(SpanTarget(source, start + lead, start + max(len(text), lead), grade), label=label)


def at_file(source: Source, label: str = "") -> Place:
    """The place of a file as a whole."""
    return Place(SpanTarget(source, 0, 0, "file"), label=label)


def at_origin(origin: object, fallback: Source, label: str = "") -> Place:
    """The place of a KeyOrigin's value; the whole `fallback` file for any other origin."""
    if isinstance(origin, KeyOrigin):
        return Place(SpanTarget(origin.source, origin.value_start, origin.value_end), label=label)
    return at_file(fallback, label)


def at_key(origin: object, fallback: Source, label: str = "") -> Place:
    """The place of a KeyOrigin from its key to the end of its first line."""
    if not isinstance(origin, KeyOrigin):
        return at_file(fallback, label)
    source = origin.source
    line, _ = source.position(origin.key_start)
    end = min(
        max(origin.value_end, origin.key_start + 1), source.offset(line, len(source.line_text(line)) + 1)
    )
    return Place(SpanTarget(source, origin.key_start, end), label=label)
