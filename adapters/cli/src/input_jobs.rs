//! Jobs on any number of inputs: they are sent in as many requests as needed, and their outcomes are printed in order.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write;
use std::rc::Rc;
use std::sync::mpsc;

use clarifai_core::bulk::{Bulk, Scheduler};
use clarifai_core::error::ErrorKind;
use clarifai_core::inputs::{MAX_INPUTS, NewInput};
use clarifai_core::machine::{Event, Machine as _, Now, Step};
use clarifai_core::{Config, Credentials, Error, Exchange, Operation};
use serde_json::{Map, Value};

use crate::args::InputArgs;
use crate::context::Context;
use crate::exit::{Exit, Failure, exit_for};
use crate::input_loader::{InputLoader, LoaderState};
use crate::message::Message;
use crate::progress::{Lines, Progress, ProgressUpdate};
use crate::{dry_run, interrupt, output, terminal};

/// What a command does with its inputs.
pub(crate) trait InputJob {
    /// The result for one input.
    type Output: Send + 'static;
    /// The requests of the job.
    type Work<'a>: Bulk;
    /// Whether the job changes something at the service. Such a job is completed and reported even if standard output
    /// is closed.
    const CHANGES: bool = false;

    /// Sets the options of an input.
    fn prepare(&self, input: NewInput) -> NewInput {
        input
    }

    /// Creates the work on these inputs. It sends the outcome of each one to `outcomes`.
    fn work<'a>(
        &self,
        app: &Config,
        inputs: InputLoader<'a>,
        outcomes: mpsc::Sender<ItemOutcome<Self::Output>>,
    ) -> Self::Work<'a>;

    /// Returns the error that ended the work early, if there is one.
    fn stopped(report: &<Self::Work<'_> as Bulk>::Report) -> Option<ItemError>;

    /// Prints the results for inputs, each with its source, as text.
    fn write(&self, results: &[(&str, &Self::Output)], out: &mut dyn Write) -> Result<(), Failure>;
}

/// The outcome for one input.
pub(crate) struct ItemOutcome<T> {
    /// The index among the inputs that could be read.
    pub(crate) index: u64,
    /// The ID of the input, if it has one.
    pub(crate) id: Option<String>,
    /// The member `outcome` of the JSON object, if it has one.
    pub(crate) outcome: Option<&'static str>,
    /// What the response contains about the input.
    pub(crate) raw: Option<Box<Value>>,
    pub(crate) result: Result<T, ItemError>,
}

/// Why there is no result for an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ItemError {
    /// An error of this input.
    Input(String),
    /// An error of a whole request.
    Request(Exit, Message),
    /// The program was interrupted while the request was pending.
    Interrupted,
}

impl ItemError {
    fn message(&self) -> Message {
        match self {
            Self::Input(text) => Message::new(text),
            Self::Request(_, message) => message.clone(),
            Self::Interrupted => Message::new("interrupted before its result was known"),
        }
    }
}

impl From<&Error> for ItemError {
    fn from(error: &Error) -> Self {
        match error.kind() {
            ErrorKind::InvalidArgument(invalid) => Self::Input(format!("{} {}", invalid.argument(), invalid.problem())),
            ErrorKind::Misuse(_) if interrupt::is_requested() => Self::Interrupted,
            _ => Self::Request(exit_for(error), Message::from(error)),
        }
    }
}

/// Checks the options of an operation before any input is read.
pub(crate) fn check_options<O: Operation>(operation: impl FnOnce(NewInput) -> O) -> Result<(), Failure> {
    let operation = operation(NewInput::image_url("https://example.com"));
    let checked = Credentials::key("check").and_then(|key| Exchange::new(&Config::new(key), operation));
    checked.map(|_| ()).map_err(|error| match ItemError::from(&error) {
        ItemError::Input(text) => Failure::usage(text.strip_prefix("inputs[0] ").unwrap_or(&text)),
        error => Failure::Message(Exit::Usage, error.message()),
    })
}

/// Returns how often failed requests are repeated, in addition to the retries of a single call. Small jobs fail fast if
/// the network is down; long ones continue after an outage.
pub(crate) fn max_retries(inputs: &InputArgs, default: u32) -> u32 {
    if inputs.inputs.len() > 2 * MAX_INPUTS { default } else { 0 }
}

