//! `clarifai predict`: reads inputs batch by batch, asks the model, and prints what it says in their order.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read as _, Write};

use clarifai_core::concepts::ConceptRef;
use clarifai_core::error::ErrorKind;
use clarifai_core::inputs::{MAX_INPUTS, NewInput};
use clarifai_core::model::Output;
use clarifai_core::models::{ModelRef, OutputOptions, Predict};
use clarifai_core::{App, Batch, Credentials, Exchange};
use serde_json::{Map, Value, json};

use crate::args::{self, Global};
use crate::client::{self, Client};
use crate::exit::{Exit, Failure};
use crate::settings::Settings;
use crate::{dry_run, models, output};

/// The most bytes a call carries, as near as one can tell: what is larger alone goes alone.
const MAX_CALL_BYTES: u64 = 100 * 1000 * 1000;

/// The largest file taken: the service reads no larger request.
const MAX_FILE_BYTES: u64 = 128 * 1024 * 1024;

pub(crate) fn run(
    command: &args::Predict,
    global: &Global,
    settings: &Settings,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let options = options(command);
    // Whatever the inputs: options that cannot be sent are the caller's mistake.
    probe(Predict::with("model").image_url("https://example.com").options(options.clone())).map_err(Failure::usage)?;
    let version = command.version.as_deref();
    let (answerer, model) = if global.dry_run {
        (Answerer::Nobody(dry_run::app(settings)?), models::as_named(settings, &command.model, version)?)
    } else {
        let client = Client::new(global, settings)?;
        let model = models::find(&client, settings, &command.model, version)?;
        (Answerer::Client(client), model)
    };
    let mut session = Session {
        answerer,
        model,
        options,
        json: global.json,
        out,
        entries: Vec::new(),
        ready: 0,
        bytes: 0,
        failed: 0,
    };
    let mut stdin_read = false;
    for (place, source) in command.inputs.iter().enumerate() {
        let label = source.to_string_lossy().into_owned();
        let input = load(source, command.video, &mut stdin_read);
        if let Err(failure) = session.add(label, input) {
            let left = command.inputs.len() - place - 1;
            if left > 0 && !matches!(failure, Failure::Pipe) {
                output::note!("note: {left} more inputs were not looked at");
            }
            return Err(failure);
        }
    }
    session.flush()?;
    Ok(if session.failed == 0 { Exit::Good } else { Exit::Items })
}

fn options(command: &args::Predict) -> OutputOptions {
    let mut options = OutputOptions::default();
    options.language.clone_from(&command.language);
    options.min_value = command.min_value;
    options.max_concepts = command.max_concepts;
    options.sample_ms = command.sample_ms;
    let selected = command.select.iter().map(|select| match select.strip_prefix("id:") {
        Some(id) => ConceptRef::id(id),
        None => ConceptRef::name(select),
    });
    options.select_concepts = Some(selected.collect::<Vec<_>>()).filter(|selected| !selected.is_empty());
    options
}

/// Says what is wrong with a call before it is made.
fn probe(predict: Predict) -> Result<(), String> {
    let checked = Credentials::key("probe").and_then(|key| Exchange::new(&App::new(key), predict));
    checked.map(|_| ()).map_err(|error| match error.kind() {
        ErrorKind::Invalid(invalid) => {
            let argument = invalid.argument();
            format!("{} {}", argument.strip_prefix("inputs[0] ").unwrap_or(argument), invalid.problem())
        }
        _ => error.to_string(),
    })
}

/// Reads one input, or says why that is impossible.
fn load(source: &OsString, video: bool, stdin_read: &mut bool) -> Result<NewInput, String> {
    let from_bytes = |bytes: Vec<u8>| match (bytes.is_empty(), video) {
        (true, _) => Err("it is empty".to_owned()),
        (false, true) => Ok(NewInput::video_bytes(bytes)),
        (false, false) => Ok(NewInput::image_bytes(bytes)),
    };
    let input = match source.to_str() {
        Some("-") if std::mem::replace(stdin_read, true) => Err("standard input was read already".to_owned()),
        Some("-") => from_bytes(read(io::stdin())?),
        Some(url) if url.contains("://") && video => Ok(NewInput::video_url(url)),
        Some(url) if url.contains("://") => Ok(NewInput::image_url(url)),
        _ => {
            let metadata = fs::metadata(source).map_err(|error| cannot_read(&error))?;
            if metadata.is_dir() {
                return Err("it is a folder: name the files in it".to_owned());
            }
            from_bytes(read(fs::File::open(source).map_err(|error| cannot_read(&error))?)?)
        }
    }?;
    // One bad address must not fail the call of 127 others.
    probe(Predict::with("model").input(input.clone()))?;
    Ok(input)
}

