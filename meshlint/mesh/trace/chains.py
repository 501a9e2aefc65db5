"""Chains: the listener and filter chain that take a connection, as Envoy picks them.

In: listeners by name, an address, what the first bytes show. Out: a Listener, a Chain. Envoy compares
destination address, server name, transport and application protocol in this order and never goes back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from meshlint.mesh.envoy import ANY_ADDRESS, Chain, Listener
from meshlint.mesh.host import most_specific


class Bytes(NamedTuple):
    """What the inspectors read of a connection.

    address     the destination, "" if no manifest shows it
    sni         server name, "" without TLS or without a name
    transport   "tls" or "raw_buffer"
    alpn        application protocols: what TLS offers, or "http/1.1" and "h2c" seen in plain bytes
    """

    address: str
    sni: str
    transport: str
    alpn: tuple[str, ...] = ()


def listener_for(listeners: Mapping[str, Listener], names: Iterable[str], port: int) -> Listener | None:
    """The listener of an address and port, else the one of the port on any address."""
    for name in (*names, ANY_ADDRESS):
        found = listeners.get(f"{name}_{port}")
        if found is not None:
            return found
    return None


def chain_for(chains: Iterable[Chain], seen: Bytes) -> Chain | None:
    """The chain that takes the bytes, None if the default one has to."""
    left = list(chains)
    left = _narrowest(left, lambda chain: _address_rank(chain, seen.address))
    left = _by_name(left, seen.sni)
    left = _narrowest(left, lambda chain: _rank(chain.transport, (seen.transport,)))
    left = _narrowest(left, lambda chain: _alpn_rank(chain, seen.alpn))
    return left[0] if left else None


def _narrowest(chains: list[Chain], rank: Callable[[Chain], int | None]) -> list[Chain]:
    """The chains of the best rank; None: it does not match."""
    ranked = [(found, chain) for chain in chains if (found := rank(chain)) is not None]
    best = max((found for found, _ in ranked), default=0)
    return [chain for found, chain in ranked if found == best]


def _rank(wanted: str, actual: tuple[str, ...]) -> int | None:
    if not wanted:
        return 0
    return 1 if wanted in actual else None


def _alpn_rank(chain: Chain, actual: tuple[str, ...]) -> int | None:
    if not chain.alpn:
        return 0
    return 1 if set(chain.alpn) & set(actual) else None


def _address_rank(chain: Chain, address: str) -> int | None:
    """The length of the longest prefix that holds the address, 0 for a chain without addresses."""
    if not chain.subnets:
        return 0
    found = [length for subnet in chain.subnets if (length := _prefix(subnet, address)) is not None]
    return max(found, default=None)


def _prefix(subnet: str, address: str) -> int | None:
    try:
        network = ip_network(subnet, strict=False)
        return network.prefixlen + 1 if ip_address(address) in network else None
    except ValueError:
        return None


def _by_name(chains: list[Chain], sni: str) -> list[Chain]:
    """The chains with the most specific server name."""
    named: dict[str, list[Chain]] = {}
    for chain in chains:
        for name in chain.sni:
            if name != "*":
                named.setdefault(name.lower(), []).append(chain)
    pattern = most_specific(sni.lower(), named) if sni else None
    if pattern is not None and (pattern == sni.lower() or pattern.startswith("*.")):
        return named[pattern]
    return [chain for chain in chains if not chain.sni or "*" in chain.sni]
