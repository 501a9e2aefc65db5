"""Semantic versions and constraints as Masterminds/semver 3.5 reads them; Helm's dependencies use them too.

In: version and constraint texts; out: Version, Constraint, verdicts. A version may be incomplete
(`1.2`, `v1`), a constraint may have wildcards, and a prerelease is only matched by a constraint
group that names one itself (`>=1.19-0`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

from meshlint.gotemplate.function import Function
from meshlint.gotemplate.govalue import GoError, GoObject, Uint64
from meshlint.gotemplate.quoting import quote
from meshlint.text.pattern import lazy

MAX_VERSION = 256
MAX_CONSTRAINT = 512
MAX_GROUPS = 32
_MAX_SEGMENT = (1 << 64) - 1

_WORDS = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_VERSION = lazy(
    r"v?(?P<major>[0-9]+)(?:\.(?P<minor>[0-9]+))?(?:\.(?P<patch>[0-9]+))?"
    rf"(?:-(?P<pre>{_WORDS}))?(?:\+(?P<meta>{_WORDS}))?"
)
# The bar belongs to the classes: Masterminds wrote it there by accident and now it is the grammar.
_SEGMENT = r"[0-9|xX*]+"
_ANY = rf"v?{_SEGMENT}(?:\.{_SEGMENT})?(?:\.{_SEGMENT})?"
_ANY_TAIL = rf"(?:-{_WORDS})?(?:\+{_WORDS})?"
_OPERATOR = r"(?:=||!=|>|<|>=|=>|<=|=<|~|~>|\^)"
_SPACE = r"[\t\n\f\r ]"
_ONE = rf"{_OPERATOR}{_SPACE}*{_ANY}{_ANY_TAIL}"
_GROUP = lazy(rf"{_SPACE}*{_ONE}{_SPACE}*(?:(?:{_SPACE}+|,{_SPACE}*){_ONE}{_SPACE}*)*")
_FIND = lazy(rf"(?:!=|>=|=>|<=|=<|~>|=|>|<|~|\^)?{_SPACE}*{_ANY}{_ANY_TAIL}")
_PARTS = lazy(
    rf"{_SPACE}*(?P<operator>(?:!=|>=|=>|<=|=<|~>|=|>|<|~|\^)?){_SPACE}*v?"
    rf"(?P<major>{_SEGMENT})(?:\.(?P<minor>{_SEGMENT}))?(?:\.(?P<patch>{_SEGMENT}))?(?P<tail>{_ANY_TAIL}){_SPACE}*"
)
_HYPHEN = lazy(rf"{_SPACE}*(?P<low>{_ANY}{_ANY_TAIL}){_SPACE}+-{_SPACE}+(?P<high>{_ANY}{_ANY_TAIL}){_SPACE}*")
_WILD = frozenset({"x", "X", "*"})


class SemverError(GoError):
    """A text that is no version or no constraint; the text is Go's."""


