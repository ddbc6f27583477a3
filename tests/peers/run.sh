#!/bin/sh
# Runs old clients of other languages against the simulator: installs them, starts it, and runs their programs. And checks
# the requests of this client and the responses of the simulator against the official description of the API.
#
# run.sh [PEER...]   python@VERSION, javascript@VERSION or official; without any, all that are known to work

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

# The URLs of its examples, as a directory.
mkdir -p "$place/web/samples.clarifai.com"
cp "$images/astronaut.jpg" "$place/web/samples.clarifai.com/metro-north.jpg"
cp "$images/chelsea.jpg" "$place/web/samples.clarifai.com/dog2.jpg"
cp "$images/coffee.jpg" "$place/web/samples.clarifai.com/third.jpg"

cargo build --quiet --manifest-path "$root/Cargo.toml" -p clarifai-simulator --features vision --example serve
serve="${CARGO_TARGET_DIR:-$root/target}/debug/examples/serve"

# Installs a Python client in $place/$1.
python() {
    version=${1#python@}
    python3 -m venv "$place/$1"
    # The versions it pins do not build today. Newer ones work, except for protocol buffers: later clients use their
    # internals.
    case $version in
        2.0.*) pinned= ;;
        *) pinned='protobuf==3.17.3 googleapis-common-protos==1.6.0 grpcio six' ;;
    esac
    pip="$place/$1/bin/pip --quiet --disable-pip-version-check install"
    # shellcheck disable=SC2086
    $pip --no-deps "clarifai==$version" > "$place/log" 2>&1 \
        && $pip 'setuptools<80' future requests configparser jsonschema Pillow $pinned > "$place/log" 2>&1 \
        || { cat "$place/log" >&2; exit 1; }
}

# Installs a JavaScript client in $place/$1.
javascript() {
    mkdir -p "$place/$1"
    npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$place/$1" "clarifai@${1#javascript@}"
}

# Records the exchanges of the tests, and checks them against the official description.
official() {
    python3 -m venv "$place/official"
    "$place/official/bin/pip" --quiet --disable-pip-version-check install 'clarifai-grpc==12.6.0' > "$place/log" 2>&1 \
        || { cat "$place/log" >&2; exit 1; }
    rm -f "$place/exchanges"
    for tests in '-p clarifai-tests --test suite' '-p clarifai-simulator --test it'; do
        # shellcheck disable=SC2086
        CLARIFAI_EXCHANGES="$place/exchanges" \
            cargo test --quiet --manifest-path "$root/Cargo.toml" $tests > "$place/log" 2>&1 \
            || { cat "$place/log" >&2; exit 1; }
    done
    "$place/official/bin/python" "$here/official.py" "$place/exchanges" "$root/tests/data/official_differences.json" \
        "$root/core/src"
}

# Runs a program without settings of the user, with its own key, and without a proxy.
tour() {
    env -u http_proxy -u HTTP_PROXY -u https_proxy -u HTTPS_PROXY -u all_proxy -u ALL_PROXY \
        HOME="$place" TOUR_IMAGES="$images" CLARIFAI_API_BASE="$(cat "$place/address")" "$@"
}

[ $# -gt 0 ] || set -- official python@2.0.32 python@2.6.2 javascript@2.9.1
for client in "$@"; do
    if [ "$client" = official ]; then
        echo "== the official description of the API"
        official
        continue
    fi
    case $client in
        python@*) python "$client" ;;
        javascript@*) javascript "$client" ;;
        *) echo "no such client: $client" >&2; exit 2 ;;
    esac

    rm -f "$place/address"
    "$serve" --mount "$place/web" --delay 500 --reject-keys 'rejected*' > "$place/address" &
    server=$!
    tries=0
    until [ -s "$place/address" ]; do
        tries=$((tries + 1))
        kill -0 "$server" 2>/dev/null && [ "$tries" -lt 600 ] || { echo "the simulator does not start" >&2; exit 1; }
        sleep 0.2
    done

    echo "== clarifai of $client"
    case $client in
        python@*) tour "$place/$client/bin/python" -W ignore "$here/tour.py" ;;
        javascript@*) tour NODE_PATH="$place/$client/node_modules" node "$here/tour.js" ;;
    esac
    kill "$server"
    server=
done
