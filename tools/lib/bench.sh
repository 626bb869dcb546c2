# shellcheck shell=bash
# What the measurements share. Sourced after say.sh and build.sh; ROOT is the top of the source tree.

WORK=$ROOT/build/bench
# shellcheck disable=SC2034
TASKTRAIL=$ROOT/build/release/cli/tasktrail

# number OPTION VALUE
number() {
    [[ $2 =~ ^[1-9][0-9]*$ ]] || refuse "$1: '$2': expected a number from 1"
}

# make_workload EVENTS SEED: sets `workload`, makes the file unless it is there.
make_workload() {
    workload=$WORK/events-$1-seed-$2.ndjson
    [ ! -e "$workload" ] || return 0
    local need=$(($1 * 250 / 1024)) free
    free=$(df -Pk "$WORK" | awk 'NR == 2 { print $4 }')
    [ "$free" -gt "$need" ] || refuse "$WORK: $((need / 1024)) MB needed, $((free / 1024)) MB free"
    step_start
    "$ROOT/build/release/tests/generate" --events "$1" --seed "$2" >"$workload.part"
    mv "$workload.part" "$workload"
    say "workload made in $(step_time)"
}

# npm_install FILE...: tests/bench/package.json and these programs into build/bench, with packages.
npm_install() {
    local file
    for file in package.json "$@"; do cp "$ROOT/tests/bench/$file" "$WORK/"; done
    (cd "$WORK" && run_quietly "$WORK/npm.log" npm install --ignore-scripts --no-fund --no-audit) ||
        refuse "npm install failed (above)"
}

# Built here: what its installer does by itself is to fetch a binary. Node's headers have to be there.
build_better_sqlite3() {
    local folder=$WORK/node_modules/better-sqlite3 gyp headers
    [ ! -e "$folder/build/Release/better_sqlite3.node" ] || return 0
    headers=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")
    [ -e "$headers/include/node/node.h" ] || refuse "$headers/include/node/node.h: not there"
    gyp=$(npm root --global)/npm/node_modules/node-gyp/bin/node-gyp.js
    [ -e "$gyp" ] || refuse "$gyp: not there"
    step_start
    (cd "$folder" && run_quietly "$WORK/npm-sqlite.log" "$gyp" rebuild --release --nodedir="$headers") ||
        refuse "building better-sqlite3 failed (above)"
    say "better-sqlite3 built in $(step_time)"
}

# median FILE COLUMN
median() {
    awk -v c="$2" '{ print $c }' "$1" | sort -g |
        awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}
