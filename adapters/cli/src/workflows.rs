//! `clarifai workflows`: chains of models that a single request runs.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use clarifai_core::bulk::{BatchLimits, Bulk, Progress};
use clarifai_core::inputs::NewInput;
use clarifai_core::machine::{Call, Event, Machine, Step};
use clarifai_core::models::OutputOptions;
use clarifai_core::operation::{ByItem, KeepRaw, WithRaw};
use clarifai_core::time::{Instant, Now};
use clarifai_core::types::{Status, StatusClass, Workflow, WorkflowResult};
use clarifai_core::workflows::{GetWorkflow, ListPublicWorkflows, ListWorkflows, PredictWorkflow};
use clarifai_core::{AppRef, Batch, Config, Error, Operation as _};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::args::WorkflowsCommand;
use crate::context::Context;
use crate::exit::Failure;
use crate::input_jobs::{self, ErrorFacts, InputJob, ItemError, ItemOutcome, Shown};
use crate::input_loader::InputLoader;
use crate::model_lookup::SearchSpace;
use crate::{listing, output};

struct WorkflowJob<'a> {
    id: &'a str,
    /// Whether the workflow is one of Clarifai's public ones.
    public: bool,
    options: OutputOptions,
    job_options: BTreeMap<String, Value>,
}

impl WorkflowJob<'_> {
    fn operation(&self) -> PredictWorkflow {
        let predict = PredictWorkflow::new(self.id).options(self.options.clone());
        if self.public { predict.in_app(AppRef::public()) } else { predict }
    }
}

impl InputJob for WorkflowJob<'_> {
    type Output = Box<WorkflowResult>;
    type Work<'a> = WorkflowPredictMany<InputLoader<'a>>;
    const NAME: &'static str = "workflows predict";

    fn options(&self) -> BTreeMap<String, Value> {
        let mut options = self.job_options.clone();
        options.insert("workflow".to_owned(), self.id.into());
        options
    }

    fn work<'a>(
        &self,
        app: &Config,
        inputs: InputLoader<'a>,
        outcomes: mpsc::Sender<ItemOutcome<Self::Output>>,
    ) -> Self::Work<'a> {
        WorkflowPredictMany {
            app: app.clone(),
            predict: self.operation(),
            inputs,
            next_input: None,
            pending: BTreeMap::new(),
            taken: 0,
            progress: Progress::default(),
            stopped: None,
            outcomes,
        }
    }

    fn stopped(report: &Option<ItemError>) -> Option<ItemError> {
        report.clone()
    }

    fn write(&self, results: &[Shown<'_, Box<WorkflowResult>>], out: &mut dyn Write) -> Result<(), Failure> {
        results.iter().try_for_each(|one| output::write_workflow_result(one.source, one.result, one.raw.as_ref(), out))
    }
}

/// Runs a workflow on any number of inputs. The core library offers this for models only. This is a simpler version
/// of it: a failed request ends the work.
struct WorkflowPredictMany<I> {
    app: Config,
    predict: PredictWorkflow,
    inputs: I,
    /// An input that did not fit into the last request.
    next_input: Option<NewInput>,
    /// Number of inputs of each pending request, by the index of its first input.
    pending: BTreeMap<u64, u64>,
    taken: u64,
    progress: Progress,
    stopped: Option<Arc<Error>>,
    outcomes: mpsc::Sender<ItemOutcome<Box<WorkflowResult>>>,
}

impl<I> WorkflowPredictMany<I> {
    /// Counts an outcome and passes it on.
    fn send_outcome(
        &mut self,
        index: u64,
        raw: Option<Box<RawValue>>,
        facts: ErrorFacts,
        result: Result<Box<WorkflowResult>, ItemError>,
        partial: Option<Box<WorkflowResult>>,
    ) {
        self.progress.done += 1;
        self.progress.failed += u64::from(result.is_err());
        // The receiver outlives the work.
        let outcome = ItemOutcome { raw, facts, partial, ..ItemOutcome::without_response(index, result) };
        let _ = self.outcomes.send(outcome);
    }
}

