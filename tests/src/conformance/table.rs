//! The table of scenarios, in the order of a call: what is sent, what comes back, what breaks, who may listen.

use super::scenario::{Plain, Play, Scenario, Scene};

mod answers;
mod calls;
mod hostile;
mod network;
mod requests;
mod retries;

/// All scenarios.
pub fn table() -> Vec<Scenario> {
    [
        requests::scenarios(),
        answers::scenarios(),
        hostile::scenarios(),
        retries::scenarios(),
        network::scenarios(),
        calls::scenarios(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn plain(name: &'static str, says: &'static str, plain: Plain) -> Scenario {
    Scenario { name, says, play: Play::Plain(Box::new(plain)) }
}

fn sockets(name: &'static str, says: &'static str, why: &'static str, play: Scene) -> Scenario {
    Scenario { name, says, play: Play::Sockets(why, play) }
}

/// An error text where something does not hold.
fn must(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

/// So many blanks, packed as servers do.
pub(super) fn packed(count: usize) -> Vec<u8> {
    answers::gzip(&vec![b' '; count])
}
