"""Helm room, archives: the members of a chart .tgz, with Helm's checks on names and sizes.

In: the bytes of the archive. Out: ChartFiles in archive order, or an ArchiveError in Helm's words. Nothing is
ever written to disk; members are kept in memory up to Helm's limits.
"""

from __future__ import annotations

import posixpath
import re

from meshlint.gotemplate.quoting import quote
from meshlint.helm.chart import ChartFile
from meshlint.text.pattern import lazy

MAX_CHART_SIZE = 100 * 1024 * 1024
MAX_FILE_SIZE = 5 * 1024 * 1024
MAX_FILES = 20_000  # and folders of one chart; Helm has no bound

_HEADER_ROOM = 16 * 1024 * 1024  # what tar headers and padding may add
_GZIP_HEADER = 10

_HTML = re.compile(rb"[\t\n\f\r ]*<(?:!doctype html|html)[ >]", re.IGNORECASE)
_DRIVE = lazy(r"[a-zA-Z]:/")
_TOO_LARGE = f"decompressed chart is larger than the maximum size {MAX_CHART_SIZE}"


class ArchiveError(Exception):
    """The archive is no chart; the text is Helm's. `header` is True if it is no gzip at all."""

    def __init__(self, text: str, header: bool = False) -> None:
        super().__init__(text)
        self.header = header


def is_gzip(data: bytes) -> bool:
    """True if the content starts as a gzip file does."""
    return data.startswith(b"\x1f\x8b\x08")


def read_archive(data: bytes, path: str) -> list[ChartFile]:
    """The files of a chart archive; `path` is the archive as people write it. Raises ArchiveError."""
    import io
    import tarfile

    files: list[ChartFile] = []
    remaining = MAX_CHART_SIZE
    try:
        with tarfile.open(fileobj=io.BytesIO(_unzipped(data)), mode="r:") as reader:
            for member in reader:
                if member.isdir():
                    continue
                if len(files) >= MAX_FILES:
                    raise ArchiveError(f"chart has more than {MAX_FILES} files")
                name = inner_name(member.name)
                _check_size(member.name, member.size, remaining)
                opened = reader.extractfile(member) if member.isfile() else None
                content = opened.read() if opened is not None else b""
                remaining -= len(content)
                files.append(ChartFile(name, f"{path}/{member.name}", content, archive=path))
    except tarfile.TarError:
        raise ArchiveError("unexpected EOF" if files else "archive/tar: invalid tar header") from None
    if not files:
        raise ArchiveError("no files in chart archive")
    return files


def _check_size(name: str, size: int, remaining: int) -> None:
    if size > remaining:
        raise ArchiveError(_TOO_LARGE)
    if size > MAX_FILE_SIZE:
        limit = f"larger than the maximum file size {MAX_FILE_SIZE}"
        raise ArchiveError(f"decompressed chart file {quote(name)} is {limit}")


def _unzipped(data: bytes) -> bytes:
    """The decompressed content, refused as soon as it outgrows what a chart may be."""
    import zlib

    if len(data) < _GZIP_HEADER:
        raise ArchiveError("EOF" if not data else "unexpected EOF")
    if data[:2] != b"\x1f\x8b":
        raise ArchiveError("gzip: invalid header", header=True)
    out: list[bytes] = []
    room = MAX_CHART_SIZE + _HEADER_ROOM
    while data:
        stream = zlib.decompressobj(31)
        try:
            out.append(stream.decompress(data, room))
        except zlib.error:
            raise ArchiveError("gzip: invalid header" if not out else "unexpected EOF") from None
        room -= len(out[-1])
        if room <= 0:
            raise ArchiveError(_TOO_LARGE)
        if not stream.eof:
            raise ArchiveError("unexpected EOF")
        data = stream.unused_data
        if data[:2] != b"\x1f\x8b":
            break
    return b"".join(out)


def inner_name(name: str) -> str:
    """A member's path within the chart: the first directory cut off. Raises ArchiveError for unsafe names."""
    delimiter = "\\" if "\\" in name else "/"
    first, _, rest = name.partition(delimiter)
    inner = rest.replace(delimiter, "/")
    if inner.startswith("/"):
        raise ArchiveError("chart illegally contains absolute paths")
    inner = posixpath.normpath(inner) if inner else "."
    if inner == ".":
        raise ArchiveError(f"chart illegally contains content outside the base directory: {quote(name)}")
    if inner.startswith(".."):
        raise ArchiveError("chart illegally references parent directory")
    if _DRIVE.match(inner):
        raise ArchiveError("chart contains illegally named files")
    if first == "Chart.yaml":
        raise ArchiveError("chart yaml not in base directory")
    return inner


def content_type(data: bytes) -> str:
    """What Go's http.DetectContentType calls the start of a file, for the kinds users mix up with charts."""
    head = data[:512]
    if _HTML.match(head):
        return "text/html; charset=utf-8"
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    # Go reads into a buffer of 512 bytes: what a shorter file leaves is NUL, and NUL is binary
    if len(data) < 512 or any(byte < 9 or 14 <= byte < 27 or 28 <= byte < 32 or byte == 11 for byte in head):
        return "application/octet-stream"
    return "text/plain; charset=utf-8"


_MAGIC = (
    (b"PK\x03\x04", "application/zip"),
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x00asm", "application/wasm"),
)
