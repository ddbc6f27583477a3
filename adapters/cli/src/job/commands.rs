//! `clarifai job`: shows, retries and exports what a job file contains.

use std::io::Write;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::journal;
use super::read::{InputState, JobInput, JobReader, Which};
use super::report;
use crate::args::{ExportArgs, GlobalArgs, JobCommand};
use crate::exit::{Exit, Failure};
use crate::output;
use crate::terminal::{self, sanitize};

/// How many errors `status` prints.
const ERRORS: u32 = 10;

pub(crate) fn run(command: &JobCommand, global: &GlobalArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    match command {
        JobCommand::Status { file } => return status(file, global.json, out),
        JobCommand::Retry { file, .. } => {
            let count = journal::retry_failed(file)?;
            match global.json {
                true => output::write_json(&json!({"outcome": "marked", "inputs": count}), out)?,
                false => writeln!(out, "{count} inputs are marked; run the same command again to send them.")?,
            }
        }
        JobCommand::Export(args) => export(args, out)?,
        JobCommand::Report(args) => report::run(args, global, out)?,
    }
    out.flush()?;
    Ok(Exit::Success)
}

fn status(file: &Path, json: bool, out: &mut dyn Write) -> Result<Exit, Failure> {
    let reader = JobReader::open(file)?;
    let (info, counts, errors) = (reader.info()?, reader.counts()?, reader.errors(ERRORS)?);
    if json {
        let counts: Map<_, _> =
            counts.iter().map(|(state, count)| (state.name().to_owned(), (*count).into())).collect();
        let errors: Vec<_> = errors.iter().map(|(error, count)| json!({"error": error, "inputs": count})).collect();
        let line = json!({
            "id": info.id, "command": info.command, "options": info.options, "created_at": info.created_at,
            "complete": info.is_complete, "runs": info.runs, "requests": info.requests, "inputs": counts,
            "errors": errors,
        });
        output::write_json(&line, out)?;
    } else {
        let count = |state| counts.get(&state).copied().unwrap_or_default();
        let open = count(InputState::Pending) + count(InputState::Sending);
        writeln!(out, "Job of `clarifai {}`, {} runs, {} requests", sanitize(&info.command), info.runs, info.requests)?;
        writeln!(out, "  {:>9} done", count(InputState::Done))?;
        writeln!(out, "  {:>9} failed", count(InputState::Failed))?;
        writeln!(out, "  {open:>9} to be sent")?;
        if !info.is_complete {
            writeln!(out, "Not all sources were read; run the same command again to continue.")?;
        }
        for (error, count) in errors {
            writeln!(out, "  {count:>9} x {}", sanitize(&error))?;
        }
    }
    out.flush()?;
    Ok(Exit::Success)
}

fn export(args: &ExportArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let reader = JobReader::open(&args.file)?;
    let which = match (args.failed, args.done) {
        (true, _) => Which::Failed,
        (_, true) => Which::Done,
        _ => Which::All,
    };
    if args.jsonl {
        return reader.for_each(which, |input| output::write_json(&json_object(&input), out));
    }
    write_row(&CSV_HEADER.map(str::to_owned), out)?;
    reader.for_each(which, |input| rows(&input).iter().try_for_each(|row| write_row(row, out)))
}

/// Returns the JSON object of an input: facts of the job file, followed by the members of the API.
fn json_object(input: &JobInput) -> Value {
    let mut object = Map::new();
    object.insert("source".to_owned(), input.source.clone().into());
    if let Some(bytes) = &input.source_bytes {
        object.insert("source_base64".to_owned(), STANDARD.encode(bytes).into());
    }
    object.insert("state".to_owned(), input.state.name().into());
    let facts = [
        ("outcome", input.outcome.clone().map(Value::from)),
        ("error", input.error.clone().map(Value::from)),
        ("code", input.code.map(Value::from)),
        ("request_id", input.request_id.clone().map(Value::from)),
        ("hash", input.hash.clone().map(Value::from)),
        ("media", input.media.clone().map(Value::from)),
        ("attempts", Some(input.attempts.into())),
    ];
    for (name, value) in facts {
        if let Some(value) = value {
            object.insert(name.to_owned(), value);
        }
    }
    if let Some(Value::Object(members)) = &input.raw {
        for (name, value) in members {
            object.entry(name).or_insert_with(|| value.clone());
        }
    }
    if let Some(id) = &input.input_id {
        object.insert("id".to_owned(), id.clone().into());
    }
    Value::Object(object)
}

