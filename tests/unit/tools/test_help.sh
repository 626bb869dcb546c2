#!/usr/bin/env bash
# --help of each tool prints the whole comment at its head and does nothing else.
set -euo pipefail

ROOT=$(dirname "$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")")
checks=0

expect() {
    checks=$((checks + 1))
    "${@:2}" || {
        echo "FAILED: $1, said: $output"
        exit 1
    }
}

# Not demo: its options are the program's.
for tool in bench chaos fuzz sim test tidy train; do
    for word in -h --help; do
        status=0
        output=$("$ROOT/tools/$tool" $word 2>&1 </dev/null) || status=$?
        expect "tools/$tool $word ends with $status" [ $status = 0 ]
        head=$(sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$ROOT/tools/$tool")
        expect "tools/$tool $word does not print its head" [ "$output" = "$head" ]
        expect "tools/$tool $word does not tell its status" grep -q '[sS]tatus: 0 ' <<<"$output"
    done
done

echo "100%: Checks: $checks, Failures: 0, Errors: 0"
