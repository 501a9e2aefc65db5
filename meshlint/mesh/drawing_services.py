"""Drawing services: Services and ServiceEntries, their subsets, and the workloads behind them, as nodes.

In: a Mesh, a Canvas. Out: service, subset and workload nodes, each made once; what routes were seen to use
is kept for the drawing of pods.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshlint.kube.workload import Workload
from meshlint.mesh.clusters import ClusterState
from meshlint.mesh.destination_rules import Subset
from meshlint.mesh.picture import Canvas, Node, NodeState
from meshlint.mesh.port import ServicePort
from meshlint.mesh.registry import ALIAS, MeshService
from meshlint.mesh.resolution import HostResolution
from meshlint.mesh.steps import Spot

if TYPE_CHECKING:
    from meshlint.kube.resource import Resource
    from meshlint.mesh.graph import Mesh


class ServiceDrawing:
    """Draws what routes lead to.

    used   (service node, subset) -> the clusters that routes were seen to use
    """

    __slots__ = ("canvas", "mesh", "used")

    def __init__(self, mesh: Mesh, canvas: Canvas) -> None:
        self.mesh = mesh
        self.canvas = canvas
        self.used: dict[tuple[str, str], list[ClusterState]] = {}

    # Nodes

    def service(self, service: MeshService) -> str:
        """The node of a service."""
        resource = service.resource
        key = f"{resource.kind}/{service.namespace}/{service.name}"
        title = service.name
        if not service.kubernetes:
            key, title = f"{key}/{service.host}", service.host
        ports = ", ".join(_port(port) for port in service.ports)
        facts = [("host", service.host), ("ports", ports or "none"), ("kind of cluster", service.resolution)]
        if service.selector is not None:
            facts.append(("selector", pairs(service.selector)))
        if service.external_name:
            facts.append(("external name", service.external_name))
        written = self.mesh.endpoints(service).addresses if service.resolution != ALIAS else ()
        if written:
            facts.append(("addresses", ", ".join(address.address for address in written[:8])))
        spot = Spot(resource, service.path)
        state = self.state(resource)
        return self.canvas.put(
            Node(
                key, "service", resource.kind, title, service.namespace, ports, "", state, spot, tuple(facts)
            )
        )

    def subset(self, service: MeshService, name: str, defined: Subset | None = None) -> str:
        """The row of a subset; a missing one if no DestinationRule of the input defines it for the host."""
        card = self.service(service)
        key = f"{card}#{name}"
        defined = defined or self.defined(service).get(name)
        if defined is None:
            about = "defined by no DestinationRule in effect"
            return self.canvas.put(
                Node(key, "subset", "subset", name, service.namespace, about, card, "missing")
            )
        labels = pairs(defined.labels)
        facts = (("labels", labels), ("defined by", defined.resource.label()))
        spot = Spot(defined.resource, defined.path)
        state = self.state(defined.resource)
        return self.canvas.put(
            Node(key, "subset", "subset", name, service.namespace, labels, card, state, spot, facts)
        )

    def unknown_host(self, host: str, meant: HostResolution, namespace: str) -> str:
        """The node of a host that is no service of the input."""
        missing = meant.state == "MISSING"
        about = "no such service" if missing else "outside the input"
        state: NodeState = "missing" if missing else "outside"
        owner = host.split(".")[1] if host.endswith(f".svc.{self.mesh.settings.domain}") else ""
        title = host.split(".")[0] if owner else host or "no backend"
        facts = (("host", host),) if host else ()
        node = Node(
            f"host/{host}", "service", "host", title, owner or namespace, about, "", state, None, facts
        )
        return self.canvas.put(node)

    def workload(self, workload: Workload) -> str:
        """The node of a pod maker."""
        resource = workload.resource
        injected = self.mesh.in_mesh(workload)
        sidecar = {"yes": "sidecar", "no": "no sidecar"}.get(injected.verdict, "sidecar not certain")
        pods = workload.replicas.label()
        about = f"{pods} pod{'' if pods == '1' else 's'}, {sidecar}"
        ports = ", ".join(f"{port.name or 'unnamed'} {port.number}" for port in workload.ports)
        facts = (
            ("pod labels", pairs(workload.labels)),
            ("pods", pods),
            ("mesh", f"{sidecar}: {injected.why}"),
            ("container ports", ports or "none declared"),
        )
        key = f"{resource.kind}/{workload.namespace}/{workload.name}"
        spot = Spot(resource, ("metadata", "name"))
        state = self.state(resource)
        return self.canvas.put(
            Node(
                key,
                "workload",
                resource.kind,
                workload.name,
                workload.namespace,
                about,
                "",
                state,
                spot,
                facts,
            )
        )

    def nobody(self, service: MeshService, state: NodeState, about: str) -> str:
        """A node that stands for pods that are missing, or outside the input."""
        key = f"pods/{service.namespace}/{service.host}/{state}"
        title = "no pods" if state == "missing" else "pods"
        node = Node(key, "workload", "pods", title, service.namespace, about, "", state)
        return self.canvas.put(node)

    def state(self, resource: Resource) -> NodeState:
        """What a linted object is, and one that is only context."""
        return "here" if self.mesh.is_linted(resource) else "context"

    def defined(self, service: MeshService) -> dict[str, Subset]:
        """The subsets that DestinationRules of the input define for the very host, the first of a name."""
        found: dict[str, Subset] = {}
        for rule in self.mesh.rules.by_host.get(service.host, ()):
            for subset in rule.subsets:
                found.setdefault(subset.name, subset)
        return found


def pairs(labels: dict[str, str]) -> str:
    """`app=web, version=v1`; "no labels" if there are none."""
    return ", ".join(f"{key}={value}" for key, value in labels.items()) or "no labels"


def _port(port: ServicePort) -> str:
    name = f"{port.name} " if port.name else ""
    return f"{name}{port.number}" + ("" if port.protocol else " (protocol undeclared)")
