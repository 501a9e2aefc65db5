"""Tokens of one action, from its `{{` to its `}}`, as Go's text/template scans them.

In: the text and the offset of a `{{`; out: tokens with positions relative to it. One compiled
expression takes the common tokens, a field chain as one; whatever it does not match is scanned
again the way Go does, which also yields Go's error texts (as a token of kind ERROR).
"""

from __future__ import annotations

import re
import unicodedata

from meshlint.gotemplate.gofmt import sprintf

(
    RIGHT,
    FIELD,
    IDENTIFIER,
    VARIABLE,
    STRING,
    RAW,
    NUMBER,
    DECLARE,
    PIPE,
    LEFT_PAREN,
    RIGHT_PAREN,
    ASSIGN,
    DOT,
    KEYWORD,
    NIL,
    BOOLEAN,
    CHARACTER,
    COMPLEX,
    OTHER,
    ERROR,
) = range(1, 21)

KEYWORDS = frozenset(
    ("block", "break", "continue", "define", "else", "end", "if", "range", "template", "with")
)
_WORDS = dict.fromkeys(KEYWORDS, KEYWORD) | {"nil": NIL, "true": BOOLEAN, "false": BOOLEAN}

_STOP = r"(?=[ \t\r\n.,|:()]|\}\}|\Z)"  # what may follow a word
_NAME = r"[A-Za-z_][A-Za-z_0-9]*"
_TOKEN = re.compile(
    rf"[ \t\r\n]*(?:(\}}\}}|[ \t\r\n]-\}}\}})"
    rf"|((?:\.{_NAME})+){_STOP}"
    rf"|({_NAME}){_STOP}"
    rf"|(\$[A-Za-z_0-9]*(?:\.{_NAME})*){_STOP}"
    r'|("(?:[^"\\\n]|\\[^\n])*")'
    r"|(`[^`]*`)"
    r"|([+-]?[0-9]+(?:\.[0-9]+)?)(?=[ \t\r\n|)(]|\}\})"
    r"|(:=)|(\|)|(\()|(\))|(=)"
    r"|(\.)(?=[ \t\r\n.,|:()]|\}\}))",  # at the end of the text Go takes it for a number
)
_skip_space = re.compile(r"[ \t\r\n]*").match
_NUMBER = re.compile(
    r"[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?"
    r"|0[oO][0-7_]*(?:\.[0-7_]*)?|0[bB][01_]*(?:\.[01_]*)?"
    r"|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?"
)
_CHARACTER = re.compile(r"'(?:[^'\\\n]|\\[^\n])*'")
_NUMBER_STARTS = ("", *"0123456789")  # what makes a dot the start of a number
_ENDS_WORD = " \t\r\n.,|:()"


# kind, position relative to the `{{`, text (the message for kind ERROR), whether space stands before it
Token = tuple[int, int, str, bool]


def shown(token: Token) -> str:
    """The token as error messages show it."""
    kind, _, text, _ = token
    if kind == ERROR:
        return text
    if kind in (KEYWORD, NIL, DOT):
        return f"<{text}>"
    if kind == FIELD:
        text = "." + text.split(".")[1]
    elif kind == VARIABLE:
        text = text.split(".")[0]
    elif kind == RIGHT:
        text = "}}"
    size = len(text.encode("utf-8", "surrogateescape"))
    return sprintf("%.10q..." if size > 10 else "%q", [text])


