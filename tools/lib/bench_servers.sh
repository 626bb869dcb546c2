# shellcheck shell=bash
# Servers and stores of a measurement, in a folder that goes away with it. Sourced after bench.sh;
# sets `socket` (Redis) and `store_url`.

runtime=$(mktemp -d "${TMPDIR:-/tmp}/tasktrail-bench.XXXXXX")
chmod 755 "$runtime"
redis_pid='' postgres_pid='' worker_pid='' load_pids=() stores_made=0
stop_load() {
    [ ${#load_pids[@]} = 0 ] || kill "${load_pids[@]}" 2>/dev/null || true
    load_pids=()
}
stop_servers() {
    stop_load
    [ -z "$worker_pid" ] || kill -KILL "$worker_pid" 2>/dev/null || true
    [ -z "$redis_pid" ] || kill "$redis_pid" 2>/dev/null || true
    [ -z "$postgres_pid" ] || kill -INT "$postgres_pid" 2>/dev/null || true
    wait
    rm -rf "$runtime"
}
trap stop_servers EXIT

# start_redis: an empty one, append-only file written every second.
start_redis() {
    local folder
    folder=$(mktemp -d "$runtime/redis.XXXXXX")
    # shellcheck disable=SC2034
    socket=$folder/socket
    redis-server --port 0 --unixsocket "$socket" --dir "$folder" --save '' \
        --appendonly yes --appendfsync everysec >"$folder/log" 2>&1 &
    redis_pid=$!
    until [ "$(redis-cli -s "$socket" ping 2>/dev/null)" = PONG ]; do
        kill -0 "$redis_pid" 2>/dev/null || refuse "redis-server: see $folder/log"
        sleep 0.05
    done
}
stop_redis() {
    kill "$redis_pid"
    wait "$redis_pid" || true
    redis_pid=''
    rm -rf "$runtime"/redis.*
}

# Programs of PostgreSQL are off the PATH on Debian; the server does not run as root.
postgres_program() {
    local found
    found=$(find /usr/lib/postgresql/*/bin -name "$1" 2>/dev/null | sort -V | tail -n 1)
    echo "${found:-$1}"
}
as_postgres() {
    if [ "$(id -u)" = 0 ]; then
        (cd "$runtime/postgres" && exec setpriv --reuid postgres --regid postgres --clear-groups "$@")
    else
        (cd "$runtime/postgres" && exec "$@")
    fi
}
# A new server fills every file of its log with zeros before it writes to it; one that has run for a
# while uses the old ones again.
age_postgres() {
    psql -qAtX "host=$runtime/postgres user=tasktrail dbname=postgres" -c CHECKPOINT -c "SELECT count(
        pg_logical_emit_message(false, '', repeat('x', 1000000))) FROM generate_series(1, 900)" \
        -c CHECKPOINT >/dev/null
}
start_postgres() {
    mkdir -p "$runtime/postgres"
    [ "$(id -u)" != 0 ] || chown postgres "$runtime/postgres"
    run_quietly "$WORK/initdb.log" as_postgres "$(postgres_program initdb)" -D data -U tasktrail \
        -A trust -E UTF8 --locale=C --no-instructions || refuse "initdb failed (above)"
    as_postgres "$(postgres_program postgres)" -D data -c "unix_socket_directories=$runtime/postgres" \
        -c listen_addresses= -c shared_buffers=512MB -c max_wal_size=4GB -c min_wal_size=1GB \
        >"$runtime/postgres.log" 2>&1 &
    postgres_pid=$!
    until psql -qAtX "host=$runtime/postgres user=tasktrail dbname=postgres" -c 'SELECT 1' \
        >/dev/null 2>&1; do
        kill -0 "$postgres_pid" 2>/dev/null || refuse "postgres: $(cat "$runtime/postgres.log")"
        sleep 0.1
    done
    # What was started above is a shell that waits for the server: it would keep a signal to itself.
    postgres_pid=$(head -n 1 "$runtime/postgres/data/postmaster.pid")
    age_postgres
}

# new_store sqlite|postgres: an empty one; the one before goes away.
new_store() {
    stores_made=$((stores_made + 1))
    if [ "$1" = sqlite ]; then
        rm -f "$runtime"/store-*
        store_url=sqlite:$runtime/store-$stores_made.db
        return
    fi
    [ -n "$postgres_pid" ] || start_postgres
    psql -qAtX "host=$runtime/postgres user=tasktrail dbname=postgres" \
        -c 'SET client_min_messages = warning' -c 'DROP DATABASE IF EXISTS bench' -c 'CREATE DATABASE bench' -c CHECKPOINT
    store_url="postgresql://tasktrail@/bench?host=$runtime/postgres"
}

# count_rows sqlite|postgres TABLE
count_rows() {
    if [ "$1" = sqlite ]; then
        sqlite3 "${store_url#sqlite:}" "SELECT count(*) FROM $2"
    else
        psql -qAtX "$store_url" -c "SELECT count(*) FROM $2"
    fi
}
