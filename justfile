# The developer's manual: `just` lists the recipes.

_default:
    @just --list --unsorted

# Everything that must pass before a change lands
check: fmt clippy test doc deny fuzz-build

# Format the code
fmt:
    cargo fmt --all --check

# Lint it
clippy:
    cargo clippy --workspace --all-targets --all-features -- -D warnings

# Run the tests, doctests included
test:
    cargo test

# The conformance suite against faults planted on purpose: it must fail by each
mutants:
    cargo test -p clarifai-tests --test mutants -- --nocapture

# Build the documentation, warnings as errors
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --all-features

# Licences, sources and duplicates of dependencies
deny:
    cargo deny --all-features check bans licenses sources

# The adapter over surf's backends, outside the workspace (needs a C compiler and OpenSSL)
surf:
    cd adapters/surf && cargo fmt --check && cargo clippy --all-targets --all-features -- -D warnings && cargo test
    cd adapters/surf && cargo deny check

# Build the fuzz targets
fuzz-build:
    cargo build -p clarifai-fuzz --features libfuzzer --bins

# Fuzz one target for a while: just fuzz decode 60
fuzz target seconds="60":
    cargo +nightly fuzz run {{target}} --features libfuzzer -- -max_total_time={{seconds}}

# The proofs in virtual time at length: so many times as many cases, and 1,000 uploads
soak times="20":
    CLARIFAI_SOAK={{times}} cargo test -p clarifai-core --test pacing --test waits --test courses --test pages --test storms
    CLARIFAI_SOAK={{times}} cargo test -p clarifai-tests --test ledger
    FUZZ_CASES=$((250000 * {{times}})) cargo test -p clarifai-fuzz --test bodies events

# Let old clients of other languages loose on the simulator (needs PyPI and npm)
peers *clients:
    tests/peers/run.sh {{clients}}

# Measure
bench:
    cargo bench -p clarifai-core
    cargo bench -p clarifai-tests

# Tag a picture by the simulator
try picture="tests/data/images/coffee.jpg":
    cargo run --release -p clarifai-cli -- --simulator predict {{picture}}