impl<I: Iterator<Item = NewInput>> Bulk for WorkflowPredictMany<I> {
    type Task = WorkflowRequest;
    type Report = Option<ItemError>;

    fn next(&mut self) -> Option<WorkflowRequest> {
        if self.stopped.is_some() {
            return None;
        }
        let limits = BatchLimits::default();
        let mut batch: Vec<NewInput> = Vec::new();
        let mut bytes = 0;
        let first = loop {
            let Some(input) = self.next_input.take().or_else(|| self.inputs.next()) else { break self.taken };
            if let Err(problem) = input.check() {
                if !batch.is_empty() {
                    // The indices of a request must be consecutive.
                    self.next_input = Some(input);
                    break self.taken;
                }
                let index = self.taken;
                self.taken += 1;
                let text = format!("{} {}", problem.argument(), problem.problem());
                let facts = ErrorFacts { is_refusal: true, ..ErrorFacts::default() };
                self.send_outcome(index, None, facts, Err(ItemError::Input(text)), None);
                continue;
            }
            bytes += input.encoded_len();
            if !batch.is_empty() && (bytes > limits.bytes || input.is_video()) {
                self.next_input = Some(input);
                break self.taken;
            }
            let is_video = input.is_video();
            batch.push(input);
            if is_video || batch.len() == limits.inputs {
                break self.taken;
            }
        };
        if batch.is_empty() {
            return None;
        }
        self.taken += batch.len() as u64;
        self.pending.insert(first, batch.len() as u64);
        Some(WorkflowRequest::new(&self.app, &self.predict, first, batch))
    }

    fn record(&mut self, result: Result<<WorkflowRequest as Machine>::Output, Error>) {
        let Ok((first, response)) = result else { return };
        let count = self.pending.remove(&first).unwrap_or_default();
        match response {
            Ok(results) => {
                for (index, ItemResult { result, failure, raw }) in (first..).zip(results) {
                    let facts = failure.as_deref().map_or_else(ErrorFacts::default, ErrorFacts::from);
                    let (result, partial) = match failure {
                        None => (Ok(result), None),
                        // The other models of the workflow may have succeeded.
                        Some(status) => (Err(ItemError::Input(status.to_string())), Some(result)),
                    };
                    self.send_outcome(index, Some(raw), facts, result, partial);
                }
            }
            Err(error) => {
                let error = Arc::new(error);
                (first..first + count).for_each(|index| {
                    self.send_outcome(index, None, ErrorFacts::from(&*error), Err(ItemError::from(&*error)), None);
                });
                self.stopped.get_or_insert(error);
            }
        }
    }

    fn progress(&self) -> Progress {
        self.progress
    }

    fn finish(mut self) -> Option<ItemError> {
        for (first, count) in std::mem::take(&mut self.pending) {
            (first..first + count).for_each(|index| {
                self.send_outcome(index, None, ErrorFacts::default(), Err(ItemError::Interrupted), None);
            });
        }
        let stopped = self.stopped.take().map(|error| ItemError::from(&*error));
        if self.next_input.take().is_some() {
            let index = self.taken;
            let result = Err(stopped.clone().unwrap_or(ItemError::Interrupted));
            self.send_outcome(index, None, ErrorFacts::default(), result, None);
        }
        stopped
    }
}

/// The results for some inputs. Inputs that the service asks to send again are sent again, under the retry policy of
/// calls.
struct WorkflowRequest {
    config: Config,
    predict: PredictWorkflow,
    /// Index of the first input.
    first: u64,
    inputs: Vec<NewInput>,
    results: Vec<Option<ItemResult>>,
    /// The positions of the inputs of the current request.
    asked: Vec<usize>,
    attempt: WorkflowCall,
    retries: u32,
    /// The end of the pause before the next request.
    pause: Option<Instant>,
}

/// The call for some inputs: with the JSON of the results, because the table names what it does not show.
type WorkflowCall = Call<ByItem<KeepRaw<PredictWorkflow>>>;

/// The result for one input.
struct ItemResult {
    result: Box<WorkflowResult>,
    /// Why it failed, if it did.
    failure: Option<Box<Status>>,
    raw: Box<RawValue>,
}

