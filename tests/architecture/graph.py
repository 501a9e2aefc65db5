"""The import graph of meshlint, read from the syntax trees: who imports whom, where, and how."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "meshlint"


class Import(NamedTuple):
    """One import of a meshlint module by another; `typing_only` stands under `if TYPE_CHECKING`."""

    importer: str
    imported: str
    line: int
    typing_only: bool


def modules() -> dict[str, Path]:
    """Dotted module name -> file, for every module of the package."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports() -> list[Import]:
    """Every import edge between modules of the package, function-level ones included."""
    known = modules()
    edges = []
    for name, path in known.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        typing_nodes = _typing_only(tree)
        for node in ast.walk(tree):
            for target in _targets(node, known):
                if target != name:
                    edges.append(Import(name, target, node.lineno, node in typing_nodes))  # type: ignore[attr-defined]
    return edges


def _typing_only(tree: ast.Module) -> set[ast.AST]:
    found: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            for statement in node.body:
                found.update(ast.walk(statement))
    return found


def _targets(node: ast.AST, known: dict[str, Path]) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names if alias.name in known]
    if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("meshlint"):
        found = []
        for alias in node.names:
            inner = f"{node.module}.{alias.name}"
            found.append(inner if inner in known else node.module)
        return found
    return []


def functions() -> list[tuple[str, str, int]]:
    """(module, function name, lines) of every function; the lines do not count the docstring."""
    found = []
    for name, path in modules().items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                found.append((name, node.name, _body_lines(node)))
    return found


def _body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    ):
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines
