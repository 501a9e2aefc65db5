"""`meshlint render`: Helm's bytes, Helm's faults, and where each line came from."""

from __future__ import annotations

from pathlib import Path

import pytest

from meshlint.cli.main import exit_code

Captured = pytest.CaptureFixture[str]
FILES = {
    "Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n",
    "values.yaml": "image:\n  tag: v1\nname: shop\n",
    "templates/_helpers.tpl": '{{ define "labels" -}}\napp: {{ .Values.name }}\nteam: blue\n{{- end }}',
    "templates/a.yaml": (
        "kind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n  namespace: {{ .Release.Namespace }}\n"
        '  labels: {{- include "labels" . | nindent 4 }}\ndata:\n  tag: {{ .Values.image.tag | quote }}\n'
    ),
    "templates/hook.yaml": (
        "kind: Pod\nmetadata:\n  name: t\n  annotations:\n"
        "    helm.sh/hook: {{ .Values.hook | default `test` }}\n"
    ),
    "crds/c.yaml": "kind: CustomResourceDefinition\n",
}
CONFIG_MAP = (
    "---\n# Source: shop/templates/a.yaml\n"
    "kind: ConfigMap\nmetadata:\n  name: {name}\n  namespace: {namespace}\n"
    '  labels:\n    app: shop\n    team: blue\ndata:\n  tag: "{tag}"\n'
)
HOOK = (
    "---\n# Source: shop/templates/hook.yaml\n"
    "kind: Pod\nmetadata:\n  name: t\n  annotations:\n    helm.sh/hook: {}\n\n"
)
HINT = "\n\nUse --debug flag to render out invalid YAML"
CRD = "---\n# Source: shop/crds/c.yaml\nkind: CustomResourceDefinition\n\n"


def text(name: str = "release-name", namespace: str = "default", tag: str = "v1") -> str:
    return CONFIG_MAP.format(name=name, namespace=namespace, tag=tag)


@pytest.fixture
def chart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, content in FILES.items():
        path = tmp_path / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HELM_NAMESPACE", raising=False)
    return tmp_path / "shop"