/// Runs the job on all inputs. An input that cannot be read or is rejected does not affect the others.
pub(crate) fn run<J: InputJob>(job: &J, args: &InputArgs, context: &mut Context<'_>) -> Result<(), Failure> {
    let prepare = |input| job.prepare(input);
    let loader = InputLoader::new(args, &prepare);
    let (sender, outcomes) = mpsc::channel();
    let mut session = Session {
        job,
        args,
        loader: loader.state(),
        outcomes,
        waiting: BTreeMap::new(),
        next: 0,
        unreadable: 0,
        succeeded: 0,
        failed: 0,
        failed_requests: BTreeMap::new(),
        exit: Exit::Failed,
        output_failure: None,
    };
    if context.global.dry_run {
        let mut work = job.work(&dry_run::app(context.settings)?, loader, sender);
        show_requests(&mut work, context)?;
        // There are no responses; this prints the inputs that could not be sent.
        return session.print(context);
    }
    let client = context.client()?;
    let mut work = Scheduler::new(job.work(client.config(), loader, sender), args.jobs.into());
    let lines = if args.inputs.len() > MAX_INPUTS { Lines::Always } else { Lines::IfSlow };
    let mut progress = Progress::new(context.global, "inputs", lines);
    let result = client.run_bulk(&mut work, |state| {
        session.print(context)?;
        let failed = state.failed + session.unreadable;
        let details = if failed > 0 { format!("{failed} failed") } else { String::new() };
        let (done, total) = (Some(state.done + session.unreadable), Some(args.inputs.len() as u64));
        progress.show(&ProgressUpdate { done, total, details });
        Ok(())
    });
    // Standard output is closed, and nothing was changed: no report is needed.
    if result.as_ref().is_err_and(Failure::is_output) {
        return result;
    }
    let stopped = J::stopped(&work.finish());
    session.print(context)?;
    progress.finish(&format!("{} done, {} failed, of {}", session.succeeded, session.failed, args.inputs.len()));
    session.finish(result, stopped, context)
}

/// Prints the first request of each machine.
fn show_requests(work: &mut impl Bulk, context: &mut Context<'_>) -> Result<(), Failure> {
    let mut now = Now::default();
    while let Some(mut machine) = work.next() {
        let mut event = Event::Begin;
        loop {
            event = match machine.resume(now, event) {
                Step::Send(request) => break dry_run::show_request(&request, context.global.json, context.out)?,
                Step::WaitUntil(time) => {
                    now.instant = time;
                    Event::Woke
                }
                Step::Done(_) => break,
            };
        }
    }
    Ok(())
}

/// The outcomes of one job, and what of them was printed.
struct Session<'a, J: InputJob> {
    job: &'a J,
    args: &'a InputArgs,
    loader: Rc<RefCell<LoaderState>>,
    outcomes: mpsc::Receiver<ItemOutcome<J::Output>>,
    /// Outcomes that wait for those of earlier inputs, by position among the arguments.
    waiting: BTreeMap<usize, ItemOutcome<J::Output>>,
    /// The position to print next.
    next: usize,
    /// Number of arguments that could not be read.
    unreadable: u64,
    succeeded: usize,
    failed: usize,
    /// Errors of whole requests, each printed once, and how many inputs they affected.
    failed_requests: BTreeMap<Message, usize>,
    /// The exit code of the last failed request.
    exit: Exit,
    /// The failure of standard output, if it failed while the job continued.
    output_failure: Option<Failure>,
}

