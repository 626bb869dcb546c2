# shellcheck shell=bash
# tools/bench check [--events N] [--runs N] [--seed N] [--format FORMAT] [--memory SIZE] [--alone]
#                   [--trained]
#                   default: 10000000 events, 3 runs, seed 1, text
#
# One file of generated events in the page cache, two threads each, turn and turn about:
# `tasktrail check` with every rule, and DuckDB asked for four of its counts and a table of the tasks
# they are about, by SQL as one would write it and by SQL tuned for this (tests/bench/duckdb.mjs).
# Prints the medians. --format json writes every discrepancy out; --memory is given to tasktrail;
# --alone leaves DuckDB out, for events that it has no memory for. --trained takes the program that
# tools/train builds, in place of the release build.

THREADS=2
events=10000000 runs=3 seed=1 format=text memory=() alone=no trained=no
while [ $# -gt 0 ]; do
    case $1 in
    --events) number "$1" "${2:-}" && events=$2 ;;
    --runs) number "$1" "${2:-}" && runs=$2 ;;
    --seed) number "$1" "${2:-}" && seed=$2 ;;
    --format) format=${2:?expected a format} ;;
    --memory) memory=(--memory "${2:?expected a size}") ;;
    --alone) alone=yes && shift && continue ;;
    --trained) trained=yes && shift && continue ;;
    *) refuse "unknown option '$1': expected --events, --runs, --seed, --format, --memory, --alone or --trained" ;;
    esac
    shift 2
done

# measure NAME COMMAND...: one run; adds its seconds and its peak memory in KB to WORK/NAME.runs.
measure() {
    local name=$1 started status=0
    shift
    # shellcheck disable=SC2154
    cat "$workload" >/dev/null
    started=$EPOCHREALTIME
    command time -f %M -o "$WORK/memory" "$@" >"$WORK/$name.out" 2>"$WORK/$name.err" || status=$?
    local ended=$EPOCHREALTIME
    [ $status = 0 ] || {
        cat "$WORK/$name.err" >&2
        refuse "$name ended with status $status (above)"
    }
    awk -v a="$started" -v b="$ended" '{ print b - a, $1 }' "$WORK/memory" >>"$WORK/$name.runs"
}

"$ROOT/tools/setup" build run bench
build_preset release
program=$TASKTRAIL
if [ $trained = yes ]; then
    "$ROOT/tools/train"
    program=$ROOT/build/trained/cli/tasktrail
fi
mkdir -p "$WORK"
make_workload "$events" "$seed"
if [ $alone = no ]; then
    npm_install duckdb.mjs
    peer_version=$(cd "$WORK" && node -p "require('@duckdb/node-api').version()")
fi

check=("$program" check --quiet --threads "$THREADS" --fail-on never "${memory[@]}"
    --lifecycle "$ROOT/tests/bench/lifecycle.json")
rm -f "$WORK/tasktrail.runs" "$WORK/plain.runs" "$WORK/tuned.runs"
for ((run = 1; run <= runs; run++)); do
    measure tasktrail "${check[@]}" --format "$format" "$workload"
    if [ $alone = yes ]; then
        say "run $run of $runs: tasktrail $(tail -n 1 "$WORK/tasktrail.runs" | cut -d' ' -f1) s"
        continue
    fi
    for form in plain tuned; do
        measure "$form" env THREADS=$THREADS node "$WORK/duckdb.mjs" "$workload" \
            "$WORK/affected.tsv" "$form"
    done
    say "run $run of $runs: tasktrail $(tail -n 1 "$WORK/tasktrail.runs" | cut -d' ' -f1) s," \
        "DuckDB $(tail -n 1 "$WORK/plain.runs" | cut -d' ' -f1) s," \
        "tuned $(tail -n 1 "$WORK/tuned.runs" | cut -d' ' -f1) s"
done

bytes=$(stat -c %s "$workload")
say "$events events, $((bytes / 1000000)) MB, $THREADS threads, median of $runs," \
    "$(nproc) cores, build $([ $trained = yes ] && echo trained || echo release)${peer_version:+, DuckDB $peer_version}"
if [ $alone = yes ]; then
    say "median $(median "$WORK/tasktrail.runs" 1) s, $(($(median "$WORK/tasktrail.runs" 2 | cut -d. -f1) / 1024)) MB"
    exit 0
fi
awk -v events="$events" -v bytes="$bytes" \
    -v a="$(median "$WORK/tasktrail.runs" 1)" -v b="$(median "$WORK/plain.runs" 1)" -v c="$(median "$WORK/tuned.runs" 1)" \
    -v am="$(median "$WORK/tasktrail.runs" 2)" -v bm="$(median "$WORK/plain.runs" 2)" -v cm="$(median "$WORK/tuned.runs" 2)" '
    function row(name, s, m) {
        printf "%-16s %9.2f %9.0f %12.2f %9.0f %7.1f\n", name, s, bytes / s / 1e6, events / s / 1e6,
            m / 1024, s / a
    }
    BEGIN {
        printf "%-16s %9s %9s %12s %9s %7s\n", "", "seconds", "MB/s", "M events/s", "peak MB", "times"
        row("tasktrail check", a, am)
        row("DuckDB", b, bm)
        row("DuckDB, tuned", c, cm)
    }'

"${check[@]}" --format json "$workload" >"$WORK/tasktrail.out" # not measured
ours=$(node "$ROOT/tests/bench/counts.mjs" "$WORK/tasktrail.out")
for form in plain tuned; do
    theirs=$(node "$ROOT/tests/bench/counts.mjs" "$WORK/$form.out")
    [ "$ours" = "$theirs" ] && continue
    say "FAILED: they did not find the same:"
    printf '  tasktrail: %s\n  DuckDB:    %s\n' "$ours" "$theirs"
    exit 1
done
say "both found: $ours"
