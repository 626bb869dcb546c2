# shellcheck shell=bash
# tools/bench fleet [--events N] [--peer-events N] [--store sqlite|postgres|both] [--sync full|normal]
#                   [--runs N] [--seed N] [--batch N] [--seconds N] [--load N] [--alone]
#                   [--latency | --memory | --replay]
#                   default: 1000000 events, 100000 for the peer, both, full, 3 runs, seed 7
#
# From a full queue to committed rows, turn and turn about: a worker of tasktrail with and without
# locking, and BullMQ (tests/bench/bullmq.mjs). Each run has a Redis of its own (append-only file,
# everysec) and an empty store; --sync says of both whether a commit waits for the disk. tasktrail's
# seconds are those of its process, from start to end; BullMQ's begin when it is ready. The
# number of rows is looked at after each run. The peer gets fewer events, as its speed does not
# depend on their number. --alone leaves BullMQ out. Prints medians and ratios.
#
# --latency: 1000 events a second are offered for --seconds 12 instead (tests/bench/offer.mjs), and
# somebody else looks when their rows can be read (bench_arrivals; on PostgreSQL by an index that both
# tables get for it). The first 4 seconds, in which files still grow, are not counted. Prints p50 and
# p99 in milliseconds, and refuses where a side fell behind (a row came more than a second late).
# The processors are kept awake meanwhile, and how much of the time the machine itself stood still is
# watched (tests/bench/awake.h, stalls.h); p99 is told once more of the events that this did not touch.
# Beside BullMQ the same is measured of a program that does nothing but read the queue and write one
# row an event (tests/bench/bare.c): no worker can be quicker on this machine. With --load N so many
# programs that do nothing but count want the processors, too, as on a machine that others share.
# --memory: N events, a part at a time, for one worker; prints how much memory it has after each.
# --replay: a store of N events; how long one task's replay takes in a running process, beside the
# bare rows by the same index (bench_lookup).

RATE=1000 LOOKUPS=20000 seconds_offered=12 load=0 SECONDS_LEFT_OUT=4
events=1000000 peer_events=100000 stores=(sqlite postgres) sync=full runs=3 seed=7 batch=() alone=no
what=throughput
while [ $# -gt 0 ]; do
    case $1 in
    --events) number "$1" "${2:-}" && events=$2 ;;
    --peer-events) number "$1" "${2:-}" && peer_events=$2 ;;
    --store)
        case ${2:-} in
        sqlite | postgres) stores=("$2") ;;
        both) ;;
        *) refuse "--store: '${2:-}': expected sqlite, postgres or both" ;;
        esac ;;
    --sync)
        sync=${2:-}
        [[ $sync =~ ^(full|normal)$ ]] || refuse "--sync: '$sync': expected full or normal"
        ;;
    --runs) number "$1" "${2:-}" && runs=$2 ;;
    --seed) number "$1" "${2:-}" && seed=$2 ;;
    --batch) number "$1" "${2:-}" && batch=(--batch "$2") ;;
    --seconds) number "$1" "${2:-}" && seconds_offered=$2 ;;
    --load) number "$1" "${2:-}" && load=$2 ;;
    --alone) alone=yes && shift && continue ;;
    --latency | --memory | --replay) what=${1#--} && shift && continue ;;
    *) refuse "unknown option '$1': expected --events, --peer-events, --store, --sync, --runs, --seed, --batch, --seconds, --load, --alone, --latency, --memory or --replay" ;;
    esac
    shift 2
done
[ "$peer_events" -le "$events" ] || peer_events=$events
if [ "$what" = latency ]; then
    [ "$seconds_offered" -gt "$SECONDS_LEFT_OUT" ] || refuse "--seconds: more than $SECONDS_LEFT_OUT"
    events=$((RATE * seconds_offered))
fi

"$ROOT/tools/setup" build run bench
build_preset release
mkdir -p "$WORK"
make_workload "$events" "$seed"
# shellcheck disable=SC2154
head -n "$peer_events" "$workload" >"$WORK/peer.ndjson"
case "$what" in memory | replay) alone=yes ;; esac
if [ $alone = no ] || [ "$what" = latency ]; then npm_install bullmq.mjs offer.mjs; fi
[ $alone = yes ] || build_better_sqlite3
# shellcheck source=tools/lib/bench_servers.sh
. "$ROOT/tools/lib/bench_servers.sh"

# run_tasktrail STORE LOCKING RUNS_FILE
run_tasktrail() {
    local started ended rows
    start_redis
    new_store "$1"
    "$TASKTRAIL" emit --quiet --redis "unix://$socket" "$workload" || refuse "emit failed"
    started=$EPOCHREALTIME
    "$TASKTRAIL" worker --quiet --redis "unix://$socket" --store "$store_url" --sync "$sync" \
        --locking "$2" --until-idle "${batch[@]}" || refuse "the worker failed"
    ended=$EPOCHREALTIME
    rows=$(count_rows "$1" task_status_audit)
    [ "$rows" = "$events" ] || unequal "tasktrail stored $rows of $events"
    awk -v a="$started" -v b="$ended" -v n="$events" '{ printf "%.0f\n", n / (b - a) }' <<<'' >>"$3"
    stop_redis
}

# run_bullmq STORE RUNS_FILE
run_bullmq() {
    local target said
    start_redis
    new_store "$1"
    target=${store_url#sqlite:}
    (cd "$WORK" && node bullmq.mjs fill "$socket" peer.ndjson) || refuse "filling BullMQ failed"
    said=$(cd "$WORK" && node bullmq.mjs work "$socket" "$target" "$sync" "$peer_events") ||
        refuse "BullMQ failed"
    [ "${said#* }" = "$peer_events" ] || unequal "BullMQ stored ${said#* } of $peer_events"
    awk -v n="$peer_events" '{ printf "%.0f\n", n / $1 }' <<<"$said" >>"$2"
    stop_redis
}
unequal() {
    say "FAILED: $*"
    exit 1
}
last() { tail -n 1 "$WORK/$1.runs"; }
# shellcheck source=tools/lib/bench_fleet_more.sh
[ "$what" = throughput ] || . "$ROOT/tools/lib/bench_fleet_more.sh"


rm -f "$WORK"/fleet-*.runs
for ((run = 1; run <= runs; run++)); do
    for store in "${stores[@]}"; do
        run_tasktrail "$store" id "$WORK/fleet-$store-id.runs"
        run_tasktrail "$store" none "$WORK/fleet-$store-none.runs"
        [ $alone = yes ] || run_bullmq "$store" "$WORK/fleet-$store-bullmq.runs"
        say "run $run of $runs, $store: $(last "fleet-$store-id") events/s," \
            "$(last "fleet-$store-none") without locking$([ $alone = yes ] || echo ", BullMQ $(last "fleet-$store-bullmq")")"
    done
done

say "from queue to rows, $events events ($peer_events for BullMQ), --sync $sync, median of $runs, $(nproc) cores"
for store in "${stores[@]}"; do
    touch "$WORK/fleet-$store-bullmq.runs"
    awk -v store="$store" -v id="$(median "$WORK/fleet-$store-id.runs" 1)" \
        -v none="$(median "$WORK/fleet-$store-none.runs" 1)" \
        -v peer="$(median "$WORK/fleet-$store-bullmq.runs" 1)" 'BEGIN {
            printf "%-9s %8d events/s, %8d without locking (locking costs %.0f %%)", store, id, none,
                (1 - id / none) * 100
            if (peer > 0) printf ", BullMQ %d: %.1f times", peer, id / peer
            printf "\n" }'
done
