# shellcheck shell=bash
# Building a preset without noise. Sourced after say.sh; ROOT is the top of the source tree.

# build_preset NAME: configures and builds build/NAME. Says one line; the compiler's own words are
# shown only when it fails, and stand in build/log/.
build_preset() {
    local preset=$1 log=$ROOT/build/log/build-$1.log
    mkdir -p "$ROOT/build/log"
    step_start
    if ! (cd "$ROOT" && run_quietly "$log" build_steps "$preset"); then
        say "build $preset FAILED after $(step_time)"
        return 1
    fi
    say "build $preset: $(step_time)"
}

build_steps() {
    cmake --preset "$1" && cmake --build --preset "$1" --parallel "$(nproc)"
}
