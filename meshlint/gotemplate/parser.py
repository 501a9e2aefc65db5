"""A template file parsed: the tree of the file itself and of every define and block in it.

In: a Source, the name Go knows it by, the names of the functions; out: {name: TemplateNode}.
Actions come out of a process-wide memo by their text; block structure is kept on explicit stacks.
"""

from __future__ import annotations

import re
from collections.abc import Container
from typing import NoReturn

from meshlint.gotemplate.action import Action, ActionParser
from meshlint.gotemplate.cursor import ActionError
from meshlint.gotemplate.deep import in_deep_stack
from meshlint.gotemplate.errors import TemplateSyntaxError
from meshlint.gotemplate.nodes import (
    ActionNode,
    BranchNode,
    BreakNode,
    CallNode,
    ContinueNode,
    IfNode,
    ListNode,
    RangeNode,
    TemplateNode,
    TextNode,
    WithNode,
)
from meshlint.gotemplate.quoting import quote
from meshlint.text.source import Source

_SPACE = " \t\r\n"
_skip_space = re.compile(r"[ \t\r\n]*").match
_memo: dict[str, Action] = {}
_MOST_REMEMBERED = 100_000
_BRANCHES: dict[str, type[BranchNode]] = {"if": IfNode, "with": WithNode, "range": RangeNode}


def parse(source: Source, name: str, functions: Container[str]) -> dict[str, TemplateNode]:
    """The templates of a source by name: its own and its defines; TemplateSyntaxError with Go's text."""
    return FileParser(source, name, functions).parse()


class _Branch:
    """An open if, with or range. `mark`: variables before it; `outer`: the list it stands in."""

    __slots__ = ("in_else", "mark", "node", "nodes", "outer")

    def __init__(self, node: BranchNode, mark: int, outer: ListNode) -> None:
        self.node = node
        self.nodes = [node]  # with the `else if` that its end closes too
        self.mark = mark
        self.outer = outer
        self.in_else = False


class _Tree:
    """A template being parsed: the file, a define or a block."""

    __slots__ = ("body", "branches", "kind", "name", "ranges", "start", "variables")

    def __init__(self, kind: str, name: str, start: int, body: ListNode) -> None:
        self.kind = kind  # "", "define clause" or "block clause"
        self.name = name
        self.start = start
        self.body = body
        self.branches: list[_Branch] = []
        self.variables = ["$"]
        self.ranges = 0


