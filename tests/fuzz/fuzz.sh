#!/bin/sh
# fuzz.sh BUILD SECONDS JOBS TARGET...: runs each target with libFuzzer for so
# many seconds, JOBS at a time, from tests/fuzz/corpus/TARGET and what earlier
# runs found in BUILD/corpus/TARGET. Ends with 0 when none crashed.
set -u
build=$1 seconds=$2 jobs=$3
shift 3
here=$(dirname "$0")
mkdir -p "$build/crash"
export ASAN_OPTIONS=detect_leaks=1 build seconds here
export LSAN_OPTIONS=suppressions=$here/leaks.txt:print_suppressions=0

# shellcheck disable=SC2016
printf '%s\n' "$@" | xargs -P "$jobs" -I NAME sh -c '
	mkdir -p "$build/corpus/NAME"
	if "$build/fuzz/fuzz_NAME" -max_total_time="$seconds" -max_len=20000 \
		-timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
		-artifact_prefix="$build/crash/NAME-" \
		"$build/corpus/NAME" "$here/corpus/NAME" \
		>"$build/crash/NAME.log" 2>&1
	then
		runs=$(sed -n "s/^stat::number_of_executed_units: *//p" \
			"$build/crash/NAME.log")
		echo "NAME: clean, $runs inputs in $seconds s"
	else
		tail -n 40 "$build/crash/NAME.log"
		echo "NAME: CRASHED, see $build/crash/NAME.log"
		exit 1
	fi'
