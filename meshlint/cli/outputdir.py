"""Room: command line. `meshlint render --output-dir`: each manifest appended to the file of its template."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from meshlint.helm.render import Rendered


def write_files(rendered: Rendered, folder: str, below: str, flags: dict[str, Any]) -> str:
    """Write the files and return what Helm prints: a `wrote PATH` line per manifest, then an empty line."""
    from meshlint.helm.manifests import TEST_EVENTS

    root = os.path.join(folder, below) if below else folder
    manifests = rendered.manifests()
    crds = []
    if rendered.scenario.include_crds:
        crds = [(name, file.source("manifest").text) for name, file in rendered.crds]
    pieces = [(manifest.file.name, str(manifest.text)) for manifest in manifests.resources]
    hooks = []
    for hook in [] if flags["no_hooks"] else manifests.hooks:
        events = hook.hook_events(rendered.scenario.compat) or ()
        if not (flags["skip_tests"] and TEST_EVENTS.intersection(events)):
            hooks.append((hook.file.name, str(hook.text)))
    # Helm puts CRDs beside the release's folder, not into it
    lines = _written(folder, crds, replace=True) + _written(root, pieces, replace=True)
    lines += _written(root, hooks, replace=False)
    return "".join(lines) + "\n"


def _written(root: str, pieces: list[tuple[str, str]], replace: bool) -> list[str]:
    """Append the manifests to their files; `replace`: the first one of a file starts it anew."""
    lines = []
    fresh = {name for name, _ in pieces} if replace else set()
    for name, text in pieces:
        path = os.path.join(root, *name.split("/"))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        mode = "w" if name in fresh else "a"
        with open(path, mode, encoding="utf-8", errors="surrogateescape", newline="") as file:
            file.write(f"---\n# Source: {name}\n{text}\n")
        fresh.discard(name)
        lines.append(f"wrote {path}\n")
    return lines