const CSV_HEADER: [&str; 16] = [
    "source",
    "id",
    "state",
    "outcome",
    "code",
    "error",
    "request_id",
    "kind",
    "concept_id",
    "concept",
    "value",
    "top_row",
    "left_col",
    "bottom_row",
    "right_col",
    "color",
];

/// Returns the rows of an input: one for each concept, region and color, or one without any.
fn rows(input: &JobInput) -> Vec<[String; 16]> {
    let mut base: [String; 16] = Default::default();
    base[0].clone_from(&input.source);
    base[1] = input.input_id.clone().unwrap_or_default();
    base[2] = String::from(input.state.name());
    base[3] = input.outcome.clone().unwrap_or_default();
    base[4] = input.code.map(|code| code.to_string()).unwrap_or_default();
    base[5] = input.error.clone().unwrap_or_default();
    base[6] = input.request_id.clone().unwrap_or_default();
    let raw = input.raw.clone().unwrap_or_default();
    let results = match raw["outputs"].as_array() {
        Some(results) => results.clone(),
        None => vec![raw],
    };
    let list = |value: &Value, name: &str| value["data"][name].as_array().cloned().unwrap_or_default();
    let mut rows = Vec::new();
    for result in &results {
        for concept in list(result, "concepts") {
            rows.push(concept_row(&base, "concept", &concept));
        }
        for region in list(result, "regions") {
            let mut row = concept_row(&base, "region", &region["data"]["concepts"][0]);
            let corners = ["top_row", "left_col", "bottom_row", "right_col"];
            for (cell, corner) in row[11..15].iter_mut().zip(corners) {
                *cell = text(&region["region_info"]["bounding_box"][corner]);
            }
            rows.push(row);
        }
        for color in list(result, "colors") {
            let mut row = base.clone();
            (row[7], row[9], row[10]) = ("color".to_owned(), text(&color["w3c"]["name"]), text(&color["value"]));
            row[15] = text(if color["raw_hex"].is_null() { &color["w3c"]["hex"] } else { &color["raw_hex"] });
            rows.push(row);
        }
    }
    if rows.is_empty() {
        rows.push(base);
    }
    rows
}

fn concept_row(base: &[String; 16], kind: &str, concept: &Value) -> [String; 16] {
    let mut row = base.clone();
    let id = text(&concept["id"]);
    let name = Some(text(&concept["name"])).filter(|name| !name.is_empty()).unwrap_or_else(|| id.clone());
    (row[7], row[8], row[9], row[10]) = (kind.to_owned(), id, name, text(&concept["value"]));
    row
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// Writes a row of CSV. Cells that spreadsheets would execute as formulas are preceded by an apostrophe.
fn write_row(row: &[String; 16], out: &mut dyn Write) -> Result<(), Failure> {
    let mut line = csv::Writer::from_writer(Vec::new());
    let is_formula = |cell: &str| {
        cell.starts_with(['=', '+', '@', '\t', '\r']) || (cell.starts_with('-') && cell.parse::<f64>().is_err())
    };
    let cells = row.iter().map(|cell| if is_formula(cell) { format!("'{cell}") } else { cell.clone() });
    // Writing to memory cannot fail.
    let _ = line.write_record(cells);
    Ok(out.write_all(&line.into_inner().unwrap_or_default())?)
}

/// Prints what an earlier run has done.
pub(crate) fn note_earlier_runs(done: u64, refused: u64) {
    if done > 0 {
        terminal::note(format_args!("{done} inputs were done before"));
    }
    if refused > 0 {
        terminal::note(format_args!(
            "{refused} inputs were refused before; `clarifai job retry --failed` lets the next run send them again"
        ));
    }
}
