#!/bin/sh
# Lets old clients of other languages loose on the simulator: installs them, starts it, and runs their tour.
#
# run.sh [VERSION...]   the versions of the Python package; 2.0.32 and 2.6.2 unless told otherwise
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

[ $# -gt 0 ] || set -- 2.0.32 2.6.2
for version in "$@"; do
    python3 -m venv "$place/$version"
    # What it pins is from its own time and does not build today; newer versions do what it needs, but for the
    # protocol buffers of later clients, which reach into them.
    case $version in
        2.0.*) pinned= ;;
        *) pinned='protobuf==3.17.3 googleapis-common-protos==1.6.0 grpcio six' ;;
    esac
    "$place/$version/bin/pip" install --quiet --disable-pip-version-check --no-deps "clarifai==$version"
    # shellcheck disable=SC2086
    "$place/$version/bin/pip" install --quiet --disable-pip-version-check \
        'setuptools<80' future requests configparser jsonschema Pillow $pinned 2> "$place/pip.log" \
        || { cat "$place/pip.log" >&2; exit 1; }

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
