"""The functions every Go template has: comparison, logic, indexing, printing, escaping."""

from __future__ import annotations

from typing import Any

from meshlint.gotemplate.comparison import compare_equal, compare_less, truth
from meshlint.gotemplate.frame import SLOT_NIL
from meshlint.gotemplate.function import Function
from meshlint.gotemplate.gofmt import followed, format_value, printed, sprint, sprintf, sprintln, type_name
from meshlint.gotemplate.govalue import GoError, TypedList, Uint8
from meshlint.gotemplate.quoting import is_printable
from meshlint.text.origin import Origin
from meshlint.text.rope import Rope, concat

# ------------------------------------------------------------------------------------ comparison


def equal(first: Any, *others: Any) -> bool:
    """True if the first equals one of the others."""
    if not others:
        raise GoError("missing argument for comparison")
    for other in others:
        if type(first) is str is type(other):
            same = first == other
        else:
            same = compare_equal(first, other)
        if same:
            return True
    return False


def not_equal(first: Any, second: Any) -> bool:
    """True if the two differ."""
    return not equal(first, second)


def less_or_equal(first: Any, second: Any) -> bool:
    """True if the first is less than the second or equals it."""
    return compare_less(first, second) or compare_equal(first, second)


def greater(first: Any, second: Any) -> bool:
    """True if the first is neither less nor equal."""
    return not less_or_equal(first, second)


def greater_or_equal(first: Any, second: Any) -> bool:
    """True if the first is not less."""
    return not compare_less(first, second)


# -------------------------------------------------------------------------------------- indexing


def length(item: Any) -> int:
    """Bytes of a string, elements of a list or map."""
    if isinstance(item, str):
        return len(item) if item.isascii() else len(item.encode("utf-8", "surrogateescape"))
    if isinstance(item, (dict, list, bytes)):
        return len(item)
    if item is SLOT_NIL:
        raise GoError("len of nil pointer")
    if item is None:
        raise GoError("reflect: call of reflect.Value.Type on zero Value")
    raise GoError(f"len of type {_pointed(item)}")


def _pointed(item: Any) -> str:
    """The type behind a pointer, which these functions follow."""
    name = type_name(item)
    return name[1:] if getattr(item, "go_kind", "") == "ptr" else name


def index(item: Any, *keys: Any) -> Any:
    """The element at item[key][key]...; nil for a missing key, GoError for a wrong index."""
    if item is None:
        raise GoError("index of untyped nil")
    for key in keys:
        if item is None:
            raise GoError("index of nil pointer")
        item = _element(item, key)
    return item


def _element(item: Any, key: Any) -> Any:
    if isinstance(item, dict):
        if not isinstance(key, str):
            name = "string"
            if key is None:
                raise GoError(f"value is nil; should be of type {name}")
            raise GoError(f"value has type {type_name(key)}; should be {name}")
        return item.get(key, getattr(type(item), "go_zero", None))
    if isinstance(item, (list, bytes)):
        at = _index(key, len(item))
        if at == len(item):
            raise GoError("reflect: slice index out of range")
        return Uint8(item[at]) if isinstance(item, bytes) else item[at]
    if isinstance(item, str):
        data = item.encode("utf-8", "surrogateescape")
        at = _index(key, len(data))
        if at == len(data):
            raise GoError("reflect: string index out of range")
        return Uint8(data[at])
    raise GoError(f"can't index item of type {_pointed(item)}")


def _index(key: Any, most: int) -> int:
    if key is None:
        raise GoError("cannot index slice/array with nil")
    if not isinstance(key, int) or isinstance(key, bool):
        raise GoError(f"cannot index slice/array with type {type_name(key)}")
    if not 0 <= key <= most:
        raise GoError(f"index out of range: {int(key)}")
    return int(key)


def index_looks(item: Any, *keys: Any) -> list[tuple[Any, str | int]]:
    """The container and the key that the last step of `index` looked at."""
    if not keys:
        return []
    for key in keys[:-1]:
        item = _element(item, key)
    return [(item, keys[-1])] if isinstance(item, (dict, list)) else []


def slice_item(item: Any, *bounds: Any) -> Any:
    """item[a:b], or item[a:b:c] for lists."""
    if item is None:
        raise GoError("slice of untyped nil")
    if len(bounds) > 3:
        raise GoError(f"too many slice indexes: {len(bounds)}")
    if isinstance(item, str):
        if len(bounds) == 3:
            raise GoError("cannot 3-index slice a string")
        data: Any = item.encode("utf-8", "surrogateescape")
    elif isinstance(item, (list, bytes)):
        data = item
    else:
        raise GoError(f"can't slice item of type {type_name(item)}")
    places = [0, len(data), len(data)]
    for at, bound in enumerate(bounds):
        places[at] = _index(bound, len(data))
    for one, two in ((0, 1), (1, 2)):
        if places[one] > places[two]:
            raise GoError(f"invalid slice index: {places[one]} > {places[two]}")
    part = data[places[0] : places[1]]
    if isinstance(item, str):
        return str(part.decode("utf-8", "surrogateescape"))
    return type(item)(part) if isinstance(item, TypedList) else part


