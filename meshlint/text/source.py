"""Source: one file (or file-like text) of the input, with its line table built on demand."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from meshlint.text.origin import KeyOrigin


class Source:
    """A text that came from outside: a template, a values file, a manifest, a `--set` flag, a `tpl` string.

    path    what a person would open, with forward slashes, relative to the working directory when it
            lies below it (`charts/review/templates/x.yaml`); `--set image.tag` for a flag; `<stdin>`.
    text    the content without byte order mark; line ends as they were in the file.
    kind    "template", "values", "chart", "manifest", "flag", "tpl", "schema", "file" or "builtin".
    archive path of the .tgz the text was read from, or None for a plain file.
    parent  for kind "tpl": the value whose text was parsed as a template.
    """

    __slots__ = ("_lines", "archive", "kind", "parent", "path", "text")

    def __init__(
        self,
        path: str,
        text: str,
        kind: str = "file",
        archive: str | None = None,
        parent: KeyOrigin | None = None,
    ) -> None:
        self.path = path
        self.text = text
        self.kind = kind
        self.archive = archive
        self.parent = parent
        self._lines: list[int] | None = None

    def __repr__(self) -> str:
        return f"Source({self.path!r}, {self.kind})"

    def line_starts(self) -> list[int]:
        """The offset of each line's first character; only a line feed ends a line, as in editors and git."""
        if self._lines is None:
            starts = [0]
            find = self.text.find
            at = find("\n")
            while at >= 0:
                starts.append(at + 1)
                at = find("\n", at + 1)
            self._lines = starts
        return self._lines

    def position(self, offset: int) -> tuple[int, int]:
        """The 1-based (line, column) of a code-point offset; offsets past the end give the end."""
        offset = max(0, min(offset, len(self.text)))
        starts = self.line_starts()
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    def offset(self, line: int, column: int = 1) -> int:
        """The code-point offset of a 1-based (line, column), clamped to the text."""
        starts = self.line_starts()
        line = max(1, min(line, len(starts)))
        return min(starts[line - 1] + max(1, column) - 1, len(self.text))

    def line_text(self, line: int) -> str:
        """The text of a 1-based line without its line end; "" outside the text."""
        starts = self.line_starts()
        if not 1 <= line <= len(starts):
            return ""
        end = starts[line] - 1 if line < len(starts) else len(self.text)
        return self.text[starts[line - 1] : end].rstrip("\r")
