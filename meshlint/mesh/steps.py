"""Steps: what a trace consists of. A request takes branches, a branch is a walk of steps.

In: nothing; the records a walk fills. Out: Step, Branch, Trace with verdicts that add up.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from meshlint.kube.resource import Resource
from meshlint.mesh.breaks import BREAKS, Stage, Symptom
from meshlint.mesh.request import Request
from meshlint.text.origin import Path

Verdict = Literal["OK", "ASSUMED", "BYPASS", "UNKNOWN", "BREAK"]
WORSE: dict[Verdict, int] = {"OK": 0, "ASSUMED": 1, "BYPASS": 2, "UNKNOWN": 3, "BREAK": 4}


class Spot(NamedTuple):
    """A place in a manifest that a step rests on, and what is to be said there."""

    resource: Resource
    path: Path = ()
    label: str = ""


class Step(NamedTuple):
    """One station of a branch.

    stage     where in the proxy
    name      the object as Envoy shows it: a listener, a route configuration and virtual host, a cluster
    verdict   OK; ASSUMED: taken for granted; BYPASS: works without the mesh's features; UNKNOWN: the
              input does not tell; BREAK: the request ends here
    code      of the break table, "" if nothing is to be said
    detail    one clause
    sources   the objects and places it rests on
    symptom   what the caller sees, None unless the request ends here
    confirm   the command that shows it in a running cluster, "" if there is none
    notes     further facts, a clause each: routes passed by, timeouts, rules that lost
    """

    stage: Stage
    name: str
    verdict: Verdict = "OK"
    code: str = ""
    detail: str = ""
    sources: tuple[Spot, ...] = ()
    symptom: Symptom | None = None
    confirm: str = ""
    notes: tuple[str, ...] = ()


class Branch(NamedTuple):
    """One way a request may take.

    share    percent of the requests
    mirror   a copy whose answer nobody waits for
    """

    share: float
    steps: tuple[Step, ...]
    mirror: bool = False

    @property
    def verdict(self) -> Verdict:
        """The worst of its steps."""
        return max((step.verdict for step in self.steps), key=WORSE.__getitem__, default="OK")

    @property
    def last(self) -> Step:
        """The step it ends with."""
        return self.steps[-1]

    def codes(self) -> list[str]:
        """Every code its steps carry."""
        return [step.code for step in self.steps if step.code]


class Trace(NamedTuple):
    """A request and everything that may become of it.

    origin   who sends it: "sidecar:shop/web", "gateway:istio-system/istio-ingressgateway", "outside"
    notes    assumptions that hold for all branches
    sender   the workload whose proxy it leaves, None if no manifest of the input makes it
    """

    origin: str
    request: Request
    branches: tuple[Branch, ...]
    notes: tuple[str, ...] = ()
    sender: Resource | None = None

    @property
    def verdict(self) -> Verdict:
        """The worst of its branches; mirrors do not count."""
        verdicts = [branch.verdict for branch in self.branches if not branch.mirror]
        return max(verdicts, key=WORSE.__getitem__, default="OK")

    def breaks(self) -> list[Step]:
        """The steps at which branches end, mirrors left out."""
        return [
            step
            for branch in self.branches
            if not branch.mirror
            for step in branch.steps
            if step.verdict == "BREAK"
        ]


def broken(
    code: str,
    name: str,
    detail: str,
    sources: Iterable[Spot] = (),
    confirm: str = "",
    *,
    http: str = "",
    tcp: bool = False,
    stage: Stage | None = None,
) -> Step:
    """The step at which a request ends, with the symptom of the break table.

    http   another status than the table's (Gateway API routes answer 500 where others answer 503)
    tcp    the traffic is no HTTP: the symptom is what happens to the connection
    """
    found = BREAKS[code]
    symptom = found.symptom if not http else found.symptom._replace(http=http)
    if tcp and found.tcp:
        symptom = Symptom(found.tcp, symptom.flag)
    return Step(stage or found.stage, name, "BREAK", code, detail, tuple(sources), symptom, confirm)
