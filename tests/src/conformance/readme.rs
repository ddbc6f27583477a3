//! Reads the two tables of `tests/README.md`, so that tests can hold them.

use std::collections::{BTreeMap, BTreeSet};

use super::scenario::{Play, Scenario};

const README: &str = include_str!("../../README.md");

/// The rows below the heading, each as its cells.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let after = README.lines().skip_while(|line| *line != heading).skip(1);
    after
        .take_while(|line| !line.starts_with("## "))
        .filter(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

/// The differences listed for an adapter.
pub fn differences_of(adapter: &str) -> BTreeSet<String> {
    let rows = rows("## Differences");
    let of_it = rows.into_iter().filter(|row| row.len() > 1 && row[1].split(',').any(|name| name.trim() == adapter));
    of_it.map(|row| row[0].clone()).collect()
}

/// The scenarios listed: name, and the rest of the row.
pub fn scenarios() -> BTreeMap<String, Vec<String>> {
    rows("## Scenarios").into_iter().map(|row| (row[0].trim_matches('`').to_owned(), row[1..].to_vec())).collect()
}

/// The row that a scenario must have.
pub fn row_of(scenario: &Scenario) -> Vec<String> {
    let why = match &scenario.play {
        Play::Plain(plain) => plain.not_scripted(),
        Play::Sockets(why, _) => Some(*why),
    };
    let scripted = why.map_or("yes".to_owned(), |why| format!("no: {why}"));
    vec![scenario.says.to_owned(), scripted]
}
