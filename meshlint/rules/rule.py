"""Rule: the record of one rule around one generator, the context it asks, and the one loop that runs rules.

In: a Context (the mesh model, the resources being linted, the rendered charts, the options). Out:
Findings with symbolic places. Nothing is registered by importing: families list their rules in a tuple
and the catalog joins the tuples.

A rule is written as

    @rule("VS002", "destination-host-unknown", "...", kinds=(VIRTUAL_SERVICE,), peers=("IST0101",))
    def destination_host_unknown(resource: Resource, context: Context) -> Iterator[Finding]:
        yield destination_host_unknown.finding("...", Place(resource, path), ...)

The decorated name is the Rule itself, so the generator makes its findings with its own record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from meshlint.text.finding import Edit, Effect, Finding, ObjectRef, Place, Precision, Severity

if TYPE_CHECKING:
    from meshlint.kube.kinds import GroupKind
    from meshlint.kube.resource import Resource
    from meshlint.mesh.graph import Mesh
    from meshlint.options import LintOptions

Check = Callable[..., Iterator[Finding]]

INTERNAL_ERROR = "INT001"


class Context:
    """What a rule may ask.

    mesh       the model of all resources of one world, context resources included
    resources  the resources being linted; findings are made about these only
    charts     the rendered charts of the world, empty for plain manifests
    options    the run's options
    renders    makes the mesh anew with other options, None if nothing is rendered
    """

    __slots__ = ("_again", "charts", "mesh", "options", "renders", "resources")

    def __init__(
        self,
        mesh: Mesh,
        resources: Sequence[Resource],
        charts: Sequence[Any],
        options: LintOptions,
        renders: Callable[[LintOptions], Mesh] | None = None,
    ) -> None:
        self.mesh = mesh
        self.resources = resources
        self.charts = charts
        self.options = options
        self.renders = renders
        self._again: dict[tuple[Any, ...], Mesh] = {}

    def again(self, options: LintOptions) -> Mesh | None:
        """The same world under another release name, in another namespace or with further --set flags."""
        if self.renders is None:
            return None
        key = (options.release_name, options.namespace, options.set_values)
        if key not in self._again:
            self._again[key] = self.renders(options)
        return self._again[key]

    def of(self, *kinds: GroupKind) -> Iterator[Resource]:
        """The linted resources of the given kinds."""
        return (resource for resource in self.resources if resource.group_kind in kinds)


class Rule:
    """One rule.

    code       stable for ever: family prefix and three digits, "DR001"
    slug       the wrong state in plain words, "routed-subset-selects-no-pod"
    summary    one line: what the rule reports
    severity   of a finding, unless the rule lowers it for one
    precision  how often a finding is a real fault; rules below "high" run only when selected
    kinds      the kinds `check` is called for, one resource at a time; empty: once per world
    peers      codes of other tools that mean the same (IST0101, KIA0202)
    tags       words to select by: "outage", "security", "style", "mtls", ...
    since      the version of meshlint that brought the rule
    check      the generator; None for faults that loaders and the renderer report themselves
    """

    __slots__ = (
        *("check", "code", "kinds", "peers", "precision", "severity", "since", "slug", "summary", "tags"),
    )

    def __init__(
        self,
        code: str,
        slug: str,
        summary: str,
        *,
        severity: Severity = "error",
        precision: Precision = "high",
        kinds: tuple[GroupKind, ...] = (),
        peers: tuple[str, ...] = (),
        tags: tuple[str, ...] = (),
        since: str = "0.1.0",
        check: Check | None = None,
    ) -> None:
        self.code = code
        self.slug = slug
        self.summary = summary
        self.severity: Severity = severity
        self.precision: Precision = precision
        self.kinds = kinds
        self.peers = peers
        self.tags = tags
        self.since = since
        self.check = check

    def __repr__(self) -> str:
        return f"<Rule {self.code} {self.slug}>"

    @property
    def default(self) -> bool:
        """True if the rule runs when nothing is selected: precise, and not a matter of taste."""
        return self.precision in ("high", "very-high") and "opt-in" not in self.tags

    def finding(
        self,
        message: str,
        *places: Place,
        severity: Severity | None = None,
        precision: Precision | None = None,
        effect: Effect | None = None,
        hint: str = "",
        notes: Iterable[str] = (),
        about: ObjectRef | None = None,
        key: str = "",
        peers: tuple[str, ...] | None = None,
        edits: Iterable[Edit] = (),
        provisional: bool = False,
    ) -> Finding:
        """A finding of this rule; what is not given comes from the record.

        about   the object of the finding; by default the resource the primary place points into
        peers   only the peers' codes that mean this very case, when the rule covers several
        """
        places[0].role = "primary"
        return Finding(
            self.code,
            message,
            list(places),
            severity=severity or self.severity,
            precision=precision or self.precision,
            effect=effect,
            hint=hint,
            notes=list(notes),
            object=about or _object(places[0]),
            key=key,
            peers=self.peers if peers is None else peers,
            edits=list(edits),
            provisional=provisional,
        )


def _object(place: Place) -> ObjectRef | None:
    ref = getattr(place.target, "ref", None)
    return ref() if ref is not None else None


def rule(
    code: str,
    slug: str,
    summary: str,
    *,
    severity: Severity = "error",
    precision: Precision = "high",
    kinds: tuple[GroupKind, ...] = (),
    peers: tuple[str, ...] = (),
    tags: tuple[str, ...] = (),
    since: str = "0.1.0",
) -> Callable[[Check], Rule]:
    """Make the decorated generator a Rule: `check(resource, context)` with kinds, else `check(context)`."""

    def record(check: Check) -> Rule:
        return Rule(
            code,
            slug,
            summary,
            severity=severity,
            precision=precision,
            kinds=kinds,
            peers=peers,
            tags=tags,
            since=since,
            check=check,
        )

    return record


def run_rules(rules: Iterable[Rule], context: Context) -> list[Finding]:
    """The findings of the rules, in the order of the rules and of the resources. Never raises."""
    found: list[Finding] = []
    for each in rules:
        if each.check is None:
            continue
        if each.kinds:
            for resource in context.of(*each.kinds):
                _call(each, (resource, context), resource, found)
        else:
            _call(each, (context,), None, found)
    return found


def _call(each: Rule, arguments: tuple[Any, ...], resource: Resource | None, found: list[Finding]) -> None:
    """One rule call. Its findings up to a crash are kept; the crash becomes a finding and the run goes on."""
    assert each.check is not None
    try:
        found.extend(finding for finding in each.check(*arguments) if not _against_itself(finding))
    except Exception as error:
        found.append(_crashed(each, error, resource, arguments[-1]))


def _against_itself(finding: Finding) -> bool:
    """True if an object is set against another writing of itself.

    Folders hold variants of objects, for staging and for production; a cluster has one of them.
    """
    first = finding.places[0].target
    ref = getattr(first, "ref", None)
    if ref is None:
        return False
    others = (place.target for place in finding.places[1:] if place.role != "candidate")
    return any(
        other is not first and (other_ref := getattr(other, "ref", None)) is not None and other_ref() == ref()
        for other in others
    )


def _crashed(each: Rule, error: Exception, resource: Resource | None, context: Context) -> Finding:
    import traceback

    where = resource or next(iter(context.resources), None)
    about = f" on {resource.label()}" if resource else ""
    place = [Place(where)] if where else []
    return Finding(
        INTERNAL_ERROR,
        f"rule {each.code} crashed{about}: {type(error).__name__}: {error}",
        place,
        hint=f"report this as a bug of meshlint and go on with `--ignore {each.code}`",
        notes=["".join(traceback.format_exception(error)).rstrip()],
        object=resource.ref() if resource else None,
        key=each.code,
    )
