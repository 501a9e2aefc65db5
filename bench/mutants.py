"""Mutated charts for fuzzing: from a seed chart and a number the same mutant every time.

Seeds are charts of our own (examples, test fixtures, the benchmark chart) and, where the reference
cases lie beside the checkout, their small templates. A mutant is a dict of file names and texts.
"""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

from bench.charts import write_chart

ROOT = Path(__file__).resolve().parents[1]
CHART_YAML = "apiVersion: v2\nname: c\nversion: 0.1.0\nappVersion: 1.2.3\n"
Files = dict[str, str]

_TEXTS = (".yaml", ".yml", ".tpl", ".txt", ".json")
_MOST_MUTATIONS = 6
_MOST_SHARED = 2000

# What people type, what they mistype, and what hurts.
TEMPLATE_PIECES = (
    *("{{", "}}", "{{-", "-}}", "{{ end }}", "{{ else }}", "{{ if .Values.a }}", "{{ with .Values }}"),
    *("{{ range .Values.list }}", "{{ range $k, $v := .Values }}", "{{ range until 100000000 }}", "{{ . }}"),
    *('{{ include "x" . }}', '{{ define "x" }}', "{{ tpl .Values.t . }}", "{{ toYaml .Values | nindent 4 }}"),
    *(
        "{{ break }}",
        "{{ continue }}",
        "{{/* c */}}",
        "{{ $x := .Values }}",
        "{{ $x }}",
        "{{ $.Values.a.b.c }}",
    ),
    *("| quote", "| default 1", "| nindent 2", "| b64enc", "| fromYaml", "| sha256sum", "| toJson", "| int"),
    *("| repeat 100000000", "| trunc -5", "| substr 5 1", '| regexReplaceAll "(a*)*" "$1"', "| splitList ``"),
    *('{{ required "m" .Values.none }}', '{{ fail "f" }}', '{{ printf "%1000000000d" 1 }}', "{{ nil }}"),
    *(
        '{{ lookup "v1" "Secret" "a" "b" }}',
        "{{ randAlphaNum 5 }}",
        "{{ now }}",
        "{{ uuidv4 }}",
        "{{ genCA `a` 1 }}",
    ),
    *(
        "{{ index .Values 1 }}",
        "{{ dict 1 }}",
        "{{ list | first }}",
        "{{ div 1 0 }}",
        "{{ mod 1 0 }}",
        "{{ slice `abc` 9 }}",
    ),
    *(
        "{{ untilStep 0 100000000 1 | len }}",
        "{{ seq 100000000 }}",
        "{{ atoi `99999999999999999999` }}",
        "{{ 1e309 }}",
    ),
    *(
        "{{ .Files.Glob `**` }}",
        "{{ .Files.Get `../x` }}",
        "{{ toDate `2006` `x` }}",
        "{{ semver `x` }}",
        "{{ 0x7fffffffffffffff }}",
    ),
    *(
        "(",
        ")",
        "|",
        ".",
        "$",
        ":=",
        '"',
        "`",
        "'",
        "\n",
        "\t",
        "\r\n",
        "\0",
        "\ufeff",
        "\u2028",
        "é",
        "🙂",
        "\ud800",
    ),
)
YAML_PIECES = (
    *(
        ": ",
        "- ",
        "---\n",
        "...\n",
        "&a ",
        "*a",
        "<<: *a\n",
        "!!binary x",
        "!!int x",
        "!!set {}",
        "? ",
        "|",
        ">-",
        "|9",
    ),
    *(
        "{",
        "}",
        "[",
        "]",
        ",",
        "#",
        "%YAML 9\n",
        "null",
        "~",
        "yes",
        "1e400",
        "0o17",
        "0x_",
        ".inf",
        ".nan",
        "-0",
    ),
    *(
        "99999999999999999999999",
        "1_000",
        "12:30:45",
        "2001-01-01",
        "\t",
        "  ",
        "\n",
        '"\\x',
        "'",
        "@",
        "`",
        "\ufeff",
    ),
    *(
        "global:\n",
        "a: {b: {c: 1}}\n",
        "t: '{{ tpl .Values.t . }}'\n",
        "list: [1, 2, {a: 1}]\n",
        "[" * 300,
        "{a: " * 300,
    ),
)
CHART_PIECES = (
    *(
        "dependencies:\n- {name: x, version: 1}\n",
        "type: library\n",
        "apiVersion: v1\n",
        "kubeVersion: '>99'\n",
    ),
    *("dependencies:\n- {name: x, version: '*', repository: 'file://..'}\n", "version: x\n", "name: ../x\n"),
)


def seeds(folder: Path, shared: str = "") -> list[Files]:
    """The charts that mutants are made of; `folder` is for the benchmark chart."""
    roots = [ROOT / "examples", ROOT / "tests" / "fixtures" / "helm"]
    charts = sorted(path.parent for root in roots for path in root.glob("**/Chart.yaml"))
    charts.append(write_chart(folder / "seed", templates=2))
    found = [_read(chart) for chart in charts]
    return [*found, *_vectors(shared)]


def _read(chart: Path) -> Files:
    files = sorted(path for path in chart.rglob("*") if path.is_file() and path.name.endswith(_TEXTS))
    return {path.relative_to(chart).as_posix(): path.read_text("utf-8", "replace") for path in files}


def _vectors(shared: str) -> list[Files]:
    """The reference cases, if they are there: a template and its values each."""
    path = Path(shared or os.environ.get("MESHLINT_SHARED") or ROOT.parent / "shared")
    lines = path / "conformance" / "helm" / "vectors.jsonl"
    if not lines.is_file():
        return []
    found: list[Files] = []
    for line in lines.read_text("utf-8").splitlines()[:_MOST_SHARED]:
        case = json.loads(line)
        files: Files = {"Chart.yaml": CHART_YAML}
        if case.get("template"):
            files["templates/t.yaml"] = case["template"]
        if case.get("values"):
            files["values.yaml"] = case["values"]
        more = case.get("files") or {}
        found.append({**files, **{name: text for name, text in more.items() if isinstance(text, str)}})
    return found


def mutant(charts: list[Files], number: int) -> Files:
    """The mutant of that number."""
    chance = random.Random(number)
    files = dict(chance.choice(charts))
    for _ in range(chance.randint(1, _MOST_MUTATIONS)):
        name = _chosen(files, chance)
        files[name] = _mutated(files[name], name, charts, chance)
    return files


def _chosen(files: Files, chance: random.Random) -> str:
    """Templates most often, then values, then all the rest."""
    templates = [name for name in files if "templates/" in name]
    values = [name for name in files if name.endswith("values.yaml")]
    lot = chance.random()
    pool = templates if lot < 0.65 and templates else values if lot < 0.92 and values else list(files)
    return chance.choice(sorted(pool))


def _mutated(text: str, name: str, charts: list[Files], chance: random.Random) -> str:
    at = chance.randint(0, len(text))
    to = min(len(text), at + chance.choice((0, 1, 2, 5, 20, 80)))
    pieces: tuple[str, ...] = TEMPLATE_PIECES if "templates/" in name else YAML_PIECES
    if name.endswith("Chart.yaml"):
        pieces = CHART_PIECES + YAML_PIECES
    what = chance.randrange(7)
    if what == 0:  # drop
        return text[:at] + text[to:]
    if what == 1:  # double
        return text[:to] + text[at:]
    if what == 2:  # many times
        return text[:at] + text[at:to] * chance.choice((2, 10, 300)) + text[to:]
    if what == 3:  # from another chart
        other = chance.choice(sorted(chance.choice(charts).items()))[1]
        start = chance.randint(0, len(other))
        return text[:at] + other[start : start + chance.choice((5, 40, 200))] + text[to:]
    if what == 4:  # move
        back = chance.randint(0, at)
        return text[:back] + text[at:to] + text[back:at] + text[to:]
    piece = chance.choice(pieces if chance.random() < 0.9 else YAML_PIECES)
    return text[:at] + piece + text[to if what == 5 else at :]
