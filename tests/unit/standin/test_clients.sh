#!/usr/bin/env bash
# Google's own clients against the stand-in for BigQuery. They come from tools/setup test; a machine
# that could not fetch them fails here and says why.
set -euo pipefail

ROOT=$(dirname "$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")")
modules=$ROOT/build/npm
if ! cmp -s "$ROOT/tests/standin/package-lock.json" "$modules/installed.json"; then
    echo "FAILED: Google's clients are not in build/npm: run tools/setup test"
    [ ! -e "$modules/npm.log" ] || cat "$modules/npm.log"
    exit 1
fi
exec node "$ROOT/tests/unit/standin/clients.mjs" "$modules"
