"""A cursor over the tokens of one action: looking ahead, and failing with Go's words at Go's line."""

from __future__ import annotations

from typing import NoReturn

from meshlint.gotemplate.lexer import ERROR, Token, lex, shown


class ActionError(Exception):
    """The action is malformed: Go's message without place, and the position it blames."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


class TokenCursor:
    """The tokens of the action at `start`, and how far they were read.

    last      the last token looked at: Go names its line in errors
    started   the action's line belongs into lexer errors (it does not in `define` and `else if`)
    """

    def __init__(self, text: str, start: int, file: str) -> None:
        self.tokens, self.end = lex(text, start)
        self.at = 0
        self.last = 0
        self.text = text
        self.start = start
        self.file = file
        self.started = True

    def next(self) -> Token:
        """The next token."""
        at = self.at
        if at > self.last:
            self.last = at
        self.at = at + 1
        return self.tokens[at]

    def peek(self) -> Token:
        """The next token, left in place."""
        at = self.at
        if at > self.last:
            self.last = at
        return self.tokens[at]

    def fail(self, message: str) -> NoReturn:
        raise ActionError(message, self.tokens[self.last][1])

    def unexpected(self, token: Token, context: str) -> NoReturn:
        kind, position, text, _ = token
        if kind != ERROR:
            self.fail(f"unexpected {shown(token)} in {context}")
        extra = ""
        line = self.line(0)
        if self.started and line != self.line(position):
            extra = f" in action started at {self.file}:{line}"
            if text.endswith(" action"):
                extra = extra[len(" in action") :]
        self.fail(text + extra)

    def line(self, position: int) -> int:
        return self.text.count("\n", 0, self.start + position) + 1

    def expect(self, kind: int, context: str) -> Token:
        token = self.next()
        if token[0] != kind:
            self.unexpected(token, context)
        return token
