"""One action parsed: from its tokens to what it does, shared by all actions with the same text.

In: the text and the offset of a `{{`; out: an Action (kind, pipeline, name, trimming). Errors are
Go's texts, raised as ActionError with the position of the token that Go would name the line of.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Protocol

from meshlint.gotemplate import lexer
from meshlint.gotemplate.cursor import TokenCursor
from meshlint.gotemplate.expression import (
    Boolean,
    Chain,
    Command,
    Dot,
    Expression,
    Field,
    Identifier,
    Nil,
    Number,
    Pipe,
    Text,
    Variable,
)
from meshlint.gotemplate.lexer import RIGHT, SPACE, Token
from meshlint.gotemplate.literal import LiteralError, parse_number
from meshlint.gotemplate.quoting import QuotingError, quote, unquote

_DEEPEST_PARENTHESES = 1000  # Go allows 10,000; no template comes near it and Python's stack is smaller
_OPERANDS = frozenset(
    (
        lexer.BOOLEAN,
        lexer.CHARACTER,
        lexer.COMPLEX,
        lexer.DOT,
        lexer.FIELD,
        lexer.IDENTIFIER,
        lexer.NUMBER,
        lexer.NIL,
        lexer.RAW,
        lexer.STRING,
        lexer.VARIABLE,
        lexer.LEFT_PAREN,
    )
)
_NUMBERS = (lexer.NUMBER, lexer.CHARACTER, lexer.COMPLEX)


class Action:
    """What an action says.

    kind        "action", "if", "with", "range", "template", "block", "define", "else", "else if",
                "else with", "end", "break" or "continue"
    pipe        its pipeline, None where there is none
    name        the template named by template, block and define; `name_position` where it stands
    functions   the functions it calls
    declares    the variables it declares or assigns
    free        the variables it uses without declaring them, but for `$`
    length      from `{{` to behind `}}`; `trims_before`, `trims_after`: it swallows white space there
    known_to    the function names it was last checked against
    """

    __slots__ = (
        "declares",
        "free",
        "functions",
        "kind",
        "known_to",
        "length",
        "name",
        "name_position",
        "pipe",
        "trims_after",
        "trims_before",
    )

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.pipe: Pipe | None = None
        self.name = ""
        self.name_position = 0
        self.functions: tuple[str, ...] = ()
        self.declares: tuple[str, ...] = ()
        self.free: tuple[str, ...] = ()
        self.trims_before = self.trims_after = False
        self.length = 0
        self.known_to: object = None


class Structure(Protocol):
    """The blocks open around an action; both checks raise where Go's parser stops."""

    def check_else(self, word: str, offset: int) -> None:
        """May `else`, `else if` or `else with` come here (word "", "if" or "with")?"""
        ...

    def check_define(self, offset: int) -> None:
        """May a `define` come here?"""
        ...


