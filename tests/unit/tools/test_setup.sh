#!/usr/bin/env bash
# tools/setup asks for what is missing and for nothing else, once, starts no service, and says
# clearly when it cannot. Seen on a made-up machine: a PATH of stubs.
set -euo pipefail

ROOT=$(dirname "$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")")
machine=$(mktemp -d)
trap 'rm -rf "$machine"' EXIT
checks=0

expect() {
    checks=$((checks + 1))
    "${@:2}" || {
        echo "FAILED: $1: status $status, said: $output; calls: $(cat "$machine/calls")"
        exit 1
    }
}
stub() {
    printf '#!/bin/bash\n%s\n' "$2" >"$machine/bin/$1"
    chmod +x "$machine/bin/$1"
}

# A machine with the basic tools, a user who is not root, and sudo; apt-get "installs" by creating
# commands and libraries, and everything done as root is written down instead of done.
new_machine() {
    rm -rf "${machine:?}"/*
    mkdir -p "$machine/bin" "$machine/libraries"
    : >"$machine/calls"
    local tool
    for tool in bash dirname readlink sed awk sort cat env mktemp rm printf ls touch; do
        ln -s "$(command -v "$tool")" "$machine/bin/$tool"
    done
    stub id 'echo 1000'
    # shellcheck disable=SC2016 # expanded by the stub
    stub sudo 'echo "root: $*" >>'"$machine"'/calls
        case $1 in env) exec "$@" ;; tee) cat >/dev/null ;; esac'
    # shellcheck disable=SC2016
    stub apt-get 'folder='"$machine"'
        for word in "$@"; do case $word in
            nodejs) touch $folder/bin/node ;;
            npm | time) touch $folder/bin/$word ;;
            redis-server) touch $folder/bin/redis-server ;;
        esac; done
        for f in node npm time redis-server; do [ -e $folder/bin/$f ] && PATH=/bin:/usr/bin chmod +x $folder/bin/$f; done; exit 0'
}
setup() {
    status=0
    output=$(PATH=$machine/bin "$ROOT/tools/setup" "$@" 2>&1 </dev/null) || status=$?
}
calls() { grep -c -- "$1" "$machine/calls" || true; }
said() { [[ $output = *"$1"* ]]; }

new_machine
setup bench
expect 'installs what is missing' [ $status = 0 ]
expect 'names what it installs' said 'installing nodejs npm time'
expect 'updates the lists once' [ "$(calls 'apt-get .*update')" = 1 ]
expect 'installs in one go' [ "$(calls 'install -y --no-install-recommends nodejs npm time')" = 1 ]
expect 'asks no questions' [ "$(calls DEBIAN_FRONTEND=noninteractive)" = 2 ]
: >"$machine/calls"
setup bench
expect 'says that all is there' said 'all there (bench)'
expect 'does nothing the second time' [ ! -s "$machine/calls" ]
rm "$machine/bin/npm"
setup bench
expect 'installs the missing one alone' [ "$(calls 'no-install-recommends npm$')" = 1 ]

new_machine
setup run
expect 'installs redis-server' [ $status = 0 ]
if [ ! -e /usr/sbin/policy-rc.d ]; then
    expect 'forbids services before it installs' \
        [ "$(grep -n 'tee .*policy-rc.d' "$machine/calls" | cut -d: -f1)" = 1 ]
    expect 'takes the ban away at the end' [ "$(calls 'rm -f .*policy-rc.d')" = 1 ]
fi

new_machine
rm "$machine/bin/sudo"
setup bench
expect 'without root and sudo it is refused' [ $status = 2 ]
expect 'it says what to run' said 'run this as root: apt-get install nodejs npm time'

new_machine
rm "$machine/bin/apt-get"
setup bench
expect 'without apt-get it is refused' [ $status = 2 ]
expect 'it says what is missing' said 'no apt-get'

new_machine
stub apt-get 'echo "E: no network"; exit 100'
setup bench
expect 'a failed installation is told' [ $status = 2 ]
expect 'with the words of apt-get' said 'E: no network'

new_machine
stub apt-get 'exit 0'
setup bench
expect 'an installation that brings nothing is told' said 'still not found or too old: nodejs npm time'

new_machine
setup build nonsense
expect 'an unknown group is refused' [ $status = 2 ]
expect 'it says what it expected' said 'expected build, run, test or bench'
expect 'it has done nothing' [ ! -s "$machine/calls" ]

echo "100%: Checks: $checks, Failures: 0, Errors: 0"
