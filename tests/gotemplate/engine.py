"""A small set of functions and a one-call render for the tests of the engine."""

from __future__ import annotations

from typing import Any

from meshlint.gotemplate.errors import TemplateError
from meshlint.gotemplate.evaluate import Evaluator, TemplateSet
from meshlint.gotemplate.function import Function
from meshlint.gotemplate.gofmt import format_value, quote, truth
from meshlint.gotemplate.govalue import GoError, GoObject, Int64, Placeholder, StringList, StringMap
from meshlint.text import rope
from meshlint.text.origin import Derived, KeyOrigin, Origin
from meshlint.text.rope import Part
from meshlint.text.source import Source
from meshlint.yamldoc.tracked import TrackedList, TrackedMap, set_paths

FILE = "c/templates/t.yaml"


def _list(origins: list[Derived | None], *items: Any) -> TrackedList:
    found = TrackedList(items)
    found.origins = {index: origin for index, origin in enumerate(origins) if origin is not None}
    return found


def _dict(origins: list[Derived | None], *items: Any) -> TrackedMap:
    found = TrackedMap()
    for at in range(0, len(items) - 1, 2):
        found.put(format_value(items[at]), items[at + 1], origins[at + 1])
    return found


def _default(preset: Any, *given: Any) -> Any:
    return given[0] if given and truth(given[0]) else preset


def _fail(text: str) -> str:
    raise GoError(text)


def _broken(_: Any) -> str:
    raise ZeroDivisionError("our mistake")


FUNCTIONS: dict[str, Function] = {
    function.name: function
    for function in (
        Function("include", ("string", "any"), Evaluator.include, "special"),
        Function("tpl", ("string", "any"), Evaluator.tpl, "special"),
        Function("list", ("...any",), _list, "container"),
        Function("dict", ("...any",), _dict, "container"),
        Function("default", ("any", "...any"), _default, "chooser"),
        Function("fail", ("string",), _fail),
        Function("broken", ("any",), _broken),
        Function("upper", ("string",), str.upper),
        Function("int", ("any",), lambda value: int(value)),
        Function("int64", ("any",), lambda value: Int64(value)),
        Function("trunc", ("int", "string"), lambda count, text: text[:count]),
        Function("need_bool", ("bool",), lambda value: value),
        Function("need_float", ("float64",), lambda value: value),
        Function("need_uint", ("uint32",), lambda value: value),
        Function("need_list", ("[]any",), len),
        Function("hasKey", ("map", "string"), lambda mapping, key: key in mapping),
        Function("get", ("map", "string"), dict.get, looks=lambda mapping, key: [(mapping, key)]),
        Function("splitList", ("string", "string"), lambda mark, text: StringList(text.split(mark))),
        Function("smap", ("string", "string"), lambda key, value: StringMap({key: value})),
        Function("random", (), lambda: "x7f", flags="random"),
        Function(
            "nindent",
            ("int", "string"),
            lambda site, count, text: rope.indent(text, " " * count, site, "\n"),
            "span",
        ),
        Function("quote", ("any",), lambda site, value: _quote(site, value), "span"),
    )
}


def _quote(site: Origin, value: Any) -> str:
    text = value if isinstance(value, str) else format_value(value)
    return rope.quote(text, quote(text), lambda char: quote(char)[1:-1], '"\\', site)


def templates(*texts: str, strict: bool = False) -> TemplateSet:
    """A set of files: the first is FILE, the others are c/templates/1.yaml ..."""
    found = TemplateSet(FUNCTIONS, strict)
    for number, text in enumerate(texts):
        name = FILE if number == 0 else f"c/templates/{number}.yaml"
        found.add(Source(name, text, "template"), name)
    return found


def parts(text: str, data: Any = None, **options: Any) -> list[Part]:
    """The parts that a text writes for some data."""
    return Evaluator(templates(text), **options).execute(FILE, data)


def render(text: str, data: Any = None, strict: bool = False) -> str:
    """The text that a text writes for some data."""
    return str(Evaluator(templates(text, strict=strict)).render(FILE, data))


def failure(text: str, data: Any = None, strict: bool = False, **options: Any) -> TemplateError:
    """The error that a text ends with."""
    try:
        Evaluator(templates(text, strict=strict), **options).render(FILE, data)
    except TemplateError as error:
        return error
    raise AssertionError(f"no error in {text}")


def values(**given: Any) -> dict[str, Any]:
    """A context whose Values know where they were written: key k of `a.b` stands at offset ord(k)."""
    tree = _tracked(given, Source("values.yaml", "x" * 200, "values"), ())
    set_paths(tree, ("Values",))
    return {"Values": tree}


def _tracked(value: Any, source: Source, path: tuple[str | int, ...]) -> Any:
    if isinstance(value, dict):
        mapping = TrackedMap()
        for key, item in value.items():
            place = ord(key[0])
            origin = KeyOrigin(source, place, place + len(key) + 2, place + len(key) + 3, (*path, key))
            mapping.put(key, _tracked(item, source, (*path, key)), origin)
        return mapping
    if isinstance(value, list):
        items = TrackedList(_tracked(item, source, (*path, index)) for index, item in enumerate(value))
        items.origins = {
            index: KeyOrigin(source, index, index, index + 1, (*path, index)) for index in range(len(value))
        }
        return items
    return value


class Widget(GoObject):
    """A struct with a field, a method without and one with arguments, and one that fails."""

    go_type = "shop.Widget"

    def fields(self) -> dict[str, Any]:
        return {"Size": 3, "Name": "w", "Inner": None}

    def methods(self) -> dict[str, Any]:
        return {"Twice": self.twice, "Label": lambda: "[w]", "Refuse": self.refuse, "Rest": self.rest}

    def twice(self, text: str) -> str:
        return text * 2

    def rest(self, *texts: str) -> int:
        return len(texts)

    def refuse(self) -> str:
        raise GoError("no")


class Pointer(Widget):
    go_type = "*shop.Widget"
    go_kind = "ptr"


class Named(GoObject):
    """A Stringer."""

    go_type = "shop.Named"

    def go_string(self) -> str:
        return "named!"


STAND_IN = Placeholder("stand-in")
