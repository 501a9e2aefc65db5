"""Packages import only downwards, and no module imports itself through others."""

from __future__ import annotations

from tests.architecture.graph import Import, imports, modules

# The floor of each package or module; the longest matching name counts.
FLOORS = {
    "meshlint": 0,  # the public names are resolved lazily
    "meshlint.text": 0,
    "meshlint.options": 0,  # a plain record, imports nothing
    "meshlint.gotemplate.work": 0,  # a counter
    "meshlint.gotemplate.govalue": 0,  # plain types; YAML prints them too
    "meshlint.re2": 0,
    "meshlint.yamldoc": 1,
    "meshlint.gotemplate": 2,
    "meshlint.sprig": 3,
    "meshlint.helm": 4,
    "meshlint.kube": 5,
    "meshlint.explore": 6,
    "meshlint.mesh": 6,
    "meshlint.rules": 7,
    "meshlint.report": 8,
    "meshlint.config": 8,
    "meshlint.configfile": 7,
    "meshlint.demands": 8,
    "meshlint.discover": 8,
    "meshlint.exploration": 8,
    "meshlint.provisional": 8,
    "meshlint.scenarios": 8,
    "meshlint.settle": 8,
    "meshlint.suppress": 8,
    "meshlint.unreal": 8,
    "meshlint.world": 8,
    "meshlint.lint": 9,
    "meshlint.model": 9,
    "meshlint.cli": 10,
    "meshlint.__main__": 11,
}


def floor(module: str) -> int:
    name = module
    while name not in FLOORS:
        name = name.rpartition(".")[0]
    return FLOORS[name]


def test_every_top_level_module_has_a_floor() -> None:
    tops = {".".join(name.split(".")[:2]) for name in modules()} - {"meshlint"}
    assert sorted(tops - set(FLOORS)) == []


def test_imports_go_only_downwards() -> None:
    wrong = [
        f"{edge.importer}:{edge.line} imports {edge.imported}, "
        f"floor {floor(edge.importer)} -> {floor(edge.imported)}"
        for edge in imports()
        if floor(edge.imported) > floor(edge.importer)
        and not edge.typing_only
        and edge.importer != "meshlint"
    ]
    assert wrong == []


def test_no_import_cycles() -> None:
    graph: dict[str, set[str]] = {}
    for edge in imports():
        if not edge.typing_only and edge.importer != "meshlint":
            graph.setdefault(edge.importer, set()).add(edge.imported)
    assert cycles(graph) == []


def test_rules_never_see_the_engine() -> None:
    wrong = [
        edge
        for edge in imports()
        if _crosses(edge, "meshlint.rules", ("meshlint.gotemplate", "meshlint.sprig"))
    ]
    assert wrong == []


def test_reports_never_see_the_mesh() -> None:
    wrong = [
        edge for edge in imports() if _crosses(edge, "meshlint.report", ("meshlint.mesh", "meshlint.helm"))
    ]
    assert wrong == []


def _crosses(edge: Import, importer: str, imported: tuple[str, ...]) -> bool:
    inside = edge.importer == importer or edge.importer.startswith(importer + ".")
    return inside and edge.imported.startswith(imported) and not edge.typing_only


def cycles(graph: dict[str, set[str]]) -> list[str]:
    """The modules that can reach themselves."""
    found = []
    for start in sorted(graph):
        seen: set[str] = set()
        stack = list(graph[start])
        while stack:
            name = stack.pop()
            if name not in seen:
                seen.add(name)
                stack.extend(graph.get(name, ()))
        if start in seen:
            found.append(start)
    return found
