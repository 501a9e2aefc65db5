"""`python -m tests.helm.record PATH-TO-HELM`: record what Helm 4 prints for every fixture case."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.helm.cases import KUBE_VERSION, FixtureCase, cases

# Where the fixtures were when Helm looked at them is no part of the record.
PLACE = "/FIXTURES"


def record(helm: str, case: FixtureCase) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        run = subprocess.run(
            [helm, "template", case.release, str(case.chart), *flags(case, Path(scratch))],
            env={**os.environ, "TZ": "UTC", "HOME": scratch},
            cwd=scratch,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    stream, error = case.directory / "expected.yaml", case.directory / "error.txt"
    stream.unlink(missing_ok=True)
    error.unlink(missing_ok=True)
    if run.returncode == 0:
        stream.write_text(run.stdout, encoding="utf-8")
    else:
        text = run.stderr[run.stderr.index("Error: ") :]
        text = text.replace("\n\nUse --debug flag to render out invalid YAML\n", "\n")
        error.write_text(text.replace(str(case.chart), PLACE), encoding="utf-8")


def flags(case: FixtureCase, scratch: Path) -> list[str]:
    found = ["--namespace", "ns", "--kube-version", KUBE_VERSION, *case.wanted.get("args", [])]
    if "values_text" in case.wanted:
        (scratch / "values-user.yaml").write_text(case.wanted["values_text"], encoding="utf-8")
        found += ["-f", "values-user.yaml"]
    for kind in ("set", "set-json"):
        for text in case.wanted.get(kind.replace("-", "_"), []):
            found += [f"--{kind}", text]
    return found


if __name__ == "__main__":
    for each in cases():
        record(sys.argv[1], each)
        print(each.name)
