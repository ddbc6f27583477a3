//! Compares what a client reports about its inputs with the ledger.
//!
//! ```
//! use clarifai_simulator::audit::{Claim, Problem, audit};
//! use clarifai_simulator::{Client, core::inputs::{CreateInputs, NewInput}};
//!
//! let client = Client::new();
//! client.call(CreateInputs::new().input(NewInput::image_url("https://example.com/a.jpg").id("a")))?;
//! let ledger = client.simulator().ledger();
//! assert!(audit(["a"], [("a", Claim::Created)], &ledger).is_empty());
//! let found = audit(["a", "b"], [("a", Claim::NotCreated)], &ledger);
//! let found: Vec<_> = found.iter().map(|one| (one.id.as_str(), one.problem)).collect();
//! assert_eq!(found, [("a", Problem::FalseFailure), ("b", Problem::Lost)]);
//! # Ok::<(), clarifai_simulator::core::Error>(())
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::state::ledger::Entry;

/// What a client reports about an input that it had to create.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The input exists.
    Created,
    /// The input does not exist.
    NotCreated,
    /// The input may exist. This claim is never wrong.
    Unknown,
}

/// The ledger's entries for one input id, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tally {
    /// How often an input with this id was created.
    pub created: u64,
    /// How often one was deleted.
    pub deleted: u64,
    /// How often one was sent again and refused or ignored as a duplicate.
    pub repeated: u64,
}

impl Tally {
    /// Returns how many inputs with this id exist. More than one is a duplicate.
    pub fn there(&self) -> u64 {
        self.created.saturating_sub(self.deleted)
    }
}

/// Counts the inputs in a ledger by id.
///
/// Applications are not distinguished; filter by [`Entry::app`] if there are several.
pub fn tally<'a>(ledger: impl IntoIterator<Item = &'a Entry>) -> BTreeMap<String, Tally> {
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for entry in ledger.into_iter().filter(|entry| entry.kind == "input") {
        let tally = match tallies.get_mut(&entry.id) {
            Some(tally) => tally,
            None => tallies.entry(entry.id.clone()).or_default(),
        };
        match (entry.operation.as_str(), entry.committed()) {
            ("create", true) => tally.created += 1,
            ("create", false) => tally.repeated += 1,
            ("delete", true) => tally.deleted += 1,
            _ => {}
        }
    }
    tallies
}

/// A difference between report and ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Disagreement {
    /// Id of the input.
    pub id: String,
    /// The kind of difference.
    pub problem: Problem,
}

/// The kind of difference between report and ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// The input was planned, but is not in the report.
    Lost,
    /// The input exists this many times.
    Doubled(u64),
    /// The input is reported as created, but never was.
    FalseSuccess,
    /// The input is reported as not created, but exists.
    FalseFailure,
    /// The input exists, but was neither planned nor reported.
    Stray,
    /// The input is in the report more than once.
    ReportedTwice,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.id)?;
        match self.problem {
            Problem::Lost => f.write_str("lost: planned, but not reported"),
            Problem::Doubled(times) => write!(f, "duplicated: exists {times} times"),
            Problem::FalseSuccess => f.write_str("false success: reported as created, but never was"),
            Problem::FalseFailure => f.write_str("false failure: reported as not created, but exists"),
            Problem::Stray => f.write_str("stray: exists, but neither planned nor reported"),
            Problem::ReportedTwice => f.write_str("reported more than once"),
        }
    }
}

/// Returns every difference between report and ledger, by id. An empty list means that the report is correct.
///
/// `planned` are the ids of all inputs that had to be created. An input that never arrived but is reported as created
/// is a [false success](Problem::FalseSuccess). One that is missing in the report is [lost](Problem::Lost), whether it
/// arrived or not. Deleted inputs do not exist.
pub fn audit<'a, P: AsRef<str>, R: AsRef<str>>(
    planned: impl IntoIterator<Item = P>,
    report: impl IntoIterator<Item = (R, Claim)>,
    ledger: impl IntoIterator<Item = &'a Entry>,
) -> Vec<Disagreement> {
    let tallies = tally(ledger);
    let mut claims: BTreeMap<String, Vec<Claim>> = BTreeMap::new();
    for (id, claim) in report {
        claims.entry(id.as_ref().to_owned()).or_default().push(claim);
    }
    let planned: BTreeSet<String> = planned.into_iter().map(|id| id.as_ref().to_owned()).collect();
    let ids: BTreeSet<&String> = planned.iter().chain(claims.keys()).chain(tallies.keys()).collect();
    let mut found = Vec::new();
    for id in ids {
        let mut note = |problem| found.push(Disagreement { id: id.clone(), problem });
        let tally = tallies.get(id).copied().unwrap_or_default();
        let claims = claims.get(id).map(Vec::as_slice).unwrap_or_default();
        if claims.is_empty() && planned.contains(id) {
            note(Problem::Lost);
        } else if claims.is_empty() && tally.there() > 0 {
            note(Problem::Stray);
        }
        if claims.len() > 1 {
            note(Problem::ReportedTwice);
        }
        if tally.there() > 1 {
            note(Problem::Doubled(tally.there()));
        }
        if claims.contains(&Claim::Created) && tally.created == 0 {
            note(Problem::FalseSuccess);
        }
        if claims.contains(&Claim::NotCreated) && tally.there() > 0 {
            note(Problem::FalseFailure);
        }
    }
    found
}