impl<J: InputJob> Session<'_, J> {
    /// Takes the outcomes that have arrived, and prints those whose predecessors are printed.
    fn print(&mut self, context: &mut Context<'_>) -> Result<(), Failure> {
        self.take_outcomes();
        let mut ready = Vec::new();
        while let Some(outcome) = self.waiting.remove(&self.next) {
            ready.push((self.args.inputs[self.next].to_string_lossy(), outcome));
            self.next += 1;
        }
        // In a dry run, inputs that would be sent have no outcome and nothing waits for them.
        if context.global.dry_run {
            let waiting = std::mem::take(&mut self.waiting);
            let source = |position: usize| self.args.inputs[position].to_string_lossy();
            ready.extend(waiting.into_iter().map(|(position, outcome)| (source(position), outcome)));
        }
        if ready.is_empty() {
            return Ok(());
        }
        let (json, dry_run) = (context.global.json, context.global.dry_run);
        let printed = context.print(|out| {
            if json {
                // The output of a dry run contains requests only.
                let printed = ready.iter().filter(|_| !dry_run);
                return printed.into_iter().try_for_each(|(source, outcome)| write_json(source, outcome, out));
            }
            let results: Vec<_> =
                ready.iter().filter_map(|(source, outcome)| Some((&**source, outcome.result.as_ref().ok()?))).collect();
            if results.is_empty() { Ok(()) } else { self.job.write(&results, out) }
        });
        for (source, outcome) in &ready {
            match &outcome.result {
                Ok(_) => {
                    self.succeeded += 1;
                    continue;
                }
                Err(ItemError::Request(exit, message)) => {
                    self.exit = *exit;
                    *self.failed_requests.entry(message.clone()).or_default() += 1;
                }
                Err(error) => terminal::error(format_args!("{source}: {}", error.message())),
            }
            self.failed += 1;
            context.failed += 1;
        }
        self.check_output(printed, context)
    }

    fn take_outcomes(&mut self) {
        let mut loader = self.loader.borrow_mut();
        for outcome in self.outcomes.try_iter() {
            if let Some(position) = loader.take_position(outcome.index) {
                self.waiting.insert(position, outcome);
            }
        }
        for (position, problem) in std::mem::take(&mut loader.unreadable) {
            self.unreadable += 1;
            let result = Err(ItemError::Input(problem));
            self.waiting.insert(position, ItemOutcome { index: 0, id: None, outcome: None, raw: None, result });
        }
    }

    /// Lets a job that changes something continue if only standard output failed.
    fn check_output(&mut self, printed: Result<(), Failure>, context: &mut Context<'_>) -> Result<(), Failure> {
        match printed {
            Err(failure) if J::CHANGES && !context.global.dry_run && failure.is_output() => {
                context.discard_output();
                self.output_failure.get_or_insert(failure);
                Ok(())
            }
            printed => printed,
        }
    }

    /// Reports failed requests and skipped inputs, and returns how the command ends.
    fn finish(
        mut self,
        result: Result<(), Failure>,
        stopped: Option<ItemError>,
        context: &mut Context<'_>,
    ) -> Result<(), Failure> {
        let flushed = context.out.flush().map_err(Failure::from);
        self.check_output(flushed, context)?;
        for (message, inputs) in &self.failed_requests {
            let affected = if *inputs > 1 { format!(" ({inputs} inputs)") } else { String::new() };
            message.clone().append(&affected).print_error();
        }
        let skipped = self.args.inputs.len() - self.loader.borrow().taken;
        if skipped > 0 {
            terminal::warning(format_args!("{skipped} inputs skipped"));
        }
        result?;
        if let Some(failure) = &self.output_failure {
            let (succeeded, failed) = (self.succeeded, self.failed);
            return Err(failure.with_completed_work(&format!(
                "{succeeded} inputs are done, {failed} failed, {skipped} were skipped"
            )));
        }
        match stopped {
            // The error that ended the work turned out to have affected no input.
            Some(_) if self.failed == 0 && skipped == 0 => Ok(()),
            Some(ItemError::Request(exit, message)) if self.failed_requests.contains_key(&message) => {
                Err(Failure::Reported(exit))
            }
            Some(ItemError::Request(exit, message)) => Err(Failure::Message(exit, message)),
            Some(error) => Err(Failure::Message(Exit::Service, error.message())),
            // If no input succeeded, the exit code of the request is more specific than that of its items.
            None if self.succeeded == 0 && !self.failed_requests.is_empty() => Err(Failure::Reported(self.exit)),
            None => Ok(()),
        }
    }
}

/// Prints the JSON object of an input: `source`, followed by the members of the API.
fn write_json<T>(source: &str, outcome: &ItemOutcome<T>, out: &mut dyn Write) -> Result<(), Failure> {
    let mut object = Map::new();
    object.insert("source".to_owned(), source.into());
    if let Some(outcome) = outcome.outcome {
        object.insert("outcome".to_owned(), outcome.into());
    }
    match (outcome.raw.as_deref(), &outcome.result) {
        (Some(Value::Object(members)), _) => {
            let is_set = |name: &str| name == "source" || (name == "outcome" && outcome.outcome.is_some());
            let members = members.iter().filter(|(name, _)| !is_set(name));
            object.extend(members.map(|(name, value)| (name.clone(), value.clone())));
        }
        (_, Err(error)) => {
            let Message { text, hint } = error.message();
            object.insert("error".to_owned(), terminal::sanitize(&text).into());
            if let Some(hint) = hint {
                object.insert("hint".to_owned(), hint.into());
            }
        }
        (_, Ok(_)) => {}
    }
    match &outcome.id {
        Some(id) => _ = object.entry("id").or_insert_with(|| id.as_str().into()),
        // The response contains the ID that the rejected duplicate would have had, not that of the stored input.
        None if outcome.outcome == Some("already there") => _ = object.remove("id"),
        None => {}
    }
    output::write_json(&Value::Object(object), out)
}
