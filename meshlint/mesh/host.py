"""Host names as Istio reads them: short names, wildcards, who covers whom.

In: host strings of VirtualServices, DestinationRules, Sidecars. Out: full names and comparisons.
Facts: pkg/config/host and pilot/pkg/model (ResolveShortnameToFQDN) of Istio.
"""

from __future__ import annotations

from collections.abc import Container

MESH = "mesh"


def wildcard(host: str) -> bool:
    """True for `*` and `*.example.com`."""
    return host.startswith("*")


def full_name(host: str, namespace: str, domain: str) -> str:
    """The name Istio makes of a host: only a name without any dot gets namespace and domain.

    `reviews.bookinfo` and `reviews.bookinfo.svc` stay as they are and match no Kubernetes Service.
    """
    if "." in host or host.startswith("*") or not host or is_address(host):
        return host
    return service_name(host, namespace, domain) if namespace else f"{host}.svc.{domain}"


def service_name(name: str, namespace: str, domain: str) -> str:
    """NAME.NAMESPACE.svc.DOMAIN."""
    return f"{name}.{namespace}.svc.{domain}"


def is_address(host: str) -> bool:
    """True for an IPv4 or IPv6 address."""
    if ":" not in host and not host.replace(".", "").isdigit():
        return False
    from ipaddress import ip_address

    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def overlap(first: str, second: str) -> bool:
    """True if some name is covered by both: two-way wildcard match."""
    return covers(first, second) or covers(second, first)


def covers(pattern: str, host: str) -> bool:
    """True if every name of `host` (itself maybe a wildcard) is one of `pattern`."""
    if not pattern.startswith("*"):
        return pattern == host
    if host.startswith("*"):
        return len(pattern) <= len(host) and host[1:].endswith(pattern[1:])
    return host.endswith(pattern[1:])


def most_specific(host: str, patterns: Container[str]) -> str | None:
    """The pattern that wins for `host`: itself if listed, else the longest wildcard that covers it."""
    if host in patterns:
        return host
    name = host[1:] if host.startswith("*") else host
    return next(
        (pattern for start in range(len(name) + 1) if (pattern := "*" + name[start:]) in patterns), None
    )


def service_parts(host: str, domain: str) -> tuple[str, str] | None:
    """(name, namespace) if the host is the full name of a Kubernetes Service."""
    suffix = f".svc.{domain}"
    if not host.endswith(suffix) or host.startswith("*"):
        return None
    name, dot, namespace = host[: -len(suffix)].partition(".")
    return (name, namespace) if dot and name and namespace and "." not in namespace else None


def partial_parts(host: str, domain: str) -> tuple[str, str] | None:
    """(name, namespace) a partial name such as `x.ns`, `x.ns.svc` or `x.ns.svc.cluster` seems to mean."""
    labels = host.split(".")
    if len(labels) < 2 or not all(labels) or labels[0].startswith("*"):
        return None
    rest = ["svc", *domain.split(".")]
    tail = labels[2:]
    return (labels[0], labels[1]) if tail == rest[: len(tail)] and len(tail) < len(rest) else None


def gateway_name(reference: str, namespace: str) -> str:
    """The `namespace/name` a VirtualService's gateway reference means; `mesh` stays.

    Facts: resolveGatewayName of pilot/pkg/model: `a.b.c` is read as name a in namespace b.
    """
    if reference == MESH:
        return reference
    left, slash, right = reference.partition("/")
    if slash:
        return f"{namespace}/{right}" if left == "." else reference
    labels = reference.split(".")
    return f"{labels[1]}/{labels[0]}" if len(labels) > 1 else f"{namespace}/{reference}"


def short_names(host: str, namespace: str, domain: str) -> list[str]:
    """The other ways a client of `namespace` can write a host, in istiod's order."""
    names = [f"{host}."]
    parts = service_parts(host, domain)
    if parts is not None:
        name, owner = parts
        names += [name] if owner == namespace else []
        names += [f"{name}.{owner}.svc", f"{name}.{owner}"]
    return names
