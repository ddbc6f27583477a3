# The developer's manual: `just` lists the recipes.

_default:
    @just --list --unsorted

# Everything that must pass before a change is merged, without the long proofs
check: fmt clippy test doc deny fuzz-build

# Format the code
fmt:
    cargo fmt --all --check

# Lint the code
clippy:
    cargo clippy --workspace --all-targets --all-features -- -D warnings

# Run the tests, including doctests
test:
    cargo test

# Run the conformance suite with planted bugs, each of which it must catch
mutants:
    cargo test -p clarifai-tests --test mutants -- --nocapture

# Build the documentation, with warnings as errors
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --all-features

# Check licenses, sources and duplicates of dependencies
deny:
    cargo deny --all-features check bans licenses sources

# Test the adapter over surf, which is outside the workspace (needs a C compiler and OpenSSL)
surf:
    cd adapters/surf && cargo fmt --check && cargo clippy --all-targets --all-features -- -D warnings && cargo test
    cd adapters/surf && cargo deny check

# Build the fuzz targets
fuzz-build:
    cargo build -p clarifai-fuzz --features libfuzzer --bins

# Fuzz one target, guided by coverage: just fuzz decode 60
fuzz target seconds="60":
    fuzz/run.sh {{target}} {{seconds}}

# Fuzz all targets, one after the other, each for this many seconds
fuzz-all seconds="60":
    for target in decode events target; do fuzz/run.sh $target {{seconds}}; done

# Run the tests with the full number of cases, times this factor: "full" is what .ci/run does
soak times="20":
    CLARIFAI_PROOFS={{times}} cargo test --profile proofs -p clarifai-core -p clarifai-tests -p clarifai-fuzz \
        --test suite --test mutants --test bodies -- --nocapture
    CLARIFAI_PROOFS={{times}} cargo test -p clarifai-cli --test job_proofs -- --nocapture

# Run old clients of other languages against the simulator (needs PyPI and npm)
peers *clients:
    tests/peers/run.sh {{clients}}

# Run the benchmarks
bench:
    cargo bench -p clarifai-core
    cargo bench -p clarifai-tests

# Predict the concepts of an image with the simulator
try image="tests/data/images/coffee.jpg":
    cargo run --release -p clarifai-cli -- --simulator predict {{image}}
