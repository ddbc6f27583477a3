//! The table of scenarios, in the order of a call: requests, responses, failures, and the network.

use super::scenario::{Plain, Play, Scenario, Scene};

mod calls;
mod hostile;
mod network;
mod requests;
mod responses;
mod retries;

/// Returns all scenarios.
pub fn table() -> Vec<Scenario> {
    [
        requests::scenarios(),
        responses::scenarios(),
        hostile::scenarios(),
        retries::scenarios(),
        network::scenarios(),
        calls::scenarios(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn plain(name: &'static str, rule: &'static str, plain: Plain) -> Scenario {
    Scenario { name, rule, play: Play::Plain(Box::new(plain)) }
}

fn sockets(name: &'static str, rule: &'static str, why: &'static str, play: Scene) -> Scenario {
    Scenario { name, rule, play: Play::Sockets(why, play) }
}

/// Returns an error text if a condition is false.
fn must(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

/// Returns `n` spaces, compressed as servers do.
pub(super) fn packed(count: usize) -> Vec<u8> {
    responses::gzip(&vec![b' '; count])
}
