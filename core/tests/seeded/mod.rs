//! Cases from seeds. Each has a generator of its own, so that one is repeated without those before it.
//!
//! A seed that fails is printed and kept beside this file, by the goal's name; every later run begins with it.
//! `CLARIFAI_SEED` runs that one case and no other: say the name of the test with it. `CLARIFAI_SOAK` multiplies how many
//! cases there are.
#![allow(dead_code, reason = "each test uses what it needs of it")]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "core does no I/O, and its tests keep their seeds"
)]

use std::any::Any;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, panic};

use fastrand::Rng;

/// What a case comes to: nothing, or in one sentence which law was broken.
pub(crate) type Case = Result<(), String>;

/// Fails the case where something does not hold.
macro_rules! hold {
    ($holds:expr, $($text:tt)+) => {
        if !$holds {
            return Err(format!($($text)+));
        }
    };
}
pub(crate) use hold;

fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text}")))
}

/// So many cases, and so many times more in a soak.
pub(crate) fn soaked(count: u64) -> u64 {
    count * number("CLARIFAI_SOAK").unwrap_or(1).max(1)
}

/// Whether one case is run again.
pub(crate) fn is_replay() -> bool {
    number("CLARIFAI_SEED").is_some()
}

fn kept(goal: &str) -> PathBuf {
    // Beside this file, whichever crate of the workspace uses it.
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/seeded").join(goal).with_extension("seeds")
}

/// The seed of a case: far from those beside it, and the same for ever.
fn seed(goal: &str, case: u64) -> u64 {
    let goal = goal
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    goal ^ case.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

fn run(seed: u64, body: &impl Fn(&mut Rng) -> Case) -> Case {
    let told = |cause: Box<dyn Any + Send>| {
        let text = cause.downcast_ref::<&str>().map(ToString::to_string);
        text.or_else(|| cause.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it panicked".to_owned())
    };
    panic::catch_unwind(panic::AssertUnwindSafe(|| body(&mut Rng::with_seed(seed))))
        .unwrap_or_else(|cause| Err(told(cause)))
}

/// Runs so many cases of a goal, and more in a soak, those that failed once first.
#[track_caller]
pub(crate) fn cases(goal: &str, count: u64, body: impl Fn(&mut Rng) -> Case) {
    exactly(goal, soaked(count), body);
}

/// Runs so many cases and no more.
#[track_caller]
pub(crate) fn exactly(goal: &str, count: u64, body: impl Fn(&mut Rng) -> Case) {
    let (file, one) = (kept(goal), number("CLARIFAI_SEED"));
    let old = fs::read_to_string(&file).unwrap_or_default();
    let old: Vec<u64> = old.lines().filter_map(|line| line.parse().ok()).collect();
    let all = old.iter().copied().chain((0..count).map(|case| seed(goal, case)));
    for seed in all.filter(|_| one.is_none()).chain(one) {
        let Err(broken) = run(seed, &body) else { continue };
        if one.is_none() && !old.contains(&seed) {
            let written = file
                .parent()
                .map_or(Ok(()), fs::create_dir_all)
                .and_then(|()| writeln!(OpenOptions::new().create(true).append(true).open(&file)?, "{seed}"));
            eprintln!("kept in {}: {written:?}", file.display());
        }
        panic!("{goal}: {broken}\nagain: CLARIFAI_SEED={seed}");
    }
}

/// Runs cases on something that is broken on purpose, and answers what the first one says that notices.
#[track_caller]
pub(crate) fn caught(goal: &str, count: u64, body: impl Fn(&mut Rng) -> Case) -> String {
    let found = (0..count).find_map(|case| run(seed(goal, case), &body).err());
    found.unwrap_or_else(|| panic!("{goal}: nothing in {count} cases noticed that it is broken"))
}
