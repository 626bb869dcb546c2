# shellcheck shell=bash
# tools/bench upload [--events N] [--runs N] [--seed N]
#                    default: 1000000 events, 3 runs, seed 1
#
# Generated events in a SQLite store; `tasktrail upload --dry-run` reads, judges, writes and
# compresses the rows of all of them, without a sink. Prints the rows a second of one core, by the
# processor time of the median run, and the peak memory.

events=1000000 runs=3 seed=1
while [ $# -gt 0 ]; do
    case $1 in
    --events) number "$1" "${2:-}" && events=$2 ;;
    --runs) number "$1" "${2:-}" && runs=$2 ;;
    --seed) number "$1" "${2:-}" && seed=$2 ;;
    *) refuse "unknown option '$1': expected --events, --runs or --seed" ;;
    esac
    shift 2
done

"$ROOT/tools/setup" build run bench
build_preset release
mkdir -p "$WORK"
make_workload "$events" "$seed"

# The store is kept for the next run, too.
store=$WORK/store-$events-seed-$seed.db
if [ ! -e "$store" ]; then
    step_start
    rm -f "$store.part"*
    # shellcheck disable=SC2154
    "$ROOT/build/release/tests/bench_store" --store "sqlite:$store.part" --events "$events" \
        --sync normal "$workload" >/dev/null
    mv "$store.part" "$store"
    say "store made in $(step_time)"
fi

rm -f "$WORK/upload.runs"
for ((run = 1; run <= runs; run++)); do
    cat "$store" >/dev/null
    command time -f '%U %S %M' -o "$WORK/upload.time" "$TASKTRAIL" upload --dry-run --quiet \
        --store "sqlite:$store" --to "file:$WORK/upload" --spool "$WORK/spool" \
        --lifecycle "$ROOT/tests/bench/lifecycle.json" >"$WORK/upload.out"
    awk '{ print $1 + $2, $3 }' "$WORK/upload.time" >>"$WORK/upload.runs"
    say "run $run of $runs: $(tail -n 1 "$WORK/upload.runs" | cut -d' ' -f1) s of CPU"
done
sed 's/^/  /' "$WORK/upload.out"
awk -v n="$events" -v s="$(median "$WORK/upload.runs" 1)" -v m="$(median "$WORK/upload.runs" 2)" \
    'BEGIN {
    printf "%.0f rows a second of one core, peak memory %.0f MB\n", n / s, m / 1024 }'
