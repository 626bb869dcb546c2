#!/usr/bin/env bash
# tools/lib/count.awk counts what the programs of a CTest log said, and never calls a crash a pass.
set -euo pipefail

ROOT=$(dirname "$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")")
checks=0

# counts "PASSED FAILED" <LOG
counts() {
    local got
    got=$(awk -f "$ROOT/tools/lib/count.awk")
    checks=$((checks + 1))
    [ "$got" = "$1" ] || {
        echo "FAILED: counted $got, expected $1"
        exit 1
    }
}

program() {
    printf '1/9 Testing: %s\n1/9 Test: %s\nCommand: "/x/%s"\nOutput:\n-----\n%b<end of output>\n' "$1" "$1" "$1" "$2"
    printf 'Test time =   0.01 sec\n-----\nTest %s.\n"%s" end time: x\n' "$3" "$1"
}

counts '0 0' </dev/null
counts '12 0' < <(program a '100%: Checks: 12, Failures: 0, Errors: 0\n' Passed)
counts '17 0' < <(
    program a '100%: Checks: 12, Failures: 0, Errors: 0\n' Passed
    program b '100%: Checks: 5, Failures: 0, Errors: 0\n' Passed
)
counts '9 3' < <(program a '75%: Checks: 12, Failures: 2, Errors: 1\nx.c:1:F:x\n' Failed)
counts '1 0' < <(program plain 'ok\n' Passed)
counts '0 1' < <(program plain 'Segmentation fault\n' Failed)
counts '4 1' < <(program leaks '100%: Checks: 5, Failures: 0, Errors: 0\nLeakSanitizer\n' Failed)
counts '6 0' < <(program two '100%: Checks: 2, Failures: 0, Errors: 0\n100%: Checks: 4, Failures: 0, Errors: 0\n' Passed)

echo "100%: Checks: $checks, Failures: 0, Errors: 0"
