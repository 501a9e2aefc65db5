#!/usr/bin/env bash
# Ends the action with meshlint's own exit code. In: MESHLINT_EXIT_CODE.
set -euo pipefail
case "${MESHLINT_EXIT_CODE:-}" in
  "") echo "::error::meshlint did not run"; exit 5 ;;
  0) ;;
  1) echo "meshlint: findings at or above the fail-on severity" ;;
  2) echo "::error::meshlint: wrong arguments or configuration" ;;
  3) echo "::error::meshlint: nothing to lint; check the paths input" ;;
  4) echo "::error::meshlint: some input could not be rendered or parsed" ;;
  *) echo "::error::meshlint: internal error, please report it" ;;
esac
exit "$MESHLINT_EXIT_CODE"
