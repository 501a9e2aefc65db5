"""Faults that loading, rendering and parsing report themselves: their records, so that every code has one.

In: the tables of codes of the rooms below. Out: Rules without a check. Those that keep a file from
being linted at all are tagged "always": choosing other rules does not hide them.
"""

from __future__ import annotations

from meshlint.helm.problems import CODES as HELM_CODES
from meshlint.helm.problems import Code
from meshlint.kube.document import CODES as YAML_CODES
from meshlint.rules.rule import Rule


def _record(code: Code, tag: str) -> Rule:
    tags = (tag, "input", "always") if code.severity == "error" else (tag, "input")
    return Rule(code.code, code.slug, code.what, severity=code.severity, precision="very-high", tags=tags)


_KUBERNETES = (
    Code(
        "KUB001",
        "object-without-kind",
        "error",
        "A document without apiVersion or kind: Kubernetes refuses it.",
    ),
    Code("KUB002", "object-without-name", "error", "An object without a name: Kubernetes refuses it."),
)

_DISCOVERY = (
    Code("INP001", "input-unreadable", "error", "A path that cannot be read."),
    Code("INP002", "input-empty", "note", "A path with nothing to lint in it."),
    Code("INP003", "input-no-chart", "error", "A path given as a chart that has no Chart.yaml."),
)

_SUPPRESSIONS = (
    Rule(
        "CFG010",
        "suppression-unused",
        "A suppression comment that accepts no finding.",
        severity="note",
        precision="very-high",
        tags=("config",),
    ),
    Rule(
        "CFG011",
        "suppression-malformed",
        "A comment that looks like a suppression and has no effect.",
        severity="warning",
        precision="very-high",
        tags=("config",),
    ),
)

RULES: tuple[Rule, ...] = (
    *(_record(code, "helm") for code in HELM_CODES),
    *(_record(code, "yaml") for code in YAML_CODES),
    *(_record(code, "kubernetes") for code in _KUBERNETES),
    *(_record(code, "discovery") for code in _DISCOVERY),
    *_SUPPRESSIONS,
)
