//! `clarifai simulator`: the simulator on a port.

use std::io::Write;

use clarifai_simulator::Server;

use crate::args::Global;
use crate::client;
use crate::exit::{Exit, Failure};
use crate::output;

pub(crate) fn run(listen: &str, global: &Global, out: &mut dyn Write) -> Result<(), Failure> {
    let server = Server::start(client::simulator(global)?, listen)
        .map_err(|error| Failure::Said(Exit::Service, format!("cannot listen at {listen}: {error}")))?;
    writeln!(out, "{}", server.url())?;
    out.flush()?;
    if !global.quiet {
        output::note!("The simulator measures pixels and recognises no objects. It accepts every key.");
    }
    server.join();
    Ok(())
}
