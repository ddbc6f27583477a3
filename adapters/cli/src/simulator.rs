//! `clarifai simulator`: runs the simulator as an HTTP server.

use std::io::Write;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use clarifai_simulator::Server;
use clarifai_simulator::faults::Faults;

use crate::args::{GlobalArgs, SimulatorArgs};
use crate::client;
use crate::exit::{Exit, Failure};
use crate::interrupt;
use crate::simulator_state::SimulatorState;
use crate::terminal;

/// Minimum time between two saves of the state.
const SAVE_INTERVAL: Duration = Duration::from_secs(1);

pub(crate) fn run(args: &SimulatorArgs, global: &GlobalArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let simulator = client::new_simulator(global)?.with_rejected_keys(&args.reject_keys);
    let state = global.state.as_deref().map(|path| SimulatorState::load(path, &simulator)).transpose()?;
    let faults = Faults::new(args.seed, args.fault_rate);
    let server = Server::start_with_faults(simulator, faults, &args.listen)
        .map_err(|error| Failure::new(Exit::Service, format!("cannot listen on {}: {error}", args.listen)))?;
    // Before the URL is printed, because code that reads it may end the program at once.
    let (sender, ended) = mpsc::channel();
    if state.is_some() {
        interrupt::on_signal(move || _ = sender.send(()))
            .map_err(|error| Failure::new(Exit::Service, format!("cannot handle signals: {error}")))?;
    }
    writeln!(out, "{}", server.url())?;
    out.flush()?;
    terminal::note(format_args!("the simulator accepts every key that is not rejected; {}", client::offline_model()));
    match state {
        None => {
            server.join();
            Ok(())
        }
        Some(state) => save_until_ended(state, &server, &ended),
    }
}

/// Keeps the state file up to date until the program is interrupted.
fn save_until_ended(mut state: SimulatorState, server: &Server, ended: &mpsc::Receiver<()>) -> Result<(), Failure> {
    let mut pause = SAVE_INTERVAL;
    loop {
        let is_last = !matches!(ended.recv_timeout(pause), Err(RecvTimeoutError::Timeout));
        let start = Instant::now();
        match state.save(server.simulator()) {
            saved if is_last => return saved,
            // The cause, such as a full disk, may be gone at the next attempt.
            Err(failure) => _ = failure.report(),
            Ok(()) => {}
        }
        // A large state takes a while to serialize, which must stay a small share of the time.
        pause = SAVE_INTERVAL.max(start.elapsed() * 20);
    }
}
