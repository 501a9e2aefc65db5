"""Charts that would eat time or memory: each is a finding with a place, soon and in little memory."""

from __future__ import annotations

import importlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.graph import ROOT

CHART = "apiVersion: v2\nname: c\nversion: 0.1.0\n"
GROW = "{{ $d := dict `a` 1 }}{{ range until 60 }}{{ $d = dict `a` $d `b` $d }}{{ end }}"
ALIASES = "a: &a [1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{name}: &{name} [{','.join(['*' + before] * 9)}]\n"
    for before, name in zip("abcdefghijk", "bcdefghijkl", strict=True)
)
CALLS = "".join(
    "{{ define `rA` }}{{ include `rB` . }}{{ include `rB` . }}{{ end }}".replace("A", str(level)).replace(
        "B", str(level + 1)
    )
    for level in range(60)
)

# what a template does -> what the finding at it says
TEMPLATES = {
    "{{ range 1000000000 }}{{ end }}": "more than 4000000 nodes executed",
    "{{ range until 3000 }}{{ range until 3000 }}{{ $x := 1 }}{{ end }}{{ end }}": "more than 4000000 nodes",
    "{{ range until 1000000000 }}{{ end }}": "list of 1000000000 elements is larger than the limit",
    "{{ untilStep 0 1000000000 1 | len }}": "list of 1000000000 elements",
    "{{ seq 1000000000 }}": "list of 1000000000 elements",
    "{{ repeat 1000000000 `x` }}": "output of more than 67108864 characters",
    "{{ nindent 1000000000 `x` }}": "output of more than 67108864 characters",
    '{{ indent 100000 (repeat 100000 "\\n") }}': "output of more than 67108864 characters",
    "{{ replace `x` (repeat 10000 `y`) (repeat 1000000 `x`) }}": "output of more than 67108864 characters",
    "{{ regexReplaceAll `x` (repeat 30000 `x`) (repeat 10000 `y`) }}": "output of more than 67108864",
    "{{ join (repeat 100000 `y`) (until 100000) }}": "output of more than 67108864 characters",
    "{{ $x := `ab` }}{{ range until 60 }}{{ $x = print $x $x }}{{ end }}": "output of more than 67108864",
    "{{ randAlpha 1000000000 }}": "random text of 1000000000 characters",
    "{{ $x := list 1 2 }}{{ range until 60 }}{{ $x = concat $x $x }}{{ end }}": "list of 1048576 elements",
    "{{ $x := list }}{{ range until 900000 }}{{ $x = append $x . }}{{ end }}": "units of work",
    "{{ range until 100 }}{{ derivePassword 1 `long` `x` `y` (toString .) }}{{ end }}": "units of work",
    "{{ encryptAES `k` (repeat 3000000 `x`) }}": "units of work",
    "{{ shuffle (repeat 3000000 `x`) }}": "units of work",
    GROW + "{{ toYaml $d }}": "value of more than 1000000 entries",
    GROW + "{{ toJson $d }}": "value of more than 1000000 entries",
    GROW + "{{ $d }}": "value of more than 1000000 entries",
    GROW + "{{ deepCopy $d | len }}": "value of more than 1000000 entries",
    GROW + "{{ merge dict $d | len }}": "value of more than 1000000 entries",
    "{{ define `r` }}{{ include `r` . }}{{ end }}{{ include `r` . }}": "nested reference name: r",
    CALLS + "{{ define `r60` }}{{ end }}{{ include `r0` . }}": "more than 4000000 nodes executed",
    "{{ tpl .Values.t . }}": "more than 200 tpl calls inside each other",
    "{{ regexMatch `((a{1000}){1000}){1000}` `a` }}{{ fail `bounded` }}": "bounded",
    "{{ regexMatch `(a+)+$` (print (repeat 50 `a`) `b`) }}{{ fail `bounded` }}": "bounded",
    "{{ printf `%1000000000d` 1 }}{{ fail `bounded` }}": "bounded",
    "{{ range until 2000 }}{{ $x := genPrivateKey `rsa` }}{{ end }}{{ fail `bounded` }}": "bounded",
    "{{ range until 2000 }}{{ $x := bcrypt `x` }}{{ end }}{{ fail `bounded` }}": "bounded",
    "{{ int64 (repeat 5000 `9`) }}{{ fail `bounded` }}": "bounded",
}


def check(path: str, folder: Path) -> tuple[int, list[dict[str, Any]]]:
    """Exit code and findings of a run that stays below 512 MB; one that does not end is killed."""
    import resource

    with (folder / "stderr").open("w") as errors:
        run = subprocess.Popen(
            [sys.executable, "-m", "meshlint", "check", path, "--out", "json=o", "--isolated"],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (60, 60)),
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    _, status, usage = os.wait4(run.pid, 0)
    run.returncode = os.waitstatus_to_exitcode(status)
    assert "Traceback" not in (folder / "stderr").read_text()
    assert usage.ru_maxrss < 512 << 10
    return run.returncode, json.loads((folder / "o").read_text())["findings"]


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in {"c/Chart.yaml": CHART, **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured on Linux")
@pytest.mark.parametrize("template", TEMPLATES, ids=lambda text: text[:40])
def test_what_would_not_end_is_a_finding_at_its_action(template: str, tmp_path: Path) -> None:
    values = "t: '{{ tpl .Values.t . }}'\n"
    good = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 0}]}\n"
    files = {
        "c/templates/b.yaml": "# first\n" + template,
        "c/templates/z.yaml": good,
        "c/values.yaml": values,
    }
    write(tmp_path, files)
    code, findings = check("c", tmp_path)
    assert code == 4
    (found,) = [each for each in findings if TEMPLATES[template] in each["message"]]
    tpl = "tpl" in template  # fails in the text, which stands in the values
    assert found["primary"]["file"] == ("c/values.yaml" if tpl else "c/templates/b.yaml")
    assert found["primary"]["line"] == (1 if tpl else 2)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured on Linux")
