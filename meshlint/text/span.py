"""Span: a stretch of one Source, and Span subclasses are what rendered text points back to."""

from __future__ import annotations

from meshlint.text.source import Source


class Span:
    """The characters [start, end) of a source, in code points.

    Template nodes that write output (text nodes, actions) are Spans, so an Origin can name them
    without knowing what a template is. `verbatim` says that character i of what the node wrote is
    character start + i of the source: true for text nodes, false for actions.
    """

    __slots__ = ("end", "source", "start")
    verbatim = False

    def __init__(self, source: Source, start: int, end: int) -> None:
        self.source = source
        self.start = start
        self.end = end

    def __repr__(self) -> str:
        line, column = self.source.position(self.start)
        return f"<{type(self).__name__} {self.source.path}:{line}:{column}>"

    def text(self) -> str:
        """The source text of the span."""
        return self.source.text[self.start : self.end]
