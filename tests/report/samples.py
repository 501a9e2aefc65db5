"""Reports made by hand: the founding story and the corners of every format."""

from __future__ import annotations

from meshlint.report.result import Coverage, InternalError, Report, Settled, Suppression
from meshlint.report.view import View
from meshlint.text.finding import Effect, Finding, Grade, Location, ObjectRef, Place, Role, SpanTarget
from meshlint.text.origin import KeyOrigin, Scope
from meshlint.text.source import Source
from meshlint.text.span import Span

HELPERS = Source(
    "charts/review/templates/_helpers.tpl",
    '{{- define "review.podLabels" -}}\napp: {{ .app }}\nsidecar.istio.io/inject: "true"\n{{- end }}\n',
    "template",
)
ROUTING = Source(
    "charts/review/templates/routing.yaml",
    "apiVersion: networking.istio.io/v1\n"
    "kind: DestinationRule\n"
    "metadata:\n"
    "  name: review\n"
    "spec:\n"
    "  host: review\n"
    "  subsets:\n"
    "    - name: {{ .Values.routing.subset }}\n"
    "      labels:\n"
    "        version: {{ .Values.routing.subset }}\n",
    "template",
)
DEPLOYMENT = Source(
    "charts/review/templates/review.yaml",
    "kind: Deployment\n"
    "      labels:\n"
    '        {{- include "review.podLabels" (dict "app" "review") | nindent 8 }}\n',
    "template",
)
VALUES = Source("charts/review/values.yaml", "routing:\n  subset: v1\n", "values")
FLAG = Source("--set routing.subset", "v1", "flag")
ODD = Source(
    "charts/odd name/templates/übung #1.yaml",
    "name: x\r\ntitle: \U0001f600\U0001f600 {{ .Values.a }}\r\n\tkey: 漢字 \x1b[31mred\r\nlong: "
    + "x" * 400
    + " here "
    + "y" * 400
    + "\r\n",
    "template",
)
REVIEW = ObjectRef("networking.istio.io/v1", "DestinationRule", "demo", "review")


def at(
    source: Source,
    text: str,
    grade: Grade = "exact",
    occurrence: int = 1,
    values: tuple[KeyOrigin, ...] = (),
    calls: tuple[Scope, ...] = (),
    pointer: tuple[str | int, ...] = (),
    rendered: int = 0,
) -> Location:
    """The location of the n-th occurrence of `text`."""
    start = -1
    for _ in range(occurrence):
        start = source.text.index(text, start + 1)
    (line, column), (end_line, end_column) = source.position(start), source.position(start + len(text))
    return Location(source, line, column, end_line, end_column, grade, pointer, rendered, calls, values)


def placed(location: Location, label: str = "", role: Role = "primary") -> tuple[Place, Location]:
    start = location.source.offset(location.line, location.column)
    return Place(SpanTarget(location.source, start, start), label=label, role=role), location


def key(source: Source, text: str, *path: str | int) -> KeyOrigin:
    start = source.text.index(text)
    return KeyOrigin(source, start, start + len(text.split(":")[0]) + 2, start + len(text), path)


def settled(
    finding: Finding,
    places: list[tuple[Place, Location]],
    fingerprint: str = "f1",
    scenarios: tuple[str, ...] = (),
    suppression: Suppression | None = None,
) -> Settled:
    finding.places = [place for place, _ in places]
    return Settled(finding, places, fingerprint, scenarios, suppression, 4 if scenarios else 0)


SUBSET_KEY = key(VALUES, "subset: v1", "routing", "subset")


