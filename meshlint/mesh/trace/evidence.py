"""Evidence: the istioctl commands that show in a running cluster what a step predicts.

In: a proxy's pods and what is to be seen. Out: a command line, "" where the pods have no proxy.
"""

from __future__ import annotations

from meshlint.mesh.trace.way import Sender


def _proxy_config(sender: Sender, what: str) -> str:
    return "" if sender.client.kind == "plain" else f"istioctl proxy-config {what}"


def listeners(sender: Sender, port: int) -> str:
    """What listens on a port."""
    return _proxy_config(sender, f"listeners {sender.pod} --port {port}")


def routes(sender: Sender, name: str) -> str:
    """A route configuration."""
    return _proxy_config(sender, f"routes {sender.pod} --name {name} -o json")


def clusters(sender: Sender, host: str, port: int, subset: str) -> str:
    """A cluster, or that there is none."""
    narrowed = f" --subset {subset}" if subset else ""
    return _proxy_config(sender, f"clusters {sender.pod} --fqdn {host} --port {port}{narrowed}")


def endpoints(sender: Sender, cluster: str) -> str:
    """The endpoints of a cluster."""
    return _proxy_config(sender, f'endpoints {sender.pod} --cluster "{cluster}"')


def secrets(sender: Sender) -> str:
    """The certificates a proxy has."""
    return _proxy_config(sender, f"secret {sender.pod}")


def transport(sender: Sender, host: str, port: int) -> str:
    """Which TLS a cluster uses."""
    return _proxy_config(sender, f"clusters {sender.pod} --fqdn {host} --port {port} -o json")


def inbound(pod: str, port: int) -> str:
    """The chains of a server's inbound listener for a port."""
    return f"istioctl proxy-config listeners {pod} --port 15006 -o json | grep -n '{port}'"


def policies(pod: str) -> str:
    """The AuthorizationPolicies a proxy enforces."""
    return f"istioctl experimental authz check {pod}"
