//! Reads the two tables of `tests/README.md`, which tests check.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::difference::Difference;
use super::memory::MEASURED;
use super::scenario::Play;
use super::table::table;

const README: &str = include_str!("../../README.md");

const SCENARIOS: &str = "## Scenarios";

/// Returns the cells of each row below the heading.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let after = README.lines().skip_while(|line| *line != heading).skip(1);
    after
        .take_while(|line| !line.starts_with("## "))
        .filter(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

/// Returns the differences listed for an adapter.
pub fn differences_of(adapter: &str) -> BTreeSet<String> {
    let rows = rows("## Differences");
    let of_it = rows.into_iter().filter(|row| row.len() > 1 && row[1].split(',').any(|name| name.trim() == adapter));
    of_it.map(|row| row[0].clone()).collect()
}

/// Returns whether a difference is listed for an adapter.
pub fn differs(adapter: &str, difference: &Difference) -> bool {
    differences_of(adapter).contains(&difference.to_string())
}

/// Returns the text below the heading of the scenarios.
pub fn scenarios() -> &'static str {
    README.split_once(SCENARIOS).map_or("", |(_, rest)| rest)
}

/// Returns the text that must be there.
pub fn expected_scenarios() -> String {
    let mut text = "\n\n| scenario | what must hold | in virtual time |\n|---|---|---|\n".to_owned();
    for scenario in table() {
        let why = match &scenario.play {
            Play::Plain(plain) => plain.not_scripted(),
            Play::Sockets(why, _) => Some(*why),
        };
        let scripted = why.map_or("yes".to_owned(), |why| format!("no: {why}"));
        let _ = writeln!(text, "| `{}` | {} | {scripted} |", scenario.name, scenario.rule);
    }
    for (name, what, most) in MEASURED {
        let _ = writeln!(
            text,
            "| `{name}` | {what} takes at most {} MiB of memory. | no: it measures a process |",
            most >> 20
        );
    }
    text
}

/// Writes the text that must be there.
///
/// # Panics
///
/// If the file cannot be written.
pub fn write_scenarios() {
    let before = README.split_once(SCENARIOS).map_or(README, |(before, _)| before);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    std::fs::write(path, format!("{before}{SCENARIOS}{}", expected_scenarios())).expect("the README can be written");
}
