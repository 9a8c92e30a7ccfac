#!/bin/sh
# fetch.sh DIR: installs Chromium and its fonts (config/packages.browser), and
# into DIR/node_modules what package-lock.json names. Does nothing when DIR/done
# is newer than those lists. Ends with status 69 where they cannot be had.
set -eu
export LC_ALL=C

[ $# -eq 1 ] || { echo "usage: fetch.sh DIR" >&2; exit 64; }
here=$(cd "$(dirname "$0")" && pwd)
config=$here/../../config
mkdir -p "$1"
dir=$(cd "$1" && pwd)

"$config/packages.sh" browser
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
	"$config/packages.sh" node
fi
[ ! -e "$dir/done" ] || [ "$here/package-lock.json" -nt "$dir/done" ] || exit 0

rm -f "$dir/done"
cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$dir"
cd "$dir"
echo "fetching what drives the browser, through npm, into $1"
npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=1 \
	--fetch-timeout=60000 >log 2>&1 </dev/null || { cat log >&2; exit 69; }
touch done
