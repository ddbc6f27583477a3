#!/usr/bin/env bash
# Fuzzes one target with libFuzzer, guided by coverage: fuzz/run.sh TARGET [SECONDS]
#
# It needs a stable Rust toolchain and a C++ compiler, for libFuzzer itself; neither nightly nor cargo-fuzz. What cargo-fuzz
# adds is the flags below and sanitizers, which need nightly and find little here, because no crate of ours has `unsafe`.
#
# libFuzzer reads the committed seeds and regressions, and collects inputs that reach new code in fuzz/corpus/TARGET. An
# input that fails is written to fuzz/artifacts/TARGET; move it to fuzz/regressions/TARGET when its cause is fixed.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${1:?usage: fuzz/run.sh TARGET [SECONDS]}
seconds=${2:-60}
host=$(rustc -vV | sed -n 's/^host: //p')

# LLVM inserts counters for branches, and records operands of comparisons, so that libFuzzer can guess them. One codegen
# unit, and no merged branches, keep the counters apart. `--target` keeps the flags away from build scripts.
flags=(
  -Cpasses=sancov-module
  -Cllvm-args=-sanitizer-coverage-level=4
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
  -Cllvm-args=-sanitizer-coverage-pc-table
  -Cllvm-args=-sanitizer-coverage-trace-compares
  -Cllvm-args=-simplifycfg-branch-fold-threshold=0
  -Ccodegen-units=1
)
RUSTFLAGS="${flags[*]}" cargo build --quiet --profile fuzz -p clarifai-fuzz --features libfuzzer --bin "$target" \
  --target "$host" --target-dir target/fuzz

mkdir -p "fuzz/corpus/$target" "fuzz/artifacts/$target"
exec "target/fuzz/$host/fuzz/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=16384 \
  -print_final_stats=1 -artifact_prefix="fuzz/artifacts/$target/" \
  "fuzz/corpus/$target" "fuzz/seeds/$target" "fuzz/regressions/$target"
