//! Measures work and its limit alternately, and prints one row of the table for both.

#![allow(dead_code, unreachable_pub, reason = "each benchmark uses a part of it")]
#![allow(clippy::disallowed_macros, clippy::disallowed_methods, reason = "the ban is on core, not on what measures it")]

use std::process::ExitCode;
use std::time::Duration;

use cpu_time::{ProcessTime, ThreadTime};

/// The rows of one run, and whether all of them reached their bound.
#[derive(Debug, Default)]
pub struct Table {
    missed: Vec<String>,
}

/// The bound of a ratio.
#[derive(Clone, Copy, Debug)]
pub enum Bound {
    /// The ratio compares speeds, and must be at least this.
    AtLeast(f64),
    /// The ratio compares times, and must be at most this.
    AtMost(f64),
}

impl Bound {
    fn holds(self, ratio: f64) -> bool {
        match self {
            Self::AtLeast(bound) => ratio >= bound,
            Self::AtMost(bound) => ratio <= bound,
        }
    }
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AtLeast(bound) => write!(f, ">= {bound}"),
            Self::AtMost(bound) => write!(f, "<= {bound}"),
        }
    }
}

impl Table {
    /// Prints the row of work measured against its limit.
    pub fn timed(&mut self, name: &str, turns: &Turns, must: Bound, aim: Bound) {
        let ratio = match must {
            Bound::AtLeast(_) => turns.speed(),
            Bound::AtMost(_) => turns.time(),
        };
        self.row(name, &show(turns.work), &show(turns.limit), ratio, must, aim);
    }

    /// Prints a row without a bound.
    pub fn shown(name: &str, turns: &Turns) {
        let (work, limit) = (show(turns.work), show(turns.limit));
        println!("{name:<44} measured {work:>9}  limit {limit:>9}  ratio {:>6.3}", turns.time());
    }

    /// Prints the row of a count with a fixed limit.
    pub fn counted(&mut self, name: &str, count: u64, must: u64, aim: u64) {
        #[expect(clippy::cast_precision_loss, reason = "counts are small")]
        let [ratio, aim] = [count as f64 / must as f64, aim as f64 / must as f64];
        self.row(name, &count.to_string(), &must.to_string(), ratio, Bound::AtMost(1.0), Bound::AtMost(aim));
    }

    /// Prints the row of two times for the same work, the slow one first, with the factor between them.
    pub fn rate(&mut self, name: &str, slow: Duration, fast: Duration, must: Bound, aim: Bound) {
        self.row(name, &show(fast), &show(slow), slow.as_secs_f64() / fast.as_secs_f64(), must, aim);
    }

    fn row(&mut self, name: &str, measured: &str, limit: &str, ratio: f64, must: Bound, aim: Bound) {
        let verdict = match (must.holds(ratio), aim.holds(ratio)) {
            (false, _) => "MISSED",
            (true, false) => "ok",
            (true, true) => "ok, aim reached",
        };
        println!(
            "{name:<44} measured {measured:>9}  limit {limit:>9}  ratio {ratio:>6.3}  must {must}  aim {aim}  {verdict}",
        );
        if !must.holds(ratio) {
            self.missed.push(name.to_owned());
        }
    }

    /// Fails under `CLARIFAI_BENCH_STRICT=1` if a row missed its bound.
    pub fn finish(self) -> ExitCode {
        let strict = std::env::var_os("CLARIFAI_BENCH_STRICT").is_some_and(|value| value == "1");
        match strict && !self.missed.is_empty() {
            true => {
                eprintln!("missed: {}", self.missed.join(", "));
                ExitCode::FAILURE
            }
            false => ExitCode::SUCCESS,
        }
    }
}

/// Result of measuring alternately: the least CPU times of work and limit, and their ratio.
#[derive(Clone, Copy, Debug)]
pub struct Turns {
    /// CPU time of one work.
    pub work: Duration,
    /// CPU time of one limit.
    pub limit: Duration,
    /// Median over the rounds of the time of the work in limits.
    ratio: f64,
}

impl Turns {
    /// Returns the time of the work divided by the time of the limit.
    pub fn time(&self) -> f64 {
        self.ratio
    }

    /// Returns the speed of the work divided by the speed of the limit.
    pub fn speed(&self) -> f64 {
        1.0 / self.ratio
    }
}

/// Runs `work` and `limit` alternately, each `batch` times in a row, and compares them within each round.
///
/// Other programs slow down neighboring runs equally, so the ratio is taken within a round, and the median of all
/// rounds counts. Times are CPU times of this thread, so waiting for the processor is not measured.
pub fn in_turns(rounds: u32, batch: u32, work: impl FnMut(), limit: impl FnMut()) -> Turns {
    turns_by(time, rounds, batch, work, limit)
}

/// Compares like [`in_turns`], by the CPU time of all threads.
pub fn in_turns_of_all_threads(rounds: u32, batch: u32, work: impl FnMut(), limit: impl FnMut()) -> Turns {
    turns_by(time_of_all_threads, rounds, batch, work, limit)
}

fn turns_by(
    time: fn(u32, &mut dyn FnMut()) -> Duration,
    rounds: u32,
    batch: u32,
    mut work: impl FnMut(),
    mut limit: impl FnMut(),
) -> Turns {
    // Without `--bench`, as in `cargo test --benches`, one round is enough.
    let rounds = if is_bench() { rounds } else { 1 };
    let mut works = Vec::new();
    let mut limits = Vec::new();
    let mut ratios = Vec::new();
    for round in 0..=rounds {
        let first = time(batch, &mut limit);
        let work = time(batch, &mut work);
        let second = time(batch, &mut limit);
        // The first round fills caches and pools.
        if round > 0 {
            works.push(work / batch);
            limits.push((first + second) / 2 / batch);
            ratios.push(work.as_secs_f64() / ((first + second) / 2).as_secs_f64());
        }
    }
    ratios.sort_by(f64::total_cmp);
    Turns {
        work: works.into_iter().min().unwrap_or_default(),
        limit: limits.into_iter().min().unwrap_or_default(),
        ratio: ratios[ratios.len() / 2],
    }
}

fn time(batch: u32, what: &mut dyn FnMut()) -> Duration {
    let start = ThreadTime::now();
    for _ in 0..batch {
        what();
    }
    start.elapsed()
}

fn time_of_all_threads(batch: u32, what: &mut dyn FnMut()) -> Duration {
    let start = ProcessTime::now();
    for _ in 0..batch {
        what();
    }
    start.elapsed()
}

/// Returns whether the program measures. In `cargo test --benches` it only has to run.
pub fn is_bench() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

/// Returns whether the row with this name is selected: all are, unless the command line names some.
pub fn wanted(name: &str) -> bool {
    let mut names = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).peekable();
    names.peek().is_none() || names.any(|part| name.contains(&part))
}

fn show(time: Duration) -> String {
    let nanos = time.as_secs_f64() * 1e9;
    match nanos {
        ..1e4 => format!("{nanos:.0} ns"),
        ..1e7 => format!("{:.1} us", nanos / 1e3),
        _ => format!("{:.2} ms", nanos / 1e6),
    }
}