class Version(GoObject):
    """One version. Precedence is by semver 2.0; metadata plays no part in it."""

    __slots__ = ("major", "metadata", "minor", "original", "patch", "prerelease")
    go_type: ClassVar[str] = "*semver.Version"
    go_kind: ClassVar[str] = "ptr"

    def __init__(
        self, major: int, minor: int, patch: int, prerelease: str = "", metadata: str = "", original: str = ""
    ) -> None:
        self.major = major
        self.minor = minor
        self.patch = patch
        self.prerelease = prerelease
        self.metadata = metadata
        self.original = original or self.go_string()

    def __repr__(self) -> str:
        return f"<Version {self.original}>"

    def go_string(self) -> str:
        """The complete version, missing parts as 0."""
        text = f"{self.major}.{self.minor}.{self.patch}"
        text += f"-{self.prerelease}" if self.prerelease else ""
        return text + (f"+{self.metadata}" if self.metadata else "")

    def compare(self, other: Version) -> int:
        """-1, 0 or 1."""
        ours = (self.major, self.minor, self.patch)
        theirs = (other.major, other.minor, other.patch)
        if ours != theirs:
            return -1 if ours < theirs else 1
        return compare_prereleases(self.prerelease, other.prerelease)

    def printed_fields(self) -> dict[str, Any]:
        """The parts, none of them exported."""
        numbers = {"major": self.major, "minor": self.minor, "patch": self.patch}
        texts = {"pre": self.prerelease, "metadata": self.metadata, "original": self.original}
        return {**{name: Uint64(number) for name, number in numbers.items()}, **texts}

    def json_value(self) -> str:
        """The complete version."""
        return self.go_string()

    def toml_text(self) -> str:
        """What toToml writes."""
        return f'"{self.go_string()}"'

    def methods(self) -> dict[str, Callable[..., Any]]:
        """What templates may call."""
        return {**self.methods_of_value(), **self._methods_of_pointer()}

    def _methods_of_pointer(self) -> dict[str, Any]:
        entries: dict[str, Callable[[Version], Any]] = {
            "Compare": self.compare,
            "Equal": lambda other: self.compare(other) == 0,
            "LessThan": lambda other: self.compare(other) < 0,
            "LessThanEqual": lambda other: self.compare(other) <= 0,
            "GreaterThan": lambda other: self.compare(other) > 0,
            "GreaterThanEqual": lambda other: self.compare(other) >= 0,
        }
        comparing = {name: Function(name, ("*semver.Version",), call) for name, call in entries.items()}
        return {"Original": lambda: self.original, **comparing}

    def methods_of_value(self) -> dict[str, Callable[..., Any]]:
        """The methods that a version by value has as well."""
        return {
            "Major": lambda: Uint64(self.major),
            "Minor": lambda: Uint64(self.minor),
            "Patch": lambda: Uint64(self.patch),
            "Prerelease": lambda: self.prerelease,
            "Metadata": lambda: self.metadata,
            "String": self.go_string,
            "IncMajor": lambda: self._next(self.major + 1, 0, 0),
            "IncMinor": lambda: self._next(self.major, self.minor + 1, 0),
            "IncPatch": self._next_patch,
            "SetPrerelease": self._with_prerelease,
            "SetMetadata": self._with_metadata,
        }

    def _with_prerelease(self, prerelease: str) -> Version:
        _check_prerelease(prerelease)
        return self._rewritten(prerelease, self.metadata)

    def _with_metadata(self, metadata: str) -> Version:
        if metadata and not re.fullmatch(_WORDS, metadata):
            raise SemverError("invalid metadata string")
        return self._rewritten(self.prerelease, metadata)

    def _rewritten(self, prerelease: str, metadata: str) -> Version:
        changed = VersionValue(self.major, self.minor, self.patch, prerelease, metadata)
        changed.original = ("v" if self.original.startswith("v") else "") + changed.go_string()
        return changed

    def _next(self, major: int, minor: int, patch: int) -> Version:
        prefix = "v" if self.original.startswith("v") else ""
        return VersionValue(major, minor, patch, original=f"{prefix}{major}.{minor}.{patch}")

    def _next_patch(self) -> Version:
        """A prerelease is completed to its own release; a release goes one up."""
        return self._next(self.major, self.minor, self.patch + (not self.prerelease))


class VersionValue(Version):
    """A version by value, as the Inc methods return it."""

    __slots__ = ()
    go_type = "semver.Version"
    go_kind = "struct"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, VersionValue) and self.key() == other.key()

    def __hash__(self) -> int:
        return hash(self.key())

    def key(self) -> tuple[int | str, ...]:
        """All fields: what `==` compares."""
        return self.major, self.minor, self.patch, self.prerelease, self.metadata, self.original

    def methods(self) -> dict[str, Callable[..., Any]]:
        """What templates may call."""
        return self.methods_of_value()


