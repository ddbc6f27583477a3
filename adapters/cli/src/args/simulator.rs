//! `clarifai simulator`.

use clap::Args;

use super::{heading, values};

pub(super) const EXAMPLES: &str = concat!(
    heading!("Examples"),
    "\
\x20 Run on a fixed port and keep the state in a file:
    clarifai simulator --listen 127.0.0.1:8080 --state simulator.json

  Test how a client handles failures; the same seed injects the same faults:
    clarifai simulator --fault-rate 0.2 --seed 7"
);

#[derive(Args, Debug)]
pub(crate) struct SimulatorArgs {
    /// Address and port to listen on; port 0 selects a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub(crate) listen: String,
    /// Fraction of requests that fail on purpose, 0 to 1
    ///
    /// The faults are lost responses, connection resets, timeouts and errors.
    #[arg(long, alias = "faults", value_name = "P", default_value = "0", value_parser = values::fraction)]
    pub(crate) fault_rate: f64,
    /// Seed that determines which requests fail, and how
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Keys that are refused, separated by commas; `*` stands for any text
    #[arg(long, value_name = "KEYS", value_delimiter = ',')]
    pub(crate) reject_keys: Vec<String>,
}
