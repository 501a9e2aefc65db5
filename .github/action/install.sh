#!/usr/bin/env bash
# Puts meshlint into an environment of its own: the action's checkout, so that tag and tool agree, or
# the version asked for. In: MESHLINT_SOURCE, MESHLINT_VERSION, RUNNER_TEMP. Out: GITHUB_PATH.
set -euo pipefail

environment="${RUNNER_TEMP:?}/meshlint"
package="$MESHLINT_SOURCE"
if [ -n "${MESHLINT_VERSION:-}" ]; then
  package="meshlint==$MESHLINT_VERSION"
fi

python=$(command -v python3 || command -v python)
"$python" -m venv "$environment"
scripts="$environment/bin"
[ -d "$scripts" ] || scripts="$environment/Scripts" # Windows
"$scripts/python" -m pip install --quiet --disable-pip-version-check "$package"
printf '%s\n' "$scripts" >>"$GITHUB_PATH"
"$scripts/meshlint" --version
