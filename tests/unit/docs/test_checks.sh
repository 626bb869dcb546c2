#!/usr/bin/env bash
# docs/checks.md has one row for each kind of discrepancy in the code, with the severity it has there.
set -euo pipefail

ROOT=$(dirname "$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")")
in_code=$(sed -n 's/^ *X([A-Z_]*, \([a-z_]*\), \([A-Z]*\)).*/\1 \L\2/p' "$ROOT/replay/finding.h" | sort)
# shellcheck disable=SC2016 # back quotes of Markdown
in_page=$(sed -n 's/^| `\([a-z_]*\)` | \(info\|warning\|error\) |.*/\1 \2/p' "$ROOT/docs/checks.md" | sort)

if [ "$(wc -l <<<"$in_code")" -lt 19 ]; then
    echo "FAILED: only these kinds were found in replay/finding.h: $in_code"
    exit 1
fi
if ! diff <(echo "$in_code") <(echo "$in_page"); then
    echo "FAILED: < stands in replay/finding.h, > in docs/checks.md"
    exit 1
fi
echo "100%: Checks: 2, Failures: 0, Errors: 0"