def story() -> Settled:
    """Subset v1 selects nothing because the helper forgets the label."""
    start = DEPLOYMENT.text.index("{{-")
    span = Span(DEPLOYMENT, start, DEPLOYMENT.text.index("}}") + 2)
    call = Scope("call", span, (), None, "review.podLabels")
    finding = Finding(
        "DR001",
        "subset `v1` of DestinationRule demo/review selects no pod",
        [],
        effect=Effect(
            "requests to review get no endpoint",
            "outbound|80|v1|review.demo.svc.cluster.local",
            "UH",
            '503 "no healthy upstream"',
        ),
        hint="add `version: v1` to the pod template labels of Deployment review",
        notes=["nearest workload is Deployment review: it matches `app=review` but has no `version`"],
        object=REVIEW,
        key="v1",
        peers=("KIA0203",),
    )
    places = [
        placed(
            at(
                ROUTING,
                "{{ .Values.routing.subset }}",
                occurrence=2,
                values=(SUBSET_KEY,),
                pointer=("spec", "subsets", 0, "labels", "version"),
                rendered=17,
            ),
            "wants version=v1",
        ),
        placed(at(HELPERS, "app: {{ .app }}", calls=(call,)), "the pods get these labels", "cause"),
        placed(at(ROUTING, "host: review"), "100 % of the traffic for host review goes to v1", "consumer"),
    ]
    return settled(finding, places, "aa11", ("default", "prod"))


def corners() -> list[Settled]:
    """Low grades, odd characters, flags, packed charts, tpl texts, suppressions, missing places."""
    warned = Finding("XV010", "100% of `a|b` <c>, d: e [f](1)\nline two", [], severity="warning")
    emoji = settled(warned, [placed(at(ODD, "{{ .Values.a }}"))], "bb")
    tabbed = settled(
        Finding("XV011", "wide characters", [], severity="note", precision="low", provisional=True),
        [placed(at(ODD, "漢字"), "two columns each")],
        "cc",
    )
    clipped = settled(Finding("XV012", "far right", []), [placed(at(ODD, "here"), "seen")], "dd")
    by_call = settled(
        Finding("HLM001", "made by a call", [], severity="warning"),
        [placed(at(DEPLOYMENT, 'include "review.podLabels"', "call-site"), "one of these")],
        "ee",
    )
    by_file = settled(Finding("YML001", "not YAML", []), [placed(at(ROUTING, "kind", "file"))], "ff")
    flagged = settled(
        Finding("HLM002", "flag is wrong", []),
        [placed(Location(FLAG, 1, 1, 1, 3, "exact"), "this flag")],
        "gg",
    )
    text = Source("charts/review/values.yaml", "a: {{ .b }}", "tpl", parent=SUBSET_KEY)
    inner = settled(Finding("HLM003", "in a tpl text", []), [placed(at(text, "{{ .b }}"))], "hh")
    packed = Source("common/templates/_l.tpl", "x: y\n", "template", "charts/review/charts/common-1.0.0.tgz")
    far = settled(
        Finding("HLM004", "in a packed chart", []),
        [placed(at(packed, "x: y", values=(SUBSET_KEY,)))],
        "ii",
    )
    accepted = settled(
        Finding("XV013", "known and accepted", [], severity="warning", object=REVIEW),
        [placed(at(ROUTING, "host: review"))],
        "jj",
        suppression=Suppression("inSource", "moves next week", "charts/review/templates/routing.yaml:6"),
    )
    again = [
        settled(
            Finding("XS001", f"port {number}", [], object=REVIEW._replace(name=f"review-{number}")),
            [placed(at(ROUTING, "name: review"))],
            "kk",
        )
        for number in range(8)
    ]
    return [emoji, tabbed, clipped, by_call, by_file, flagged, inner, far, accepted, *again]


COVERAGE = Coverage(
    targets=["charts/review"],
    charts=1,
    value_sets=2,
    scenarios=2,
    templates=3,
    objects=5,
    mesh_objects=2,
    rules=40,
    not_checked=["1 object of unknown kind Foo/v1", "2 references outside the input (use --context)"],
    seconds=0.1234,
)


def clean() -> Report:
    return Report([], COVERAGE, enabled=("DR001", "VS027"))


def broken() -> Report:
    return Report([story()], COVERAGE, enabled=("DR001",))


def all_corners() -> Report:
    return Report(
        [story(), *corners()],
        COVERAGE,
        enabled=("DR001", "XV010"),
        input_failed=True,
        internal_errors=[InternalError("DR004", "KeyError: 'x'", "Traceback\n  ...")],
    )


REPORTS = {"clean": clean, "story": broken, "corners": all_corners}
VIEW = View(root="/work", directory="/work")
