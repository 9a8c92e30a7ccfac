#!/bin/sh
# fetch.sh DIR: unpacks the packages of config/packages.real, and what they
# need and this system lacks, into DIR/root. Nothing is installed and no
# service is started. Does nothing when the list is no newer than DIR/done.
set -eu
export LC_ALL=C DEBIAN_FRONTEND=noninteractive

[ $# -eq 1 ] || { echo "usage: fetch.sh DIR" >&2; exit 64; }
list=$(dirname "$0")/../../config/packages.real
mkdir -p "$1"
dir=$(cd "$1" && pwd)
[ ! -e "$dir/done" ] || [ "$list" -nt "$dir/done" ] || exit 0
command -v apt-get >/dev/null || { echo "fetch.sh: no apt here" >&2; exit 69; }
echo "unpacking real servers into $1"

# One package at a time: mail servers conflict with one another.
download() {
	sed 's/#.*//' "$list" | while read -r package; do
		[ -z "$package" ] || apt-get -q -y --download-only \
			--reinstall --no-install-recommends \
			-o DPkg::Lock::Timeout=300 -o APT::Sandbox::User=root \
			-o Dir::Cache::archives="$dir/archives" \
			install "$package" </dev/null >>"$dir/log" 2>&1 || return 1
	done
}

# Try with the package index at hand; fetch a new one only when that fails.
rm -rf "$dir/archives" "$dir/root" "$dir/done"
mkdir -p "$dir/archives/partial" "$dir/root"
: >"$dir/log"
download || { apt-get -q update >>"$dir/log" 2>&1 && download; } || {
	cat "$dir/log" >&2
	exit 69
}
for archive in "$dir"/archives/*.deb; do
	dpkg-deb -x "$archive" "$dir/root"
done
rm -rf "$dir/archives"
touch "$dir/done"