# -------------------------------------------------------------------------------------- printing


def print_values(site: Origin, *values: Any) -> str:
    """The values as Sprint joins them, ropes with their parts."""
    if not any(type(value) is Rope for value in values):
        return sprint(values)
    pieces: list[str] = []
    string_before = True
    for value in values:
        is_string = isinstance(value, str)
        if not is_string and not string_before:
            pieces.append(" ")
        pieces.append(value if is_string else format_value(value))
        string_before = is_string
    return concat(pieces, site)


def print_line(*values: Any) -> str:
    """The values as Sprintln joins them."""
    return sprintln(values)


def print_format(site: Origin, form: str, *values: Any) -> str:
    """The format filled in as Sprintf does; ropes under a plain %s or %v keep their parts."""
    if not any(type(value) is Rope for value in values):
        return sprintf(form, values)
    literals = form.replace("%v", "%s").split("%s")
    if len(literals) != len(values) + 1 or any("%" in literal for literal in literals):
        return sprintf(form, values)
    verbs = [form[at : at + 2] for at in range(len(form)) if form[at] == "%"]
    pieces = [literals[0]]
    for verb, value, literal in zip(verbs, values, literals[1:], strict=True):
        pieces += value if isinstance(value, str) else sprintf(verb, [value]), literal
    return concat(pieces, site)


# -------------------------------------------------------------------------------------- escaping

_HTML = {"\0": "�", '"': "&#34;", "'": "&#39;", "&": "&amp;", "<": "&lt;", ">": "&gt;"}
_JS = {"\\": "\\\\", "'": "\\'", '"': '\\"', "<": "\\u003C", ">": "\\u003E", "&": "\\u0026", "=": "\\u003D"}


def html(*values: Any) -> str:
    """The printed values with HTML's special characters escaped."""
    return "".join([_HTML.get(char, char) for char in _joined(values)])


def javascript(*values: Any) -> str:
    """The printed values escaped for a JavaScript string."""
    return "".join([_JS.get(char) or _js_character(char) for char in _joined(values)])


def _js_character(char: str) -> str:
    if char < " ":
        return f"\\u00{ord(char):02X}"
    if 0xDC80 <= ord(char) <= 0xDCFF:
        return char  # a byte of broken UTF-8 decodes to U+FFFD, which is printable, so it is copied
    return char if is_printable(char) or char == "\x7f" else f"\\u{ord(char):04X}"


def url_query(*values: Any) -> str:
    """The printed values escaped for a URL query: space is a plus sign."""
    safe = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~")
    data = _joined(values).encode("utf-8", "surrogateescape")
    return "".join([chr(byte) if byte in safe else "+" if byte == 32 else f"%{byte:02X}" for byte in data])


def _joined(values: tuple[Any, ...]) -> str:
    if len(values) == 1 and isinstance(values[0], str):
        return str(values[0])
    # An argument that is nil prints as an action would print it.
    return sprint([printed(value) if value is None else value for value in values], followed)


def _by_the_engine(*_: Any) -> Any:
    raise AssertionError("compiled by the engine itself")


BUILTINS: dict[str, Function] = {
    function.name: function
    for function in (
        Function("and", ("value", "...value"), _by_the_engine, "special"),
        Function("or", ("value", "...value"), _by_the_engine, "special"),
        Function("call", ("value", "...value"), _by_the_engine, "special"),
        Function("not", ("any",), lambda value: not truth(value)),
        Function("len", ("value",), length),
        Function("index", ("any", "...any"), index, looks=index_looks),
        Function("slice", ("any", "...any"), slice_item),
        Function("eq", ("any", "...any"), equal),
        Function("ne", ("any", "any"), not_equal),
        Function("lt", ("any", "any"), compare_less),
        Function("le", ("any", "any"), less_or_equal),
        Function("gt", ("any", "any"), greater),
        Function("ge", ("any", "any"), greater_or_equal),
        Function("print", ("...any",), print_values, "span"),
        Function("printf", ("string", "...any"), print_format, "span"),
        Function("println", ("...any",), print_line),
        Function("html", ("...any",), html),
        Function("js", ("...any",), javascript),
        Function("urlquery", ("...any",), url_query),
    )
}
