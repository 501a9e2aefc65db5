"""Route actions: what a route does with a request besides choosing where it goes.

In: a Route and a Request. Out: the rewritten request, redirects and faults, in words and numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from meshlint.kube.fields import integer, mapping, text
from meshlint.mesh.request import Request
from meshlint.mesh.route_match import Match
from meshlint.mesh.virtual_services import Route


def redirected(route: Route, request: Request) -> str:
    """`redirects 301 to https://x/`."""
    data = mapping(route.data.get("redirect"))
    code = integer(data.get("redirectCode")) or 301
    scheme = text(data.get("scheme")) or ("https" if request.secured else "http")
    host = text(data.get("authority")) or text(data.get("hostname")) or request.authority
    port = integer(data.get("port"))
    path = mapping(data.get("path"))
    place = text(data.get("uri")) or text(path.get("replaceFullPath")) or request.path
    return f"redirects {code} to {scheme}://{host}{f':{port}' if port else ''}{place}"


def abort_share(route: Route) -> tuple[float, str]:
    """(percent of the requests that a fault answers, with what); no percentage means none."""
    abort = mapping(mapping(route.data.get("fault")).get("abort"))
    value = mapping(abort.get("percentage")).get("value")
    if not abort or isinstance(value, bool) or not isinstance(value, (int, float)):
        return 0.0, ""
    status = text(abort.get("httpStatus")) or f"gRPC status {text(abort.get('grpcStatus'))}"
    return min(max(float(value), 0.0), 100.0), status


def rewritten(route: Route, match: Match | None, request: Request) -> Request:
    """The request as the destination gets it."""
    data = mapping(route.data.get("rewrite"))
    if not data:
        return request
    path = mapping(data.get("path"))
    whole, prefix = text(path.get("replaceFullPath")), text(path.get("replacePrefixMatch"))
    uri = text(data.get("uri")) or prefix
    plain, mark, query = request.path.partition("?")
    if whole:
        plain = whole
    elif uri:
        plain = _replaced(match, plain, uri)
    host = text(data.get("authority")) or text(data.get("hostname"))
    if host:
        kept = tuple(pair for pair in request.headers if pair[0] != "host")
        request = request._replace(headers=(*kept, ("host", host)))
    return request._replace(path=f"{plain}{mark}{query}")


def _replaced(match: Match | None, path: str, uri: str) -> str:
    """Only the matched prefix is replaced, unless the whole path was matched."""
    found = match.uri if match is not None else None
    if found is None:
        return uri + path[1:] if uri.endswith("/") else uri + path.removeprefix("/")
    if found.kind == "prefix":
        return uri + path[len(found.text) :]
    if found.kind == "segments":
        return (uri.rstrip("/") + path[len(found.text.rstrip("/")) :]) or "/"
    return uri


def changes(route: Route) -> Iterator[str]:
    """What the route changes or adds, a clause each."""
    data = route.data
    rewrite = mapping(data.get("rewrite"))
    uri = text(rewrite.get("uri")) or text(mapping(rewrite.get("uriRegexRewrite")).get("rewrite"))
    path = mapping(rewrite.get("path"))
    uri = uri or text(path.get("replaceFullPath")) or text(path.get("replacePrefixMatch"))
    if uri:
        yield f"rewrites the path to {uri}"
    host = text(rewrite.get("authority")) or text(rewrite.get("hostname"))
    if host:
        yield f"rewrites the host to {host}"
    if text(data.get("timeout")):
        yield f"timeout {text(data.get('timeout'))}"
    retries = mapping(data.get("retries"))
    if retries:
        yield _retries(retries)
    yield from _delays(mapping(mapping(data.get("fault")).get("delay")))
    for mirror in route.mirrors:
        subset = f" subset {mirror.subset}" if mirror.subset else ""
        yield f"mirrors {mirror.share:g} % to {mirror.written}{subset}"
    if mapping(data.get("headers")):
        yield "changes headers"


def _retries(data: dict[str, Any]) -> str:
    attempts = integer(data.get("attempts"))
    if attempts == 0:
        return "no retries"
    on = text(data.get("retryOn"))
    return f"{attempts if attempts is not None else 2} retries{f' on {on}' if on else ''}"


def _delays(data: dict[str, Any]) -> Iterator[str]:
    percent = mapping(data.get("percentage")).get("value", data.get("percent"))
    if data and percent:
        yield f"delays {percent} % by {text(data.get('fixedDelay'))}"
    elif data:
        yield "the delay has no percentage, so it delays nothing"
