//! `clarifai simulator`: the simulator on a port.

use std::io::Write;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use clarifai_simulator::Server;
use clarifai_simulator::faults::Faults;

use crate::args::Global;
use crate::client;
use crate::exit::{Exit, Failure};
use crate::interrupt;
use crate::output;
use crate::state::State;

/// How often what the simulator remembers is looked at, at most.
const OFTEN: Duration = Duration::from_secs(1);

pub(crate) fn run(listen: &str, faults: Faults, global: &Global, out: &mut dyn Write) -> Result<(), Failure> {
    let simulator = client::simulator(global)?;
    let state = global.state.as_deref().map(|path| State::read(path, &simulator)).transpose()?;
    let server = Server::start_with_faults(simulator, faults, listen)
        .map_err(|error| Failure::Said(Exit::Service, format!("cannot listen at {listen}: {error}")))?;
    // Before the address is told: whoever knows it may end the program.
    let (end, ended) = mpsc::channel();
    if state.is_some() {
        let tell = move || _ = end.send(());
        interrupt::on_signal(tell)
            .map_err(|error| Failure::Said(Exit::Service, format!("cannot wait for signals: {error}")))?;
    }
    writeln!(out, "{}", server.url())?;
    out.flush()?;
    if !global.quiet {
        output::note!("The simulator measures pixels and recognises no objects. It accepts every key.");
    }
    match state {
        None => {
            server.join();
            Ok(())
        }
        Some(state) => keep(state, &server, &ended),
    }
}

/// Keeps the file up to date until the program is told to end.
fn keep(mut state: State, server: &Server, ended: &mpsc::Receiver<()>) -> Result<(), Failure> {
    let mut pause = OFTEN;
    loop {
        let ending = !matches!(ended.recv_timeout(pause), Err(RecvTimeoutError::Timeout));
        let start = Instant::now();
        match state.keep(server.simulator()) {
            kept if ending => return kept,
            // The disk may have room again later.
            Err(Failure::Said(_, problem)) => output::error(&problem),
            _ => {}
        }
        // Many pictures take a while to be looked through; that shall not be all the program does.
        pause = OFTEN.max(start.elapsed() * 20);
    }
}
