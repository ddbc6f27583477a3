//! The conformance suite: one table of scenarios that every adapter must pass, and core's mock transport in virtual
//! time.
//!
//! The test of an adapter is a few lines: implement how a client is made, and call [`hold`]. `tests/README.md`
//! describes the suite, and lists how adapters may differ.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

mod child;
pub mod difference;
pub mod driver;
pub mod environment;
pub mod faults;
pub mod memory;
pub mod readme;
pub mod reply;
pub mod scenario;
pub mod secrets;
pub mod server;
mod stage;
pub mod table;
pub mod tls;
pub mod ureq;

pub use difference::Difference;
pub use driver::{AnyMachine, Client, Driver, Settings};
pub use scenario::{Play, Scenario};
pub use stage::Stage;

/// Number of scenarios that run at a time. Most of them wait.
const AT_A_TIME: usize = 8;

/// Time after which a scenario that has not ended is abandoned.
const GIVE_UP: Duration = Duration::from_secs(60);

/// Result of a run of the table.
#[derive(Debug, Default)]
pub struct Report {
    /// Failures by scenario.
    pub failures: BTreeMap<&'static str, String>,
    /// Differences that were observed.
    pub differences: BTreeSet<Difference>,
    /// Duration of each scenario.
    pub took: BTreeMap<&'static str, Duration>,
}

/// Runs scenarios with an adapter, several at a time.
///
/// # Panics
///
/// If another logger or subscriber is set in the process.
pub fn run(driver: &Arc<dyn Driver>, table: Vec<Scenario>) -> Report {
    secrets::listen();
    let names: Vec<_> = table.iter().map(|scenario| scenario.name).collect();
    let mut left = table.len();
    let queue = VecDeque::from(table);
    let queue = Arc::new(Mutex::new(queue));
    let (sender, results) = mpsc::channel();
    for _ in 0..AT_A_TIME {
        let (queue, driver, sender) = (Arc::clone(&queue), Arc::clone(driver), sender.clone());
        // Not scoped, because a call that never ends must not block the report.
        thread::spawn(move || {
            loop {
                let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                let Some(scenario) = next else { return };
                let stage = Stage::new(Arc::clone(&driver));
                let begin = Instant::now();
                let result = play(&scenario, &stage);
                let _ = sender.send((scenario.name, result, begin.elapsed(), stage));
            }
        });
    }
    drop(sender);
    let mut report = Report::default();
    let mut stages = Vec::new();
    while left > 0 {
        let Ok((name, result, took, stage)) = results.recv_timeout(GIVE_UP) else { break };
        left -= 1;
        report.took.insert(name, took);
        if let Err(problem) = result {
            report.failures.insert(name, problem);
        }
        stages.push((name, stage));
    }
    if left > 0 {
        for name in names.iter().filter(|name| !report.took.contains_key(*name)) {
            report.failures.insert(name, format!("{TOO_SLOW}it came to no end"));
        }
    }
    for (name, stage) in stages {
        report.differences.extend(stage.differences());
        if let Err(problem) = stage.inspect() {
            report.failures.entry(name).or_insert(problem);
        }
    }
    for place in secrets::take() {
        match place {
            secrets::Place::Log(target) => {
                report.differences.insert(Difference::LogsKey(target));
            }
            place @ secrets::Place::Other(_) => {
                report.failures.insert("secrets", format!("the key shows in {place}"));
            }
        }
    }
    report
}

/// The most scenarios that may be too slow beside others and are repeated alone: a pause of the machine affects all
/// that run at that time.
const MOST_AGAIN: usize = AT_A_TIME;

/// Prefix of failures whose only cause is time.
const TOO_SLOW: &str = "too slow: ";

/// Repeats scenarios that were too slow, one after the other: many at a time on a busy machine do not keep limits that
/// they keep alone. A scenario that is too slow again has failed; all other failures count the first time.
///
/// # Panics
///
/// As in [`run`].
pub fn play_again(driver: &Arc<dyn Driver>, report: &mut Report) {
    let slow: BTreeSet<_> = report.failures.iter().filter(|(_, problem)| problem.starts_with(TOO_SLOW)).collect();
    let slow: BTreeSet<_> = slow.into_iter().map(|(name, _)| *name).collect();
    if slow.len() > MOST_AGAIN {
        return;
    }
    for scenario in table::table().into_iter().filter(|scenario| slow.contains(scenario.name)) {
        let name = scenario.name;
        let problem = report.failures.remove(name);
        let again = run(driver, vec![scenario]);
        eprintln!("{name} beside others: {problem:?}; alone: {:?}", again.failures);
        report.failures.extend(again.failures);
        report.differences.extend(again.differences);
    }
}

fn play(scenario: &Scenario, stage: &Stage) -> Result<(), String> {
    let played = catch_unwind(AssertUnwindSafe(|| match &scenario.play {
        Play::Plain(plain) => plain.on_sockets(stage),
        Play::Sockets(_, play) => play(stage),
    }));
    played.unwrap_or_else(|panic| Err(format!("a panic reached the caller: {}", text_of(&*panic))))
}

fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

/// Runs the whole table, and compares the differences with those that the README lists for the adapter.
///
/// # Panics
///
/// If a scenario fails, or the differences are not those in the README.
pub fn hold(driver: impl Driver + 'static) {
    let name = driver.name();
    let begin = Instant::now();
    let driver: Arc<dyn Driver> = Arc::new(driver);
    let mut report = run(&driver, table::table());
    play_again(&driver, &mut report);
    let mut slowest: Vec<_> = report.took.iter().collect();
    slowest.sort_by_key(|(_, took)| std::cmp::Reverse(**took));
    println!(
        "{name}: {} scenarios in {:?}; the slowest: {:?}",
        report.took.len(),
        begin.elapsed(),
        &slowest[..slowest.len().min(5)]
    );
    let failures: Vec<_> = report.failures.iter().map(|(name, problem)| format!("{name}: {problem}")).collect();
    assert!(
        failures.is_empty(),
        "{} scenarios failed:\n{}\n\nseen: {:#?}",
        failures.len(),
        failures.join("\n"),
        report.differences
    );
    let mut seen: BTreeSet<_> = report.differences.iter().map(ToString::to_string).collect();
    let mut listed = readme::differences_of(name);
    // Observed by the test of memory.
    listed.remove(&Difference::ManyHeadersTakeMemory.to_string());
    // Whether these are observed depends on whether the adapter or the server is faster.
    for unsteady in [Difference::FailsOnClosedPool, Difference::UnpacksAhead, Difference::EndsAtFlood] {
        if listed.remove(&unsteady.to_string()) {
            seen.remove(&unsteady.to_string());
        }
    }
    let (unlisted, unseen): (Vec<_>, Vec<_>) = (seen.difference(&listed).collect(), listed.difference(&seen).collect());
    assert!(
        unlisted.is_empty() && unseen.is_empty(),
        "differences of {name} that tests/README.md does not list: {unlisted:?}; that it lists but that were not observed: {unseen:?}"
    );
}
