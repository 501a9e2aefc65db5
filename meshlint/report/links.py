"""Room: report. Where the project and its rule pages can be read."""

from __future__ import annotations

HOME = "https://github.com/meshlint/meshlint"


def page_url(code: str, slug: str) -> str:
    """The rule's page in the repository."""
    return f"{HOME}/blob/main/rules/{code}-{slug}.md"
