"""Splitting, sorting and printing rendered text, for Helm 3 and 4; manifests keep their parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshlint.helm.manifests import INSTALL_ORDER, RenderedFile, output, show_only, sort_manifests, split
from meshlint.helm.problems import RenderError
from meshlint.text.origin import Origin
from meshlint.text.rope import Part, Rope
from meshlint.text.source import Source
from meshlint.text.span import Span

SOURCE = Source("c/templates/t.yaml", "", "template")


def file(text: str, name: str = "c/templates/t.yaml", size: int = 3) -> RenderedFile:
    """A rendered file whose text is cut into parts of `size` characters."""
    parts = [
        Part(text[at : at + size], Origin(Span(SOURCE, at, at), None)) for at in range(0, len(text), size)
    ]
    return RenderedFile(name, SOURCE, Rope(text, parts))


@pytest.mark.parametrize(
    ("text", "helm_4", "helm_3"),
    [
        ("a: 1\n", ["a: 1\n"], ["a: 1"]),
        ("---\na: 1\n\n---\nb: 2\n", ["a: 1\n\n", "b: 2\n"], ["a: 1", "b: 2"]),
        ("a: 1\n--- # c\nb: 2", ["a: 1\n", "# c\nb: 2"], ["a: 1", "# c\nb: 2"]),
        ("---apiVersion: v1\n", ["apiVersion: v1\n"], ["apiVersion: v1"]),
        ("a: 1\n---\n\n---\nb: 2", ["a: 1\n", "b: 2"], ["a: 1", "---\nb: 2"]),
        ("a: |\n  ---\n  x\n", ["a: |\n  ---\n  x\n"], ["a: |\n  ---\n  x"]),
        ("a: 1\n----\nb: 2", ["a: 1\n", "-\nb: 2"], ["a: 1", "-\nb: 2"]),
        ("  ---\na: 1", ["a: 1"], ["a: 1"]),
        ("---\n# only\n---\n \n", ["# only\n"], ["# only"]),
        (" \n\t\n", [], []),
    ],
)
def test_split(text: str, helm_4: list[str], helm_3: list[str]) -> None:
    assert [str(manifest.text) for manifest in split(file(text))] == helm_4
    assert [str(manifest.text) for manifest in split(file(text), "3")] == helm_3


@given(st.lists(st.sampled_from(["a: 1", "---", "\n", " ", "\r\n", "--- ", "x", "\u2028"]), max_size=25))
def test_manifests_are_slices_of_the_file_with_their_parts(pieces: list[str]) -> None:
    rendered = file("".join(pieces))
    for compat in ("3", "4"):
        end = 0
        for manifest in split(rendered, compat):
            assert manifest.start >= end
            end = manifest.start + len(manifest.text)
            assert str(rendered.text)[manifest.start : end] == str(manifest.text)
            assert "".join(part.text for part in manifest.text.parts) == str(manifest.text)


def kinds(*given_kinds: str, compat: str = "4") -> list[str]:
    text = "---\n".join(f"kind: {kind}\n" for kind in given_kinds)
    return [manifest.head().kind for manifest in sort_manifests([file(text)], compat).resources]


def test_install_order_then_unknown_kinds_by_name() -> None:
    assert kinds(*reversed(INSTALL_ORDER)) == list(INSTALL_ORDER)
    assert kinds("VirtualService", "Ingress", "Gateway", "Namespace") == [
        *("Namespace", "Ingress", "Gateway", "VirtualService"),
    ]


def test_webhooks_come_last_in_helm_4_and_are_unknown_to_helm_3() -> None:
    webhook = "MutatingWebhookConfiguration"
    assert kinds("Zebra", webhook, "APIService") == ["APIService", webhook, "Zebra"]
    assert kinds("Alpha", webhook, "APIService", compat="3") == ["APIService", "Alpha", webhook]


def test_equal_kinds_keep_file_and_document_order() -> None:
    files = [file("kind: A\nn: 3", "c/z.yaml"), file("kind: A\nn: 1\n---\nkind: A\nn: 2", "c/a.yaml")]
    texts = [str(manifest.text) for manifest in sort_manifests(files).resources]
    assert [text.split("n: ")[1].strip() for text in texts] == ["1", "2", "3"]


HOOK = "kind: Job\nmetadata:\n  name: j\n  annotations:\n    helm.sh/hook: {}\n"


@pytest.mark.parametrize(
    ("names", "where"),
    [
        ("pre-install", "hooks"),
        ("'Post-Install , TEST'", "hooks"),
        ("test-success", "hooks"),
        ("crd-install", "dropped"),
        ("pre-install,nope", "dropped"),
        ("''", "dropped"),
    ],
)
def test_hooks(names: str, where: str) -> None:
    found = sort_manifests([file(HOOK.format(names))])
    counts = {"hooks": len(found.hooks), "dropped": len(found.dropped), "resources": len(found.resources)}
    assert [name for name, count in counts.items() if count] == [where]
    assert counts[where] == 1


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("a: b: c\n", "error converting YAML to JSON: yaml: mapping values are not allowed in this context"),
        (
            "- a\n",
            "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of "
            "type util.SimpleHead",
        ),
        (
            "kind: [a]\n",
            "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go struct field "
            ".kind of type string",
        ),
        (
            "metadata: {annotations: {a: [1]}}\n",
            "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go struct field "
            ".metadata.annotations.a of type string",
        ),
    ],
)
def test_documents_that_are_no_objects(text: str, error: str) -> None:
    with pytest.raises(RenderError) as fault:
        sort_manifests([file(text)])
    assert str(fault.value) == f"YAML parse error on c/templates/t.yaml: {error}"


def test_output_trims_resources_but_not_hooks() -> None:
    files = [
        file("kind: A\n\n\n---\nkind: B\n\n", "c/templates/a.yaml"),
        file(HOOK.format("test") + "\n", "c/templates/h.yaml"),
        file("notes", "c/templates/NOTES.txt"),
    ]
    manifests = sort_manifests(files)
    resources = (
        "---\n# Source: c/templates/a.yaml\nkind: A\n\n\n\n---\n# Source: c/templates/a.yaml\nkind: B\n"
    )
    hook = "---\n# Source: c/templates/h.yaml\n" + HOOK.format("test") + "\n\n"
    assert output(manifests) == resources + hook
    assert output(manifests, tests=False) == resources
    assert output(manifests, hooks=False) == resources
    assert output(manifests, [("c/crds/x.yaml", "kind: X\n")], hooks=False) == (
        "---\n# Source: c/crds/x.yaml\nkind: X\n\n" + resources
    )


def test_show_only() -> None:
    stream = (
        "---\n# Source: c/templates/a.yaml\nkind: A\n---\n# Source: c/charts/s/templates/b.yaml\nkind: B\n"
    )
    assert show_only(stream, ["charts/*/templates/*", "templates/a.yaml"]) == (
        "---\n# Source: c/charts/s/templates/b.yaml\nkind: B\n\n"
        "---\n# Source: c/templates/a.yaml\nkind: A\n\n"
    )
    for pattern in ("templates/none.yaml", "["):
        with pytest.raises(RenderError) as fault:
            show_only(stream, [pattern])
        assert str(fault.value) == f"could not find template {pattern} in chart"
