//! Runs a property over many generated cases. Each case has its own seed, so that it can be repeated without the
//! others.
//!
//! # How many cases
//!
//! A test names two counts: a quick one for `cargo test`, and a full one, which is what the project relies on.
//! `CLARIFAI_PROOFS` chooses, for all crates of the workspace:
//!
//! | `CLARIFAI_PROOFS` | cases | used by |
//! |---|---|---|
//! | not set | the quick count | `cargo test` |
//! | `full` | the full count | `.ci/run`, in the step "long proofs" |
//! | a number such as `20` | the full count 20 times | `just soak 20` |
//!
//! Build with `--profile proofs` for anything but the quick counts: it optimizes, and still checks assertions and
//! overflows. Each test prints `name: n cases`; `--nocapture` shows the line:
//!
//! ```sh
//! CLARIFAI_PROOFS=full cargo test --profile proofs -p clarifai-core --test suite -- --nocapture random_
//! ```
//!
//! # When a case fails
//!
//! Its seed is printed, and appended to `core/tests/suite/seeds/<name>.seeds`; commit that file. Every later run starts
//! with the seeds in it. `CLARIFAI_SEED=<seed> cargo test ... <test>` runs that one case and no other.
#![allow(dead_code, unused_imports, unused_macros, reason = "each crate that includes this file uses a part of it")]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "core does no I/O, but its tests read the environment and keep seeds"
)]

use std::any::Any;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, panic};

use fastrand::Rng;

/// Outcome of a case: nothing, or a sentence about the rule that was broken.
pub(crate) type Case = Result<(), String>;

/// Fails the case if the condition is false.
macro_rules! hold {
    ($condition:expr, $($text:tt)+) => {
        if !$condition {
            return Err(format!($($text)+));
        }
    };
}
pub(crate) use hold;

/// How many cases `CLARIFAI_PROOFS` asks for.
enum Proofs {
    Quick,
    /// The full count, times this factor.
    Full(u64),
}

fn proofs() -> Proofs {
    match env::var("CLARIFAI_PROOFS").as_deref() {
        Err(_) | Ok("") => Proofs::Quick,
        Ok("full") => Proofs::Full(1),
        Ok(times) => Proofs::Full(times.parse().unwrap_or_else(|_| {
            panic!("CLARIFAI_PROOFS must be `full` or a number, and is `{times}`");
        })),
    }
}

/// The two numbers of cases of a test.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Count {
    /// For `cargo test`: the test takes about a second at most.
    pub(crate) quick: u64,
    /// For the long proofs.
    pub(crate) full: u64,
}

impl Count {
    /// Returns the number that `CLARIFAI_PROOFS` chooses, and prints it beside the name.
    pub(crate) fn of(self, name: &str) -> u64 {
        let count = match proofs() {
            Proofs::Quick => self.quick,
            Proofs::Full(times) => self.full * times,
        };
        println!("{name}: {count} cases");
        count
    }

    /// Returns the same for a number that a factor does not raise, such as the size of one case, and prints it.
    pub(crate) fn size(self, what: &str) -> u64 {
        let size = match proofs() {
            Proofs::Quick => self.quick,
            Proofs::Full(_) => self.full,
        };
        println!("{what}: {size}");
        size
    }
}

/// Returns a number from the environment.
pub(crate) fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is not a number: {text}")))
}

/// Returns whether a single case is repeated.
pub(crate) fn is_replay() -> bool {
    number("CLARIFAI_SEED").is_some()
}

/// Returns the file of the seeds that have failed before. It is in core, whichever crate of the workspace runs the
/// test.
fn failed_before(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/suite/seeds").join(name).with_extension("seeds")
}

/// Returns the seed of a case. Seeds of neighboring cases have nothing in common, and they never change.
fn seed(name: &str, case: u64) -> u64 {
    let name = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    name ^ case.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

fn run(seed: u64, property: &impl Fn(&mut Rng) -> Case) -> Case {
    let message = |cause: Box<dyn Any + Send>| {
        let text = cause.downcast_ref::<&str>().map(ToString::to_string);
        text.or_else(|| cause.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panicked".to_owned())
    };
    panic::catch_unwind(panic::AssertUnwindSafe(|| property(&mut Rng::with_seed(seed))))
        .unwrap_or_else(|cause| Err(message(cause)))
}

/// Checks a property: first the seeds that failed before, then as many cases as [`Count`] specifies.
#[track_caller]
pub(crate) fn check(name: &str, count: Count, property: impl Fn(&mut Rng) -> Case) {
    let (file, replayed) = (failed_before(name), number("CLARIFAI_SEED"));
    let old = fs::read_to_string(&file).unwrap_or_default();
    let old: Vec<u64> = old.lines().filter_map(|line| line.parse().ok()).collect();
    let count = if replayed.is_some() { 0 } else { count.of(name) };
    let all = old.iter().copied().chain((0..count).map(|case| seed(name, case)));
    for seed in all.filter(|_| replayed.is_none()).chain(replayed) {
        let Err(broken) = run(seed, &property) else { continue };
        if replayed.is_none() && !old.contains(&seed) {
            let written = file
                .parent()
                .map_or(Ok(()), fs::create_dir_all)
                .and_then(|()| writeln!(OpenOptions::new().create(true).append(true).open(&file)?, "{seed}"));
            eprintln!("the seed was appended to {}: {written:?}", file.display());
        }
        panic!("{name}: {broken}\nto repeat it: CLARIFAI_SEED={seed}");
    }
}

/// Checks that the property notices a bug: runs it on something broken on purpose, at most `most` times, and returns
/// the message of the first case that fails.
#[track_caller]
pub(crate) fn catch_bug(name: &str, most: u64, property: impl Fn(&mut Rng) -> Case) -> String {
    let found = (0..most).find_map(|case| run(seed(name, case), &property).err());
    found.unwrap_or_else(|| panic!("{name}: none of {most} cases noticed the bug"))
}
