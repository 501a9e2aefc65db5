"""Helm room, .Files: the chart's other files as templates see them.

In: ChartFiles. Out: a Go map of path to bytes with methods. A content is read from disk only when a template
asks for that file.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar

from meshlint.gotemplate.gotype import sorted_keys
from meshlint.gotemplate.govalue import GoObject, StringList, StringMap
from meshlint.helm.chart import ChartFile
from meshlint.helm.pathmatch import PatternError, glob
from meshlint.yamldoc.dump import to_yaml


class Files(dict[str, bytes], GoObject):
    """A Go `engine.files`: path -> content, in no particular order."""

    __slots__ = ("by_name",)
    go_type: ClassVar[str] = "engine.files"
    go_kind = "map"
    go_zero: ClassVar[bytes] = b""

    def __init__(self, files: Iterable[ChartFile]) -> None:
        super().__init__()
        self.by_name = {file.name: file for file in files}

    # -- the map: every view of it is by name, contents come late

    def __len__(self) -> int:
        return len(self.by_name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_name)

    def __contains__(self, name: object) -> bool:
        return name in self.by_name

    def __getitem__(self, name: str) -> bytes:
        return read(self.by_name[name])

    def __bool__(self) -> bool:
        return bool(self.by_name)

    def get(self, name: str, default: Any = None) -> Any:
        """The content, `default` for an unknown name."""
        file = self.by_name.get(name)
        return default if file is None else read(file)

    def keys(self) -> Any:
        """The names."""
        return self.by_name.keys()

    def values(self) -> Any:
        """The contents."""
        return [read(file) for file in self.by_name.values()]

    def items(self) -> Any:
        """Names and contents."""
        return [(name, read(file)) for name, file in self.by_name.items()]

    # -- the methods

    def methods(self) -> dict[str, Callable[..., Any]]:
        """Get, GetBytes, Glob, Lines, AsConfig and AsSecrets."""
        return {
            "Get": self.get_text,
            "GetBytes": self.get_bytes,
            "Glob": self.matching,
            "Lines": self.lines,
            "AsConfig": self.as_config,
            "AsSecrets": self.as_secrets,
        }

    def get_bytes(self, name: str) -> bytes:
        """The content, empty for an unknown name."""
        content: bytes = self.get(name, b"")
        return content

    def get_text(self, name: str) -> str:
        """The content as text; broken UTF-8 as surrogate escapes."""
        return self.get_bytes(name).decode("utf-8", "surrogateescape")

    def matching(self, pattern: str) -> Files:
        """The files whose whole path fits the glob; a malformed one takes all."""
        try:
            regex = glob(pattern)
        except PatternError:
            regex = glob("**")
        return Files(file for name, file in self.by_name.items() if regex.fullmatch(name))

    def lines(self, name: str) -> StringList:
        """The lines of a file; one line feed at its end does not count."""
        text = self.get_text(name)
        return StringList(text.removesuffix("\n").split("\n")) if text else StringList()

    def as_config(self) -> str:
        """YAML of base name -> text, for the data of a ConfigMap."""
        return to_yaml(StringMap({_base(name): self.get_text(name) for name in sorted_keys(self.by_name)}))

    def as_secrets(self) -> str:
        """YAML of base name -> base64, for the data of a Secret."""
        encoded = {
            _base(name): base64.b64encode(self.get_bytes(name)).decode() for name in sorted_keys(self.by_name)
        }
        return to_yaml(StringMap(encoded))


def read(file: ChartFile) -> bytes:
    """The content of a file; empty if it cannot be read any more."""
    try:
        return file.data()
    except OSError:
        return b""


def _base(name: str) -> str:
    return name.rpartition("/")[2]