@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"c/values.yaml": ALIASES}, "HLM004"),
        ({"c/templates/a.yaml": ALIASES}, "YML001"),
        ({"c/values.yaml": "a: " + "[" * 20_000}, "HLM004"),
        ({"c/templates/a.yaml": "a: " + "[" * 20_000}, "YML001"),
        ({"c/templates/a.yaml": "{{ " + "(" * 20_000 + "1" + ")" * 20_000 + " }}"}, "HLM007"),
        ({"c/values.yaml": "a: " + "x" * (6 << 20)}, "HLM002"),
        ({"c/values.schema.json": '{"a":' * 20_000 + "1" + "}" * 20_000}, "HLM013"),
    ],
    ids=["aliases in values", "aliases", "deep values", "deep", "parentheses", "large file", "deep schema"],
)
def test_texts_that_explode_are_findings(files: dict[str, str], code: str, tmp_path: Path) -> None:
    write(tmp_path, files)
    exit_code, findings = check("c", tmp_path)
    assert code in {each["code"] for each in findings}
    assert exit_code == 4


def test_the_rest_of_a_chart_that_is_used_up_is_said_to_be_left_out(tmp_path: Path) -> None:
    loop = "{{ range 1000000000 }}{{ end }}"
    write(tmp_path, {f"c/templates/{name}.yaml": loop for name in "abcd"})
    _, findings = check("c", tmp_path)
    assert [each["notes"] for each in findings] == [["3 more templates are not rendered"]]


def archive(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as packed:
        for name, content in {"c/Chart.yaml": CHART.encode(), **members}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            packed.addfile(entry, io.BytesIO(content))
    return out.getvalue()


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({f"c/{number}": b"\0" * (4 << 20) for number in range(30)}, "larger than the maximum size"),
        ({"c/large": b"\0" * (6 << 20)}, "larger than the maximum file size"),
        ({f"c/{number}": b"" for number in range(20_001)}, "more than 20000 files"),
        ({"c/../../x": b""}, "references parent directory"),
        ({"c//etc/passwd": b""}, "absolute paths"),
    ],
    ids=["zeros", "one file", "many files", "parent", "absolute"],
)
def test_archives_that_explode_are_findings(members: dict[str, bytes], words: str, tmp_path: Path) -> None:
    (tmp_path / "c-0.1.0.tgz").write_bytes(archive(members))
    code, findings = check("c-0.1.0.tgz", tmp_path)
    assert (code, [each["code"] for each in findings]) == (4, ["HLM002"])
    assert words in findings[0]["message"]


def test_links_that_multiply_folders_are_a_finding(tmp_path: Path) -> None:
    """Twenty folders, each with two links to the next: a million paths."""
    write(tmp_path, {})
    for number in range(20):
        (tmp_path / f"c/d{number}").mkdir()
        for name in "ab":
            (tmp_path / f"c/d{number}" / name).symlink_to(f"../d{number + 1}")
    (tmp_path / "c/d20").mkdir()
    code, findings = check("c", tmp_path)
    assert code == 4
    assert any("more than 20000 files and folders" in each["message"] for each in findings)


def test_the_numbers_in_the_documentation_are_true() -> None:
    text = (ROOT / "docs/limits.md").read_text()
    rows = re.findall(r"^\| .* \| ([\d,]+) \| `([\w.()]+)` \|$", text, re.MULTILINE)
    assert len(rows) > 25
    assert {name: int(number.replace(",", "")) for number, name in rows} == {
        name: constant(name) for _, name in rows
    }


def constant(name: str) -> int:
    module, _, attribute = name.replace("Limits().", "Limits.").rpartition(".")
    if module.endswith(".Limits"):
        limits = importlib.import_module("meshlint." + module.removesuffix(".Limits")).Limits()
        return int(getattr(limits, attribute))
    return int(getattr(importlib.import_module(f"meshlint.{module}"), attribute))


def test_a_few_mutants_are_linted(tmp_path: Path) -> None:
    """The fuzzer itself works; its large runs are in docs/limits.md."""
    from bench.fuzz import attempt
    from bench.mutants import mutant, seeds

    charts = seeds(tmp_path)
    started = time.perf_counter()
    wrong = {number: attempt(mutant(charts, number), tmp_path) for number in range(60)}
    assert {number: text for number, text in wrong.items() if text} == {}
    assert time.perf_counter() - started < 600
