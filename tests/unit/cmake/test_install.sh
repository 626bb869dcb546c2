#!/usr/bin/env bash
# An installed tasktrail has what it needs: `demo` runs from there, whatever folder it was moved to, and
# each link within the documents leads to a file.
set -euo pipefail

ROOT=$(dirname "$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")")
build=$(dirname "$(dirname "$TT_PROGRAM")")
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
checks=0

expect() {
    checks=$((checks + 1))
    "${@:2}" || {
        echo "FAILED: $1"
        exit 1
    }
}

cmake --install "$build" --prefix "$place/first" >"$place/output" 2>&1 || {
    echo "FAILED: cmake --install: $(cat "$place/output")"
    exit 1
}
mv "$place/first" "$place/moved"

log=$place/moved/share/tasktrail/fixtures/dpkg/dpkg.log
expect 'the log that demo falls back to is not installed' cmp -s "$ROOT/fixtures/dpkg/dpkg.log" "$log"
TMPDIR=$place "$place/moved/bin/tasktrail" demo --zone UTC -o "$place/results" "$log" >"$place/output" 2>&1 || {
    echo "FAILED: the installed demo: $(cat "$place/output")"
    exit 1
}
expect 'demo takes a lifecycle that is not the installed one' \
    grep -qF -- "--lifecycle $place/moved/share/tasktrail/fixtures/lifecycles/dpkg.json" "$place/output"
expect 'demo leaves no report' [ -s "$place/results/report.html" ]

# links FILE: what its links and images name, without anchors and other places.
links() {
    perl -ne 'print "$1\n" while /(?:\]\(|src=")([^)"#]+)/g' "$1" | grep -v '^[a-z]*:' || true
}
found=0
while read -r page; do
    while read -r link; do
        found=$((found + 1))
        expect "${page#"$place/moved/"} links to $link, which is not installed" [ -e "$(dirname "$page")/$link" ]
    done < <(links "$page")
done < <(find "$place/moved/share/doc" -name '*.md')
expect "only $found links were found" [ "$found" -gt 50 ]

echo "100%: Checks: $checks, Failures: 0, Errors: 0"
