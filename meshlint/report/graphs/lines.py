"""Room: report. The words all drawings share: names, places and what a broken edge does."""

from __future__ import annotations

from typing import Any

from meshlint.report.style import safe


def by_id(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The nodes by id."""
    return {node["id"]: node for node in document["nodes"]}


def rows_of(document: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The rows of each card."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for node in document["nodes"]:
        if node["parent"]:
            rows.setdefault(node["parent"], []).append(node)
    return rows


def name(node: dict[str, Any], nodes: dict[str, dict[str, Any]]) -> str:
    """`Service shop/web`, `Service shop/web subset v1`, `outside`."""
    if node["parent"]:
        row = node["title"] if node["title"].startswith(node["what"]) else f"{node['what']} {node['title']}"
        return f"{name(nodes[node['parent']], nodes)} {row}"
    if node["kind"] == "client":
        return str(node["title"])
    owner = f"{node['namespace']}/" if node["namespace"] else ""
    return f"{node['what']} {owner}{node['title']}"


def short_name(node: dict[str, Any], nodes: dict[str, dict[str, Any]], namespace: str | None) -> str:
    """`reviews v1`, as somebody in the namespace says it; `shop/reviews v1` elsewhere."""
    owner = f"{node['namespace']}/" if node["namespace"] and node["namespace"] != namespace else ""
    if node["parent"]:
        return f"{owner}{nodes[node['parent']]['title']} {node['title']}"
    return f"{owner}{node['title']}"


def place(row: dict[str, Any]) -> str:
    """`templates/x.yaml:14:7`; "from" before it where only the call is known; "" for no file."""
    if row["line"] is None:
        return safe(row["file"])
    where = row["file"] if row["grade"] == "file" else f"{row['file']}:{row['line']}:{row['column']}"
    return safe(where if row["grade"] in ("exact", "line", "file") else f"from {where}")


def symptom(edge: dict[str, Any]) -> str:
    """`503 UH "no healthy upstream"`; "" unless broken."""
    found = edge["break"]
    if not found:
        return ""
    body = f'"{found["body"]}"' if found["body"] else ""
    return " ".join(part for part in (found["http"], found["flag"], body) if part)


def short_symptom(edge: dict[str, Any]) -> str:
    """`503 UH`: what fits on a line of a drawing."""
    found = edge["break"]
    if not found:
        return ""
    return f"{found['http']} {found['flag']}".strip() if len(found["http"]) <= 4 else str(found["code"])
