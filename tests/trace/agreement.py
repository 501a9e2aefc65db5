"""Agreement: what rules find in a world and what traces of every route of it find, as pairs.

A rule and a break match if a finding of the rule means that some request meets the break.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from meshlint.mesh.graph import Mesh
from meshlint.mesh.mesh_config import settings_of
from meshlint.mesh.trace.questions import every_trace
from meshlint.mesh.trace.tracer import Tracer
from meshlint.mesh.xds import Xds
from meshlint.options import LintOptions
from meshlint.rules import catalog
from meshlint.rules.rule import Context, run_rules
from meshlint.text.finding import Finding

# Rule -> the breaks its findings mean: one of them is met by some request.
MEANS: Mapping[str, frozenset[str]] = {
    code: frozenset(breaks.split())
    for code, breaks in {
        "DR001": "EDS-EMPTY",
        "DR003": "CDS-NOSUBSET",
        "DR005": "TLS-PLAIN-STRICT",
        "DR006": "TLS-ORIGINATE",
        "GA001": "LDS-NOGW RDS-NOVHOST",
        "GA002": "RDS-NOVHOST",
        "GA003": "CDS-NOSVC",
        "GA004": "CDS-NOPORT",
        "GW001": "LDS-NOGW",
        "GW002": "LDS-NOLISTENER",
        "GW003": "LDS-DROPPED LDS-NACK RDS-NOVHOST",
        "GW005": "LDS-CERT",
        "GW006": "LDS-NOLISTENER LDS-SNI",
        "GW007": "LDS-SNI",
        "SE002": "TLS-ORIGINATE",
        "SE005": "LDS-CAPTURE",
        "SE006": "TLS-ORIGINATE",
        "SVC001": "EDS-EMPTY",
        "SVC002": "EDS-EMPTY",
        "SVC012": "EDS-PORT",
        "VS001": "CDS-NOSUBSET",
        "VS002": "CDS-NOSVC",
        "VS003": "CDS-NOPORT",
        "VS004": "CDS-NOPORT",
        "VS005": "CDS-NOSVC",
        "VS006": "LDS-NOGW",
        "VS007": "RDS-NOVHOST LDS-SNI",
        "VS009": "RDS-SHADOWED",
        "VS010": "RDS-SHADOWED",
        "VS012": "RDS-SHADOWED",
        "VS015": "RDS-BADACTION",
        "VS016": "RDS-NOROUTE RDS-NOVHOST RDS-BADACTION",
        "VS017": "RDS-BADACTION",
        "VS021": "CDS-NOSVC",
        "VS031": "RDS-NOVHOST LDS-SNI",
        "VS034": "CDS-NOSVC",
        "VS019": "LDS-SNI LDS-NOLISTENER RDS-NOVHOST",
    }.items()
}


def findings(tracer: Tracer) -> list[Finding]:
    """The findings of the rules that mean a break."""
    rules = [rule for rule in catalog.ALL if rule.code in MEANS]
    return run_rules(rules, Context(tracer.mesh, tracer.mesh.resources, [], LintOptions()))


def breaks(tracer: Tracer) -> set[str]:
    """The codes that traces of every route meet; mirrors count, their copies are lost."""
    return {
        step.code
        for trace in every_trace(tracer)
        for branch in trace.branches
        for step in branch.steps
        if step.verdict == "BREAK" or step.code == "EDS-PORT"
    }


def unmatched(tracer: Tracer) -> Iterator[str]:
    """`rule DR001 without break`, `break EDS-EMPTY without rule`."""
    found = findings(tracer)
    met = breaks(tracer)
    for code in sorted({one.code for one in found if one.severity == "error"}):
        if not MEANS[code] & met:
            yield f"rule {code} without break"
    said = frozenset(name for one in found for name in MEANS[one.code])
    for code in sorted(met & frozenset().union(*MEANS.values())):
        if code not in said:
            yield f"break {code} without rule"


def tracer_of_files(folder: Path) -> Iterator[Tracer]:
    """The worlds below a folder."""
    from meshlint.model import worlds

    found, _ = worlds(LintOptions(paths=(str(folder),), isolated=True))
    for world in found:
        yield Tracer(Xds(world.mesh))


def mesh(resources: list[Any]) -> Mesh:
    return Mesh.build(resources, settings_of(LintOptions(), resources))
