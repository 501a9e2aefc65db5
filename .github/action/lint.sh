#!/usr/bin/env bash
# Runs meshlint once, writes every report, and leaves the verdict to finish.sh, so that the upload in
# between always happens. In: MESHLINT_*, GITHUB_OUTPUT, GITHUB_STEP_SUMMARY, RUNNER_TEMP.
set -euo pipefail

words=()
add() { # add FLAG VALUE: the flag, if there is a value
  if [ -n "$2" ]; then words+=("$1" "$2"); fi
}

findings="${RUNNER_TEMP:?}/meshlint-findings.json"
summary="$RUNNER_TEMP/meshlint-summary.md"
sarif="${MESHLINT_SARIF_FILE:-meshlint.sarif}"
rm -f "$findings" "$summary" "$sarif"

words+=(check --format "${MESHLINT_FORMAT:-full}")
words+=(--out "json=$findings" --out "sarif=$sarif" --out "markdown=$summary")
add --fail-on "${MESHLINT_FAIL_ON:-}"
add --severity "${MESHLINT_SEVERITY:-}"
add --precision "${MESHLINT_PRECISION:-}"
add --profile "${MESHLINT_PROFILE:-}"
add --config "${MESHLINT_CONFIG:-}"
if [ "${MESHLINT_ANNOTATIONS:-true}" = true ]; then
  words+=(--annotations)
else
  words+=(--no-annotations)
fi
for name in ${MESHLINT_VALUES_SETS:-}; do add --values-set "$name"; done
while IFS= read -r argument; do
  if [ -n "$argument" ]; then words+=("$argument"); fi
done <<<"${MESHLINT_ARGS:-}"
words+=(--)
set -f # a path is a path, not a pattern
for path in ${MESHLINT_PATHS:-.}; do words+=("$path"); done
set +f

code=0
meshlint "${words[@]}" || code=$?

if [ "${MESHLINT_SUMMARY:-true}" = true ] && [ -f "$summary" ] && [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
  cat "$summary" >>"$GITHUB_STEP_SUMMARY"
fi

output() { printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"; }
output exit-code "$code"
if [ -f "$findings" ]; then
  output findings-file "$findings"
  python=$(command -v python3 || command -v python)
  "$python" - "$findings" >>"$GITHUB_OUTPUT" <<'PROGRAM'
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    report = json.load(file)
for name in ("errors", "warnings", "notes"):
    print(f"{name}={report['summary'][name]}")
failures = [
    finding
    for finding in report["findings"]
    if finding["severity"] == "error"
    and finding["suppression"] is None
    and finding["code"].startswith(("HLM", "YML", "INP"))
]
print(f"render-failures={len(failures)}")
print(f"charts={json.dumps(report['coverage']['targets'])}")
PROGRAM
fi
if [ -f "$sarif" ]; then
  # upload-sarif runs in the workspace, this step in working-directory
  output sarif-file "$(cd "$(dirname "$sarif")" && pwd)/$(basename "$sarif")"
  output sarif-written true
fi
