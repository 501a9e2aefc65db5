"""Rules and traces agree: an error of a rule is a break of some request, and a break is a rule's finding.

Every scenario, every broken sample and every example of the handbook is asked both ways. EXEMPT lists the
pairs that differ, each with its reason; a pair that no longer differs has to leave the list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from meshlint.mesh.trace.tracer import Tracer
from meshlint.rules import pages
from meshlint.rules.pages import Example
from tests.rules.worlds import write
from tests.trace import agreement, walks
from tests.trace.test_samples import CHANGES, NAMES, SAMPLES, Change, broken

REFUSED = "the webhook refuses the object, and no request can show it without a Service in the input"
EXEMPT = {
    "case 12-match-gateways": {
        "rule VS001 without break": "its Gateway does not exist either; a request ends at its first break",
    },
    "case 18-empty-entries": {
        "break EDS-EMPTY without rule": "no rule looks at the selector of a ServiceEntry",
    },
    "case 20-mtls-matrix": {
        "break TLS-ORIGINATE without rule": "no rule looks at TLS originated to the pods of the mesh",
    },
    "case 30-gateway-selector": {
        "break LDS-NOGW without rule": "rules leave selectors of Istio's own gateways alone in any world",
    },
    "change RDS-BADACTION": {
        "break RDS-BADACTION without rule": "no rule looks at the code of a redirect",
    },
    "change TLS-ORIGINATE": {
        "break TLS-ORIGINATE without rule": "SE002 looks at port 443 itself, not at one that leads there",
    },
    "change DNS-NX": {
        "rule VS005 without break": "the name does not resolve, and a request ends at the first break",
    },
    "page GW006 Bad 1": {"rule GW006 without break": REFUSED},
    "page GW007 Bad 1": {"rule GW007 without break": "no route is bound to the Gateway of the example"},
    "page VS002 Bad 3": {
        "rule VS002 without break": "the client has no listener, so the VirtualService is not asked",
    },
    "page VS015 Bad 1": {"rule VS015 without break": REFUSED},
    "page VS017 Bad 1": {"rule VS017 without break": REFUSED},
    "page VS030 Good 1": {
        "break RDS-NOVHOST without rule": "the Gateway of the example has a short host, which stays short",
    },
}


class Scenario(NamedTuple):
    """A name, and what opens its worlds in an empty folder."""

    name: str
    worlds: Callable[[Path], Iterable[Tracer]]


def _case(path: Path, _: Path) -> list[Tracer]:
    return [walks.tracer_of(walks.read(path))]


def _sample(name: str, _: Path) -> Iterable[Tracer]:
    return agreement.tracer_of_files(SAMPLES / name)


def _change(change: Change, folder: Path) -> Iterable[Tracer]:
    return agreement.tracer_of_files(broken(change, folder))


def _page(example: Example, folder: Path) -> Iterable[Tracer]:
    write(folder, example.files)
    return agreement.tracer_of_files(folder)


def _scenarios() -> Iterator[Scenario]:
    for path in walks.cases():
        yield Scenario(f"case {path.stem}", partial(_case, path))
    for name in NAMES:
        yield Scenario(f"sample {name}", partial(_sample, name))
    for change in CHANGES:
        yield Scenario(f"change {change.code}", partial(_change, change))
    for name in pages.names():
        code = name.partition("-")[0]
        for section in ("Bad", "Good"):
            for number, example in enumerate(pages.read(pages.page(code)).examples(section), 1):
                yield Scenario(f"page {code} {section} {number}", partial(_page, example))


SCENARIOS = list(_scenarios())


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.name for scenario in SCENARIOS])
def test_rules_and_traces_agree(scenario: Scenario, tmp_path: Path) -> None:
    found = {pair for tracer in scenario.worlds(tmp_path) for pair in agreement.unmatched(tracer)}
    assert found == set(EXEMPT.get(scenario.name, ()))


def test_every_exemption_names_a_scenario() -> None:
    assert set(EXEMPT) <= {scenario.name for scenario in SCENARIOS}