def lex(text: str, start: int) -> tuple[list[Token], int]:
    """The tokens of the action whose `{{` stands at `start`, and the offset after its `}}`.

    The last token is RIGHT or ERROR; after an error the offset has no meaning.
    """
    at = start + 2
    if text[at : at + 1] == "-" and text[at + 1 : at + 2] in (" ", "\t", "\r", "\n"):
        at += 2
    tokens: list[Token] = []
    depth = 0
    match = _TOKEN.match
    while True:
        found = match(text, at)
        if found is None:
            token, at = _scan(text, at, start)
            tokens.append(token)
            if token[0] == ERROR:
                return tokens, at
            continue
        kind: int = found.lastindex  # type: ignore[assignment]
        value: str = found[kind]
        end = found.end()
        first = end - len(value)
        if kind == IDENTIFIER:
            kind = _WORDS.get(value, IDENTIFIER)
        elif kind == RIGHT:
            if depth:
                tokens.append((ERROR, first - start, "unclosed left paren", False))
            else:
                tokens.append((RIGHT, end - 2 - start, value, first > at))
            return tokens, end
        elif kind == LEFT_PAREN:
            depth += 1
        elif kind == RIGHT_PAREN:
            depth -= 1
            if depth < 0:
                tokens.append((ERROR, first - start, "unexpected right paren", False))
                return tokens, at
        tokens.append((kind, first - start, value, first > at))
        at = end


def _scan(text: str, before: int, start: int) -> tuple[Token, int]:
    """One token as Go scans it, and where it ends."""
    at = _skip_space(text, before).end()  # type: ignore[union-attr]
    char = text[at : at + 1]
    if char == "":
        kind, value, end = ERROR, "unclosed action", at
    elif char == "$":
        kind, value, end = _word(text, at, at + 1, VARIABLE)
    elif char == "." and text[at + 1 : at + 2] not in _NUMBER_STARTS:
        kind, value, end = _word(text, at, at + 1, FIELD)
    elif char in "+-.0123456789":
        kind, value, end = _number(text, at)
    elif is_alphanumeric(char):
        kind, value, end = _word(text, at, at, IDENTIFIER)
    else:
        kind, value, end = _mark(text, at, char)
    return (kind, at - start, value, at > before), end


def _mark(text: str, at: int, char: str) -> tuple[int, str, int]:
    if char == "'":
        found = _CHARACTER.match(text, at)
        if found:
            return CHARACTER, found.group(), found.end()
        return ERROR, "unterminated character constant", at
    if char in '"`:':
        return ERROR, _UNFINISHED[char], at
    if " " <= char <= "~":
        return OTHER, char, at + 1
    return ERROR, sprintf("unrecognized character in action: %#U", [_code(char)]), at


_UNFINISHED = {
    '"': "unterminated quoted string",
    "`": "unterminated raw quoted string",
    ":": "expected :=",
}


def _word(text: str, at: int, first: int, kind: int) -> tuple[int, str, int]:
    """An identifier, field or variable with letters beyond ASCII, or the error it is."""
    end = first
    while end < len(text) and is_alphanumeric(text[end]):
        end += 1
    follows = text[end : end + 1]
    if follows and follows not in _ENDS_WORD and not text.startswith("}}", end):
        return ERROR, sprintf("bad character %#U", [_code(follows)]), at
    return kind, text[at:end], end


def _number(text: str, at: int) -> tuple[int, str, int]:
    end, good = _number_end(text, at)
    kind = NUMBER
    if good and text[end : end + 1] in ("+", "-"):
        end, good = _number_end(text, end)
        good = good and text[end - 1] == "i"
        kind = COMPLEX
    if good:
        return kind, text[at:end], end
    return ERROR, sprintf("bad number syntax: %q", [text[at:end]]), at


def _number_end(text: str, at: int) -> tuple[int, bool]:
    found = _NUMBER.match(text, at)
    end = found.end() if found else at
    if end < len(text) and is_alphanumeric(text[end]):
        return end + 1, False
    return end, True


def is_alphanumeric(char: str) -> bool:
    """True for what Go calls a letter, a digit or an underscore."""
    return char == "_" or unicodedata.category(char) in ("Lu", "Ll", "Lt", "Lm", "Lo", "Nd")


def _code(char: str) -> int:
    code = ord(char)
    return 0xFFFD if 0xDC80 <= code <= 0xDCFF else code
