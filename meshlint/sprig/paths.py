"""Path functions of Sprig: base, dir, clean, ext, isAbs and their os* twins (the same on Unix).

In: slash-separated paths; out: what Go's package path makes of them.
"""

from __future__ import annotations

from meshlint.gotemplate.function import Function


def base(path: str) -> str:
    """The last element: "." for an empty path, "/" for one of slashes only."""
    if not path:
        return "."
    return path.rstrip("/").rpartition("/")[2] or "/"


def directory(path: str) -> str:
    """All but the last element, cleaned."""
    return clean(path[: path.rfind("/") + 1])


def clean(path: str) -> str:
    """The shortest equivalent path: no empty, "." or inner ".." elements."""
    rooted = path.startswith("/")
    kept: list[str] = []
    for element in path.split("/"):
        if element in ("", "."):
            continue
        if element != ".." or not (kept or rooted) or (kept and kept[-1] == ".."):
            kept.append(element)
        elif kept:
            kept.pop()
    joined = "/".join(kept)
    return "/" + joined if rooted else joined or "."


def extension(path: str) -> str:
    """The suffix of the last element from its last dot on, "" without a dot."""
    name = path[path.rfind("/") + 1 :]
    dot = name.rfind(".")
    return name[dot:] if dot >= 0 else ""


def is_absolute(path: str) -> bool:
    """True if the path starts with a slash."""
    return path.startswith("/")


FUNCTIONS: tuple[Function, ...] = (
    Function("base", ("string",), base),
    Function("dir", ("string",), directory),
    Function("clean", ("string",), clean),
    Function("ext", ("string",), extension),
    Function("isAbs", ("string",), is_absolute),
    Function("osBase", ("string",), base),
    Function("osDir", ("string",), directory),
    Function("osClean", ("string",), clean),
    Function("osExt", ("string",), extension),
    Function("osIsAbs", ("string",), is_absolute),
)
