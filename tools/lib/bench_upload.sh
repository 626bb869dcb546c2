# shellcheck shell=bash
# tools/bench upload [--events N] [--runs N] [--seed N] [--to none|load|write]
#                    default: 1000000 events, 3 runs, seed 1, none
#
# Generated events in a SQLite store. --to none: `tasktrail upload --dry-run` reads, judges, writes
# and compresses the rows of all of them, without a sink. --to load and --to write: `tasktrail
# upload` takes them to the stand-in for BigQuery (tests/standin, needs Node), by load jobs or by the
# Storage Write API; the stand-in counts rows and different rows, which have to be those of the
# store. Prints the rows a second of one core, by the processor time of the median run, and the peak
# memory.

events=1000000 runs=3 seed=1 sink=none
while [ $# -gt 0 ]; do
    case $1 in
    --events) number "$1" "${2:-}" && events=$2 ;;
    --runs) number "$1" "${2:-}" && runs=$2 ;;
    --seed) number "$1" "${2:-}" && seed=$2 ;;
    --to)
        [[ ${2:-} =~ ^(none|load|write)$ ]] || refuse "--to: '${2:-}': expected none, load or write"
        sink=$2
        ;;
    *) refuse "unknown option '$1': expected --events, --runs, --seed or --to" ;;
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

# upload_rows OPTION...: one run, measured into upload.time, what it says into upload.out.
upload_rows() {
    command time -f '%U %S %M %e' -o "$WORK/upload.time" "$TASKTRAIL" upload --quiet \
        --store "sqlite:$store" --spool "$WORK/spool" \
        --lifecycle "$ROOT/tests/bench/lifecycle.json" "$@" >"$WORK/upload.out"
}

# upload_to_standin: a stand-in of its own for each run, hence a line of batches of its own.
upload_to_standin() {
    local name number grpc_port='' port=''
    coproc STANDIN { exec node "$ROOT/tests/standin/main.mjs" 0 until-stdin-ends; }
    while [ -z "$port" ] && read -r name number; do printf -v "$name" %s "$number"; done <&"${STANDIN[0]}"
    [ -n "$port" ] || refuse "the stand-in did not start: node $ROOT/tests/standin/main.mjs"
    export BIGQUERY_EMULATOR_HOST=http://127.0.0.1:$port
    export BIGQUERY_STORAGE_EMULATOR_HOST=http://127.0.0.1:$grpc_port
    node "$ROOT/tests/bench/standin.mjs" "$BIGQUERY_EMULATOR_HOST"
    upload_rows --to bigquery:p.d --via "$sink" --init
    upload_rows --to bigquery:p.d --via "$sink" --once --min-interval 0s
    node "$ROOT/tests/bench/standin.mjs" "$BIGQUERY_EMULATOR_HOST" p.d "$events" >"$WORK/upload.out" ||
        { cat "$WORK/upload.out" && say "these are not the rows of the store" && exit 1; }
    kill "$STANDIN_PID"
    wait "$STANDIN_PID" || :
}

rm -f "$WORK/upload.runs"
for ((run = 1; run <= runs; run++)); do
    cat "$store" >/dev/null
    if [ "$sink" = none ]; then
        upload_rows --dry-run --to "file:$WORK/upload"
    else
        upload_to_standin
    fi
    awk '{ print $1 + $2, $3, $4 }' "$WORK/upload.time" >>"$WORK/upload.runs"
    say "run $run of $runs: $(tail -n 1 "$WORK/upload.runs" | awk '{ print $1 " s of CPU in " $3 " s" }')"
done
sed 's/^/  /' "$WORK/upload.out"
awk -v n="$events" -v s="$(median "$WORK/upload.runs" 1)" -v m="$(median "$WORK/upload.runs" 2)" \
    'BEGIN {
    printf "%.0f rows a second of one core, peak memory %.0f MB\n", n / s, m / 1024 }'
