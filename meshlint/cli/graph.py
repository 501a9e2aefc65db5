"""Room: command line. `meshlint graph`: the mesh drawn, broken edges red, every edge with its source line."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from meshlint.cli.flags import Flag, Sectioned, flagged, lint_flags, lint_options
from meshlint.report.result import EXIT_INPUT, EXIT_OK

if TYPE_CHECKING:
    from meshlint.mesh.picture import Node, Picture
    from meshlint.model import World
    from meshlint.options import LintOptions

FORMATS = ("text", "mermaid", "dot", "json", "html")
SUFFIXES = {".html": "html", ".htm": "html", ".mmd": "mermaid", ".dot": "dot", ".gv": "dot", ".json": "json"}
VIEW = "What is drawn"

view_flags = (
    click.option(
        "--focus",
        cls=Flag,
        section=VIEW,
        multiple=True,
        metavar="NODE",
        help="Only what leads to and from it: NAME, NS/NAME, KIND/NS/NAME or a host.",
    ),
    click.option(
        "--focus-namespace",
        cls=Flag,
        section=VIEW,
        multiple=True,
        metavar="NAME",
        help="Only what leads to and from a namespace.",
    ),
    click.option(
        "--depth",
        cls=Flag,
        section=VIEW,
        type=click.IntRange(min=1),
        metavar="N",
        help="At most N edges away from the focus.",
    ),
    click.option(
        "--broken", cls=Flag, section=VIEW, is_flag=True, help="Only what leads to and from broken edges."
    ),
    click.option(
        "--format",
        "form",
        cls=Flag,
        section=VIEW,
        type=click.Choice(FORMATS),
        help="Default: text, or what the suffix of --out says.",
    ),
    click.option("--out", cls=Flag, section=VIEW, metavar="FILE", help="Write to a file instead of stdout."),
    click.option(
        "--color",
        cls=Flag,
        section=VIEW,
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        help="Colours of the text.",
    ),
)


@click.command(cls=Sectioned)
@click.argument("path", metavar="INPUT")
@flagged(view_flags)
@flagged(lint_flags)
def graph(path: str, **flags: Any) -> int:
    """Draw the mesh: Gateways, routes, Services with their subsets, pods, and what breaks between them.

    Every edge says where it is written; --format html makes one page that works without network.
    """
    from meshlint.cli.linting import read_stdin
    from meshlint.cli.xds import the_world
    from meshlint.config import groups

    options = lint_options((path,), "auto", flags)
    if path == "-":
        options = options._replace(stdin=read_stdin())
    options = groups(options)[0]
    world = the_world(options, path)
    if isinstance(world, int):
        return world
    text = drawn(world, options, form_of(flags), flags)
    if flags["out"]:
        from meshlint.cli.linting import to_file

        to_file(flags["out"], text)
    else:
        from meshlint.cli.linting import to_stdout

        to_stdout(text, form_of(flags) == "text")
    return EXIT_INPUT if world.failed else EXIT_OK


def form_of(flags: dict[str, Any]) -> str:
    """The format: as named, else by the file's suffix, else text."""
    if flags["form"]:
        return str(flags["form"])
    return SUFFIXES.get(os.path.splitext(flags["out"] or "")[1].lower(), "text")


def drawn(world: World, options: LintOptions, form: str, flags: dict[str, Any]) -> str:
    """The picture of a world in a format."""
    from meshlint.mesh.drawing import picture_of
    from meshlint.report.graphs.document import document
    from meshlint.rules.catalog import select
    from meshlint.rules.rule import Context, run_rules

    picture = _viewed(picture_of(world.mesh), flags)
    chosen = select(options.select, options.extend_select, options.ignore)
    findings = run_rules(chosen.rules, Context(world.mesh, world.mesh.resources, [], options))
    data = document(picture, findings, world.name, world.scenario)
    if form == "json":
        import json

        return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    if form == "mermaid":
        from meshlint.report.graphs import mermaid

        return mermaid.write(data)
    if form == "dot":
        from meshlint.report.graphs import dot

        return dot.write(data)
    if form == "html":
        from meshlint.report.graphs import page

        return page.write(data, picture)
    from meshlint.report.graphs import text
    from meshlint.report.style import Style, wants_color

    return text.write(data, Style(not flags["out"] and wants_color(flags["color"], sys.stdout)))


def _viewed(picture: Picture, flags: dict[str, Any]) -> Picture:
    """The part of the picture that was asked for. Raises click.UsageError for a focus that names nothing."""
    from meshlint.mesh.picture import broken_paths, leading

    wanted, namespaces = flags["focus"], flags["focus_namespace"]
    if flags["depth"] and not wanted and not namespaces:
        raise click.UsageError("--depth needs --focus or --focus-namespace")
    _check(picture, wanted, namespaces)
    if wanted or namespaces:
        picture = leading(
            picture,
            lambda node: any(named(node, word) for word in wanted) or node.namespace in namespaces,
            flags["depth"] or 0,
        )
    return broken_paths(picture) if flags["broken"] else picture


def _check(picture: Picture, wanted: tuple[str, ...], namespaces: tuple[str, ...]) -> None:
    from meshlint.cli.linting import near

    for word in wanted:
        if not any(named(node, word) for node in picture.nodes):
            cards = [node for node in picture.nodes if not node.parent]
            known = sorted({word for node in cards for word in (node.title, node.key)})
            raise click.UsageError(f"nothing is called `{word}`{near(word, known[:40])}")
    for name in namespaces:
        known = sorted({node.namespace for node in picture.nodes if node.namespace})
        if name not in known:
            raise click.UsageError(f"nothing is in namespace `{name}`{near(name, known[:40])}")


def named(node: Node, word: str) -> bool:
    """True if the word is the node's name, ns/name, Kind/ns/name, Kind/name, key or host."""
    if word == node.key or (not node.parent and word == node.title):
        return True
    if node.parent:
        return False
    names = (
        f"{node.namespace}/{node.title}",
        f"{node.what}/{node.namespace}/{node.title}",
        f"{node.what}/{node.title}",
    )
    return word.lower() in map(str.lower, names) or word == dict(node.facts).get("host")
