#!/bin/bash
# The demonstration: a sample site, a mail server that misbehaves by a script,
# the April 2026 issue to all sample contacts, and what the log says after it.
# Everything is kept in $BUILD/demo; the processes started here are ended here.
set -u
cd "$(dirname "$0")/../.." || exit 1

build=${BUILD:-build}
demo=$build/demo
site=$demo/site
issue=2026-04
public=https://news.example
server=

heading() { printf '\n== %s\n\n' "$*"; }
say_and_run() {
	printf '$ glocal-mail --site %s %s\n' "$site" "$*"
	"$build/glocal-mail" --site "$site" "$@"
}
fail() {
	echo "demo: $*" >&2
	exit 1
}
clean_up() {
	if [ -n "$server" ] && kill "$server" 2>/dev/null; then
		wait "$server" 2>/dev/null
	fi
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

heading "A site with the sample contacts and the April 2026 issue"
rm -rf "$demo"
mkdir -p "$demo/mail" || fail "cannot make $demo"
say_and_run init --sample || fail "init failed"

heading "A mail server that refuses some of it (tests/demo/script.smtp)"
"$build/fake-smtp" --script tests/demo/script.smtp --port-file "$demo/port" \
	--dump "$demo/mail" --log "$demo/server.log" \
	--stats "$demo/server.stats" --max-seconds 600 </dev/null &
server=$!
for _ in $(seq 200); do
	[ -s "$demo/port" ] && break
	kill -0 "$server" 2>/dev/null || break
	sleep 0.05
done
[ -s "$demo/port" ] || fail "the mail server did not start"
port=$(cat "$demo/port")
echo "It listens on 127.0.0.1:$port."
sed "s/@PORT@/$port/" tests/demo/glocal-mail.yaml >"$site/glocal-mail.yaml"

heading "Sending, with retries until nothing is left to do"
say_and_run send "$issue" --wait
status=$?

# 65 is the right end: some readers' servers refuse for good.
[ "$status" = 65 ] || fail "send ended with status $status instead of 65"

heading "What became of it"
say_and_run status "$issue" || fail "status failed"

heading "The last lines of the delivery log"
say_and_run log --issue "$issue" >"$demo/log.txt" || fail "log failed"
head -n 1 "$demo/log.txt"
tail -n +2 "$demo/log.txt" | tail -n 12

heading "What four of the readers received"
tests/demo/unpack.py "$demo/mail" "$demo/received" "$site" "$public" \
	kokusai@town-misato-shimane.example \
	kokusai@city-misato-saitama.example \
	culture@embassy-greece.example \
	kokusai@town-misato-miyazaki.example ||
	fail "a reader's message is missing"

heading "Look further"
echo "The site stays in $site until the next demo. Try:"
for words in "explain $issue kokusai@town-misato-shimane.example" \
	"log --issue $issue --state failed" "queue"; do
	echo "  $build/glocal-mail --site $site $words"
done
