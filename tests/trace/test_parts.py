"""The parts of a walk: filter chains, sample requests, rewritten requests."""

from __future__ import annotations

import pytest

from meshlint.kube.resource import resource_from
from meshlint.mesh.envoy import PLAIN_HTTP, Chain, RouteEntry
from meshlint.mesh.request import request_of
from meshlint.mesh.route_match import Match, match_from
from meshlint.mesh.trace.chains import Bytes, chain_for
from meshlint.mesh.trace.route_actions import abort_share, changes, redirected, rewritten
from meshlint.mesh.trace.routes import accepts
from meshlint.mesh.trace.samples import sample
from meshlint.mesh.virtual_services import Route

OWNER = resource_from(
    {"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": "a"}}
)
BASE = request_of("http://api/")


def match(written: dict[str, object]) -> Match:
    return match_from(written, OWNER, ("spec", "http", 0, "match", 0))


def entry(written: dict[str, object] | None) -> RouteEntry:
    found = None if written is None else match(written)
    matches = () if found is None else (found,)
    return RouteEntry(None, Route("http", "", OWNER, ("spec", "http", 0), matches, (), (), {}), found, 80)


PLAIN = Bytes("10.1.2.3", "", "raw_buffer", ("http/1.1",))
TLS = Bytes("10.1.2.3", "a.example", "tls", ("h2",))


@pytest.mark.parametrize(
    ("chains", "seen", "index"),
    [
        ([Chain("http", alpn=PLAIN_HTTP, transport="raw_buffer")], PLAIN, 0),
        ([Chain("http", alpn=PLAIN_HTTP, transport="raw_buffer")], TLS, None),
        ([Chain("http", alpn=PLAIN_HTTP), Chain("tcp")], PLAIN._replace(alpn=()), 1),
        ([Chain("tcp", ("*.example",)), Chain("tcp", ("a.example",))], TLS, 1),
        ([Chain("tcp", ("*.example",)), Chain("tcp")], TLS._replace(sni="b.other"), 1),
        ([Chain("tcp", ("*.example",))], TLS._replace(sni="b.other"), None),
        ([Chain("tcp", ("*",)), Chain("tcp", ("*.example",))], TLS, 1),
        ([Chain("tcp", subnets=("10.0.0.0/8",)), Chain("tcp", subnets=("10.1.0.0/16",))], PLAIN, 1),
        ([Chain("tcp", subnets=("11.0.0.0/8",)), Chain("tcp")], PLAIN, 1),
        # the more specific address wins even if its server name does not match: Envoy never goes back
        ([Chain("tcp", ("x.example",), subnets=("10.0.0.0/8",)), Chain("tcp")], TLS, None),
    ],
)
def test_filter_chains(chains: list[Chain], seen: Bytes, index: int | None) -> None:
    assert chain_for(chains, seen) is (None if index is None else chains[index])


@pytest.mark.parametrize(
    "written",
    [
        {},
        {"uri": {"exact": "/a"}},
        {"uri": {"prefix": "/a/"}},
        {"uri": {"regex": r"/v[0-9]{2,3}/(users|groups)/[^/]+/?"}},
        {"uri": {"regex": ".*"}},
        {"uri": {"prefix": "/A"}, "ignoreUriCase": True},
        {"headers": {"x-user": {"exact": "jason"}, "x-any": {}, "x-id": {"regex": "[a-f]+-\\d"}}},
        {"withoutHeaders": {"x-user": {}}},
        {"queryParams": {"a": {"exact": "b"}, "c": {"regex": "d+"}}},
        {"method": {"regex": "PUT|PATCH"}},
        {"authority": {"prefix": "api."}},
    ],
)
def test_a_sample_is_accepted(written: dict[str, object]) -> None:
    lone = entry(written)
    found, sure = sample([lone], lone, BASE)
    assert sure
    assert lone.match is not None
    assert accepts(lone.match, found)


@pytest.mark.parametrize(
    ("earlier", "later", "gets", "sure"),
    [
        ({"uri": {"exact": "/a"}}, {"uri": {"prefix": "/a"}}, True, True),
        ({"uri": {"exact": "/"}}, None, True, True),
        ({"method": {"exact": "GET"}}, {"uri": {"prefix": "/a"}}, True, True),
        ({"uri": {"prefix": "/"}}, {"uri": {"prefix": "/a"}}, False, True),
        ({"uri": {"prefix": "/a"}}, {"uri": {"exact": "/a/b"}}, False, True),
        ({"uri": {"prefix": "/a"}}, {"uri": {"prefix": "/a/b"}, "headers": {"x": {}}}, False, True),
        ({"uri": {"prefix": "/a"}, "headers": {"x": {}}}, {"uri": {"prefix": "/a"}}, True, True),
        ({"uri": {"regex": "/a.*"}}, {"uri": {"prefix": "/a"}}, False, False),
    ],
)
def test_a_sample_passes_by_earlier_routes(
    earlier: dict[str, object], later: dict[str, object] | None, gets: bool, sure: bool
) -> None:
    routes = [entry(earlier), entry(later)]
    found, known = sample(routes, routes[1], BASE)
    first = routes[0].match
    assert first is not None
    assert accepts(first, found) is not gets
    assert known is sure


@pytest.mark.parametrize(
    ("asked", "data", "path", "host"),
    [
        ({"uri": {"prefix": "/api/"}}, {"rewrite": {"uri": "/"}}, "/x?y=z", "api"),
        ({"uri": {"exact": "/api/x"}}, {"rewrite": {"uri": "/new"}}, "/new?y=z", "api"),
        ({}, {"rewrite": {"authority": "far.example"}}, "/api/x?y=z", "far.example"),
        ({}, {"rewrite": {"path": {"replaceFullPath": "/w"}, "hostname": "h"}}, "/w?y=z", "h"),
    ],
)
def test_rewrites(asked: dict[str, object], data: dict[str, object], path: str, host: str) -> None:
    route = entry(asked).route
    assert route is not None
    found = rewritten(route._replace(data=data), match(asked), request_of("http://api/api/x?y=z"))
    assert (found.path, found.authority) == (path, host)


def test_what_a_route_does_in_words() -> None:
    route = entry(None).route
    assert route is not None
    data = {
        "timeout": "3s",
        "retries": {"attempts": 0},
        "fault": {"delay": {"fixedDelay": "2s"}, "abort": {"httpStatus": 418, "percentage": {"value": 5}}},
        "headers": {"request": {"set": {"a": "b"}}},
        "redirect": {"uri": "/x", "port": 8443},
    }
    full = route._replace(data=data)
    assert list(changes(full)) == [
        "timeout 3s",
        "no retries",
        "the delay has no percentage, so it delays nothing",
        "changes headers",
    ]
    assert abort_share(full) == (5.0, "418")
    assert abort_share(route) == (0.0, "")
    assert redirected(full, BASE) == "redirects 301 to http://api:8443/x"
