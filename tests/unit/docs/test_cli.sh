#!/usr/bin/env bash
# docs/cli.md names every command and option that the program has, and none that it has not.
set -euo pipefail

ROOT=$(dirname "$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")")
page=$ROOT/docs/cli.md
checks=0
commands=$("$TT_PROGRAM" --help | sed -n 's/^  \([a-z]\{1,\}\) .*/\1/p')
known=$'config\nhelp\nversion'

expect() {
    checks=$((checks + 1))
    "${@:2}" || {
        echo "FAILED: $1"
        exit 1
    }
}

expect "tasktrail --help names no commands" [ "$(wc -l <<<"$commands")" -gt 5 ]
for command in $commands; do
    expect "docs/cli.md does not name the command $command" grep -q "^| \`$command\b" "$page"
    options=$("$TT_PROGRAM" "$command" --help |
        sed -n 's/^  \(-[a-z], \|    \)--\([a-z-]*\).*/\2/p')
    expect "tasktrail $command --help names no options" [ -n "$options" ]
    for option in $options; do
        expect "docs/cli.md does not name --$option of $command" grep -q -- "--$option\b" "$page"
    done
    known+=$'\n'$options
done
# Who has an option, says the page: the commands that begin its text ("report: ..."), else those in
# the section's heading; and "`repair` takes `--ties`, ..." up to the full stop.
said=$(perl -e '
    my %command = map { $_ => 1 } split " ", shift;
    my (@section, $text);
    while (<>) {
        $text .= /^\|/ ? "" : $_;
        if (/^## /) { @section = grep { $command{$_} } /`([a-z]+)[` ]/g; }
        next unless /^\| (`-[^|]*) \| (.*) \|$/;
        my ($options, $means) = ($1, $2);
        my @who = $means =~ /^([a-z]+(?:, [a-z]+)*): / ? split(/, /, $1) : ();
        @who = @section if !@who || grep { !$command{$_} } @who;
        for my $option ($options =~ /--([a-z-]+)/g) { print "$_ $option\n" for @who; }
    }
    while ($text =~ /`([a-z]+)` takes ([^.]*)\./g) {
        my $who = $1;
        print "$who $_\n" for $2 =~ /`--([a-z-]+)`/g;
    }' "$(tr '\n' ' ' <<<"$commands")" "$page" | sort -u)
has=$(for command in $commands; do
    "$TT_PROGRAM" "$command" --help | sed -n "/^Common/q; s/^  \(-[a-z], \|    \)--\([a-z-]*\).*/$command \2/p"
done | sort -u)
expect "docs/cli.md, <, and --help, >, differ in who has which option: $(diff <(echo "$said") <(echo "$has"))" \
    [ "$said" = "$has" ]

while read -r option; do
    expect "docs/cli.md names --$option, which no command has" grep -qx -- "$option" <<<"$known"
done < <(grep -o -- '--[a-z][a-z-]*' "$page" | sed 's/^--//' | sort -u)

expect "docs/cli.md does not tell the version option" \
    grep -q "^tasktrail [0-9]*\.[0-9]*\.[0-9]*$" <<<"$("$TT_PROGRAM" --version)"
echo "100%: Checks: $checks, Failures: 0, Errors: 0"
