//! Jobs on any number of inputs: they are sent in as many requests as needed, and their outcomes are printed in order.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clarifai_core::bulk::{Bulk, Scheduler, SendError, SentItem};
use clarifai_core::error::ErrorKind;
use clarifai_core::inputs::{MAX_INPUTS, NewInput};
use clarifai_core::machine::{Event, Machine as _, Step};
use clarifai_core::time::Now;
use clarifai_core::types::{Status, StatusClass, StatusCode};
use clarifai_core::{Config, Credentials, Error, Exchange, Operation};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::args::InputArgs;
use crate::client::ClientStats;
use crate::context::Context;
use crate::exit::{Exit, Failure, exit_for};
use crate::input_loader::{InputLoader, LoaderState, Stop};
use crate::job::journal::{Attempt, Journal};
use crate::json::Members;
use crate::message::Message;
use crate::progress::{Lines, Progress, ProgressUpdate};
use crate::sources::{Source, Sources, path_bytes};
use crate::{dry_run, input_source, interrupt, job, json, output, terminal};

/// What a command does with its inputs.
pub(crate) trait InputJob {
    /// The result for one input.
    type Output: Send + 'static;
    /// The requests of the job.
    type Work<'a>: Bulk;
    /// Whether the job changes something at the service. Such a job is completed and reported even if standard output
    /// is closed.
    const CHANGES: bool = false;

    /// Name of the command in job files.
    const NAME: &'static str;

    /// Returns the options that all runs of a job must have, by name.
    fn options(&self) -> BTreeMap<String, Value>;

    /// Whether inputs get an ID of the job file, so that sending one again does not store it twice.
    fn needs_ids(&self) -> bool {
        false
    }

    /// Sets the options of an input. `generated_id` is the ID that the job file has for it.
    fn prepare(&self, input: NewInput, source: &Source, generated_id: Option<&str>) -> NewInput {
        let _ = (source, generated_id);
        input
    }

