"""Room: report. Traces as a Mermaid flowchart: a node per station, an edge per share, breaks in red.

In: Traces. Out: text that GitHub and GitLab draw in Markdown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from meshlint.report.style import one_line
from meshlint.report.trace_text import percent

if TYPE_CHECKING:
    from meshlint.mesh.steps import Step, Trace

_CLASSES = """\
  classDef broken fill:#fdd,stroke:#c00,color:#600
  classDef unsure fill:#ffc,stroke:#a80,color:#530
  classDef bypass fill:#eee,stroke:#888,color:#333,stroke-dasharray:4"""
_CLASS_OF = {"BREAK": "broken", "UNKNOWN": "unsure", "BYPASS": "bypass"}


def write(traces: Sequence[Trace]) -> str:
    """`flowchart LR` with every trace; stations of the same name are one node."""
    chart = _Chart()
    for trace in traces:
        chart.add(trace)
    return chart.text()


class _Chart:
    """Nodes and edges in order of appearance."""

    def __init__(self) -> None:
        self.nodes: dict[tuple[str, str, str, str], str] = {}
        self.lines: dict[str, None] = {}

    def add(self, trace: Trace) -> None:
        """The branches of a trace."""
        start = self.node((trace.origin, "", "", ""), trace.origin, "([{}])", "")
        for branch in trace.branches:
            last, label = start, trace.request.label()
            arrow = "-.->" if branch.mirror else "-->"
            for at, step in enumerate(branch.steps):
                node = self._station(trace, step)
                if at == 0:
                    self.edge(last, node, arrow, label)
                else:
                    before = branch.steps[at - 1]
                    forks = step.stage in ("CDS", "EDS") and before.stage in ("RDS", "CDS")
                    shared = branch.share != 100 and forks
                    self.edge(last, node, arrow, percent(branch.share) if shared else "")
                last = node
            symptom = branch.last.symptom
            if symptom is not None:
                text = f"{symptom.label()}<br/>{branch.last.code}"
                end = self.node((text, last, "", ""), text, '[/"{}"/]', "BREAK")
                self.edge(last, end, arrow, "")

    def _station(self, trace: Trace, step: Step) -> str:
        key = (trace.origin if step.stage in ("DNS", "LDS", "RDS") else "", step.stage, step.name, step.code)
        return self.node(key, f"{step.stage}<br/>{_plain(step.name)}", "[{}]", step.verdict)

    def node(self, key: tuple[str, str, str, str], text: str, shape: str, verdict: str) -> str:
        """The name of a node, which is declared once."""
        known = self.nodes.get(key)
        if known is not None:
            return known
        name = self.nodes[key] = f"n{len(self.nodes)}"
        quoted = shape if '"' in shape else shape.replace("{}", '"{}"')
        style = f":::{_CLASS_OF[verdict]}" if verdict in _CLASS_OF else ""
        shown = text if "<br/>" in text else _plain(text)
        self.lines[f"  {name}{quoted.format(shown.replace(chr(34), '#quot;'))}{style}"] = None
        return name

    def edge(self, first: str, second: str, arrow: str, label: str) -> None:
        """An edge, drawn once."""
        said = f'|"{_plain(label)}"|' if label else ""
        self.lines[f"  {first} {arrow}{said} {second}"] = None

    def text(self) -> str:
        """The flowchart."""
        return "\n".join(["flowchart LR", *self.lines, _CLASSES]) + "\n"


def _plain(text: str) -> str:
    """Text that Mermaid takes as it is."""
    return one_line(text).replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