def compare_prereleases(ours: str, theirs: str) -> int:
    """-1, 0 or 1; no prerelease is the highest."""
    if ours == theirs:
        return 0
    if not ours or not theirs:
        return 1 if not ours else -1
    left, right = ours.split("."), theirs.split(".")
    for index in range(max(len(left), len(right))):
        order = _compare_part(left[index : index + 1], right[index : index + 1])
        if order:
            return order
    return 0


def _compare_part(ours: list[str], theirs: list[str]) -> int:
    """One dot-separated identifier: numbers by value and below words, an absent one is lowest."""
    if ours == theirs:
        return 0
    if not ours or not theirs:
        return -1 if not ours else 1
    left, right = ours[0], theirs[0]
    numbers = (left.isdigit(), right.isdigit())
    if numbers == (True, True):
        return -1 if int(left) < int(right) else (int(left) > int(right)) * 1
    if True in numbers:
        return -1 if numbers[0] else 1
    return -1 if left < right else 1


@lru_cache(maxsize=512)
def parse_version(text: str) -> Version:
    """semver.NewVersion: lenient, missing parts are 0. Raises SemverError."""
    if len(text.encode("utf-8", "surrogateescape")) > MAX_VERSION:
        raise SemverError(f"version string is too long (max {MAX_VERSION} bytes)")
    match = _VERSION.fullmatch(text)
    if match is None:
        raise SemverError("invalid semantic version")
    major, minor, patch = (_segment(match[name]) for name in ("major", "minor", "patch"))
    prerelease = match["pre"] or ""
    _check_prerelease(prerelease)
    return Version(major, minor, patch, prerelease, match["meta"] or "", text)


def _check_prerelease(text: str) -> None:
    if text and not re.fullmatch(_WORDS, text):
        raise SemverError("invalid prerelease string")
    if any(len(part) > 1 and part[0] == "0" and part.isdigit() for part in text.split(".")):
        raise SemverError("version segment starts with 0")


def _segment(digits: str | None) -> int:
    number = int(digits or 0)
    if number > _MAX_SEGMENT:
        reason = f"strconv.ParseUint: parsing {quote(digits or '')}: value out of range"
        raise SemverError(f"error parsing version segment: {reason}")
    return number


class Condition(NamedTuple):
    """One comparison; `open_from` is its first wildcard or missing part: 0 major to 3 none."""

    operator: str
    version: Version
    open_from: int


class Constraint:
    """A constraint: groups joined by `||`, conditions in a group all hold."""

    __slots__ = ("groups",)

    def __init__(self, groups: list[list[Condition]]) -> None:
        self.groups = groups

    def admits(self, version: Version) -> bool:
        """True if some group holds as a whole."""
        return any(self._group_admits(group, version) for group in self.groups)

    def _group_admits(self, group: list[Condition], version: Version) -> bool:
        if version.prerelease and not any(condition.version.prerelease for condition in group):
            return False
        return all(_OPERATORS[condition.operator](version, condition) for condition in group)


@lru_cache(maxsize=512)
def parse_constraint(text: str) -> Constraint:
    """semver.NewConstraint. Raises SemverError."""
    if len(text.encode("utf-8", "surrogateescape")) > MAX_CONSTRAINT:
        raise SemverError(f"constraint string is too long (max {MAX_CONSTRAINT} bytes)")
    text = _HYPHEN.sub(lambda match: f">= {match['low']}, <= {match['high']} ", text)
    groups = text.split("||")
    if len(groups) > MAX_GROUPS:
        raise SemverError(f"too many constraint groups (max {MAX_GROUPS})")
    return Constraint([_parse_group(group) for group in groups])


def _parse_group(text: str) -> list[Condition]:
    if not _GROUP.fullmatch(text):
        raise SemverError(f"improper constraint: {quote(text)}")
    return [_parse_condition(piece) for piece in _FIND.findall(text)]


