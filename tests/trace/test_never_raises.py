"""Whatever a manifest says, every route is answered, and the shares of a request add up."""

from __future__ import annotations

import copy

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meshlint.kube.resource import Resource, resource_from
from meshlint.mesh.breaks import BREAKS
from meshlint.mesh.graph import Mesh
from meshlint.mesh.request import request_of
from meshlint.mesh.steps import Trace
from meshlint.mesh.trace.questions import every_trace
from meshlint.mesh.trace.tracer import Tracer
from meshlint.mesh.xds import Xds
from meshlint.report import trace_json, trace_mermaid, trace_text
from meshlint.report.style import Style
from tests.mesh.wrong_types import broken_world
from tests.trace import walks

DATA = [data for path in walks.cases() for data in walks.objects(walks.read(path))]
URLS = (
    "http://api/",
    "https://a.example/",
    "grpc://api.shop:80/",
    "tcp://db:5432",
    "http://10.1.2.3:81/x?y=z",
)


def ask_everything(resources: list[Resource]) -> list[Trace]:
    tracer = Tracer(Xds(Mesh.build(resources)))
    found = every_trace(tracer)
    for url in URLS:
        found.append(tracer.from_outside(request_of(url)))
        found += [tracer.from_workload(workload, request_of(url)) for workload in tracer.mesh.workloads[:2]]
    return found


def sound(trace: Trace) -> None:
    """What holds of every trace."""
    assert trace.branches
    shares = sum(branch.share for branch in trace.branches if not branch.mirror)
    assert abs(shares - 100) < 0.01
    for branch in trace.branches:
        broken = [step for step in branch.steps if step.verdict == "BREAK"]
        assert broken in ([], [branch.last])  # a branch ends with its break
        assert all(step.symptom is not None and step.code in BREAKS for step in broken)
        assert all(step.name for step in branch.steps)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_wrong_types_anywhere(data: st.DataObject) -> None:
    world = broken_world(data, DATA, most=8)
    for trace in ask_everything([resource_from(item) for item in world]):
        sound(trace)


def test_all_scenarios_as_one_world() -> None:
    found = ask_everything([resource_from(item) for item in copy.deepcopy(DATA)])
    for trace in found:
        sound(trace)
    assert len(found) > 100
    assert trace_text.overview(found, Style(color=True))
    assert trace_json.write(found).startswith("{")
    assert trace_mermaid.write(found).startswith("flowchart")
