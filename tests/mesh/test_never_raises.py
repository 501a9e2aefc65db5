"""Whatever a manifest says, the model answers: wrong types are other rooms' findings, no exceptions."""

from __future__ import annotations

import copy
import os
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meshlint.kube.resource import Resource, resource_from
from meshlint.mesh.drawing import picture_of
from meshlint.mesh.graph import Mesh
from meshlint.mesh.scope import sidecar_client
from meshlint.mesh.settings import Settings
from meshlint.mesh.virtual_hosts import l4_routes, pick
from tests.mesh.golden import CASES, load
from tests.mesh.wrong_types import broken_world

SHARED = Path(os.environ.get("MESHLINT_SHARED", Path(__file__).parents[3] / "shared")) / "conformance"
WORLDS = [load(path)["manifests"] for path in sorted(CASES.glob("*.yaml"))]
DATA = [data for text in WORLDS for data in yaml.safe_load_all(text) if data]


def ask_everything(resources: list[Resource]) -> int:
    """Put every kind of question to the model; the number of answers."""
    mesh = Mesh.build(resources, Settings())
    answers = 0
    for virtual in mesh.virtual_services:
        for route, target in virtual.targets():
            answers += len(list(mesh.uses(virtual, route, target)))
            answers += len(route.label()) + len(route.action) + len([one.describe() for one in route.matches])
            mesh.resolve_host(target.written, virtual.namespace)
    for service in mesh.services.services:
        for port in (None, *service.by_number):
            answers += len(mesh.endpoints(service, port, {"version": "v1"}).near)
        mesh.membership(service)
        for namespace in {service.namespace, "elsewhere"}:
            client = sidecar_client(namespace)
            for number in service.by_number:
                table = mesh.route_table(client, number)
                found = table.find(service.host)
                answers += bool(found and pick(found.routes, "/path?a=b"))
                answers += len(l4_routes(client, mesh.scope(client), service, number, "tcp"))
                answers += len(mesh.destination_rule_for(namespace, service).policy(number, "v1").fields)
    for workload in mesh.workloads:
        answers += len(mesh.in_mesh(workload).why) + len(workload.ports)
        answers += len(mesh.services_selecting(workload))
    answers += len(picture_of(mesh).edges)
    return answers


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_wrong_types_anywhere(data: st.DataObject) -> None:
    world = broken_world(data, DATA, most=6)
    ask_everything([resource_from(item) for item in world])


def test_the_worlds_of_the_cases_are_answered() -> None:
    assert ask_everything([resource_from(item) for item in copy.deepcopy(DATA)]) > 500


@pytest.mark.skipif(not SHARED.is_dir(), reason="shared conformance cases are not there")
@pytest.mark.parametrize("suite", ["istio", "kiali"])
def test_manifests_of_other_tools(suite: str) -> None:
    read = 0
    for path in sorted((SHARED / suite).rglob("*.yaml")):
        try:
            loaded = [item for item in yaml.safe_load_all(path.read_text(encoding="utf-8")) if item]
        except yaml.YAMLError:
            continue
        found = [resource_from(item) for item in loaded if isinstance(item, dict)]
        ask_everything(found)
        read += len(found)
    assert read > 100
