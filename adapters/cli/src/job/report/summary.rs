//! The summary of a job in the terminal: outcomes, concepts and errors.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;

use serde_json::{Map, Value, json};

use super::findings::{Findings, Names};
use crate::exit::Failure;
use crate::job::read::{InputState, JobReader, Which};
use crate::output;
use crate::terminal::sanitize;

/// How many concepts and errors are printed.
const CONCEPTS: usize = 20;
const ERRORS: u32 = 20;

/// Width of the longest bar in characters.
const BAR: usize = 24;

/// How often a concept was found.
struct ConceptCount {
    name: String,
    inputs: u64,
    mean: f64,
    highest: f64,
}

/// What the inputs of a job have in common.
struct Summary {
    /// Number of inputs by outcome. Inputs without an outcome are counted by their state.
    outcomes: BTreeMap<String, u64>,
    /// The most frequent concepts.
    concepts: Vec<ConceptCount>,
    /// Number of different concepts.
    all_concepts: usize,
}

impl Summary {
    fn read(reader: &JobReader) -> Result<Self, Failure> {
        let (mut names, mut outcomes) = (Names::default(), BTreeMap::new());
        let mut counts: HashMap<usize, (u64, f64, f64)> = HashMap::new();
        reader.for_each(Which::All, |input| {
            let open = matches!(input.state, InputState::Pending | InputState::Sending);
            let outcome = input.outcome.as_deref().filter(|_| !open).unwrap_or(input.state.name());
            *outcomes.entry(outcome.to_owned()).or_default() += 1;
            let findings = input.raw.as_ref().map(|raw| Findings::read(raw, &mut names)).unwrap_or_default();
            for (name, value) in findings.concepts {
                let (inputs, sum, highest) = counts.entry(name).or_insert((0, 0.0, value));
                (*inputs, *sum, *highest) = (*inputs + 1, *sum + value, highest.max(value));
            }
            Ok(())
        })?;
        let all_concepts = counts.len();
        let count = |(name, (inputs, sum, highest)): (usize, (u64, f64, f64))| ConceptCount {
            name: names.list().get(name).cloned().unwrap_or_default(),
            inputs,
            mean: mean(sum, inputs),
            highest,
        };
        let mut concepts: Vec<_> = counts.into_iter().map(count).collect();
        concepts.sort_by(|one, other| other.inputs.cmp(&one.inputs).then_with(|| one.name.cmp(&other.name)));
        concepts.truncate(CONCEPTS);
        Ok(Self { outcomes, concepts, all_concepts })
    }
}

#[expect(clippy::cast_precision_loss, reason = "a mean with one decimal needs no more precision")]
fn mean(sum: f64, count: u64) -> f64 {
    sum / count.max(1) as f64
}

/// Prints the summary of a job.
pub(super) fn write(reader: &JobReader, json: bool, out: &mut dyn Write) -> Result<(), Failure> {
    let (summary, errors) = (Summary::read(reader)?, reader.errors(ERRORS)?);
    if json { write_json(reader, &summary, &errors, out) } else { write_text(reader, &summary, &errors, out) }
}

fn write_json(
    reader: &JobReader,
    summary: &Summary,
    errors: &[(String, u64)],
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let info = reader.info()?;
    let states: Map<_, _> =
        reader.counts()?.into_iter().map(|(state, count)| (state.name().to_owned(), count.into())).collect();
    let concept = |one: &ConceptCount| -> Value {
        json!({"name": one.name, "inputs": one.inputs, "mean_value": one.mean, "highest_value": one.highest})
    };
    let line = json!({
        "id": info.id, "command": info.command, "complete": info.is_complete, "inputs": states,
        "outcomes": summary.outcomes, "concepts": summary.concepts.iter().map(concept).collect::<Vec<_>>(),
        "all_concepts": summary.all_concepts,
        "errors": errors.iter().map(|(error, inputs)| json!({"error": error, "inputs": inputs})).collect::<Vec<_>>(),
    });
    output::write_json(&line, out)
}

fn write_text(
    reader: &JobReader,
    summary: &Summary,
    errors: &[(String, u64)],
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let info = reader.info()?;
    let total: u64 = summary.outcomes.values().sum();
    writeln!(out, "Job of `clarifai {}`, {total} inputs", sanitize(&info.command))?;
    for (outcome, count) in &summary.outcomes {
        writeln!(out, "  {count:>9} {}", sanitize(outcome))?;
    }
    if !summary.concepts.is_empty() {
        let shown = summary.concepts.len();
        writeln!(out, "\nMost frequent concepts ({shown} of {}), by number of inputs", summary.all_concepts)?;
        let most = summary.concepts.first().map_or(1, |one| one.inputs);
        let names: Vec<_> = summary.concepts.iter().map(|one| sanitize(&one.name)).collect();
        let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).min(30);
        for (one, name) in summary.concepts.iter().zip(&names) {
            let length = usize::try_from(one.inputs * BAR as u64 / most.max(1)).unwrap_or(BAR).clamp(1, BAR);
            let (bar, mean) = ("█".repeat(length), 100.0 * one.mean);
            writeln!(out, "  {:>9} {name:<width$} {bar:<BAR$} {mean:>5.1} % on average", one.inputs)?;
        }
    }
    if !errors.is_empty() {
        writeln!(out, "\nErrors, by number of inputs")?;
        for (error, count) in errors {
            writeln!(out, "  {count:>9} {}", sanitize(error))?;
        }
    }
    Ok(())
}
