//! Whether a client told the truth: what it reports of each input, held against the ledger.
//!
//! ```
//! use clarifai_simulator::audit::{Claim, Problem, audit};
//! use clarifai_simulator::{Client, core::inputs::{CreateInputs, NewInput}};
//!
//! let client = Client::new();
//! client.call(CreateInputs::new().input(NewInput::image_url("https://example.com/a.jpg").with_id("a")))?;
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

/// What a client says of an input that it was to create.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is there.
    Created,
    /// It is not there.
    NotCreated,
    /// It may be there: no claim at all, and never wrong.
    Unknown,
}

/// What is in the ledger under one id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tally {
    /// How often an input was created under it.
    pub created: u64,
    /// How often it was deleted.
    pub deleted: u64,
    /// How often one was sent again and refused, or passed over, because it is there already.
    pub repeated: u64,
}

impl Tally {
    /// How many inputs are there under the id. More than one is a double.
    pub fn there(&self) -> u64 {
        self.created.saturating_sub(self.deleted)
    }
}

/// Counts the inputs of a ledger by id.
///
/// Applications are not told apart: choose by [`Entry::app`] where there are several.
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

/// One point in which report and ledger do not agree.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Disagreement {
    /// The id of the input.
    pub id: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// It was planned, and the report does not speak of it.
    Lost,
    /// It is there so many times.
    Doubled(u64),
    /// It is reported as created, and never was.
    FalseSuccess,
    /// It is reported as not created, and is there.
    FalseFailure,
    /// It is there, and was neither planned nor reported.
    Stray,
    /// The report speaks of it more than once.
    ReportedTwice,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.id)?;
        match self.problem {
            Problem::Lost => f.write_str("lost: planned, and not reported"),
            Problem::Doubled(times) => write!(f, "doubled: there {times} times"),
            Problem::FalseSuccess => f.write_str("false success: reported as created, and never was"),
            Problem::FalseFailure => f.write_str("false failure: reported as not created, and is there"),
            Problem::Stray => f.write_str("stray: there, and neither planned nor reported"),
            Problem::ReportedTwice => f.write_str("reported more than once"),
        }
    }
}

/// Lists every point in which report and ledger do not agree, by id. Empty means that the client told the truth.
///
/// `planned` are the ids of all inputs that were to be created. An input that never arrived and is reported as created
/// is a [false success](Problem::FalseSuccess); one that the report forgets is [lost](Problem::Lost), whether it
/// arrived or not. Deletions are taken into account.
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
