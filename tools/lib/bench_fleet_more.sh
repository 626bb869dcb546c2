# shellcheck shell=bash
# The other questions of tools/bench fleet: latency, memory, replay. Sourced by bench_fleet.sh, whose
# variables these are; does what `what` says and ends.
# shellcheck disable=SC2154,SC2317

programs=$ROOT/build/release/tests

# Programs of others, which want the processors all the time.
start_load() {
    local i
    for ((i = 0; i < load; i++)); do
        awk 'BEGIN { while (1) n++ }' &
        load_pids+=($!)
        disown $!
    done
}

# offer_and_look tasktrail|bullmq TABLE RUNS_FILE
offer_and_look() {
    local wanted=$((RATE * seconds_offered)) looker status=0
    start_load
    "$programs/bench_arrivals" --store "$store_url" --table "$2" --count "$wanted" \
        --skip $((RATE * SECONDS_LEFT_OUT)) >"$WORK/arrivals" &
    looker=$!
    # Its garbage is collected after the measurement: both processors would stand still for that.
    (cd "$WORK" && node --max-semi-space-size=512 offer.mjs "$1" "$socket" "$workload" "$RATE" "$seconds_offered" >/dev/null) ||
        refuse "offering failed"
    wait "$looker" || status=$?
    stop_load
    [ "$status" != 3 ] || unequal "$1 fell behind (p50 p99 longest, ms): $(cat "$WORK/arrivals")"
    [ "$status" = 0 ] || unequal "not every event has a row"
    cat "$WORK/arrivals" >>"$3"
}

# What others wrote before is on disk, and not in the way of commits.
settle_disk() { sync; }

latency_tasktrail() {
    start_redis
    new_store "$1"
    "$TASKTRAIL" worker --quiet --redis "unix://$socket" --store "$store_url" --sync "$sync" \
        --until-idle || refuse "the worker failed" # makes queue and tables
    settle_disk
    "$TASKTRAIL" worker --quiet --redis "unix://$socket" --store "$store_url" --sync "$sync" &
    worker_pid=$!
    offer_and_look tasktrail task_status_audit "$WORK/latency-$1-tasktrail.runs"
    kill "$worker_pid"
    wait "$worker_pid" || refuse "the worker failed"
    worker_pid=''
    stop_redis
}

# Not a worker, but what none can be quicker than (tests/bench/bare.c).
latency_bare() {
    start_redis
    new_store "$1"
    redis-cli -s "$socket" hset tasktrail:meta partitions 64 >/dev/null
    settle_disk
    "$programs/bench_bare" --redis "$socket" --store "$store_url" --sync "$sync" --partitions 64 >"$WORK/bare" &
    worker_pid=$!
    until grep -q ready "$WORK/bare"; do
        kill -0 "$worker_pid" 2>/dev/null || refuse "bench_bare failed"
        sleep 0.1
    done
    offer_and_look tasktrail audit "$WORK/latency-$1-bare.runs"
    kill "$worker_pid"
    wait "$worker_pid" || refuse "bench_bare failed"
    worker_pid=''
    stop_redis
}

latency_bullmq() {
    start_redis
    new_store "$1"
    settle_disk
    (cd "$WORK" && exec node bullmq.mjs work "$socket" "${store_url#sqlite:}" "$sync" 1000000000 >/dev/null) &
    worker_pid=$!
    until count_rows "$1" audit >/dev/null 2>&1; do sleep 0.1; done
    offer_and_look bullmq audit "$WORK/latency-$1-bullmq.runs"
    kill "$worker_pid"
    wait "$worker_pid" || refuse "BullMQ failed"
    worker_pid=''
    stop_redis
}

measure_latency() {
    local run store name
    column() { median "$WORK/latency-$store-$name.runs" "$1"; }
    rm -f "$WORK"/latency-*.runs
    for ((run = 1; run <= runs; run++)); do
        for store in "${stores[@]}"; do
            latency_tasktrail "$store"
            [ "$alone" = yes ] || latency_bare "$store"
            [ "$alone" = yes ] || latency_bullmq "$store"
            say "run $run of $runs, $store: $(last "latency-$store-tasktrail")" \
                "$([ "$alone" = yes ] || echo "bare $(last "latency-$store-bare") BullMQ $(last "latency-$store-bullmq")") (p50 p99 longest; p99 while the machine did not stand still; % of events; % of time it did)"
        done
    done
    say "$RATE events a second, $SECONDS_LEFT_OUT s left out, then $((seconds_offered - SECONDS_LEFT_OUT)) s, --sync $sync, median of $runs, $(nproc) cores"
    for store in "${stores[@]}"; do
        for name in tasktrail bare bullmq; do
            [ -e "$WORK/latency-$store-$name.runs" ] || continue
            printf '%-9s %-9s p50 %s ms, p99 %s ms (%s without standing still, %s %% of the time)\n' \
                "$store" "$name" "$(column 1)" "$(column 2)" "$(column 4)" "$(column 6)"
        done
    done
}

# The newest number that was given to a row: no scan, as rows are never deleted here.
newest_row() {
    if [ "$1" = sqlite ]; then
        sqlite3 "${store_url#sqlite:}" 'SELECT max(rowid) FROM task_status_audit'
    else
        psql -qAtX "$store_url" -c 'SELECT last_value FROM task_status_audit_apply_seq'
    fi
}

# memory_of STORE: the worker gets the events a part at a time, so that Redis need not hold them all.
memory_of() {
    local rows=0 size=$(((events + 19) / 20)) seen file lines
    start_redis
    new_store "$1"
    "$TASKTRAIL" worker --quiet --redis "unix://$socket" --store "$store_url" --sync "$sync" "${batch[@]}" &
    worker_pid=$!
    split --lines="$size" "$workload" "$runtime/part-"
    for file in "$runtime"/part-*; do
        "$TASKTRAIL" emit --quiet --redis "unix://$socket" "$file" || refuse "emit failed"
        lines=$(wc -l <"$file")
        rows=$((rows + lines))
        rm "$file"
        until seen=$(newest_row "$1" 2>/dev/null) && [ "${seen:-0}" -ge "$rows" ]; do
            kill -0 "$worker_pid" 2>/dev/null || refuse "the worker failed"
            sleep 0.2
        done
        say "$1, $rows rows: $(awk '/^VmRSS/ { printf "%.1f MB", $2 / 1024 }' "/proc/$worker_pid/status")"
    done
    kill "$worker_pid"
    wait "$worker_pid" || refuse "the worker failed"
    worker_pid=''
    rows=$(count_rows "$1" task_status_audit)
    [ "$rows" = "$events" ] || unequal "tasktrail stored $rows of $events"
    stop_redis
}

measure_memory() {
    local store
    for store in "${stores[@]}"; do memory_of "$store"; done
}

measure_replay() {
    local store
    for store in "${stores[@]}"; do
        new_store "$store"
        "$programs/bench_store" --store "$store_url" --events "$events" --batch 10000 --sync normal \
            "$workload" || refuse "filling the store failed"
        if [ "$store" = sqlite ]; then
            cat "${store_url#sqlite:}" >/dev/null # into the page cache
        else
            psql -qAtX "$store_url" -c 'VACUUM ANALYZE'
        fi
        for ((run = 1; run <= runs; run++)); do
            say "$store, $events events: $("$programs/bench_lookup" --store "$store_url" --lookups "$LOOKUPS")"
        done
    done
}

"measure_$what"
exit 0
