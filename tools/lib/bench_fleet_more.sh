# shellcheck shell=bash
# The other questions of tools/bench fleet: latency, memory, replay. Sourced by bench_fleet.sh, whose
# variables these are; does what `what` says and ends.
# shellcheck disable=SC2154,SC2317

programs=$ROOT/build/release/tests

# offer_and_look tasktrail|bullmq TABLE RUNS_FILE
offer_and_look() {
    local wanted=$((RATE * SECONDS_OFFERED)) looker
    "$programs/bench_arrivals" --store "$store_url" --table "$2" --count "$wanted" >"$WORK/arrivals" &
    looker=$!
    (cd "$WORK" && node offer.mjs "$1" "$socket" "$workload" "$RATE" "$SECONDS_OFFERED" >/dev/null) ||
        refuse "offering failed"
    wait "$looker" || unequal "not every event has a row"
    cat "$WORK/arrivals" >>"$3"
}

latency_tasktrail() {
    start_redis
    new_store "$1"
    "$TASKTRAIL" worker --quiet --redis "unix://$socket" --store "$store_url" --sync "$sync" \
        --until-idle || refuse "the worker failed" # makes queue and tables
    "$TASKTRAIL" worker --quiet --redis "unix://$socket" --store "$store_url" --sync "$sync" &
    worker_pid=$!
    offer_and_look tasktrail task_status_audit "$WORK/latency-$1-tasktrail.runs"
    kill "$worker_pid"
    wait "$worker_pid" || refuse "the worker failed"
    worker_pid=''
    stop_redis
}

latency_bullmq() {
    start_redis
    new_store "$1"
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
    local run store
    rm -f "$WORK"/latency-*.runs
    for ((run = 1; run <= runs; run++)); do
        for store in "${stores[@]}"; do
            latency_tasktrail "$store"
            [ "$alone" = yes ] || latency_bullmq "$store"
            say "run $run of $runs, $store: $(last "latency-$store-tasktrail")" \
                "$([ "$alone" = yes ] || echo "BullMQ $(last "latency-$store-bullmq")") (p50 p99 longest, ms)"
        done
    done
    say "$RATE events a second for $SECONDS_OFFERED s, --sync $sync, median of $runs, $(nproc) cores"
    for store in "${stores[@]}"; do
        for name in tasktrail bullmq; do
            [ -e "$WORK/latency-$store-$name.runs" ] || continue
            printf '%-9s %-9s p50 %s ms, p99 %s ms\n' "$store" "$name" \
                "$(median "$WORK/latency-$store-$name.runs" 1)" "$(median "$WORK/latency-$store-$name.runs" 2)"
        done
    done
}

measure_memory() {
    local part=0 rows=0 size=$((events / 20)) seen file
    start_redis
    new_store sqlite
    "$TASKTRAIL" worker --quiet --redis "unix://$socket" --store "$store_url" --sync "$sync" "${batch[@]}" &
    worker_pid=$!
    split --lines="$((size > 0 ? size : 1))" "$workload" "$runtime/part-"
    for file in "$runtime"/part-*; do
        "$TASKTRAIL" emit --quiet --redis "unix://$socket" "$file" || refuse "emit failed"
        rows=$((rows + $(wc -l <"$file")))
        rm "$file"
        until seen=$(sqlite3 "${store_url#sqlite:}" 'SELECT max(rowid) FROM task_status_audit') &&
            [ "${seen:-0}" -ge "$rows" ]; do sleep 0.1; done
        part=$((part + 1))
        say "$rows rows: $(awk '/^VmRSS/ { printf "%.1f MB", $2 / 1024 }' "/proc/$worker_pid/status")"
    done
    kill "$worker_pid"
    wait "$worker_pid" || refuse "the worker failed"
    worker_pid=''
}

measure_replay() {
    local store
    for store in "${stores[@]}"; do
        new_store "$store"
        "$programs/bench_store" --store "$store_url" --events "$events" --batch 10000 --sync normal \
            "$workload" || refuse "filling the store failed"
        [ "$store" = sqlite ] || psql -qAtX "$store_url" -c 'VACUUM ANALYZE'
        for ((run = 1; run <= runs; run++)); do
            say "$store, $events events: $("$programs/bench_lookup" --store "$store_url" --lookups "$LOOKUPS" "$workload")"
        done
    done
}

"measure_$what"
exit 0
