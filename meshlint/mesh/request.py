"""Request: what a client sends, as a trace follows it.

In: a URL, a method, headers. Out: a Request; words for what is wrong with a URL.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

DEFAULT_PORTS = {"http": 80, "https": 443, "grpc": 80, "grpcs": 443}
SCHEMES = (*DEFAULT_PORTS, "tcp", "tls")


class BadRequest(ValueError):
    """A URL or header that cannot be read; the text is for people."""


class Request(NamedTuple):
    """One request, or one connection for the schemes tcp and tls.

    scheme    http, https, grpc (HTTP/2 without TLS), grpcs, tcp, tls
    host      in lower case, an IPv6 address without brackets
    path      with query
    headers   (name in lower case, value)
    """

    scheme: str
    host: str
    port: int
    path: str = "/"
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def secured(self) -> bool:
        """True if the caller itself speaks TLS."""
        return self.scheme in ("https", "grpcs", "tls")

    @property
    def http(self) -> bool:
        """True for HTTP, with or without TLS around it."""
        return self.scheme not in ("tcp", "tls")

    @property
    def http2(self) -> bool:
        """True if it is gRPC, which needs HTTP/2 all the way."""
        return self.scheme in ("grpc", "grpcs")

    def header(self, name: str) -> str:
        """The first value of a header, "" if it is not sent."""
        return next((value for key, value in self.headers if key == name), "")

    @property
    def authority(self) -> str:
        """The Host header: a written one wins over the URL."""
        return (self.header("host") or self.host).lower()

    def label(self) -> str:
        """`GET http://review.review/`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if DEFAULT_PORTS.get(self.scheme) == self.port else f":{self.port}"
        if not self.http:
            return f"{self.scheme}://{host}{port}"
        return f"{self.method} {self.scheme}://{host}{port}{self.path}"


def request_of(url: str, method: str = "", headers: Iterable[str] = ()) -> Request:
    """The request of a URL (http:// may be left out), a method and `name: value` headers.

    Raises BadRequest with words for people.
    """
    scheme, separator, rest = url.partition("://")
    if not separator:
        scheme, rest = "http", url
    scheme = scheme.lower()
    if scheme not in SCHEMES:
        raise BadRequest(f"no scheme `{scheme}`; there are {', '.join(SCHEMES)}")
    cut = min((at for at in map(rest.find, "/?#") if at >= 0), default=len(rest))
    host, port = _host_port(rest[:cut], scheme)
    path = rest[cut:].partition("#")[0]
    if not path.startswith("/"):
        path = f"/{path}"
    verb = method.upper() or ("POST" if scheme.startswith("grpc") else "GET")
    return Request(scheme, host, port, path, verb, tuple(map(_header, headers)))


def _host_port(authority: str, scheme: str) -> tuple[str, int]:
    host, _, written = authority.rpartition("@")[2].partition(":")
    if authority.startswith("["):
        host, _, written = authority[1:].partition("]")
        written = written.removeprefix(":")
    if not host:
        raise BadRequest("the URL has no host")
    if not written:
        if scheme not in DEFAULT_PORTS:
            raise BadRequest(f"{scheme}:// needs a port")
        return host.lower(), DEFAULT_PORTS[scheme]
    if not written.isdigit() or not 0 < int(written) < 65536:
        raise BadRequest(f"`{written}` is no port")
    return host.lower(), int(written)


def _header(written: str) -> tuple[str, str]:
    name, colon, value = written.partition(":")
    if not colon or not name.strip():
        raise BadRequest(f"a header is `name: value`, not `{written}`")
    return name.strip().lower(), value.strip()
