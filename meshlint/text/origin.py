"""Origins: where a value was written, and where a rendered character came from.

Three small records, created by the thousand, so they are slots classes with positional fields:
KeyOrigin says where the value under one key of a mapping (or one index of a list) was written;
Scope is a link in the chain of calls and guards that were open while text was written;
Origin joins the node that wrote a piece of text with that chain and with the values it read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from meshlint.text.source import Source
from meshlint.text.span import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

Path = tuple[str | int, ...]
MOST_WRITTEN = 4
_MOST_READS = 1000


class KeyOrigin:
    """The place that supplied one value: `values-prod.yaml:14 image.tag`.

    source       the file or flag it was written in
    key_start    offset of the key (of the item itself in a list)
    value_start, value_end   offsets of the value
    path         the keys that lead to it from the top of `source`
    """

    __slots__ = ("key_start", "path", "source", "value_end", "value_start")

    def __init__(self, source: Source, key_start: int, value_start: int, value_end: int, path: Path) -> None:
        self.source = source
        self.key_start = key_start
        self.value_start = value_start
        self.value_end = value_end
        self.path = path

    def __repr__(self) -> str:
        line, _ = self.source.position(self.value_start)
        return f"<{self.source.path}:{line} {dotted(self.path)}>"


class Read:
    """One look at a container made while an action was evaluated.

    container  the mapping or list that was looked into (a tracked one carries origins per key)
    key        the key or index asked for, present or not
    chosen     True if the value went on into the result; False if it was only consulted
               (a condition, or the loser of default, coalesce, and, or, ternary)
    """

    __slots__ = ("chosen", "container", "key")

    def __init__(self, container: Any, key: str | int, chosen: bool = True) -> None:
        self.container = container
        self.key = key
        self.chosen = chosen

    def origin(self) -> KeyOrigin | Derived | None:
        """Where the value read was written, None if it is absent or the container is not tracked."""
        origins = getattr(self.container, "origins", None)
        if origins is None:
            return None
        found: KeyOrigin | Derived | None = origins.get(self.key)
        return found

    def present(self) -> bool:
        """True if the key (or index) exists in the container now."""
        if isinstance(self.container, dict):
            return self.key in self.container
        return isinstance(self.key, int) and 0 <= self.key < len(self.container)

    def path(self) -> Path | None:
        """The path from the top-level object, such as ("Values", "image", "tag"); None if unknown."""
        base: Path | None = getattr(self.container, "path", None)
        return None if base is None else (*base, self.key)

    def __repr__(self) -> str:
        path = self.path()
        return f"<Read {dotted(path) if path else self.key!r}{'' if self.chosen else ' consulted'}>"


class Derived:
    """The origin of a value that a template computed and stored (`dict`, `set`, `list`): what it read."""

    __slots__ = ("origin",)

    def __init__(self, origin: Origin) -> None:
        self.origin = origin


class Scope:
    """A link in the chain of what was open while text was written, innermost first.

    kind    "call" (include, template, tpl: `span` is the call site), or a guard:
            "if", "else", "with", "range" (`span` is the opening action)
    reads   what the guard's condition looked at
    name    the template called, for kind "call"
    flags   why the guard's condition is not real, as in Origin.flags
    """

    __slots__ = ("flags", "kind", "name", "parent", "reads", "span")

    def __init__(
        self,
        kind: str,
        span: Span,
        reads: tuple[Read, ...],
        parent: Scope | None,
        name: str = "",
        flags: str = "",
    ) -> None:
        self.kind = kind
        self.span = span
        self.reads = reads
        self.parent = parent
        self.name = name
        self.flags = flags

    def links(self) -> Iterator[Scope]:
        """The link itself and its parents, innermost first."""
        link: Scope | None = self
        while link is not None:
            yield link
            link = link.parent


class Origin:
    """Where one piece of rendered text came from: the node that wrote it, in which scope, from what.

    span    text node (verbatim) or action of a template; None only for text that no template wrote
    scope   innermost call or guard, None at the top of a file
    reads   the values read to make the text
    flags   "" or a word for values that are not real: "random", "time", "lookup", "placeholder"
    """

    __slots__ = ("flags", "reads", "scope", "span")

    def __init__(
        self, span: Span | None, scope: Scope | None, reads: tuple[Read, ...] = (), flags: str = ""
    ) -> None:
        self.span = span
        self.scope = scope
        self.reads = reads
        self.flags = flags

    def calls(self) -> list[Scope]:
        """The call sites that led here, outermost first: empty for text of the executed file itself."""
        if self.scope is None:
            return []
        return [link for link in self.scope.links() if link.kind == "call"][::-1]

    def guards(self) -> list[Scope]:
        """The conditions that let the text through, outermost first."""
        if self.scope is None:
            return []
        return [link for link in self.scope.links() if link.kind != "call"][::-1]

    def behind(self) -> Iterator[Read]:
        """What went into the text, those reads included that templates made values of before."""
        stack = [read for read in self.reads if read.chosen]
        seen = 0
        while stack and seen < _MOST_READS:
            seen += 1
            read = stack.pop(0)
            yield read
            origin = read.origin()
            if isinstance(origin, Derived):
                stack = [inner for inner in origin.origin.reads if inner.chosen] + stack

    def written(self) -> list[KeyOrigin]:
        """The places in values files, Chart.yaml or flags whose values went into the text.

        None if there are more than MOST_WRITTEN: the text is part of something computed from so much that
        any one of them would be a guess.
        """
        found: list[KeyOrigin] = []
        for read in self.behind():
            origin = read.origin()
            if isinstance(origin, KeyOrigin) and origin not in found:
                found.append(origin)
        return found if len(found) <= MOST_WRITTEN else []


def dotted(path: Path) -> str:
    """The path as people write it: `image.tags[0]."a.b"`."""
    out = ""
    for part in path:
        if isinstance(part, int):
            out += f"[{part}]"
        else:
            plain = part != "" and all(ch.isalnum() or ch in "-_/" for ch in part)
            out += ("." if out else "") + (part if plain else f'"{part}"')
    return out