class ActionParser(TokenCursor):
    """Recursive descent over the tokens of one action.

    variables    names that may be used
    functions    names that may be called
    structure    what is open around the action: says whether `else if` and `define` may come here
    """

    def __init__(
        self,
        text: str,
        start: int,
        functions: Container[str],
        variables: list[str],
        file: str,
        structure: Structure,
    ) -> None:
        super().__init__(text, start, file)
        self.structure = structure
        self.functions = functions
        self.variables = variables
        self.declared: list[str] = []
        self.free: list[str] = []
        self.called: list[str] = []
        self.depth = 0

    def parse(self) -> Action:
        """The action; ActionError if it is malformed."""
        token = self.next()
        word = token.text if token.kind == lexer.KEYWORD else ""
        if word in _PARSERS:
            action = _PARSERS[word](self)
        else:
            self.at -= 1
            action = Action("action")
            action.pipe = self.pipeline("command", RIGHT)
        action.functions = tuple(dict.fromkeys(self.called))
        action.declares = tuple(self.declared)
        action.free = tuple(dict.fromkeys(self.free))
        action.length = self.end - self.start
        action.trims_before = self.text[self.start + 2] == "-" and self.text[self.start + 3] in " \t\r\n"
        action.trims_after = self.tokens[-1].text != "}}"
        return action

    # ---------------------------------------------------------------------------- controls

    def control(self, word: str) -> Action:
        action = Action(word)
        action.pipe = self.pipeline(word, RIGHT)
        return action

    def plain(self, word: str, context: str) -> Action:
        self.expect(RIGHT, context)
        return Action(word)

    def otherwise(self) -> Action:
        token = self.peek()
        if token.kind == lexer.KEYWORD and token.text in ("if", "with"):
            self.next()
            self.structure.check_else(token.text, self.start + token.position)
            self.started = False
            action = self.control(token.text)
            action.kind = f"else {token.text}"
            action.name_position = token.position
            return action
        return self.plain("else", "else")

    def named(self, word: str, context: str) -> Action:
        """template, block and define: a name, then perhaps a pipeline."""
        action = Action(word)
        if word == "define":
            self.structure.check_define(self.start + self.tokens[self.last].position)
            self.started = False
        token = self.next()
        if token.kind not in (lexer.STRING, lexer.RAW):
            self.unexpected(token, context)
        action.name = self.string(token)
        action.name_position = token.position
        if word == "define":
            self.expect(RIGHT, context)
        elif word == "block" or self.peek().kind != RIGHT:
            action.pipe = self.pipeline(context, RIGHT)
        else:
            self.next()
        return action

    def string(self, token: Token) -> str:
        try:
            return unquote(token.text)
        except QuotingError as error:
            self.fail(str(error))

    # --------------------------------------------------------------------------- pipelines

    def pipeline(self, context: str, end: int) -> Pipe:
        first = self.peek()
        names: list[str] = []
        assigns = False
        while True:
            word = self.declaration(context, names)
            if word != ",":
                assigns = word == "="
                break
        commands: list[Command] = []
        while True:
            token = self.next()
            if token.kind == end:
                break
            if token.kind not in _OPERANDS:
                self.unexpected(token, context)
            self.at -= 1
            commands.append(self.command())
        if not commands:
            self.fail(f"missing value for {context}")
        for stage, command in enumerate(commands[1:], 2):
            if isinstance(command.operands[0], (Boolean, Dot, Nil, Number, Text)):
                self.fail(f"non executable command in pipeline stage {stage}")
        return Pipe(first.position, tuple(names), assigns, tuple(commands))

    def declaration(self, context: str, names: list[str]) -> str:
        """Read `$x :=`, `$x =` or (in range) `$x,`; the sign read, "" if there is no declaration."""
        token = self.peek()
        if token.kind != lexer.VARIABLE or "." in token.text:
            return ""
        start = self.at
        self.next()
        sign = self.peek()
        if sign.text not in (":=", "=", ",") or sign.kind not in (lexer.DECLARE, lexer.ASSIGN, lexer.OTHER):
            self.at = start
            return ""
        self.next()
        names.append(token.text)
        self.declared.append(token.text)
        if sign.text == ",":
            if context != "range" or len(names) > 1:
                self.fail(f"too many declarations in {context}")
            if self.peek().kind not in (lexer.VARIABLE, RIGHT, lexer.RIGHT_PAREN):
                self.fail("range can only initialize variables")
        return sign.text

    def command(self) -> Command:
        position = self.peek().position
        operands: list[Expression] = []
        while True:
            operand = self.operand()
            if operand is not None:
                operands.append(operand)
            token = self.touches()
            if token.kind == SPACE:
                self.at += 1
                continue
            if token.kind == lexer.PIPE:
                self.at += 1
            elif token.kind not in (RIGHT, lexer.RIGHT_PAREN):
                self.unexpected(token, "operand")
            break
        if not operands:
            self.fail("empty command")
        return Command(position, tuple(operands))

    def operand(self) -> Expression | None:
        term = self.term()
        if term is None:
            return None
        token = self.touches()
        if token.kind != lexer.FIELD:
            return term
        self.at += 1
        self.touches()
        names = token.text[1:].split(".")
        while self.touches().kind == lexer.FIELD:
            names += self.tokens[self.at].text[1:].split(".")
            self.at += 1
        position = token.position
        if isinstance(term, Field):
            return Field(term.position if len(term.names) > 1 else position, (*term.names, *names))
        if isinstance(term, Variable):
            return Variable(term.position if term.names else position, term.name, (*term.names, *names))
        if isinstance(term, (Boolean, Text, Number, Nil, Dot)):
            self.fail(f"unexpected . after term {quote(str(term))}")
        return Chain(position, term, tuple(names))

    def term(self) -> Expression | None:
        at = self.at
        token = self.next()
        kind = token.kind
        if kind == lexer.FIELD:
            names = token.text[1:].split(".")
            shift = len(names[0]) + 1 if len(names) > 1 else 0
            return Field(token.position + shift, tuple(names))
        if kind == lexer.IDENTIFIER:
            if token.text not in self.functions:
                self.fail(f"function {quote(token.text)} not defined")
            self.called.append(token.text)
            return Identifier(token.position, token.text)
        if kind == lexer.VARIABLE:
            return self.variable(token)
        if kind in (lexer.STRING, lexer.RAW):
            return Text(token.position, token.text, self.string(token))
        if kind == lexer.LEFT_PAREN:
            if self.depth >= _DEEPEST_PARENTHESES:
                self.fail("max expression depth exceeded")
            self.depth += 1
            pipe = self.pipeline("parenthesized pipeline", lexer.RIGHT_PAREN)
            self.depth -= 1
            return pipe
        if kind == lexer.DOT:
            return Dot(token.position)
        if kind == lexer.BOOLEAN:
            return Boolean(token.position, token.text == "true")
        if kind == lexer.NIL:
            return Nil(token.position)
        if kind in _NUMBERS:
            return self.number(token)
        self.at = at
        return None

    def variable(self, token: Token) -> Variable:
        name, *names = token.text.split(".")
        if name != "$" and name not in self.declared:
            if name not in self.variables:
                self.fail(f"undefined variable {quote(name)}")
            self.free.append(name)
        return Variable(token.position + (len(name) if names else 0), name, tuple(names))

    def number(self, token: Token) -> Number:
        try:
            return parse_number(
                token.position, token.text, token.kind == lexer.CHARACTER, token.kind == lexer.COMPLEX
            )
        except (LiteralError, QuotingError) as error:
            self.fail(str(error))


_PARSERS: dict[str, Callable[[ActionParser], Action]] = {
    "if": lambda parser: parser.control("if"),
    "with": lambda parser: parser.control("with"),
    "range": lambda parser: parser.control("range"),
    "template": lambda parser: parser.named("template", "template clause"),
    "block": lambda parser: parser.named("block", "block clause"),
    "define": lambda parser: parser.named("define", "define clause"),
    "else": lambda parser: parser.otherwise(),
    "end": lambda parser: parser.plain("end", "end"),
    "break": lambda parser: parser.plain("break", "{{break}}"),
    "continue": lambda parser: parser.plain("continue", "{{continue}}"),
}