def _parse_condition(text: str) -> Condition:
    match = _PARTS.fullmatch(text)
    if match is None:
        raise SemverError(f"improper constraint: {quote(text)}")
    segments = [match[name] or "" for name in ("major", "minor", "patch")]
    closed = 0
    while closed < 3 and segments[closed] and segments[closed] not in _WILD:
        closed += 1
    numbers = [*segments[:closed], *["0"] * (3 - closed)]
    try:
        version = parse_version(".".join(numbers) + match["tail"])
    except SemverError:
        raise SemverError("constraint parser error") from None
    return Condition(match["operator"], version, closed)


def _not_equal(version: Version, condition: Condition) -> bool:
    wanted = condition.version
    parts = (version.major != wanted.major, version.minor != wanted.minor)
    if condition.open_from == 3:
        return version.compare(wanted) != 0
    if parts[0]:
        return True
    if condition.open_from == 2:
        return parts[1] or version.prerelease != wanted.prerelease
    if condition.open_from == 0:  # a wildcard major leaves minor and patch to be compared with 0
        return parts[1] or version.patch != wanted.patch or version.compare(wanted) != 0
    return False


def _greater(version: Version, condition: Condition) -> bool:
    wanted = condition.version
    if condition.open_from in (0, 3):
        return version.compare(wanted) > 0
    if version.major != wanted.major or condition.open_from == 1:
        return version.major > wanted.major
    return version.minor > wanted.minor


def _at_most(version: Version, condition: Condition) -> bool:
    wanted = condition.version
    if condition.open_from == 3:
        return version.compare(wanted) <= 0
    if version.major != wanted.major:
        return version.major < wanted.major
    return condition.open_from == 1 or version.minor <= wanted.minor


def _tilde(version: Version, condition: Condition) -> bool:
    wanted = condition.version
    if version.compare(wanted) < 0:
        return False
    if condition.open_from in (0, 3) and (wanted.major, wanted.minor, wanted.patch) == (0, 0, 0):
        return True  # `~0.0.0` and `*` take everything
    same_minor = version.minor == wanted.minor or condition.open_from == 1
    return version.major == wanted.major and same_minor


def _equal(version: Version, condition: Condition) -> bool:
    return version.compare(condition.version) == 0 if condition.open_from == 3 else _tilde(version, condition)


def _caret(version: Version, condition: Condition) -> bool:
    wanted = condition.version
    if version.compare(wanted) < 0 or version.major != wanted.major:
        return False
    if wanted.major > 0 or condition.open_from == 1:
        return True
    if version.minor != wanted.minor:
        return False
    return wanted.minor > 0 or condition.open_from == 2 or version.patch == wanted.patch


_OPERATORS: dict[str, Callable[[Version, Condition], bool]] = {
    "": _equal,
    "=": _equal,
    "!=": _not_equal,
    ">": _greater,
    "<": lambda version, condition: version.compare(condition.version) < 0,
    ">=": lambda version, condition: version.compare(condition.version) >= 0,
    "=>": lambda version, condition: version.compare(condition.version) >= 0,
    "<=": _at_most,
    "=<": _at_most,
    "~": _tilde,
    "~>": _tilde,
    "^": _caret,
}


def compatible(constraint: str, version: str) -> bool:
    """True if both texts parse and the version meets the constraint (Helm's IsCompatibleRange)."""
    try:
        return parse_constraint(constraint).admits(parse_version(version))
    except SemverError:
        return False


def semver(text: str) -> Version:
    """Sprig's semver: a version of its own each time, since Go compares pointers."""
    found = parse_version(str(text))
    return Version(found.major, found.minor, found.patch, found.prerelease, found.metadata, found.original)


def semver_compare(constraint: str, version: str) -> bool:
    """Sprig's semverCompare: a text that does not parse is an error."""
    return parse_constraint(constraint).admits(parse_version(version))


FUNCTIONS: tuple[Function, ...] = (
    Function("semver", ("string",), semver),
    Function("semverCompare", ("string", "string"), semver_compare),
)