class FileParser:
    """One run over one source."""

    def __init__(self, source: Source, name: str, functions: Container[str]) -> None:
        self.source = source
        self.text = source.text
        self.name = name
        self.functions = functions
        self.found: dict[str, TemplateNode] = {}
        self.list = ListNode(source, 0)
        self.tree = _Tree("", name, 0, self.list)
        self.trees = [self.tree]

    def parse(self) -> dict[str, TemplateNode]:
        """All templates of the source."""
        text, find, source = self.text, self.text.find, self.source
        functions, remembered = self.functions, _memo.get
        at = 0
        while True:
            start = find("{{", at)
            if start < 0:
                self.write(at, text[at:])
                return self.finish()
            close = find("}}", start)
            action = remembered(text[start + 2 : close]) if close >= 0 else None
            if action is None:
                if self.is_comment(start):
                    at = self.comment(at, start)
                    continue
                action = self.parse_action(start)
            elif action.known_to is not functions or action.free:
                action = self.check(action, start)
            if at < start:
                piece = text[at:start]
                self.write(at, piece.rstrip(_SPACE) if action.trims_before else piece)
            at = start + action.length
            end = at
            if action.trims_after:
                at = _skip_space(text, at).end()  # type: ignore[union-attr]
            if action.kind == "action":
                assert action.pipe is not None
                self.list.nodes.append(ActionNode(source, start, end, action.pipe))
                if action.declares:
                    self.declare(action)
            else:
                _PLACE[action.kind](self, action, start, end)

    def write(self, start: int, piece: str) -> None:
        """Append literal text."""
        if piece:
            self.list.nodes.append(TextNode(self.source, start, piece))
            self.list.size += len(piece)

    def declare(self, action: Action) -> None:
        self.list.declares = True
        self.tree.variables += action.declares

    # ----------------------------------------------------------------------------- actions

    def parse_action(self, start: int) -> Action:
        """Parse an action that is not in the memo, and remember it."""
        try:
            try:
                action = self.parse_here(start)
            except RecursionError:
                action = in_deep_stack(lambda: self.parse_here(start))
        except ActionError as error:
            self.fail(error.message, start + error.position)
        action.known_to = self.functions
        end = start + action.length - 2
        # A text with }} inside a string is never looked up whole, so it is not worth remembering.
        if self.text.find("}}", start) == end:
            if len(_memo) >= _MOST_REMEMBERED:
                _memo.clear()
            _memo[self.text[start + 2 : end]] = action
        return action

    def parse_here(self, start: int) -> Action:
        return ActionParser(self.text, start, self.functions, self.tree.variables, self.name, self).parse()

    def check(self, action: Action, start: int) -> Action:
        """The remembered action if its functions and variables exist here; else Go's error."""
        if any(name not in self.tree.variables for name in action.free):
            return self.parse_action(start)
        if action.known_to is not self.functions:
            if any(name not in self.functions for name in action.functions):
                return self.parse_action(start)
            action.known_to = self.functions
        return action

    def is_comment(self, start: int) -> bool:
        text = self.text
        trimmed = text[start + 2 : start + 3] == "-" and text[start + 3 : start + 4] in (
            " ",
            "\t",
            "\r",
            "\n",
        )
        return text.startswith("/*", start + 4 if trimmed else start + 2)

    def comment(self, at: int, start: int) -> int:
        """Skip a comment; the offset where the text goes on."""
        text = self.text
        piece = text[at:start]
        trimmed = text[start + 2] == "-"
        self.write(at, piece.rstrip(_SPACE) if trimmed else piece)
        opening = start + 4 if trimmed else start + 2
        closing = text.find("*/", opening + 2)
        if closing < 0:
            self.fail_comment("unclosed comment", opening)
        end = closing + 2
        if text[end : end + 1] in (" ", "\t", "\r", "\n") and text.startswith("-}}", end + 1):
            return _skip_space(text, end + 4).end()  # type: ignore[union-attr]
        if not text.startswith("}}", end):
            self.fail_comment("comment ends before closing delimiter", opening)
        return end + 2

    def fail_comment(self, reason: str, offset: int) -> NoReturn:
        """Go blames the open branch too, as long as no action has ended since it began."""
        branches = self.tree.branches
        node = branches[-1].node if branches and len(branches[-1].nodes) == 1 else None
        if (
            node is not None
            and self.list is node.body
            and all(type(it) is TextNode for it in self.list.nodes)
        ):
            line = self.text.count("\n", 0, node.start) + 1
            if self.text.count("\n", node.start, offset):
                reason = f"{reason} in action started at {self.name}:{line}"
        self.fail(reason, offset)

    def fail(self, reason: str, offset: int) -> NoReturn:
        line = self.text.count("\n", 0, offset) + 1
        raise TemplateSyntaxError(f"template: {self.name}:{line}: {reason}", reason, offset)

    # --------------------------------------------------------------------------- structure

    def open_branch(self, action: Action, start: int, end: int) -> None:
        assert action.pipe is not None
        node = _BRANCHES[action.kind](self.source, start, end, action.pipe)
        self.list.nodes.append(node)
        self.tree.branches.append(_Branch(node, len(self.tree.variables), self.list))
        self.tree.variables += action.declares
        if action.kind == "range":
            self.tree.ranges += 1
        self.list = node.body

    def check_else(self, word: str, offset: int) -> None:
        """Fail unless an `else` (with that word) may come here."""
        if not self.tree.branches:
            self.unexpected("{{else}}", offset)
        branch = self.tree.branches[-1]
        if branch.in_else:
            self.fail("expected end; found {{else}}", offset)
        if word and word != branch.node.word:
            self.fail(f"unexpected <{word}> in input", offset)

    def check_define(self, offset: int) -> None:
        """Fail unless a `define` may come here: only at the top of a file."""
        if len(self.trees) > 1 or self.tree.branches:
            self.fail("unexpected <define> in command", offset)

    def otherwise(self, action: Action, start: int, end: int) -> None:
        """`else`, `else if` and `else with`."""
        word = action.kind[5:]
        self.check_else(word, start + action.name_position if word else end - 2)
        branch = self.tree.branches[-1]
        node = branch.node
        if node.word == "range":
            self.tree.ranges -= 1
        self.list.end = start
        self.list = node.otherwise = ListNode(self.source, end)
        if not word:
            branch.in_else = True
            return
        assert action.pipe is not None
        below = _BRANCHES[word](self.source, start, end, action.pipe)
        self.list.start = start
        self.list.nodes.append(below)
        self.tree.variables += action.declares
        branch.node = below
        branch.nodes.append(below)
        self.list = below.body

    def close(self, action: Action, start: int, end: int) -> None:  # noqa: ARG002 - one signature for all
        """`end` of a branch, define or block."""
        tree = self.tree
        self.list.end = start
        if tree.branches:
            branch = tree.branches.pop()
            for node in branch.nodes:
                node.close = end
                if node.otherwise is not None:
                    node.otherwise.end = start
            if branch.node.word == "range" and not branch.in_else:
                tree.ranges -= 1
            del tree.variables[branch.mark :]
            self.list = branch.outer
            return
        if not tree.kind:
            self.unexpected("{{end}}", end - 2)
        self.add(TemplateNode(self.source, tree.start, end, tree.name, self.name, tree.body), end - 2)
        self.trees.pop()
        outer = self.trees[-1]
        self.tree = outer
        self.list = _open_list(outer)

    def open_tree(self, action: Action, start: int, end: int) -> None:
        """`define` and `block`."""
        if action.kind == "define":
            self.check_define(self.text.find("define", start))
        else:
            self.call(action, start, end)
        self.list = ListNode(self.source, end)
        self.tree = _Tree(f"{action.kind} clause", action.name, start, self.list)
        self.trees.append(self.tree)

    def call(self, action: Action, start: int, end: int) -> None:
        """`template`, and what `block` leaves at its place."""
        node = CallNode(self.source, start, end, action.name, action.name_position, action.pipe)
        self.list.nodes.append(node)
        if action.declares:
            self.declare(action)

    def leave(self, action: Action, start: int, end: int) -> None:
        """`break` and `continue`."""
        if not self.tree.ranges:
            self.fail(f"{{{{{action.kind}}}}} outside {{{{range}}}}", end - 2)
        node = BreakNode if action.kind == "break" else ContinueNode
        self.list.nodes.append(node(self.source, start, end))

    def unexpected(self, what: str, offset: int) -> NoReturn:
        clause = f" in {self.tree.kind}" if self.tree.kind else ""
        self.fail(f"unexpected {what}{clause}", offset)

    def add(self, tree: TemplateNode, offset: int) -> None:
        """Keep a template; an empty body never replaces another, two bodies are an error."""
        earlier = self.found.get(tree.name)
        if earlier is None or earlier.body.is_empty():
            self.found[tree.name] = tree
        elif not tree.body.is_empty():
            self.fail(f"template: multiple definition of template {quote(tree.name)}", offset)

    def finish(self) -> dict[str, TemplateNode]:
        end = len(self.text)
        if self.tree.branches or self.tree.kind:
            self.fail("unexpected EOF", end)
        self.list.end = end
        self.add(TemplateNode(self.source, 0, end, self.name, self.name, self.tree.body), end)
        return self.found


def _open_list(tree: _Tree) -> ListNode:
    """The list that nodes are appended to."""
    if not tree.branches:
        return tree.body
    node = tree.branches[-1].node
    return node.body if node.otherwise is None else node.otherwise


_PLACE = {
    "if": FileParser.open_branch,
    "with": FileParser.open_branch,
    "range": FileParser.open_branch,
    "else": FileParser.otherwise,
    "else if": FileParser.otherwise,
    "else with": FileParser.otherwise,
    "end": FileParser.close,
    "define": FileParser.open_tree,
    "block": FileParser.open_tree,
    "template": FileParser.call,
    "break": FileParser.leave,
    "continue": FileParser.leave,
}
