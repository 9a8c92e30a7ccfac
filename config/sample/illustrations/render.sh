#!/bin/sh
# Renders the drawings of this folder, which were made for this issue, as the
# PNG files that the April 2026 issue shows: 1200 x 750 pixels, 64 colours.
# Needs rsvg-convert (Debian: librsvg2-bin), pngquant and optipng.
#
#     config/sample/illustrations/render.sh [NAME…]      without names: all
set -eu
cd "$(dirname "$0")"
images=../issues/2026-04/images
mkdir -p "$images"
[ $# -gt 0 ] || set -- *.svg
for name; do
    name=$(basename "$name" .svg)
    rsvg-convert --width 1200 --height 750 "$name.svg" |
        pngquant --speed 1 --nofs --strip 64 - > "$images/$name.png"
    optipng -quiet -o5 "$images/$name.png"
done
