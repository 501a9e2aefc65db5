"""Room: report. Paths as URIs: relative to the git root, symlinks resolved, percent-encoded."""

from __future__ import annotations

import os


def git_root(directory: str) -> str:
    """The nearest directory upwards that holds `.git` (a file in worktrees); "" if none does."""
    at = os.path.realpath(directory)
    while True:
        if os.path.exists(os.path.join(at, ".git")):
            return at
        parent = os.path.dirname(at)
        if parent == at:
            return ""
        at = parent


def relative(path: str, root: str, directory: str) -> str | None:
    """The real path of a Source path below `root` with forward slashes; None if it lies elsewhere."""
    real = os.path.realpath(os.path.join(directory, path))
    base = os.path.realpath(root)
    prefix = base if base.endswith(os.sep) else base + os.sep
    return real[len(prefix) :].replace(os.sep, "/") if real.startswith(prefix) else None


def quoted(path: str) -> str:
    """The path percent-encoded, slashes kept; broken UTF-8 as the bytes it was."""
    from urllib.parse import quote

    return quote(path.encode("utf-8", "surrogateescape"), safe="/-._~!$&'()*+,;=@")


def file_uri(path: str, directory: bool = False) -> str:
    """The absolute `file://` URI; a directory's ends in a slash."""
    absolute = os.path.abspath(path).replace(os.sep, "/")
    slash = "" if absolute.startswith("/") else "/"
    tail = "/" if directory and not absolute.endswith("/") else ""
    return f"file://{slash}{quoted(absolute)}{tail}"
