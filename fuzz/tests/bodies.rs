//! The fuzz targets as ordinary tests: regressions and seeds first, then random mutations of the seeds.
//!
//! `CLARIFAI_PROOFS` chooses the number of mutations (see `core/tests/suite/support/cases.rs`), and `FUZZ_SEED` another
//! seed for them. An input that fails is written to `regressions/`, and every later run starts with it.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../../core/tests/suite/support/cases.rs"]
mod cases;

use std::path::{Path, PathBuf};
use std::{fs, iter, panic};

use cases::{Count, number};
use fastrand::Rng;

const SEED: u64 = 0x000C_1A21_FA1A;

fn directory(kind: &str, target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(kind).join(target)
}

/// Returns the files of a directory in the order of their names, so that a seed always gives the same inputs.
fn inputs(kind: &str, target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let Ok(entries) = fs::read_dir(directory(kind, target)) else { return Vec::new() };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

/// Texts with a meaning for the targets, which are inserted between other bytes.
#[rustfmt::skip]
const WORDS: &[&[u8]] = &[
    b"\"status\":{\"code\":10000}", b"\"code\":10010", b"\"code\":\"10020\"", b"null", b"[]", b"{}", b"{", b"}", b"]",
    b"\"", b"\\u0000", b"\\ud800", b"-1", b"1e400", b"18446744073709551616", b"\"outputs\":", b"\"models\":", b"\"id\"",
    b"..", b"/", b"%2e%2e", b"%", b"?", b"#", b"@", b"://", b"http://", b"https://", b"\r\n", b"\0", b"\xff",
    "\u{202e}".as_bytes(), "犬".as_bytes(), b"v2", b"users", b"expired token", b"\x1b[31m",
];

fn mutate(rng: &mut Rng, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut data: Vec<u8> = match rng.u8(..8) {
        0 => iter::repeat_with(|| rng.u8(..)).take(200).collect(),
        _ => rng.choice(seeds).cloned().unwrap_or_default(),
    };
    for _ in 0..rng.u8(..8) {
        let at = rng.usize(..=data.len());
        let end = rng.usize(at..=data.len().min(at + 32));
        match rng.u8(..9) {
            0 => drop(data.drain(at..end)),
            1 => data.truncate(at),
            2 => data.insert(at, rng.u8(..)),
            3 | 4 => {
                let flip = 1 << rng.u8(..8);
                let other = rng.bool().then(|| rng.u8(..));
                if let Some(byte) = data.get_mut(at) {
                    *byte = other.unwrap_or(*byte ^ flip);
                }
            }
            5 | 6 => drop(data.splice(at..end, rng.choice(WORDS).unwrap().iter().copied())),
            7 => {
                let copy = data[at..end].to_vec();
                let to = rng.usize(..=data.len());
                drop(data.splice(to..to, copy));
            }
            _ => {
                let other = rng.choice(seeds).cloned().unwrap_or_default();
                let from = rng.usize(..=other.len());
                data.truncate(at);
                data.extend_from_slice(&other[from..]);
            }
        }
    }
    data.truncate(1 << 14);
    data
}

fn run(target: &str, body: fn(&[u8])) {
    for kind in ["regressions", "seeds"] {
        for (path, data) in inputs(kind, target) {
            println!("{}", path.display());
            body(&data);
        }
    }
    let seeds: Vec<_> = inputs("seeds", target).into_iter().map(|(_, data)| data).collect();
    assert!(!seeds.is_empty(), "no seeds for {target}");
    let seed = number("FUZZ_SEED").unwrap_or(SEED);
    let cases = Count { quick: 20_000, full: 250_000 }.of(&format!("mutations for {target}"));
    for case in 0..cases {
        // Each case has its own generator, so that it can be repeated without the others.
        let mut rng = Rng::with_seed(seed.wrapping_add(case.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
        let data = mutate(&mut rng, &seeds);
        if let Err(cause) = panic::catch_unwind(|| body(&data)) {
            let kept = directory("regressions", target);
            let file = kept.join(format!("seed-{seed}-case-{case}"));
            let written = fs::create_dir_all(&kept).and_then(|()| fs::write(&file, &data));
            eprintln!("{target}: case {case} of seed {seed} failed; {} ({written:?})", file.display());
            eprintln!("{}", String::from_utf8_lossy(&data));
            panic::resume_unwind(cause);
        }
    }
}

#[test]
fn decode() {
    run("decode", clarifai_fuzz::decode);
}

#[test]
fn events() {
    run("events", clarifai_fuzz::events);
}

#[test]
fn target() {
    run("target", clarifai_fuzz::target);
}
