#!/usr/bin/env bash
# A call from one room into a room that its DEPS do not name does not link, though both rooms are
# linked into the same program; with the DEPS it links.
set -euo pipefail

ROOT=$(dirname "$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")")
project=$(mktemp -d)
trap 'rm -rf "$project"' EXIT

fail() {
    echo "FAILED: $*"
    exit 1
}

mkdir "$project"/{low,side,high}
cat >"$project/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(rooms LANGUAGES C)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
list(APPEND CMAKE_MODULE_PATH ${RULES})
include(Room)
add_subdirectory(low)
add_subdirectory(side)
add_subdirectory(high)
add_executable(program main.c)
target_link_libraries(program PRIVATE tt_high tt_side tt_low)
CMAKE
echo 'tt_room(low)' >"$project/low/CMakeLists.txt"
echo 'tt_room(side)' >"$project/side/CMakeLists.txt"
echo 'int low(void) { return 1; }' >"$project/low/low.c"
echo 'int side(void) { return 2; }' >"$project/side/side.c"
echo 'int high(void); int main(void) { return high(); }' >"$project/main.c"

# build DEPS BODY: builds the project with this room `high`; says nothing, keeps the output.
build() {
    echo "tt_room(high $1)" >"$project/high/CMakeLists.txt"
    echo "int low(void); int side(void); int high(void) { return $2; }" >"$project/high/high.c"
    cmake -S "$project" -B "$project/build" -G Ninja -DRULES="$ROOT/cmake" >"$project/output" 2>&1 &&
        cmake --build "$project/build" --parallel 2 >>"$project/output" 2>&1
}

build 'DEPS low' 'low()' || fail "an allowed call does not link: $(cat "$project/output")"
if build 'DEPS low' 'low() + side()'; then
    fail "a call of a room that DEPS does not name links"
fi
grep -q "undefined reference to .side'" "$project/output" ||
    fail "it failed for another reason: $(cat "$project/output")"
build 'DEPS low side' 'low() + side()' ||
    fail "with the room named it does not link: $(cat "$project/output")"

echo "100%: Checks: 3, Failures: 0, Errors: 0"
