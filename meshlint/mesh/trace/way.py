"""Ways: what a walk carries along: the steps so far, the share of the requests, the proxy it is in.

In: nothing; the records the stations of a walk pass on. Out: Branches once a way ends.
"""

from __future__ import annotations

from typing import NamedTuple

from meshlint.kube.workload import Workload
from meshlint.mesh.request import Request
from meshlint.mesh.scope import Client
from meshlint.mesh.steps import Branch, Step

_SHORT_KINDS = {"Deployment": "deploy", "StatefulSet": "statefulset", "DaemonSet": "daemonset", "Pod": "pod"}


class Sender(NamedTuple):
    """The proxy (or the bare application) that sends the request on.

    label      "sidecar:shop/web", "gateway:edge/ingress"
    pod        what istioctl calls it: "deploy/web.shop"
    workload   None if no manifest of the input makes its pods
    identity   its service account as "namespace/name", "" if it has no certificate
    """

    client: Client
    label: str
    pod: str
    workload: Workload | None = None
    identity: str = ""


def pod_of(workload: Workload) -> str:
    """How istioctl names a workload's pods."""
    kind = _SHORT_KINDS.get(workload.kind)
    owner = f"{kind}/" if kind and kind != "pod" else ""
    name = workload.name if kind else f"{workload.name}-POD"
    return f"{owner}{name}.{workload.namespace}"


class Way(NamedTuple):
    """A branch in the making.

    request   as it is now: rewrites change it
    opaque    the proxies see bytes, no HTTP: TCP, TLS that nobody has opened, or a port declared so
    secured   the bytes are TLS of the caller's own
    hops      gateways passed so far
    """

    request: Request
    steps: tuple[Step, ...] = ()
    share: float = 100.0
    mirror: bool = False
    opaque: bool = False
    secured: bool = False
    hops: int = 0

    def plus(self, *steps: Step) -> Way:
        """The way with further steps."""
        return self._replace(steps=(*self.steps, *steps))

    def end(self, *steps: Step) -> list[Branch]:
        """The branch that ends with these steps."""
        return [Branch(self.share, (*self.steps, *steps), self.mirror)]

    def part(self, percent: float) -> Way:
        """The way of a part of its requests."""
        return self._replace(share=self.share * percent / 100)
