"""Helm room, tolerance: templates go on where a value is missing, with a placeholder in its place.

In: the TemplateError of a failing action. Out: what stands in for it, and a Problem: one for each missing
value, library template or place, however often it is met. A quarter of public charts want values that
their defaults do not have; the rest of such a chart is linted all the same. What fails only because a
placeholder stands in for something else is nobody's fault and is not reported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from meshlint.gotemplate.errors import TemplateError
from meshlint.gotemplate.expression import Command, Identifier, Number, Pipe
from meshlint.gotemplate.govalue import Placeholder
from meshlint.helm import missing
from meshlint.helm.failure import CALLED, execution_problem
from meshlint.helm.missing import Lack, RequiredError, StopError
from meshlint.helm.problems import Problem
from meshlint.text.finding import Finding, Place
from meshlint.text.origin import Path
from meshlint.text.pattern import lazy
from meshlint.text.span import Span
from meshlint.yamldoc.tracked import TrackedMap

STAND_IN = "placeholder"
_BLOCK = f"{STAND_IN}: {STAND_IN}"
_MOST_PLACES = 10
_MOST_NAME = 50
_MOST_INDENT = 200

_KEY_BEFORE = lazy(r"(?:^|[\s{,])([A-Za-z][\w./-]*):[ \t]*[\"']?$")
_KIND_AFTER = lazy(r"^kind:[ \t]*[\"']?(\w+)", re.MULTILINE)

# A missing value that one of these looks at is better left missing: they know what to do without it.
_DECIDING = frozenset(
    (
        *("default", "coalesce", "or", "and", "not", "empty", "ternary", "hasKey", "kindIs", "typeIs"),
        *("eq", "ne", "any", "all", "dig"),
    )
)
_WRITING_BLOCKS = frozenset(("toYaml", "toYamlPretty", "mustToYaml", "toJson", "toPrettyJson", "mustToJson"))
_TAKING_MAPS = frozenset(("merge", "mergeOverwrite", "omit", "pick", "keys", "values", "get", "set"))
_INDENTING = frozenset(("nindent", "indent"))

# The end of a key whose value is a number -> a number that fits.
_NUMBERS = (
    ("port", "8080"),
    ("replicas", "1"),
    ("replicacount", "1"),
    ("weight", "1"),
    ("number", "8080"),
    ("seconds", "10"),
)
_API_VERSIONS = {
    **dict.fromkeys(("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"), "apps/v1"),
    **dict.fromkeys(("Job", "CronJob"), "batch/v1"),
    **dict.fromkeys(("Ingress", "IngressClass", "NetworkPolicy"), "networking.k8s.io/v1"),
    **dict.fromkeys(
        ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"), "rbac.authorization.k8s.io/v1"
    ),
    "HorizontalPodAutoscaler": "autoscaling/v2",
    "PodDisruptionBudget": "policy/v1",
}


class Tolerance:
    """The on_error hook of one rendering; calling it gives what stands in.

    report    takes the problems
    compat    the Helm version whose words to use
    absent    the names of declared dependencies that are not there: their templates are missing with them
    """

    __slots__ = ("_known", "_more", "absent", "compat", "report")

    def __init__(self, report: Callable[[Problem], None], compat: str, absent: Sequence[str] = ()) -> None:
        self.report = report
        self.compat = compat
        self.absent = absent
        self._known: dict[tuple[object, ...], Problem] = {}
        self._more: dict[int, int] = {}

    def __call__(self, fault: TemplateError) -> Any:
        """What stands in for the failed part of an action."""
        lack = missing.of(fault)
        doubtful = any(guard.flags == STAND_IN for guard in missing.guards(fault))
        first_hand = fault.flags != STAND_IN or (lack.path and _reads_values(fault))
        if first_hand and not (doubtful and _is_fail(fault)):
            self._tell(fault, lack, doubtful)
        return _stand_in(fault, lack)

    def _tell(self, fault: TemplateError, lack: Lack, doubtful: bool) -> None:
        found = execution_problem(fault, fault.file, self.compat)
        finding = found.finding
        finding.provisional = doubtful
        if lack.kind == "template":
            same = self._of_library(found, lack.name)
        elif lack.path:
            same = (finding.code, lack.path, finding.message if _is_stop(fault) else "")
        else:
            same = (finding.code, finding.key, fault.span.source, fault.offset)
        known = self._known.get(same)
        if known is None:
            self._known[same] = found
            self.report(found)
        else:
            known.finding.provisional = known.finding.provisional and doubtful
            self._add_places(known.finding, finding.places)

    def _of_library(self, found: Problem, template: str) -> tuple[object, ...]:
        """All templates of a missing dependency are one problem, and only a demand."""
        found.demand = bool(self.absent)
        finding = found.finding
        for library in self.absent:
            if template.startswith(f"{library}."):
                finding.message = f"the templates of dependency `{library}` are missing, such as `{template}`"
                finding.hint = "fetch it with `helm dependency build`, or give --dependency-path"
                finding.key = library
                return finding.code, library
        finding.key = template
        return finding.code, template

    def _add_places(self, known: Finding, places: list[Place]) -> None:
        """Further places where the same is missing: of the action, or of the calls that led to it."""
        spots = [each.locate()[:5] for each in known.places]
        for place in places:
            if place.label not in ("", CALLED) or place.locate()[:5] in spots:
                continue
            if len(known.places) < _MOST_PLACES:
                place.role, place.label = "consumer", place.label or "and here"
                known.places.append(place)
            else:
                count = self._more[id(known)] = self._more.get(id(known), 0) + 1
                known.notes = [f"and in {count} more place{'s' if count > 1 else ''}"]
            return


def _reads_values(fault: TemplateError) -> bool:
    """True if what failed is a chain of fields from `.Values`, whatever else the action has met."""
    return fault.context.removeprefix("$").startswith(".Values.")


def _is_stop(fault: TemplateError) -> bool:
    return isinstance(fault.cause, StopError)


def _is_fail(fault: TemplateError) -> bool:
    return _is_stop(fault) and not isinstance(fault.cause, RequiredError)


# ------------------------------------------------------------------------------------- what stands in


def _stand_in(fault: TemplateError, lack: Lack) -> Any:
    node = fault.span
    if getattr(node, "children", tuple)():
        return None  # a condition that cannot be told: the branch is not taken
    if _is_fail(fault):
        return _in_place_of_fail(fault)
    pipe = getattr(node, "pipe", None)
    names = pipe.functions() if isinstance(pipe, Pipe) else []
    key = _key_before(node)
    text = _scalar(lack.path, lack.name if lack.kind == "template" else "", key, node)
    if fault.partial:
        return _part(names, fault, lack.kind == "template", text)
    return Placeholder(_whole(pipe, names, text))


def _in_place_of_fail(fault: TemplateError) -> Any:
    """`fail` writes nothing; but what a helper should have given to a key is missing there."""
    calls = [link for link in fault.scope.links() if link.kind == "call"] if fault.scope else []
    for call in calls[-1:]:
        if _key_before(call.span):
            return Placeholder(_name("", call.name))
    return Placeholder("")


def _part(names: list[str], fault: TemplateError, template: bool, text: str) -> Any:
    """A value for the rest of the pipeline."""
    if not _WRITING_BLOCKS.isdisjoint(names) or not _TAKING_MAPS.isdisjoint(names):
        return TrackedMap({STAND_IN: Placeholder(STAND_IN)})
    if template and not _INDENTING.isdisjoint(names):
        return Placeholder(_BLOCK)
    if not isinstance(fault.cause, RequiredError) and not template and not _DECIDING.isdisjoint(names):
        return None
    return Placeholder(text)


def _whole(pipe: Pipe | None, names: list[str], text: str) -> str:
    """The text for a whole pipeline, in the form its last function would have given."""
    last = pipe.commands[-1] if pipe is not None and pipe.commands else None
    name = _function(last)
    if name in _INDENTING and last is not None:
        width = last.operands[1] if len(last.operands) > 1 else None
        wanted = width.as_int or 0 if isinstance(width, Number) else 0
        pad = " " * min(wanted, _MOST_INDENT)
        return ("\n" if name == "nindent" else "") + pad + _BLOCK
    if name == "quote":
        return f'"{text}"'
    if not _WRITING_BLOCKS.isdisjoint(names):
        return f'{{"{STAND_IN}": "{STAND_IN}"}}'
    return text


def _scalar(path: Path, template: str, key: str, node: Span) -> str:
    """The text of a plain value: a number where the key or the path says so, else a name of its own."""
    if key == "apiVersion":
        kind = _KIND_AFTER.search(node.source.text, node.end)
        return _API_VERSIONS.get(kind[1], "v1") if kind else "v1"
    fields = [part for part in path if isinstance(part, str)]
    for word in (fields[-1:] or [""])[0], key:
        for end, number in _NUMBERS:
            if word.lower().endswith(end):
                return number
    return _name(".".join(fields), template)


def _name(path: str, template: str) -> str:
    """`placeholder-image-tag`: the same value has the same name wherever it is missing."""
    words = re.sub(r"[^a-z0-9]+", "-", (path or template).lower()).strip("-")
    return f"{STAND_IN}-{words}"[:_MOST_NAME].rstrip("-")


def _function(command: Command | None) -> str:
    first = command.operands[0] if command is not None else None
    return first.name if isinstance(first, Identifier) else ""


def _key_before(node: Span) -> str:
    """The YAML key in front of an action on its line, "" if there is none."""
    text = node.source.text
    line = text[text.rfind("\n", 0, node.start) + 1 : node.start]
    found = _KEY_BEFORE.search(line)
    return found[1] if found else ""
