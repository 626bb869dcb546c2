# shellcheck shell=bash
# What the tools share: how they speak and keep time. Sourced, never run.
# Set TT_SAY to the tool's name first.

say() { printf '%s: %s\n' "$TT_SAY" "$*"; }

# A usage error or something the tool cannot do without: one message, status 2.
refuse() {
    printf '%s: %s\n' "$TT_SAY" "$*" >&2
    exit 2
}

# step_start ... step_time: the seconds between, as "12.3 s".
step_start() { TT_STEP_STARTED=${EPOCHREALTIME/[.,]/}; }
step_time() {
    local now=${EPOCHREALTIME/[.,]/} tenths
    tenths=$(((now - TT_STEP_STARTED) / 100000))
    printf '%d.%d s' $((tenths / 10)) $((tenths % 10))
}

# run_quietly LOG COMMAND...: runs it in a subshell, keeps the output in LOG and shows it only when the command fails.
run_quietly() {
    local log=$1 status=0
    shift
    ("$@") >"$log" 2>&1 </dev/null || status=$?
    [ $status = 0 ] || cat "$log"
    return $status
}
