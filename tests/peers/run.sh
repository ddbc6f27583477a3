#!/bin/sh
# Lets old clients of other languages loose on the simulator: installs them, starts it, and runs their tour.
#
# run.sh [VERSION...]   the versions of the Python package; 2.0.32 unless told otherwise
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
images="$root/tests/data/images"
place=$(mktemp -d)
server=
cleanup() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -rf "$place"
}
trap cleanup EXIT INT TERM

# Its addresses of old, as a folder.
mkdir -p "$place/web/samples.clarifai.com"
cp "$images/astronaut.jpg" "$place/web/samples.clarifai.com/metro-north.jpg"
cp "$images/chelsea.jpg" "$place/web/samples.clarifai.com/dog2.jpg"
cp "$images/coffee.jpg" "$place/web/samples.clarifai.com/third.jpg"

cargo build --quiet --manifest-path "$root/Cargo.toml" -p clarifai-simulator --example serve
serve="${CARGO_TARGET_DIR:-$root/target}/debug/examples/serve"

for version in "${@:-2.0.32}"; do
    python3 -m venv "$place/$version"
    # The versions it pins are from 2016 and do not build today; newer ones do what it needs.
    "$place/$version/bin/pip" install --quiet --disable-pip-version-check --no-deps "clarifai==$version"
    "$place/$version/bin/pip" install --quiet --disable-pip-version-check \
        'setuptools<80' future requests configparser jsonschema Pillow

    rm -f "$place/address"
    "$serve" --mount "$place/web" --delay 500 > "$place/address" &
    server=$!
    tries=0
    until [ -s "$place/address" ]; do
        tries=$((tries + 1))
        [ "$tries" -lt 100 ] || { echo "the simulator does not start" >&2; exit 1; }
        sleep 0.1
    done

    echo "== clarifai $version"
    HOME="$place" CLARIFAI_API_BASE=$(cat "$place/address") TOUR_IMAGES="$images" \
        "$place/$version/bin/python" -W ignore "$here/tour.py"
    kill "$server"
    server=
done
