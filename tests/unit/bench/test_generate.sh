#!/usr/bin/env bash
# The workload of tools/bench is the same for the same arguments, and has the shape it says.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
checks=0

expect() {
    checks=$((checks + 1))
    "${@:2}" || {
        echo "FAILED: $1"
        exit 1
    }
}

# Counts events, bytes an event, late ones, copies, steps in the order of arrival that the lifecycle
# does not list, and equal times within a task.
cat >"$folder/shape.awk" <<'AWK'
BEGIN {
    FS = "\""
    split("CREATED QUEUED CANCELLED|QUEUED RUNNING CANCELLED|RUNNING SUCCEEDED FAILED CANCELLED|" \
          "FAILED RETRYING|RETRYING QUEUED", rows, "|")
    for (r in rows) {
        n = split(rows[r], word, " ")
        for (i = 2; i <= n; i++)
            legal[word[1] " " word[i]] = 1
    }
    legal[" CREATED"] = 1
}
{
    id = $4; task = $12; status = $20; time = $24
    bytes += length($0) + 1
    if (seen[id]++) { copies++; next }
    if (time < newest[task]) late++
    if (time == newest[task]) equal++
    if (time > newest[task]) newest[task] = time
    if (!((last[task] " " status) in legal)) odd++
    last[task] = status
}
END { print NR, int(bytes / NR), late + 0, copies + 0, odd + 0, equal + 0 }
AWK
shape() { "$TT_GENERATE" "$@" | awk -f "$folder/shape.awk"; }

"$TT_GENERATE" --events 50000 --seed 7 >"$folder/a"
"$TT_GENERATE" --events 50000 --seed 7 >"$folder/b"
"$TT_GENERATE" --events 50000 --seed 8 >"$folder/c"
expect "the same seed gives other bytes" cmp -s "$folder/a" "$folder/b"
expect "another seed gives the same bytes" [ "$(cmp -s "$folder/a" "$folder/c" || echo differs)" = differs ]
expect "a shorter run is not the beginning of a longer one" \
    cmp -s "$folder/a" <("$TT_GENERATE" --events 60000 --seed 7 | head -n 50000)

read -r events bytes late copies odd equal < <(shape --events 100000)
expect "$events events, not 100000" [ "$events" = 100000 ]
expect "$bytes bytes an event, not 210 to 260" [ "$bytes" -gt 210 -a "$bytes" -lt 260 ]
expect "$late late, not 1 to 3 %" [ "$late" -gt 1000 -a "$late" -lt 3000 ]
expect "$copies duplicates, not 0.4 to 0.6 %" [ "$copies" -gt 400 -a "$copies" -lt 600 ]
expect "$equal equal times in a task" [ "$equal" = 0 ]

read -r events bytes late copies odd equal < <(shape --events 100000 --late 0 --duplicate 0 --illegal 0)
expect "$copies duplicates without any" [ "$copies" = 0 ]
# Transit may still swap two events that happened within milliseconds.
expect "$late late without any" [ "$late" -lt 500 ]
expect "$odd odd steps with $late swaps" [ "$odd" -le $((3 * late)) ]

for wrong in "--evnts 5" "--events" "--events x" "--events -1" "--late 0.9" "--late x" \
    "--tasks-per-second 0"; do
    status=0
    # shellcheck disable=SC2086 # flag and value
    "$TT_GENERATE" $wrong >/dev/null 2>&1 || status=$?
    expect "generate $wrong: status $status, not 2" [ $status = 2 ]
done
echo "100%: Checks: $checks, Failures: 0, Errors: 0"
