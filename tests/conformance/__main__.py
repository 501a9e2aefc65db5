"""`python -m tests.conformance SUITE [--root DIR] [--compat 3|4] [--json FILE]`: count what is identical.

Prints the first difference of every failing case by category and ends with `SUITE: N of M`; exit code 1
if a case fails without an explanation. Reads nothing outside of DIR.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

from tests.conformance.suite import Case, default_root, load, suites


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("suite", choices=sorted(suites()))
    parser.add_argument("--root", type=Path, default=default_root())
    parser.add_argument("--compat", choices=("3", "4"), default="4")
    parser.add_argument("--json", type=Path, help="also write the verdicts to this file")
    parser.add_argument("--most", type=int, default=10, help="failures shown per category")
    options = parser.parse_args(arguments)
    os.environ["TZ"] = "UTC"
    time.tzset()
    cases = load(options.suite)(options.root, options.compat)
    report(cases, options.most)
    if options.json:
        rows = [{"case": case.name, "category": case.category, "passed": case.passed} for case in cases]
        options.json.write_text(json.dumps(rows, indent=1) + "\n")
    passed = sum(case.passed for case in cases)
    print(f"{options.suite}: {passed} of {len(cases)}")
    return int(any(not case.passed and not case.explained for case in cases))


def report(cases: list[Case], most: int) -> None:
    for category in dict.fromkeys(case.category for case in cases):
        own = [case for case in cases if case.category == category]
        failed = [case for case in own if not case.passed]
        print(f"{category}: {len(own) - len(failed)} of {len(own)}")
        for case in failed[:most]:
            print(f"  {case.name}{' (explained)' if case.explained else ''}: {case.difference}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