fn read(reader: impl io::Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    reader.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|error| cannot_read(&error))?;
    match bytes.len() as u64 > MAX_FILE_BYTES {
        true => Err(format!("it is larger than the {} MB the service takes", MAX_FILE_BYTES >> 20)),
        false => Ok(bytes),
    }
}

fn cannot_read(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "it may not be read: permission denied".to_owned(),
        _ => format!("it cannot be read: {error}"),
    }
}

/// Who answers a call.
enum Answerer {
    Client(Client),
    /// A dry run.
    Nobody(App),
}

/// The calls of one command, and what waits for the next of them.
struct Session<'a> {
    answerer: Answerer,
    model: ModelRef,
    options: OutputOptions,
    json: bool,
    out: &'a mut dyn Write,
    /// Inputs in the order given, those that failed already among them.
    entries: Vec<(String, Result<NewInput, String>)>,
    /// How many of them are to be sent, and about how many bytes.
    ready: usize,
    bytes: u64,
    failed: usize,
}

impl Session<'_> {
    /// Takes an input, and makes a call when it is full.
    fn add(&mut self, label: String, input: Result<NewInput, String>) -> Result<(), Failure> {
        if let Ok(input) = &input {
            let bytes = input.encoded_len();
            if self.ready > 0 && (self.bytes + bytes > MAX_CALL_BYTES || input.is_video()) {
                self.flush()?;
            }
            self.ready += 1;
            self.bytes += bytes;
        }
        self.entries.push((label, input));
        // Failures with no call ahead of them need not wait for one.
        if self.ready == MAX_INPUTS || self.ready == 0 { self.flush() } else { Ok(()) }
    }

    /// Sends what waits, and prints what came of it.
    fn flush(&mut self) -> Result<(), Failure> {
        let entries = std::mem::take(&mut self.entries);
        (self.ready, self.bytes) = (0, 0);
        let inputs: Vec<_> = entries.iter().filter_map(|(_, input)| input.as_ref().ok().cloned()).collect();
        let mut answer = None;
        if !inputs.is_empty() {
            let predict = Predict::with(&self.model).inputs(inputs).options(self.options.clone());
            match &self.answerer {
                Answerer::Nobody(app) => dry_run::show(app, predict, self.json, self.out)?,
                Answerer::Client(client) => match client.call(predict) {
                    Ok(batch) => answer = Some(batch),
                    Err(error) => {
                        let line = client::line_of(&error);
                        for (label, input) in &entries {
                            let problem = input.as_ref().err().unwrap_or(&line);
                            self.problem(label, problem, input.is_err())?;
                        }
                        self.out.flush()?;
                        return Err(error.into());
                    }
                },
            }
        }
        self.print(entries, answer.as_ref())?;
        Ok(self.out.flush()?)
    }

    fn print(
        &mut self,
        entries: Vec<(String, Result<NewInput, String>)>,
        answer: Option<&Batch<Output>>,
    ) -> Result<(), Failure> {
        let mut raw = match (self.json, answer) {
            (true, Some(batch)) => serde_json::from_slice(batch.raw()).unwrap_or(Value::Null),
            _ => Value::Null,
        };
        let mut results = answer.into_iter().flat_map(Batch::results).enumerate();
        for (label, input) in entries {
            if let Err(problem) = input {
                self.problem(&label, &problem, true)?;
                continue;
            }
            // In a dry run nobody answered.
            let Some((index, result)) = results.next() else { continue };
            if self.json {
                let mut line = Map::new();
                line.insert("source".to_owned(), label.as_str().into());
                if let Value::Object(members) = raw["outputs"][index].take() {
                    line.extend(members.into_iter().filter(|(name, _)| name != "source"));
                }
                writeln!(self.out, "{}", Value::Object(line))?;
            }
            match result {
                Ok(output) if !self.json => output::write_output(&label, output, self.out)?,
                Ok(_) => {}
                Err(failure) => {
                    self.failed += 1;
                    self.out.flush()?;
                    output::error(&format!("{label}: {}", failure.status));
                }
            }
        }
        Ok(())
    }

    /// Tells of an input that never reached the service; `aloud` is false where one line serves for all.
    fn problem(&mut self, label: &str, problem: &str, aloud: bool) -> Result<(), Failure> {
        self.failed += 1;
        // The output of a dry run is requests only.
        if self.json && matches!(self.answerer, Answerer::Client(_)) {
            writeln!(self.out, "{}", json!({"source": label, "error": problem}))?;
        } else if aloud {
            self.out.flush()?;
        }
        if aloud {
            output::error(&format!("{label}: {problem}"));
        }
        Ok(())
    }
}
