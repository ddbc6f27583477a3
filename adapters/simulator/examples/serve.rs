//! Serves the simulator until it is killed, by default on a free loopback port. Prints its URL first.
//!
//! `serve [--mount DIR] [--address HOST:PORT] [--delay MILLISECONDS] [--reject-keys KEY,KEY]`

use std::io::Write as _;
use std::time::Duration;

use clarifai_simulator::{Delays, Server, Simulator};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut simulator = Simulator::new();
    let mut address = "127.0.0.1:0".to_owned();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{argument} needs a value"))?;
        match argument.as_str() {
            "--mount" => simulator = simulator.mount(value),
            "--address" => address = value,
            "--reject-keys" => simulator = simulator.with_rejected_keys(value.split(',')),
            "--delay" => {
                let delay = Duration::from_millis(value.parse()?);
                let delays = Delays { processing: delay, queueing: delay, training: delay, deleting: delay };
                simulator = simulator.with_delays(delays);
            }
            other => return Err(format!("unknown argument {other}").into()),
        }
    }
    let server = Server::start(simulator, address)?;
    println!("{}", server.url());
    // Through a pipe stdout is buffered, and scripts wait for the URL.
    std::io::stdout().flush()?;
    server.join();
    Ok(())
}
