//! The program is killed at random moments, up to ten times in a row, and then continues to the end.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use clarifai_simulator::faults::{Fault, Faults};
use fastrand::Rng;

use crate::cases::{Case, Count, hold, number};
use crate::setup::Setup;

/// Inputs in one request.
const BATCH: u64 = 128;

/// Number of inputs of each job.
const INPUTS: Count = Count { quick: 1_000, full: 20_000 };

/// Faults that cost no more time than a retry. All of them can occur in any order.
const FAULTS: [Fault; 11] = [
    Fault::ResetBefore,
    Fault::ResetDuring,
    Fault::ResetAfter,
    Fault::SlicedResponse,
    Fault::TruncatedJson,
    Fault::BadGateway,
    Fault::InternalError,
    Fault::TryAgain,
    Fault::Mixed,
    Fault::SentTwice,
    Fault::WrongLength,
];

/// Runs the command and kills it after a random number of results, or a random time after its start. Returns whether
/// it was killed before it ended.
fn kill_once(setup: &Setup, job: &str, results: usize, rng: &mut Rng) -> bool {
    let arguments = setup.upload(job);
    let mut command = setup.cli.command(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    command.stdin(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    if rng.u8(..4) == 0 {
        // While the job file is created or opened.
        sleep(Duration::from_micros(rng.u64(..100_000)));
    } else {
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let _ = lines.take(rng.usize(1..=results)).map_while(Result::ok).count();
        // Anywhere in what follows the result.
        sleep(Duration::from_micros(rng.u64(..5_000)));
    }
    // It may have ended already.
    let _ = child.kill();
    child.wait().unwrap().code().is_none()
}

/// Kills the program `kills` times, runs it to the end, and checks the job file against the ledger.
fn kill_in_a_row(setup: &Setup, kills: u64, has_faults: bool, rng: &mut Rng) -> Case {
    let job = setup.path("job.db");
    let mut killed = 0;
    for _ in 0..kills {
        killed += u64::from(kill_once(setup, &job, 2 * setup.inputs / 10, rng));
        setup.check_sent(&job)?;
    }
    let jobs = rng.u8(1..=8).to_string();
    let mut arguments = setup.upload(&job);
    arguments.extend(["--jobs".to_owned(), jobs]);
    // Faults may last longer than the retries of a run.
    for run in 0..10 {
        let output = setup.run(&arguments);
        hold!([0, 1, 5].contains(&output.code), "run {run} after {killed} kills: {output:?}");
        let is_settled = setup.rows(&job).values().flatten().all(|row| row.state == "done" || row.outcome == "refused");
        if output.code == 0 || has_faults && is_settled {
            break;
        }
        hold!(has_faults, "without a fault: {output:?}");
    }
    setup.check_end(&job)?;
    if !has_faults {
        // Four jobs, the default, were running when the program was killed.
        let again = setup.received() - setup.inputs as u64;
        println!("{killed} of {kills} kills came before the end, {again} inputs were sent again");
        hold!(again <= killed * 4 * BATCH, "{again} inputs were sent again after {killed} kills");
    }
    Ok(())
}

/// Runs this many kills in rows of at most ten.
fn kill_all(name: &str, count: Count, share: f64) {
    let kills = count.of(name);
    let inputs = usize::try_from(INPUTS.size("inputs")).unwrap();
    let seed = number("CLARIFAI_SEED").unwrap_or(12);
    let mut rng = Rng::with_seed(seed);
    let mut left = kills;
    while left > 0 {
        let row = left.min(10);
        left -= row;
        let setup = Setup::new(inputs, Faults::new(rng.u64(..), share).only(FAULTS));
        kill_in_a_row(&setup, row, share > 0.0, &mut rng)
            .unwrap_or_else(|broken| panic!("{name}: {broken}\nto repeat it: CLARIFAI_SEED={seed}"));
    }
}

#[test]
fn kills_lose_and_double_nothing() {
    kill_all("kills_lose_and_double_nothing", Count { quick: 4, full: 40 }, 0.0);
}

#[test]
fn kills_under_faults_lose_and_double_nothing() {
    kill_all("kills_under_faults_lose_and_double_nothing", Count { quick: 2, full: 20 }, 0.2);
}

/// Each planted fault breaks a different promise, and each is noticed.
#[test]
fn planted_faults_in_the_job_file_are_noticed() {
    if !cfg!(debug_assertions) {
        return;
    }
    for (fault, expected) in [
        ("row-after-request", "was sent, and has no row"),
        ("lost-row", "was sent, and has no row"),
        ("doubled-row", "rows"),
    ] {
        let mut rng = Rng::with_seed(3);
        let found = (0..10).find_map(|_| {
            // Responses that take a while make it certain that some requests are under way when the program is killed.
            let faults = Faults::new(0, 0.0).with_latency(Duration::from_millis(40));
            let setup = Setup::new(1_000, faults).planted(Some(fault));
            kill_in_a_row(&setup, 3, false, &mut rng).err()
        });
        let found = found.unwrap_or_else(|| panic!("{fault} was not noticed"));
        assert!(found.contains(expected), "{fault}: {found}");
    }
}
