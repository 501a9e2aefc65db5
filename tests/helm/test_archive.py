"""Chart archives: names, sizes, and bytes that are no archive."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from meshlint.helm import archive
from meshlint.helm.archive import ArchiveError, inner_name, read_archive
from meshlint.helm.loader import load_chart
from tests.helm.charts import CHART_YAML, fatal


def packed(members: dict[str, bytes], links: dict[str, str] | None = None) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as writer:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            writer.addfile(info, io.BytesIO(content))
        for name, target in (links or {}).items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            writer.addfile(info)
    return gzip.compress(raw.getvalue(), mtime=0)


@pytest.mark.parametrize(
    ("name", "inner"),
    [
        ("c/Chart.yaml", "Chart.yaml"),
        ("./c/x", "c/x"),
        ("c/a/../b", "b"),
        ("c\\templates\\x.yaml", "templates/x.yaml"),
        ("anything/at/all", "at/all"),
    ],
)
def test_the_first_directory_is_cut_off(name: str, inner: str) -> None:
    assert inner_name(name) == inner


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("Chart.yaml", 'chart illegally contains content outside the base directory: "Chart.yaml"'),
        ("c//etc/passwd", "chart illegally contains absolute paths"),
        ("c/../../etc", "chart illegally references parent directory"),
        ("c/..", "chart illegally references parent directory"),
        ("c/c:/x", "chart contains illegally named files"),
        ("Chart.yaml/x", "chart yaml not in base directory"),
        ("c", 'chart illegally contains content outside the base directory: "c"'),
    ],
)
def test_unsafe_names_are_refused(name: str, error: str) -> None:
    with pytest.raises(ArchiveError) as fault:
        inner_name(name)
    assert str(fault.value) == error


def test_members_stand_in_their_archive() -> None:
    files = read_archive(
        packed({"c/Chart.yaml": b"\xef\xbb\xbfname: c\n"}, {"c/link": "/etc/passwd"}), "x/c.tgz"
    )
    assert [(file.name, file.path, file.archive) for file in files] == [
        ("Chart.yaml", "x/c.tgz/c/Chart.yaml", "x/c.tgz"),
        ("link", "x/c.tgz/c/link", "x/c.tgz"),
    ]
    assert files[0].data() == b"name: c\n"
    assert files[1].data() == b""


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", "EOF"),
        (b"PK\x03\x04", "unexpected EOF"),
        (b"PK\x03\x04 and more", "gzip: invalid header"),
        (packed({"c/x": b"1" * 5000})[:60], "unexpected EOF"),
        (gzip.compress(b"no tar", mtime=0), "archive/tar: invalid tar header"),
        (packed({}), "no files in chart archive"),
    ],
)
def test_broken_archives(data: bytes, error: str) -> None:
    with pytest.raises(ArchiveError) as fault:
        read_archive(data, "c.tgz")
    assert str(fault.value) == error


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_FILE_SIZE", 10)
    with pytest.raises(ArchiveError, match='decompressed chart file "c/big" is larger than'):
        read_archive(packed({"c/big": b"x" * 11}), "c.tgz")
    monkeypatch.setattr(archive, "MAX_FILE_SIZE", 1000)
    monkeypatch.setattr(archive, "MAX_CHART_SIZE", 15)
    with pytest.raises(ArchiveError, match="decompressed chart is larger than the maximum size"):
        read_archive(packed({"c/a": b"x" * 10, "c/b": b"x" * 10}), "c.tgz")


def test_a_gzip_bomb_is_given_up_early() -> None:
    bomb = gzip.compress(b"\0" * (archive.MAX_CHART_SIZE + (32 << 20)))
    with pytest.raises(ArchiveError, match="larger than the maximum size"):
        read_archive(bomb, "c.tgz")


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("values.yaml", b"a: 1\n", "file '{}' seems to be a YAML file, but expected a gzipped archive"),
        (
            "c.zip",
            b"PK\x03\x04",
            "file '{}' does not appear to be a gzipped archive; got 'application/zip'",
        ),
        (
            "c.txt",
            b"text",
            "file '{}' does not appear to be a gzipped archive; got 'application/octet-stream'",
        ),
        ("c.tgz", packed({"c/x": b""}), "unable to detect chart version, no Chart.yaml found"),
        ("c.tgz", packed({"c/../../x": b""}), "unable to load chart archive"),
    ],
    ids=["yaml", "zip", "text", "no chart", "leaves"],
)
def test_files_that_are_no_charts(tmp_path: Path, name: str, content: bytes, error: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert fatal(load_chart(str(path))) == error.format(path)


def test_a_packed_chart_loads(tmp_path: Path) -> None:
    path = tmp_path / "c-0.1.0.tgz"
    hidden = {"c/templates/.hidden.yaml": b"kind: Hidden\n", "c/.helmignore": b"templates/\n"}
    path.write_bytes(packed({"c/Chart.yaml": CHART_YAML.encode(), **hidden}))
    loaded = load_chart(str(path))
    assert fatal(loaded) == ""
    # .helmignore does not count in archives
    assert [file.name for file in loaded.templates] == ["templates/.hidden.yaml"]
