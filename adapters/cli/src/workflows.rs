//! `clarifai workflows`: chains of models that a single request runs.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, mpsc};

use clarifai_core::bulk::{BatchLimits, Bulk, Progress};
use clarifai_core::inputs::NewInput;
use clarifai_core::machine::{Call, Event, Machine, Now, Step};
use clarifai_core::models::OutputOptions;
use clarifai_core::types::{Workflow, WorkflowResult};
use clarifai_core::workflows::{GetWorkflow, ListPublicWorkflows, ListWorkflows, PredictWorkflow};
use clarifai_core::{AppRef, Batch, Config, Error};
use serde_json::Value;

use crate::args::WorkflowsCommand;
use crate::context::Context;
use crate::exit::Failure;
use crate::input_jobs::{self, ErrorFacts, InputJob, ItemError, ItemOutcome};
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

    fn write(&self, results: &[(&str, &Box<WorkflowResult>)], out: &mut dyn Write) -> Result<(), Failure> {
        results.iter().try_for_each(|(source, result)| output::write_workflow_result(source, result, out))
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
        raw: Option<Box<Value>>,
        facts: ErrorFacts,
        result: Result<Box<WorkflowResult>, ItemError>,
    ) {
        self.progress.done += 1;
        self.progress.failed += u64::from(result.is_err());
        // The receiver outlives the work.
        let _ = self.outcomes.send(ItemOutcome { index, id: None, outcome: None, raw, duplicate: None, facts, result });
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
                self.send_outcome(index, None, facts, Err(ItemError::Input(text)));
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
        Some(WorkflowRequest { first, attempt: Call::new(&self.app, self.predict.clone().inputs(batch)) })
    }

    fn record(&mut self, result: Result<<WorkflowRequest as Machine>::Output, Error>) {
        let Ok((first, response)) = result else { return };
        let count = self.pending.remove(&first).unwrap_or_default();
        match response {
            Ok(batch) => {
                let failures: Vec<_> = batch.results().map(Result::err).collect();
                let raw = batch.raw_items();
                for (index, ((failure, raw), result)) in
                    (first..).zip(failures.into_iter().zip(raw).zip(batch.into_items()))
                {
                    let (facts, result) = match failure {
                        None => (ErrorFacts::default(), Ok(Box::new(result))),
                        Some(failure) => {
                            (ErrorFacts::from(&*failure.status), Err(ItemError::Input(failure.status.to_string())))
                        }
                    };
                    self.send_outcome(index, Some(Box::new(raw)), facts, result);
                }
            }
            Err(error) => {
                let error = Arc::new(error);
                (first..first + count).for_each(|index| {
                    self.send_outcome(index, None, ErrorFacts::from(&*error), Err(ItemError::from(&*error)))
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
            (first..first + count)
                .for_each(|index| self.send_outcome(index, None, ErrorFacts::default(), Err(ItemError::Interrupted)));
        }
        let stopped = self.stopped.take().map(|error| ItemError::from(&*error));
        if self.next_input.take().is_some() {
            let index = self.taken;
            self.send_outcome(
                index,
                None,
                ErrorFacts::default(),
                Err(stopped.clone().unwrap_or(ItemError::Interrupted)),
            );
        }
        stopped
    }
}

/// One request, and the index of its first input.
struct WorkflowRequest {
    first: u64,
    attempt: Call<PredictWorkflow>,
}

impl Machine for WorkflowRequest {
    type Output = (u64, Result<Batch<WorkflowResult>, Error>);

    fn resume(&mut self, now: Now, event: Event) -> Step<Self::Output> {
        self.attempt.resume(now, event).map(|response| Ok((self.first, response)))
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
