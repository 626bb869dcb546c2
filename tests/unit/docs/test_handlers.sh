#!/usr/bin/env bash
# The handler that docs/handlers.md adds: its files and insertions are taken out of the page, put into a
# copy of the rooms, compiled without a warning, and its tests run.
set -euo pipefail

ROOT=$(dirname "$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")")
build=$(dirname "$(dirname "$TT_PROGRAM")")
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

fail() {
    echo "FAILED: $*"
    exit 1
}

mkdir -p "$tree/core" "$tree/tests/lib"
cp -r "$ROOT"/core/{base,model,handlers} "$tree/core/"
cp "$ROOT"/tests/lib/suite.{h,c} "$tree/tests/lib/"

# ```c file=PATH makes a file. ```c into=PATH before="LINE" puts a block in front of the line that begins
# so; "LINE  FROM" means the first such line behind the line that holds FROM.
perl -e '
    use strict; use warnings;
    my ($page, $tree) = @ARGV;
    open my $in, "<", $page or die "$page: $!\n";
    my $text = do { local $/; <$in> };
    my ($files, $edits) = (0, 0);
    while ($text =~ /^```c ([^\n]+)\n(.*?)^```$/msg) {
        my ($how, $code) = ($1, $2);
        if ($how =~ /^file=(\S+)$/) {
            my $path = "$tree/$1";
            system("mkdir", "-p", $path =~ s{/[^/]+$}{}r) == 0 or die;
            open my $out, ">", $path or die "$path: $!\n";
            print $out $code;
            close $out or die "$path: $!\n";
            $files++;
        } elsif ($how =~ /^into=(\S+) before="([^"]+)"$/) {
            my ($path, $line, $from) = ("$tree/$1", $2, undef);
            ($line, $from) = ($1, $2) if $line =~ /^(\s*\S.*?)  (\S.*)$/;
            open my $file, "<", $path or die "$path: $!\n";
            my @lines = <$file>;
            my $at = 0;
            if (defined $from) {
                $at++ while $at < @lines && index($lines[$at], $from) < 0;
            }
            $at++ while $at < @lines && index($lines[$at], $line) != 0;
            die "$how: there is no such line\n" if $at >= @lines;
            splice @lines, $at, 0, $code;
            open my $out, ">", $path or die "$path: $!\n";
            print $out @lines;
            close $out or die "$path: $!\n";
            $edits++;
        } else {
            die "unknown: $how\n";
        }
    }
    die "the page has $files files and $edits insertions\n" if $files < 3 || $edits < 5;
' "$ROOT/docs/handlers.md" "$tree" || fail "docs/handlers.md does not fit the source"

flags=(-std=gnu17 -D_GNU_SOURCE -O1 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wformat=2 -Wwrite-strings
    -Wcast-qual -Wno-sign-conversion -Werror -I"$tree")
read -r -a libraries <<<"$(pkg-config --cflags --libs check jansson)"
checks=0
for test in "$tree"/tests/unit/core/handlers/test_*.c; do
    cc "${flags[@]}" -o "$tree/test" "$test" "$tree"/tests/lib/suite.c "$tree"/core/handlers/*.c \
        "$build"/core/model/libtt_model.a "$build"/core/base/libtt_base.a "${libraries[@]}" ||
        fail "what docs/handlers.md says does not compile"
    "$tree/test" || fail "the test that docs/handlers.md shows fails"
    checks=$((checks + 1))
done
[ "$checks" -ge 2 ] || fail "docs/handlers.md shows $checks tests"
echo "100%: Checks: $checks, Failures: 0, Errors: 0"
