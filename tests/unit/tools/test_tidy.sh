#!/usr/bin/env bash
# tools/tidy refuses a bad snippet for each of its rules, names the place, and lets good ones pass.
set -euo pipefail

ROOT=$(dirname "$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")")
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
cases=0
refused=()

fail() {
    echo "FAILED: $*"
    exit 1
}

# Runs tidy over a tree that holds nothing but the file PATH with the text of stdin.
tidy_alone() {
    rm -rf "${tree:?}"/*
    mkdir -p "$tree/$(dirname "$1")"
    cat >"$tree/$1"
    [ $# = 1 ] || chmod "$2" "$tree/$1"
    status=0
    output=$("$ROOT/tools/tidy" --root "$tree" 2>&1) || status=$?
    cases=$((cases + 1))
}

# refuses RULE PATH LINE [MODE] <TEXT: exactly one breach, of that rule, at that line.
refuses() {
    tidy_alone "$2" "${@:4}"
    [ $status = 1 ] || fail "$1 in $2: status $status, expected 1: $output"
    [ "$(grep -c "^$2:$3: \[$1\] " <<<"$output")" = 1 ] || fail "$1 in $2:$3: $output"
    grep -q '1 breaches$' <<<"$output" || fail "$1 in $2: more than one breach: $output"
    refused+=("$1")
}

# accepts PATH [MODE] <TEXT
accepts() {
    tidy_alone "$@"
    [ $status = 0 ] || fail "$1: refused: $output"
}

repeat() {
    for ((i = 0; i < $2; i++)); do printf '%s\n' "$1"; done
}
function_of() {
    printf 'int f(void)\n{\n'
    repeat '    x++;' "$1"
    printf '}\n'
}
guarded() { printf '#ifndef %s\n#define %s\n#endif\n' "$1" "$1"; }

# Rooms
refuses room core/base/x.c 1 <<<'#include "core/model/event.h"'
refuses room core/model/x.c 2 <<<$'#include "core/base/str.h"\n#include "replay/pass.h"'
refuses room replay/x.c 1 <<<'#include "core/port/store.h"'
refuses room replay/x.c 1 <<<'#include "core/engine/worker.h"'
refuses room core/handlers/x.c 1 <<<'#include "core/port/store.h"'
refuses room core/engine/x.c 1 <<<'#include "adapters/redis/queue.h"'
refuses room reports/x.c 1 <<<'#include "core/engine/worker.h"'
refuses room adapters/redis/x.c 1 <<<'#include "adapters/sqlite/store.h"'
refuses room adapters/redis/x.c 1 <<<'#include "replay/report.h"'
refuses room cli/x.c 1 <<<'#include "tests/lib/suite.h"'
refuses room replay/CMakeLists.txt 2 <<<$'# replay\ntt_room(replay DEPS base model port LIBS Threads::Threads)'
accepts replay/CMakeLists.txt <<<'tt_room(replay DEPS LIBS Threads::Threads)'
accepts cli/x.c <<<'#include "adapters/sqlite/store.h"'
accepts adapters/redis/x.c <<<'#include "adapters/redis/reply.h"'
accepts tests/unit/test_x.c <<<'#include "adapters/sqlite/store.h"'

# Libraries
refuses vendor core/model/x.c 1 <<<'#include <jansson.h>'
refuses vendor core/engine/x.c 1 <<<'#include <hiredis/hiredis.h>'
refuses vendor adapters/redis/x.c 1 <<<'#include <sqlite3.h>'
refuses vendor replay/x.c 1 <<<'#include <zlib.h>'
accepts core/base/json.c <<<'#include <jansson.h>'
accepts adapters/redis/x.c <<<'#include <hiredis/hiredis.h>'

# Sizes
refuses file-length core/base/x.c 451 < <(repeat 'int x;' 451)
accepts core/base/x.c < <(repeat 'int x;' 450)
refuses file-length tests/unit/test_x.c 801 < <(repeat 'int x;' 801)
refuses function-length core/base/x.c 2 < <(function_of 81)
accepts core/base/x.c < <(function_of 80)
refuses function-length tests/unit/test_x.c 2 < <(function_of 151)
refuses columns core/base/x.c 1 <<<"/* $(printf 'x%.0s' {1..98}) */"
accepts core/base/x.c <<<"/* $(printf 'ü%.0s' {1..90}) */"

# Functions nobody calls
for name in strcpy strcat sprintf vsprintf gets strtok atoi atol atof rand srand time sleep usleep \
    system popen alloca malloc calloc realloc free strdup asprintf clock_gettime; do
    refuses banned core/base/x.c 3 <<<$'int f(void)\n{\n    x = '"$name"$'(y);\n}'
done
refuses banned tests/unit/test_x.c 1 <<<'int x = rand();'
accepts core/base/x.c <<<'/* malloc(3) */ const char *x = "free(x)"; int tt_free(int); // time(0)'
accepts core/base/x.c <<<'int x = clock->time(clock) + clock.time(clock) + my_time(1);'
accepts core/base/mem.c <<<'void *x = malloc(1);'
accepts core/base/json.c <<<'free(x); /* tidy: free: the library allocates with malloc */'
accepts core/base/json.c <<<$'/* tidy: free: the library allocates with malloc */\nfree(x);'
refuses banned core/base/json.c 1 <<<'free(x); /* tidy: free: */'
refuses banned core/base/json.c 1 <<<'malloc(x); /* tidy: free: the library allocates with malloc */'

# SQL
refuses sql-format adapters/sqlite/x.c 1 <<<'f("SELECT a FROM b WHERE c = %s", d);'
refuses sql-format adapters/sqlite/x.c 1 <<<$'f("DELETE FROM b "\n  "WHERE c = %-5lld", d);'
refuses sql-format adapters/sqlite/x.c 1 <<<'f("INSERT OR IGNORE INTO b VALUES (%" PRId64 ")", d);'
refuses sql-format adapters/sqlite/x.c 1 <<<'f("UPDATE b SET c = %d", d);'
accepts adapters/sqlite/x.c <<<'f("SELECT a FROM b WHERE c = ?1"); g("%s: SELECTED", d);'

# Headers
refuses guard core/base/x.h 1 <<<'int x;'
refuses guard core/base/x.h 1 < <(guarded TT_BASE_Y_H)
refuses guard core/base/x.h 1 < <(guarded BASE_X_H)
accepts core/base/x.h < <(guarded TT_BASE_X_H)

# All text. The words stand in two halves so that this file is clean itself.
refuses unfinished docs/x.md 2 <<<$'# x\n'"TO""DO: later"
refuses unfinished core/base/x.c 1 <<<"/* FIX""ME */"
accepts core/base/x.c <<<'const char *path = "XXXXXX";'
refuses space docs/x.md 1 <<<'x '
refuses space core/base/x.c 1 <<<$'\tint x;'
refuses space docs/x.md 1 <<<$'x\r'
refuses final-newline docs/x.md 2 < <(printf '# x\ny')
refuses machine-path docs/x.md 1 <<<"see /ho""me/somebody/file"
refuses machine-path core/base/x.c 1 <<<"const char *x = \"/wo""rk/tree\";"
accepts docs/x.md <<<"a frame""work/thing and https://example.org/wo""rk/x"
refuses script tools/x 1 644 <<<$'#!/usr/bin/env bash\nset -euo pipefail'
refuses script tools/x 1 755 <<<$'#!/usr/bin/env bash\necho'
accepts tools/x 755 <<<$'#!/usr/bin/env bash\nset -euo pipefail'
refuses dead-link docs/x.md 1 <<<'[there](nowhere.md#part)'
refuses dead-link README.md 1 <<<'<img src="docs/img/none.svg">'
accepts docs/x.md <<<'[here](x.md) [web](https://example.org/none) [part](#part)'

# Every rule has been seen to refuse something.
while read -r rule _; do
    case " ${refused[*]} " in
    *" $rule "*) ;;
    *) fail "no case for the rule $rule" ;;
    esac
done < <("$ROOT/tools/tidy" --rules)

# A wrong flag and a missing folder are usage errors.
for wrong in --no-such-flag "--root $tree/none"; do
    status=0
    # shellcheck disable=SC2086 # two words
    "$ROOT/tools/tidy" $wrong >/dev/null 2>&1 || status=$?
    [ $status = 2 ] || fail "tidy $wrong: status $status, expected 2"
    cases=$((cases + 1))
done

# In the words of the other test programs, so that the cases are counted.
echo "100%: Checks: $cases, Failures: 0, Errors: 0"