@pytest.mark.parametrize(
    ("arguments", "out"),
    [
        (["shop"], text() + HOOK.format("test")),
        (["rel", "shop", "-n", "ns"], text("rel", "ns") + HOOK.format("test")),
        (["shop", "--skip-tests"], text()),
        (["shop", "--no-hooks"], text()),
        (["shop", "--set", "hook=pre-install"], text() + HOOK.format("pre-install")),
        (["shop", "--set", "hook=pre-install", "--skip-tests"], text() + HOOK.format("pre-install")),
        (["shop", "--include-crds", "--no-hooks"], CRD + text()),
        (["shop", "--no-hooks", "--set", "image.tag=v2"], text(tag="v2")),
        (["shop", "--no-hooks", "-f", "a.yaml,b.yaml"], text(tag="b")),
        (["shop", "--no-hooks", "--helm-compat", "3"], text()),
        (["shop", "-s", "templates/a.yaml"], text() + "\n"),
        (["shop", "-s", "templates/h*.yaml"], HOOK.format("test") + "\n"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_output(arguments: list[str], out: str, chart: Path, capsys: Captured) -> None:
    (chart.parent / "a.yaml").write_text("image: {tag: a}\n")
    (chart.parent / "b.yaml").write_text("image: {tag: b}\n")
    assert exit_code(["render", *arguments]) == 0
    assert capsys.readouterr().out == out


@pytest.mark.parametrize(
    ("template", "arguments", "err"),
    [
        ("", ["./nope"], 'path "./nope" not found'),
        ("", ["nope"], "non-absolute URLs should be in form of repo_name/path_to_chart, got: nope"),
        ("", ["a/b"], "repo a not found"),
        ("", ["shop", "-s", "templates/nope.yaml"], "could not find template templates/nope.yaml in chart"),
        ("", ["shop", "-f", "nope.yaml"], "open nope.yaml: no such file or directory"),
        (
            '{{ fail "no" }}',
            ["shop"],
            "execution error at (shop/templates/x.yaml:1:3): no" + HINT,
        ),
        ('{{ fail "no" }}', ["shop", "--debug"], "execution error at (shop/templates/x.yaml:1:3): no"),
        (
            "a: b: c",
            ["shop"],
            "YAML parse error on shop/templates/x.yaml: error converting YAML to JSON: "
            "yaml: mapping values are not allowed in this context" + HINT,
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_faults_are_helms(
    template: str, arguments: list[str], err: str, chart: Path, capsys: Captured
) -> None:
    if template:
        (chart / "templates" / "x.yaml").write_text(template)
    assert exit_code(["render", *arguments]) == 1
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", f"Error: {err}\n")


def test_debug_prints_what_is_no_yaml(chart: Path, capsys: Captured) -> None:
    (chart / "templates" / "x.yaml").write_text("a: b: c")
    assert exit_code(["render", "shop", "--debug"]) == 1
    assert "---\n# Source: shop/templates/x.yaml\na: b: c\n" in capsys.readouterr().out


def test_output_dir(chart: Path, capsys: Captured) -> None:
    for _ in range(2):  # a second run starts the files anew, except where hooks are appended, as Helm does
        assert (
            exit_code(["render", "rel", "shop", "--output-dir", "out", "--release-name", "--no-hooks"]) == 0
        )
        assert capsys.readouterr().out == "wrote out/rel/shop/templates/a.yaml\n\n"
    assert (chart.parent / "out/rel/shop/templates/a.yaml").read_text() == text("rel") + "\n"


def test_crds_lie_beside_the_release_folder(chart: Path, capsys: Captured) -> None:
    assert exit_code(["render", "shop", "--output-dir", "out", "--release-name", "--include-crds"]) == 0
    wrote = capsys.readouterr().out.splitlines()
    assert wrote[:2] == ["wrote out/shop/crds/c.yaml", "wrote out/release-name/shop/templates/a.yaml"]


def test_show_only_finds_nothing_beside_output_dir(chart: Path, capsys: Captured) -> None:
    assert exit_code(["render", "shop", "--output-dir", "out", "-s", "templates/a.yaml", "--no-hooks"]) == 1
    captured = capsys.readouterr()
    assert captured.out == "wrote out/shop/templates/a.yaml\n"
    assert captured.err == "Error: could not find template templates/a.yaml in chart\n"


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["--name-template", 'n-{{ "X" | lower }}'], "n-x"),
        (["--generate-name"], "release-name"),
        (["--skip-crds", "--create-namespace", "--disable-openapi-validation"], "release-name"),
    ],
)
def test_names_and_flags_without_effect(
    arguments: list[str], name: str, chart: Path, capsys: Captured
) -> None:
    assert exit_code(["render", "shop", *arguments, "--no-hooks"]) == 0
    assert capsys.readouterr().out.rstrip("\n") == text(name).rstrip("\n")


@pytest.mark.parametrize(
    ("arguments", "err"),
    [
        (["rel", "shop", "--name-template", "x"], "cannot set --name-template and also specify a name"),
        (["rel", "shop", "-g"], "cannot set --generate-name and also specify a name"),
        (
            ["shop", "--name-template", "{{ lowr 1 }}"],
            'template: name-template:1: function "lowr" not defined',
        ),
        (
            ["shop", "--name-template", '{{ fail "no" }}'],
            'template: name-template:1:3: executing "name-template" at <fail "no">: error calling fail: no',
        ),
        (["./none", "--kube-version", "x"], "invalid kube version 'x': could not parse \"x\" as version"),
    ],
)
def test_faults_of_names(arguments: list[str], err: str, chart: Path, capsys: Captured) -> None:
    assert exit_code(["render", *arguments]) == 1
    assert capsys.readouterr().err == f"Error: {err}\n"


def test_random_text_is_real_if_asked_for(chart: Path, capsys: Captured) -> None:
    (chart / "templates" / "a.yaml").write_text("a: {{ randAlphaNum 20 }}\n")
    (chart / "templates" / "hook.yaml").unlink()
    shown = []
    for arguments in ([], [], ["--allow-random"], ["--allow-random"]):
        assert exit_code(["render", "shop", *arguments]) == 0
        shown.append(capsys.readouterr().out)
    assert shown[0] == shown[1]
    assert len(set(shown)) == 3


def test_what_helm_goes_on_in_spite_of_is_said_on_stderr(chart: Path, capsys: Captured) -> None:
    assert exit_code(["render", "shop", "--set", "name.x=1", "--no-hooks", "-s", "crds/none"]) == 1
    assert "warning" not in capsys.readouterr().err  # the error is enough
    (chart / "templates" / "a.yaml").write_text("a: 1\n")
    assert exit_code(["render", "shop", "--set", "name.x=1", "--no-hooks"]) == 0
    captured = capsys.readouterr()
    assert captured.out == "---\n# Source: shop/templates/a.yaml\na: 1\n"
    assert captured.err == (
        "warning: `shop.name` is a mapping here and a plain value there: Helm ignores one of them\n"
    )


def test_origins(chart: Path, capsys: Captured) -> None:
    assert (
        exit_code(["render", "shop", "--origins", "--include-crds", "--no-hooks", "--set", "image.tag=v2"])
        == 0
    )
    rows = [
        tuple(part.strip() for part in line.split(" |", 1)) for line in capsys.readouterr().out.splitlines()
    ]
    margins = {line: margin for margin, line in rows if line}
    assert margins == {
        "---": "",
        "# Source: shop/crds/c.yaml": "",
        "kind: CustomResourceDefinition": "crds/c.yaml:1",
        "# Source: shop/templates/a.yaml": "",
        "kind: ConfigMap": "templates/a.yaml:1",
        "metadata:": "templates/a.yaml:2",
        "name: release-name": "templates/a.yaml:3",
        "namespace: default": "templates/a.yaml:4",
        "labels:": "templates/a.yaml:5",
        "app: shop": "templates/_helpers.tpl:2 <- .Values.name (values.yaml:3)",
        "team: blue": "templates/_helpers.tpl:3",
        "data:": "templates/a.yaml:6",
        'tag: "v2"': "templates/a.yaml:7 <- .Values.image.tag (--set image.tag)",
    }


def test_usage(capsys: Captured) -> None:
    assert exit_code(["render"]) == 2
    assert exit_code(["render", "a", "b", "c"]) == 2
    assert "unexpected arguments: c" in capsys.readouterr().err