impl WorkflowRequest {
    fn new(config: &Config, predict: &PredictWorkflow, first: u64, inputs: Vec<NewInput>) -> Self {
        let attempt = Self::call(config, predict, inputs.clone());
        let (config, predict) = (config.clone(), predict.clone());
        let (results, asked) = (inputs.iter().map(|_| None).collect(), (0..inputs.len()).collect());
        Self { config, predict, first, inputs, results, asked, attempt, retries: 0, pause: None }
    }

    fn call(config: &Config, predict: &PredictWorkflow, inputs: Vec<NewInput>) -> WorkflowCall {
        Call::new(config, predict.clone().inputs(inputs).by_item().with_raw())
    }

    /// Keeps the results of a response. Returns the pause before the inputs that failed for a while are sent again.
    fn keep(&mut self, batch: Batch<WithRaw<WorkflowResult>>) -> Option<Duration> {
        let failures: Vec<_> = batch.results().map(|result| result.err().map(|failure| failure.status)).collect();
        let results = failures.into_iter().zip(batch.into_items());
        let mut again = Vec::new();
        for (position, (failure, item)) in std::mem::take(&mut self.asked).into_iter().zip(results) {
            if failure.as_ref().is_some_and(|status| status.class() == StatusClass::Retry) {
                again.push(position);
            }
            let result = ItemResult { result: Box::new(item.value), failure, raw: item.json };
            self.results[position] = Some(result);
        }
        let policy = self.config.retry();
        self.retries += 1;
        if again.is_empty() || self.retries >= policy.max_attempts {
            return None;
        }
        self.asked = again;
        Some(policy.base_delay.saturating_mul(1 << (self.retries - 1).min(16)).min(policy.max_delay))
    }

    fn step(&mut self, now: Now, event: Event) -> Step<<Self as Machine>::Output> {
        let response = match self.attempt.resume(now, event) {
            Step::Done(response) => response,
            Step::Send(request) => return Step::Send(request),
            Step::WaitUntil(time) => return Step::WaitUntil(time),
        };
        match response {
            Ok(batch) => {
                if let Some(pause) = self.keep(batch) {
                    let until = now.instant + pause;
                    self.pause = Some(until);
                    return Step::WaitUntil(until);
                }
            }
            Err(error) if self.retries == 0 => return Step::Done(Ok((self.first, Err(error)))),
            // The results of the earlier requests are valid.
            Err(_) => {}
        }
        Step::Done(Ok((self.first, Ok(std::mem::take(&mut self.results).into_iter().flatten().collect()))))
    }
}

impl Machine for WorkflowRequest {
    type Output = (u64, Result<Vec<ItemResult>, Error>);

    fn resume(&mut self, now: Now, event: Event) -> Step<Self::Output> {
        match self.pause {
            Some(until) if now.instant < until => Step::WaitUntil(until),
            Some(_) => {
                self.pause = None;
                let inputs: Vec<_> = self.asked.iter().map(|position| self.inputs[*position].clone()).collect();
                self.attempt = Self::call(&self.config, &self.predict, inputs);
                self.step(now, Event::Begin)
            }
            None => self.step(now, event),
        }
    }
}

pub(crate) fn run(command: &WorkflowsCommand, context: &mut Context<'_>) -> Result<(), Failure> {
    let public = SearchSpace::new(context.settings)?.public_only;
    match command {
        WorkflowsCommand::List { public: true, pages } => {
            listing::run(context, ListPublicWorkflows::new().page(pages.first()), *pages, None)
        }
        WorkflowsCommand::List { public: false, pages } => {
            listing::run(context, ListWorkflows::new().page(pages.first()), *pages, None)
        }
        WorkflowsCommand::Get { id } => {
            let get = GetWorkflow::new(id);
            context.one::<Workflow>(if public { get.in_app(AppRef::public()) } else { get })
        }
        WorkflowsCommand::Predict { id, inputs, options } => {
            let job_options = options.job_options();
            let job = WorkflowJob { id, public, options: options.output_options(), job_options };
            context.rate = inputs.rate;
            input_jobs::check_options(|input| job.operation().input(input))?;
            input_jobs::run(&job, inputs, context)
        }
    }
}
