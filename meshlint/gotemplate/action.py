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
from meshlint.gotemplate.lexer import RIGHT, Token
from meshlint.gotemplate.literal import LiteralError, parse_number
from meshlint.gotemplate.quoting import QuotingError, quote, unquote

_DEEPEST_PARENTHESES = 10_000


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
        word = token[2] if token[0] == lexer.KEYWORD else ""
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
        action.trims_after = self.tokens[-1][2] != "}}"
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
        if token[0] == lexer.KEYWORD and token[2] in ("if", "with"):
            self.next()
            self.structure.check_else(token[2], self.start + token[1])
            self.started = False
            action = self.control(token[2])
            action.kind = f"else {token[2]}"
            action.name_position = token[1]
            return action
        return self.plain("else", "else")

    def named(self, word: str, context: str) -> Action:
        """template, block and define: a name, then perhaps a pipeline."""
        action = Action(word)
        if word == "define":
            self.structure.check_define(self.start + self.tokens[self.last][1])
            self.started = False
        token = self.next()
        if token[0] not in (lexer.STRING, lexer.RAW):
            self.unexpected(token, context)
        action.name = self.string(token)
        action.name_position = token[1]
        if word == "define":
            self.expect(RIGHT, context)
        elif word == "block" or self.peek()[0] != RIGHT:
            action.pipe = self.pipeline(context, RIGHT)
        else:
            self.next()
        return action

    def string(self, token: Token) -> str:
        try:
            return unquote(token[2])
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
            if token[0] == end:
                break
            if token[0] not in _TERMS:
                self.unexpected(token, context)
            self.at -= 1
            commands.append(self.command())
        if not commands:
            self.fail(f"missing value for {context}")
        for stage, command in enumerate(commands[1:], 2):
            if isinstance(command.operands[0], (Boolean, Dot, Nil, Number, Text)):
                self.fail(f"non executable command in pipeline stage {stage}")
        return Pipe(first[1], tuple(names), assigns, tuple(commands))

    def declaration(self, context: str, names: list[str]) -> str:
        """Read `$x :=`, `$x =` or (in range) `$x,`; the sign read, "" if there is no declaration."""
        token = self.peek()
        if token[0] != lexer.VARIABLE or "." in token[2]:
            return ""
        start = self.at
        self.next()
        sign = self.peek()
        if sign[2] not in (":=", "=", ",") or sign[0] not in (lexer.DECLARE, lexer.ASSIGN, lexer.OTHER):
            self.at = start
            return ""
        self.next()
        names.append(token[2])
        self.declared.append(token[2])
        if sign[2] == ",":
            if context != "range" or len(names) > 1:
                self.fail(f"too many declarations in {context}")
            if self.peek()[0] not in (lexer.VARIABLE, RIGHT, lexer.RIGHT_PAREN):
                self.fail("range can only initialize variables")
        return sign[2]

    def command(self) -> Command:
        position = self.peek()[1]
        operands: list[Expression] = []
        while True:
            operand = self.operand()
            token = self.peek()
            if operand is not None:
                operands.append(operand)
                if token[3]:  # behind a space more operands may follow
                    continue
            if token[0] == lexer.PIPE:
                self.at += 1
            elif token[0] not in (RIGHT, lexer.RIGHT_PAREN):
                self.unexpected(token, "operand")
            break
        if not operands:
            self.fail("empty command")
        return Command(position, tuple(operands))

    def operand(self) -> Expression | None:
        at = self.at
        token = self.next()
        read = _TERMS.get(token[0])
        if read is None:
            self.at = at
            return None
        term = read(self, token)
        following = self.peek()
        if following[0] == lexer.FIELD and not following[3]:
            return self.fields(term, following)
        return term

    def fields(self, term: Expression, token: Token) -> Expression:
        """A term with the fields that touch it."""
        position = token[1]
        names: list[str] = []
        while token[0] == lexer.FIELD and not (names and token[3]):
            names += token[2][1:].split(".")
            self.at += 1
            token = self.peek()
        if isinstance(term, Field):
            return Field(term.position if len(term.names) > 1 else position, (*term.names, *names))
        if isinstance(term, Variable):
            return Variable(term.position if term.names else position, term.name, (*term.names, *names))
        if isinstance(term, (Boolean, Text, Number, Nil, Dot)):
            if token[3]:
                self.last -= 1  # Go saw the space, which begins where the fields end
            self.fail(f"unexpected . after term {quote(str(term))}")
        return Chain(position, term, tuple(names))

    # ------------------------------------------------------------------------------- terms

    def field(self, token: Token) -> Field:
        text = token[2]
        names = tuple(text[1:].split("."))
        return Field(token[1] + len(names[0]) + 1 if len(names) > 1 else token[1], names)

    def identifier(self, token: Token) -> Identifier:
        name = token[2]
        if name not in self.functions:
            self.fail(f"function {quote(name)} not defined")
        self.called.append(name)
        return Identifier(token[1], name)

    def text_literal(self, token: Token) -> Text:
        return Text(token[1], token[2], self.string(token))

    def parenthesis(self, token: Token) -> Pipe:  # noqa: ARG002 - one signature for all terms
        if self.depth >= _DEEPEST_PARENTHESES:
            self.fail("max expression depth exceeded")
        self.depth += 1
        pipe = self.pipeline("parenthesized pipeline", lexer.RIGHT_PAREN)
        self.depth -= 1
        return pipe

    def dot(self, token: Token) -> Dot:
        return Dot(token[1])

    def boolean(self, token: Token) -> Boolean:
        return Boolean(token[1], token[2] == "true")

    def nil(self, token: Token) -> Nil:
        return Nil(token[1])

    def variable(self, token: Token) -> Variable:
        name, *names = token[2].split(".")
        if name != "$" and name not in self.declared:
            if name not in self.variables:
                self.fail(f"undefined variable {quote(name)}")
            self.free.append(name)
        return Variable(token[1] + (len(name) if names else 0), name, tuple(names))

    def number(self, token: Token) -> Number:
        try:
            return parse_number(token[1], token[2], token[0] == lexer.CHARACTER, token[0] == lexer.COMPLEX)
        except (LiteralError, QuotingError) as error:
            self.fail(str(error))


_TERMS: dict[int, Callable[[ActionParser, Token], Expression]] = {
    lexer.FIELD: ActionParser.field,
    lexer.IDENTIFIER: ActionParser.identifier,
    lexer.STRING: ActionParser.text_literal,
    lexer.RAW: ActionParser.text_literal,
    lexer.VARIABLE: ActionParser.variable,
    lexer.NUMBER: ActionParser.number,
    lexer.CHARACTER: ActionParser.number,
    lexer.COMPLEX: ActionParser.number,
    lexer.LEFT_PAREN: ActionParser.parenthesis,
    lexer.DOT: ActionParser.dot,
    lexer.BOOLEAN: ActionParser.boolean,
    lexer.NIL: ActionParser.nil,
}
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
