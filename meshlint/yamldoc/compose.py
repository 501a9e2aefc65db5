"""Compose: YAML text to a tree of nodes with code-point offsets, and go-yaml's words for its faults.

In goes a text, out come PyYAML nodes (libyaml's C composer with the resolver switched off: `tag` is ""
unless written, `style` is "" for plain scalars) or a YamlError that says what sigs.k8s.io/yaml says.
Both engines descend from libyaml, so texts and rough places agree; where they part, this module sides
with Go. Without the C extension PyYAML's Python classes do the same, about 25 times slower.
"""

from __future__ import annotations

import re
from typing import Any

from yaml.composer import Composer, ComposerError
from yaml.error import MarkedYAMLError
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from yaml.nodes import MappingNode, ScalarNode, SequenceNode
from yaml.parser import Parser as PythonParser
from yaml.reader import Reader, ReaderError
from yaml.scanner import Scanner, ScannerError

from meshlint.gotemplate.govalue import decimal
from meshlint.text.pattern import lazy
from meshlint.yamldoc.goscan import accepted, may_have_question, question_in_flow, restored

CParser: Any
try:
    from yaml._yaml import CParser
except ImportError:
    CParser = None

GO_DEPTH = 10_000  # go-yaml's own limit for open flow collections and for indentation levels
DEPTH = 300  # what is composed and walked here: far beyond any manifest, within Python's stack
# libyaml's C composer recurses on the C stack: texts that may nest deeper are composed from events.
_SAFE_NESTING = 1_000
_LIBYAML_DEPTH = "exceeded maximum nesting depth"
CONVERT = "error converting YAML to JSON: "

# `{{ .Values.x }}`, `{}`, `[a, b]`: many of them make no nesting.
_CLOSED = lazy(r"\{\{[^{}\n]*\}\}|\{[^{}\[\]\n]*\}|\[[^{}\[\]\n]*\]")
_DEEP_BLOCK = lazy(rf"^[ \t\-?:]{{{_SAFE_NESTING},}}", re.MULTILINE)
_BRACKET = lazy(r"[\[{\]}]")
_BARE_TAG = lazy(r"(?<![^\s\[{,])!(?=\s)")
_VERSION = lazy(r"(?:\s*(?:#[^\n]*|%(?!YAML)[^\n]*)\n)*\s*%YAML[ \t]+([0-9]+)\.([0-9]+)")
_ALIAS_NAME = lazy(r"\*([0-9A-Za-z_-]+)")
_SLASH_ESCAPE = lazy(r"(?<!\\)(?:\\\\)*(\\/)")

# How messages of PyYAML's Python classes begin -> the words of libyaml and Go.
_PYTHON_WORDS = (
    ("mapping values are not allowed here", "mapping values are not allowed in this context"),
    ("sequence entries are not allowed here", "block sequence entries are not allowed in this context"),
    ("mapping keys are not allowed here", "mapping keys are not allowed in this context"),
    ("expected the node content", "did not find expected node content"),
    ("expected a comment or a line break", "did not find expected comment or line break"),
    ("found unexpected document separator", "found unexpected document indicator"),
)
# Faults whose cause is where the thing began, not where the parser gave up.
_BEGINNINGS = ("while scanning a simple key", "while scanning a quoted scalar")


