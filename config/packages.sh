#!/bin/sh
# packages.sh LIST...: installs, through apt, the Debian packages named in
# config/packages.LIST that are missing here. Says what it installs. As another
# user than root it works through sudo. Where neither is possible it names the
# packages and ends with status 69.
set -u
export LC_ALL=C

here=$(dirname "$0")
[ $# -gt 0 ] || { echo "usage: packages.sh LIST..." >&2; exit 64; }

# Read the lists without their comments.
wanted=
for list in "$@"; do
	file=$here/packages.$list
	[ -r "$file" ] || { echo "packages.sh: no list $file" >&2; exit 66; }
	while read -r word rest || [ -n "$word" ]; do
		case $word in '' | '#'*) ;; *) wanted="$wanted $word" ;; esac
	done <"$file"
done

# Leave out what is installed.
if command -v dpkg-query >/dev/null 2>&1; then
	# shellcheck disable=SC2086
	installed=$(dpkg-query -W -f '${Package} ${db:Status-Abbrev}\n' $wanted \
		2>/dev/null | while read -r name status; do
		[ "$status" = ii ] && printf ' %s' "$name"
	done)
else
	installed=
fi
missing=
for package in $wanted; do
	case "$installed " in
	*" $package "*) ;;
	*) missing="$missing $package" ;;
	esac
done
[ -n "$missing" ] || exit 0

give_up() {
	echo "deps: $1; please install these Debian packages:" >&2
	echo "$missing" | fold -s -w 70 | sed 's/^ */  /; s/ *$//' >&2
	exit 69
}

# Find the way to root.
command -v apt-get >/dev/null 2>&1 || give_up "there is no apt here"
if [ "$(id -u)" = 0 ]; then
	as_root=
elif ! command -v sudo >/dev/null 2>&1; then
	give_up "you are not root, and there is no sudo"
elif sudo -n true 2>/dev/null; then
	as_root='sudo -n'
elif [ -t 0 ] && [ -t 2 ]; then
	as_root=sudo
else
	give_up "you are not root, and sudo wants a password"
fi

apt() {
	if [ "$as_root" = sudo ]; then
		sudo env DEBIAN_FRONTEND=noninteractive apt-get \
			-q -o DPkg::Lock::Timeout=300 "$@"
	else
		$as_root env DEBIAN_FRONTEND=noninteractive apt-get \
			-q -o DPkg::Lock::Timeout=300 "$@" </dev/null
	fi
}

# What apt prints is shown only when it fails: it is long.
log=$(mktemp "${TMPDIR:-/tmp}/deps.XXXXXX") || exit 73
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

install() {
	# shellcheck disable=SC2086
	apt install -y --no-install-recommends $missing >"$log" 2>&1
}

# Try with the package index at hand; fetch a new one only when that fails.
echo "deps: installing through apt:"
echo "$missing" | fold -s -w 70 | sed 's/^ */  /; s/ *$//'
install && exit 0
echo "deps: fetching the package index"
apt update >"$log" 2>&1 || { cat "$log" >&2; give_up "apt-get update failed"; }
install || { cat "$log" >&2; give_up "apt-get install failed"; }
