//! Inputs from files and addresses, sent in as many calls as it takes, their results printed in their order.

use std::io::Write;

use clarifai_core::error::ErrorKind;
use clarifai_core::inputs::{MAX_INPUTS, NewInput};
use clarifai_core::{App, Batch, Credentials, Exchange, Item, Operation};

use crate::args::Sources;
use crate::context::{Context, Form};
use crate::exit::Failure;
use crate::{load, output};

/// The most bytes a call carries, as near as one can tell: what is larger alone goes alone.
const MAX_CALL_BYTES: u64 = 100 * 1000 * 1000;

/// What is done with inputs.
pub(crate) trait Job {
    /// What comes of each.
    type Item: Item;
    type Operation: Operation<Output = Batch<Self::Item>>;

    /// The member of the answer that lists what came of them.
    const MEMBER: &'static str;

    /// Says of an input what there is to say.
    fn dress(&self, input: NewInput) -> NewInput {
        input
    }

    /// The call for these inputs.
    fn operation(&self, inputs: Vec<NewInput>) -> Self::Operation;

    /// Prints, for people, what came of inputs, each with its source.
    fn write(&self, items: &[(&str, &Self::Item)], out: &mut dyn Write) -> Result<(), Failure>;
}

/// Does the job with all inputs. An input that cannot be read fails alone; a call that fails ends the work.
pub(crate) fn run<J: Job>(job: &J, sources: &Sources, context: &mut Context<'_>) -> Result<(), Failure> {
    let mut session = Session { job, context, entries: Vec::new(), ready: 0, bytes: 0 };
    let mut stdin_read = false;
    for (place, source) in sources.inputs.iter().enumerate() {
        let label = source.to_string_lossy().into_owned();
        let input = load::input(source, sources.video, &mut stdin_read).map(|input| job.dress(input));
        // One bad address must not fail the call of 127 others.
        let input = input.and_then(|input| check(job.operation(vec![input.clone()])).map(|()| input));
        if let Err(failure) = session.add(label, input) {
            let left = sources.inputs.len() - place - 1;
            if left > 0 && !matches!(failure, Failure::Pipe) {
                output::note!("note: {left} more inputs were not looked at");
            }
            return Err(failure);
        }
    }
    session.flush()
}

/// Says what would be wrong with any call of a job, whatever the inputs: that is the caller's mistake.
pub(crate) fn check_options<J: Job>(job: &J) -> Result<(), Failure> {
    check(job.operation(vec![job.dress(NewInput::image_url("https://example.com"))])).map_err(Failure::usage)
}

/// Says what is wrong with a call before it is made.
fn check(operation: impl Operation) -> Result<(), String> {
    let checked = Credentials::key("check").and_then(|key| Exchange::new(&App::new(key), operation));
    checked.map(|_| ()).map_err(|error| match error.kind() {
        ErrorKind::Invalid(invalid) => {
            let argument = invalid.argument();
            format!("{} {}", argument.strip_prefix("inputs[0] ").unwrap_or(argument), invalid.problem())
        }
        _ => error.to_string(),
    })
}

/// The calls of one command, and what waits for the next of them.
struct Session<'a, 'b, J> {
    job: &'a J,
    context: &'a mut Context<'b>,
    /// Inputs in the order given, those that failed already among them.
    entries: Vec<(String, Result<NewInput, String>)>,
    /// How many of them are to be sent, and about how many bytes.
    ready: usize,
    bytes: u64,
}

impl<J: Job> Session<'_, '_, J> {
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
        let entries: Vec<_> =
            entries.iter().map(|(label, input)| (label.as_str(), input.as_ref().err().map(String::as_str))).collect();
        let answer = match inputs.is_empty() {
            true => None,
            false => match self.context.call(self.job.operation(inputs)) {
                Ok(answer) => answer,
                Err(failure) => {
                    self.context.lost(&entries, &failure)?;
                    return Err(failure);
                }
            },
        };
        let form = Form { member: J::MEMBER, sources: true };
        self.context.results(&entries, answer.as_ref(), form, |items, out| self.job.write(items, out))
    }
}