class YamlError(Exception):
    """A text that cannot be read.

    text     the whole error of sigs.k8s.io/yaml's Unmarshal, ready to be prefixed as Helm prefixes it
    problem  its core for people ("did not find expected key")
    offset   where in the text, in code points
    """

    def __init__(self, text: str, offset: int, problem: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.offset = offset
        self.problem = problem or text

    def moved(self, by: int, prefix: str = "") -> YamlError:
        """The same error for a text that is a piece of a larger one, with words in front."""
        return YamlError(prefix + self.text, self.offset + by, self.problem)


def syntax_error(problem: str, offset: int, line: int = 0) -> YamlError:
    """A YamlError of the YAML stage; `line` is the number Go prints, 0 for none."""
    where = f"line {line}: " if line else ""
    return YamlError(f"{CONVERT}yaml: {where}{problem}", offset, problem)


# A method of a C object that takes anything and gives "": the composer calls it three times per node.
_NOTHING = "".format


def _python_parser(text: str) -> Any:
    """PyYAML's Python classes in the role of CParser."""

    class Fallback(Reader, Scanner, PythonParser, Composer):
        descend_resolver = ascend_resolver = resolve = staticmethod(_NOTHING)

        def __init__(self, stream: str) -> None:
            Reader.__init__(self, stream)
            Scanner.__init__(self)
            PythonParser.__init__(self)
            Composer.__init__(self)

    return Fallback(text)


if CParser is not None:

    class _Parser(CParser):  # type: ignore[misc]
        descend_resolver = ascend_resolver = resolve = _NOTHING


def new_parser(text: str) -> Any:
    """A parser with check_event, get_event, check_node and get_node over a text."""
    return _python_parser(text) if CParser is None else _Parser(text)


def compose(text: str) -> Any:
    """The root node of the first document, None if there is none; raises YamlError."""
    if "%YAML" in text:
        _check_version(text)
    if "\\/" in text:
        _check_slash_escapes(text)
    if may_have_question(text):
        _check_questions(text)
    try:
        if _wants_events(text):
            return _compose_events(text)
        parser = new_parser(text)
        return parser.get_node() if parser.check_node() else None
    except ComposerError as error:
        if "duplicate anchor" in str(error.context):
            return _compose_again(text)
        raise _undefined_alias(error, text) from None
    except (MarkedYAMLError, ReaderError, UnicodeEncodeError) as error:
        other = accepted(text, error) if isinstance(error, MarkedYAMLError) else None
        if other is not None:
            return restored(compose(other))
        raise go_error(error, text) from None


def _compose_again(text: str) -> Any:
    """The same by way of events, where anchors may be defined again, as in Go."""
    try:
        return _compose_events(text)
    except (MarkedYAMLError, ReaderError, UnicodeEncodeError) as error:
        raise go_error(error, text) from None


def _wants_events(text: str) -> bool:
    """True for rare texts: perhaps deep, or with the tag `!` (makes a string), which C nodes do not show."""
    if _open_brackets(text) > _SAFE_NESTING or _DEEP_BLOCK.search(text):
        return True
    return ("! " in text or "!\n" in text) and _BARE_TAG.search(text) is not None


def _open_brackets(text: str) -> int:
    """A bound for the nesting of flow collections: what is closed on its line, empty of others, adds two."""
    found = text.count("[") + text.count("{")
    if found > _SAFE_NESTING:
        found -= sum(2 if pair.startswith("{{") else 1 for pair in _CLOSED.findall(text)) - 2
    return found


def _check_version(text: str) -> None:
    """Go reads YAML 1.1 only; libyaml goes on with 1.2."""
    match = _VERSION.match(text)
    if match and (decimal(match[1]), decimal(match[2])) != (1, 1):
        offset = text.index("%YAML")
        raise syntax_error("found incompatible YAML document", offset, text.count("\n", 0, offset))


def _check_slash_escapes(text: str) -> None:
    r"""A `\/` in a double-quoted scalar is an error in Go; libyaml takes it."""
    parser = new_parser(text)
    try:
        while parser.check_event():
            event = parser.get_event()
            kind: Any = event.__class__
            if kind is ScalarEvent and event.style == '"':
                found = _SLASH_ESCAPE.search(text, event.start_mark.index, event.end_mark.index)
                if found:
                    offset = found.start(1)
                    line = text.count("\n", 0, offset) + 1 if "\n" in text[:offset] else 0
                    raise syntax_error("found unknown escape character", offset, line)
            elif kind is DocumentEndEvent:
                return
    except (MarkedYAMLError, ReaderError, UnicodeEncodeError):
        return


def _check_questions(text: str) -> None:
    try:
        found = question_in_flow(text, new_parser(text))
    except (MarkedYAMLError, ReaderError, UnicodeEncodeError):
        return
    if found is not None:
        raise syntax_error(*found)


def _compose_events(text: str) -> Any:
    """Compose the first document from events with an explicit stack."""
    parser = new_parser(text)
    parser.get_event()  # stream start
    event = parser.get_event()
    if event.__class__ is StreamEndEvent:
        return None
    anchors: dict[str, Any] = {}
    stack: list[tuple[Any, list[Any]]] = [(None, [])]
    while True:
        event = parser.get_event()
        kind = event.__class__
        if kind is DocumentEndEvent:
            return stack[0][1][0]
        if kind is MappingEndEvent or kind is SequenceEndEvent:
            _close(stack, event)
            continue
        node = _alias(event, anchors) if kind is AliasEvent else _node(event)
        if kind is not AliasEvent and event.anchor is not None:
            anchors[event.anchor] = node
        stack[-1][1].append(node)
        if kind is MappingStartEvent or kind is SequenceStartEvent:
            stack.append((node, []))
            if len(stack) > DEPTH + 1:
                mark = event.start_mark
                raise _too_deep(text, mark.index, mark.line and mark.line + 1)


def _close(stack: list[tuple[Any, list[Any]]], event: Any) -> None:
    node, items = stack.pop()
    is_mapping = node.__class__ is MappingNode
    node.value = list(zip(items[::2], items[1::2], strict=True)) if is_mapping else items
    node.end_mark = event.end_mark


def _alias(event: Any, anchors: dict[str, Any]) -> Any:
    if event.anchor not in anchors:
        raise syntax_error(f"unknown anchor '{event.anchor}' referenced", event.start_mark.index)
    return anchors[event.anchor]


def _node(event: Any) -> Any:
    kind: Any = event.__class__
    if kind is ScalarEvent:
        style = "" if event.implicit[0] and event.tag is None else event.style
        return ScalarNode(event.tag or "", event.value, event.start_mark, event.end_mark, style=style)
    shape: Any = MappingNode if kind is MappingStartEvent else SequenceNode
    return shape(event.tag or "", [], event.start_mark, event.end_mark, flow_style=event.flow_style)


def _too_deep(text: str, offset: int, line: int) -> YamlError:
    """Go's words beyond its limit, own words between the two limits.

    How deep the text goes is read off its brackets and block indicators: builds of libyaml that stop at
    1,000 levels never tell.
    """
    depth = 0
    deepest = max((len(run) for run in map(_indicators, _DEEP_BLOCK.findall(text))), default=0)
    for bracket in _BRACKET.findall(text):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    if deepest > GO_DEPTH:
        return syntax_error(f"exceeded max depth of {GO_DEPTH}", offset, line)
    return syntax_error(f"collections are nested deeper than {DEPTH} levels", offset, line)


def _indicators(start_of_line: str) -> str:
    return start_of_line.replace(" ", "").replace("\t", "")


def _undefined_alias(error: MarkedYAMLError, text: str) -> YamlError:
    """Go: unknown anchor 'x' referenced, without a line."""
    offset = error.problem_mark.index if error.problem_mark else 0
    match = _ALIAS_NAME.match(text, offset)
    name = match[1] if match else ""
    return syntax_error(f"unknown anchor '{name}' referenced", offset)


def go_error(error: Exception, text: str) -> YamlError:
    """The error as go-yaml words it and counts its line (decode.go, parser.fail)."""
    if isinstance(error, ReaderError):
        offset = error.position if isinstance(error.position, int) else 0
        reason = "control characters are not allowed" if "not allowed" in error.reason else error.reason
        return syntax_error(reason, _code_point(text, offset))
    if isinstance(error, UnicodeEncodeError):
        return syntax_error(_encoding_fault(text, error.start), error.start)
    if not isinstance(error, MarkedYAMLError):
        raise error
    problem, context = error.problem_mark, error.context_mark
    line = 0
    if problem is not None and problem.line:
        line = problem.line + (1 if isinstance(error, ScannerError) else 0)
    elif context is not None and context.line:
        line = context.line
    mark = context if context is not None and error.context in _BEGINNINGS else problem or context
    if error.problem == _LIBYAML_DEPTH:
        return _too_deep(text, mark.index if mark else 0, line)
    return syntax_error(_go_words(error), mark.index if mark else 0, line)


def _go_words(error: MarkedYAMLError) -> str:
    words = str(error.problem)
    if CParser is not None:
        return words
    if words.startswith("expected <block end>"):
        key = "key" if "mapping" in str(error.context) else "'-' indicator"
        return f"did not find expected {key}"
    if words.startswith("found character ") and words.endswith("that cannot start any token"):
        return "found character that cannot start any token"
    for begin, known in _PYTHON_WORDS:
        if words.startswith(begin):
            return known
    return f"did not find {words.partition(', but ')[0]}" if words.startswith("expected ") else words


def _encoding_fault(text: str, offset: int) -> str:
    """Go's words for the first byte sequence that is not UTF-8 (readerc.go)."""
    rest = text[offset : offset + 4].encode("utf-8", "surrogateescape")[:4]
    lead = rest[0]
    width = 2 if lead & 0xE0 == 0xC0 else 3 if lead & 0xF0 == 0xE0 else 4 if lead & 0xF8 == 0xF0 else 0
    if not width:
        return "invalid leading UTF-8 octet"
    if len(rest) < width:
        return "incomplete UTF-8 octet sequence"
    if any(byte & 0xC0 != 0x80 for byte in rest[1:width]):
        return "invalid trailing UTF-8 octet"
    surrogate = width == 3 and lead == 0xED
    return (
        "invalid Unicode character"
        if surrogate or rest[:2] > b"\xf4\x8f"
        else "invalid length of a UTF-8 sequence"
    )


def _code_point(text: str, byte_offset: int) -> int:
    """The offset in code points: libyaml's reader counts bytes."""
    if text.isascii():
        return byte_offset
    data = text.encode("utf-8", "surrogateescape")[:byte_offset]
    return len(data.decode("utf-8", "replace"))