    /// Notes a successful result.
    fn note_success(&self, output: &Self::Output) {
        let _ = output;
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

    /// Prints the results for inputs as text.
    fn write(&self, results: &[Shown<'_, Self::Output>], out: &mut dyn Write) -> Result<(), Failure>;
}

/// A result to print.
pub(crate) struct Shown<'a, T> {
    pub(crate) source: &'a str,
    pub(crate) result: &'a T,
    /// What the response contains about the input.
    pub(crate) raw: Option<Value>,
}

/// The outcome for one input.
pub(crate) struct ItemOutcome<T> {
    /// The index among the inputs that could be read.
    pub(crate) index: u64,
    /// The ID of the input, if it has one.
    pub(crate) id: Option<String>,
    /// The member `outcome` of the JSON object, if it has one.
    pub(crate) outcome: Option<&'static str>,
    /// The JSON of the input in the response, if it is printed or recorded.
    pub(crate) raw: Option<Box<RawValue>>,
    /// The error of an input that the app contains already, if its ID was chosen for this input.
    pub(crate) duplicate: Option<String>,
    pub(crate) facts: ErrorFacts,
    pub(crate) result: Result<T, ItemError>,
    /// The parts of a failed result that are valid.
    pub(crate) partial: Option<T>,
}

impl<T> From<SentItem<T>> for ItemOutcome<Box<T>> {
    fn from(item: SentItem<T>) -> Self {
        let facts = match &item.result {
            Err(SendError::Failed(error)) => ErrorFacts::from(&**error),
            Err(SendError::Rejected(status)) => ErrorFacts::from(&**status),
            Ok(_) | Err(_) => ErrorFacts::default(),
        };
        let result = item.result.map(Box::new).map_err(|error| match error {
            SendError::Failed(error) => ItemError::from(&*error),
            rejected => ItemError::Input(rejected.to_string()),
        });
        Self { raw: item.raw, facts, ..Self::without_response(item.index, result) }
    }
}

impl<T> ItemOutcome<T> {
    /// Creates the outcome for an input without a response.
    pub(crate) fn without_response(index: u64, result: Result<T, ItemError>) -> Self {
        let facts = ErrorFacts::default();
        Self { index, id: None, outcome: None, raw: None, duplicate: None, facts, result, partial: None }
    }
}

/// What is known about an error besides its message.
#[derive(Clone, Debug, Default)]
pub(crate) struct ErrorFacts {
    /// Status code of the service.
    pub(crate) code: Option<u32>,
    /// ID of the request at the service.
    pub(crate) request_id: Option<String>,
    /// Whether the service refused the input itself, so that sending it again is of no use.
    pub(crate) is_refusal: bool,
}

impl From<&Status> for ErrorFacts {
    fn from(status: &Status) -> Self {
        let code = status.code.as_ref().and_then(StatusCode::number);
        let is_refusal = matches!(status.class(), StatusClass::Terminal | StatusClass::Unknown);
        Self { code, request_id: status.req_id.clone(), is_refusal }
    }
}

impl From<&Error> for ErrorFacts {
    fn from(error: &Error) -> Self {
        let is_refusal = matches!(error.kind(), ErrorKind::InvalidArgument(_));
        Self { code: error.api_code(), request_id: error.request_id().map(str::to_owned), is_refusal }
    }
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
            Self::Interrupted => Message::new(format!("{} before its result was known", interrupt::reason().1)),
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
    let is_long = !inputs.is_plain() || inputs.job.is_some() || inputs.inputs.len() > 2 * MAX_INPUTS;
    if is_long { default } else { 0 }
}

/// Runs the job on all inputs. An input that cannot be read or is rejected does not affect the others.
pub(crate) fn run<J: InputJob>(job: &J, args: &InputArgs, context: &mut Context<'_>) -> Result<(), Failure> {
    args.sources().check()?;
    let journal = match &args.job {
        Some(path) => Some(Journal::open(path, J::NAME, &job_options(job, args, context))?),
        None => None,
    };
    let needs_ids = journal.is_some() && job.needs_ids();
    let state = Rc::new(RefCell::new(LoaderState::new(args, journal, needs_ids)));
    let prepare =
        |input: NewInput, source: &Source, generated_id: Option<&str>| job.prepare(input, source, generated_id);
    let (sender, outcomes) = mpsc::channel();
    let mut session = Session {
        job,
        total: Total::of(args),
        loader: Rc::clone(&state),
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
        let loader = InputLoader::new(&state, &prepare);
        let mut work = job.work(&dry_run::app(context.settings)?, loader, sender);
        show_requests(&mut work, context)?;
        // There are no responses; this prints the inputs that could not be sent.
        return session.print(context);
    }
    let client = context.client()?;
    client.set_max_requests(args.max_requests);
    let is_long = !args.is_plain() || args.inputs.len() > MAX_INPUTS;
    let lines = if is_long { Lines::Always } else { Lines::IfSlow };
    let mut progress = Progress::new(context.global, "inputs", lines);
    let (mut finished, mut result, mut stopped) = (0, Ok(()), None);
    // Work in segments, because the report of an upload contains all of its inputs.
    while result.is_ok() && stopped.is_none() && state.borrow().has_more() {
        let loader = InputLoader::new(&state, &prepare);
        let mut work = Scheduler::new(job.work(client.config(), loader, sender.clone()), args.jobs.into());
        result = client.run_bulk(&mut work, args.jobs.into(), |work| {
            session.print(context)?;
            let counts = work.progress();
            // While one request is retried, the results of later ones must not fill the memory.
            let limit = if session.waiting.len() > MAX_WAITING { work.in_flight() } else { args.jobs.into() };
            session.show(&mut progress, finished + counts.done, &client.stats());
            Ok(limit)
        });
        // Standard output is closed, and nothing was changed: no report is needed.
        if result.as_ref().is_err_and(Failure::is_output) {
            session.close_journal(&client.stats(), Exit::Success)?;
            return result;
        }
        finished += work.progress().done;
        stopped = J::stopped(&work.finish());
        if let Err(failure) = session.print(context) {
            result = result.and(Err(failure));
        }
    }
    progress.finish(&session.summary());
    let finished = session.finish(result, stopped, context);
    let exit = match &finished {
        Ok(()) if context.failed == 0 => Exit::Success,
        Ok(()) => Exit::Failed,
        Err(failure) => failure.exit(),
    };
    let closed = session.close_journal(&client.stats(), exit);
    finished.and(closed)
}

/// Returns the options that all runs of a job must have: those of the command, and where its requests go.
fn job_options<J: InputJob>(job: &J, args: &InputArgs, context: &Context<'_>) -> BTreeMap<String, Value> {
    let mut options = job.options();
    options.extend(args.job_options());
    options.insert("--simulator".to_owned(), context.global.simulator.into());
    options.extend(context.settings.job_options());
    options
}

/// How many results wait for those of earlier inputs before no new requests are started.
const MAX_WAITING: usize = 64 * MAX_INPUTS;

/// The number of inputs. That of folders and lists is counted while the first requests are under way.
struct Total(Arc<AtomicU64>);

impl Total {
    const UNKNOWN: u64 = u64::MAX;

    fn of(args: &InputArgs) -> Self {
        let options = args.sources();
        let sources = Sources::new(options.clone());
        let known = sources.known_total();
        let total = Arc::new(AtomicU64::new(known.unwrap_or(Self::UNKNOWN)));
        if known.is_none() && !options.reads_list_from_stdin() {
            let counted = Arc::clone(&total);
            // Without the thread, the total stays unknown.
            let _ = thread::Builder::new().spawn(move || {
                counted.store(Sources::new(options).count() as u64, Ordering::Relaxed);
            });
        }
        Self(total)
    }

    fn get(&self) -> Option<u64> {
        Some(self.0.load(Ordering::Relaxed)).filter(|total| *total != Self::UNKNOWN)
    }
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
    total: Total,
    loader: Rc<RefCell<LoaderState>>,
    outcomes: mpsc::Receiver<ItemOutcome<J::Output>>,
    /// Outcomes that wait for those of earlier inputs, by their place in the output.
    waiting: BTreeMap<u64, (OsString, ItemOutcome<J::Output>)>,
    /// The place to print next.
    next: u64,
    /// Number of inputs that could not be read.
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
        self.take_outcomes()?;
        let mut ready = Vec::new();
        while let Some((name, outcome)) = self.waiting.remove(&self.next) {
            ready.push((name, outcome));
            self.next += 1;
        }
        // In a dry run, inputs that would be sent have no outcome and nothing waits for them.
        if context.global.dry_run {
            ready.extend(std::mem::take(&mut self.waiting).into_values());
        }
        if ready.is_empty() {
            return Ok(());
        }
        let (json, dry_run) = (context.global.json, context.global.dry_run);
        let labels: Vec<_> = ready.iter().map(|(name, _)| input_source::label(name)).collect();
        let printed = context.print(|out| {
            if json {
                // The output of a dry run contains requests only.
                let printed = ready.iter().filter(|_| !dry_run);
                return printed.into_iter().try_for_each(|(name, outcome)| write_json(name, outcome, out));
            }
            let results = labels.iter().zip(&ready).filter_map(|(source, (_, outcome))| {
                let result = outcome.result.as_ref().ok().or(outcome.partial.as_ref())?;
                Some(Shown { source, result, raw: outcome.raw.as_deref().and_then(json::parse) })
            });
            let results: Vec<_> = results.collect();
            if results.is_empty() { Ok(()) } else { self.job.write(&results, out) }
        });
        for (label, (_, outcome)) in labels.iter().zip(&ready) {
            match &outcome.result {
                Ok(output) => {
                    self.succeeded += 1;
                    self.job.note_success(output);
                    continue;
                }
                Err(ItemError::Request(exit, message)) => {
                    self.exit = *exit;
                    *self.failed_requests.entry(message.clone()).or_default() += 1;
                }
                Err(error) => terminal::error(format_args!("{label}: {}", error.message())),
            }
            self.failed += 1;
            context.failed += 1;
        }
        self.check_output(printed, context)
    }

    /// Takes the outcomes that have arrived, and records them in the job file.
    fn take_outcomes(&mut self) -> Result<(), Failure> {
        let mut loader = self.loader.borrow_mut();
        let mut attempts = Vec::new();
        for mut outcome in self.outcomes.try_iter() {
            let Some(pending) = loader.take_pending(outcome.index) else { continue };
            if let Some(problem) = outcome.duplicate.take()
                && pending.has_chosen_id
                // An earlier attempt may have stored it.
                && pending.attempts == 0
            {
                outcome.result = Err(ItemError::Input(problem));
            }
            if let Some(row) = pending.row {
                attempts.extend(attempt(row, &outcome));
            }
            self.waiting.insert(pending.order, (pending.name, outcome));
        }
        if let Some(journal) = &mut loader.journal {
            journal.record(&attempts)?;
        }
        for (pending, problem) in std::mem::take(&mut loader.unreadable) {
            self.unreadable += 1;
            let result = Err(ItemError::Input(problem));
            let outcome = ItemOutcome::without_response(0, result);
            self.waiting.insert(pending.order, (pending.name, outcome));
        }
        match loader.journal_failure.take() {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }

    /// Shows the progress.
    fn show(&self, progress: &mut Progress, done: u64, stats: &ClientStats) {
        let before = self.loader.borrow().done_before + self.loader.borrow().refused_before;
        let failed = self.failed as u64;
        let mut details = Vec::new();
        if failed > 0 {
            details.push(format!("{failed} failed"));
        }
        details.extend(stats.describe());
        let update = ProgressUpdate {
            done: Some(done + self.unreadable + before),
            total: self.total.get(),
            details: details.join(", "),
        };
        progress.show(&update);
    }

    fn summary(&self) -> String {
        let of = self.total.get().map_or_else(String::new, |total| format!(", of {total}"));
        let before = self.loader.borrow().done_before;
        let before = if before > 0 { format!(", {before} done before") } else { String::new() };
        format!("{} done, {} failed{before}{of}", self.succeeded, self.failed)
    }

    /// Ends the run in the job file, if there is one.
    fn close_journal(&self, stats: &ClientStats, exit: Exit) -> Result<(), Failure> {
        let mut loader = self.loader.borrow_mut();
        let is_complete = loader.ended && loader.stop.is_none();
        // If it failed before, it would fail again.
        match loader.journal.take() {
            Some(journal) if exit != Exit::Job => journal.finish(stats.requests, stats.bytes, is_complete, exit.code()),
            _ => Ok(()),
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
        &mut self,
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
        let (taken, stop, has_more) = {
            let loader = self.loader.borrow();
            job::commands::note_earlier_runs(loader.done_before, loader.refused_before);
            context.failed += usize::try_from(loader.refused_before).unwrap_or(usize::MAX);
            (loader.taken, loader.stop, loader.has_more() || loader.stop.is_some())
        };
        let skipped = self.total.get().map_or(0, |total| total.saturating_sub(taken));
        match skipped {
            0 if has_more => terminal::warning("the remaining inputs were skipped"),
            0 => {}
            skipped => terminal::warning(format_args!("{skipped} inputs skipped")),
        }
        result?;
        match stop {
            Some(Stop::MaxInputs) => return Err(Failure::new(Exit::Budget, "stopped at --max-inputs")),
            Some(Stop::Strict) => {
                return Err(Failure::new(Exit::Failed, "stopped at the first error, as --strict demands"));
            }
            Some(Stop::Journal) | None => {}
        }
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
            // An argument of the request is invalid, which was printed with the inputs.
            Some(ItemError::Input(_)) if self.failed > 0 => Err(Failure::Reported(Exit::Usage)),
            Some(error) => Err(Failure::Message(Exit::Service, error.message())),
            // If no input succeeded, the exit code of the request is more specific than that of its items.
            None if self.succeeded == 0 && !self.failed_requests.is_empty() => Err(Failure::Reported(self.exit)),
            None => Ok(()),
        }
    }
}

/// Returns what the job file records about an outcome. If the program was interrupted, the input counts as sent and
/// without a response.
fn attempt<T>(position: i64, outcome: &ItemOutcome<T>) -> Option<Attempt> {
    let (is_success, error) = match &outcome.result {
        Ok(_) => (true, None),
        Err(ItemError::Interrupted) => return None,
        Err(_) if interrupt::is_requested() && outcome.raw.is_none() => return None,
        Err(error) => (false, Some(error.message().text)),
    };
    let name = match outcome.outcome {
        Some("created") => "created",
        Some("already there") if is_success => "already there",
        Some("unknown") => "unknown",
        _ if is_success => "predicted",
        _ if outcome.facts.is_refusal => "refused",
        _ => "not sent",
    };
    let raw = outcome.raw.as_ref().filter(|_| is_success).map(ToString::to_string);
    let ErrorFacts { code, request_id, .. } = outcome.facts.clone();
    let input_id = outcome.id.clone();
    Some(Attempt { position, is_success, outcome: name, code, error, request_id, input_id, raw })
}

/// Prints the JSON object of an input: `source`, followed by the members of the API.
fn write_json<T>(source: &OsStr, outcome: &ItemOutcome<T>, out: &mut dyn Write) -> Result<(), Failure> {
    let mut object = Members::default();
    object.push("source", input_source::label(source))?;
    if let Some(bytes) = path_bytes::if_not_text(source) {
        object.push("source_base64", STANDARD.encode(bytes))?;
    }
    if let Some(outcome) = outcome.outcome {
        object.push("outcome", outcome)?;
    }
    let response = outcome.raw.as_deref().and_then(|raw| serde_json::from_str::<Members>(raw.get()).ok());
    match (response, &outcome.result) {
        (Some(Members(members)), _) => {
            let is_set = |name: &str| name == "source" || (name == "outcome" && outcome.outcome.is_some());
            object.0.extend(members.into_iter().filter(|(name, _)| !is_set(name)));
        }
        (None, Err(error)) => {
            let Message { text, hint } = error.message();
            object.push("error", terminal::sanitize(&text))?;
            if let Some(hint) = hint {
                object.push("hint", hint)?;
            }
        }
        (None, Ok(_)) => {}
    }
    match &outcome.id {
        Some(id) if !object.contains("id") => object.push("id", id)?,
        Some(_) => {}
        // The response contains the ID that the rejected duplicate would have had, not that of the stored input.
        None if outcome.outcome == Some("already there") => object.0.retain(|(name, _)| name != "id"),
        None => {}
    }
    output::write_json(&object, out)
}
