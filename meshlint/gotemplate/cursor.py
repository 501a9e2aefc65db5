"""A cursor over the tokens of one action: looking ahead, and failing with Go's words at Go's line."""

from __future__ import annotations

from typing import NoReturn

from meshlint.gotemplate.lexer import ERROR, SPACE, Token, lex


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
        """The next token that is no space."""
        token = self.tokens[self.at]
        if token.kind == SPACE:
            self.at += 1
            token = self.tokens[self.at]
        if self.at > self.last:
            self.last = self.at
        self.at += 1
        return token

    def peek(self) -> Token:
        """The next token that is no space, left in place."""
        at = self.at
        token = self.next()
        self.at = at
        return token

    def touches(self) -> Token:
        """The very next token, space or not, left in place."""
        if self.at > self.last:
            self.last = self.at
        return self.tokens[self.at]

    def fail(self, message: str) -> NoReturn:
        raise ActionError(message, self.tokens[self.last].position)

    def unexpected(self, token: Token, context: str) -> NoReturn:
        if token.kind != ERROR:
            self.fail(f"unexpected {token.shown()} in {context}")
        extra = ""
        line = self.line(0)
        if self.started and line != self.line(token.position):
            extra = f" in action started at {self.file}:{line}"
            if token.text.endswith(" action"):
                extra = extra[len(" in action") :]
        self.fail(token.text + extra)

    def line(self, position: int) -> int:
        return self.text.count("\n", 0, self.start + position) + 1

    def expect(self, kind: int, context: str) -> Token:
        token = self.next()
        if token.kind != kind:
            self.unexpected(token, context)
        return token
