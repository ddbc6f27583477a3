//! `clarifai workflows`: models that are asked together.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, mpsc};

use clarifai_core::bulk::{Bulk, CallLimits, Progress};
use clarifai_core::inputs::NewInput;
use clarifai_core::machine::{Attempt, Event, Machine, Now, Step};
use clarifai_core::model::WorkflowResult;
use clarifai_core::models::OutputOptions;
use clarifai_core::workflows::{GetWorkflow, ListPublicWorkflows, ListWorkflows, PredictWorkflow};
use clarifai_core::{App, Batch, Error, Scope};

use crate::args::Workflows;
use crate::batches::{self, Fate, Job, Loader, Problem};
use crate::context::Context;
use crate::exit::Failure;
use crate::models::Place;
use crate::{listing, output, predict};

struct Asked<'a> {
    id: &'a str,
    /// Whether it is a public one.
    public: bool,
    options: OutputOptions,
}

impl Asked<'_> {
    fn operation(&self) -> PredictWorkflow {
        let predict = PredictWorkflow::with(self.id).options(self.options.clone());
        if self.public { predict.of(Scope::public()) } else { predict }
    }
}

impl Job for Asked<'_> {
    type Found = Box<WorkflowResult>;
    type Work<'a> = AskMany<Loader<'a>>;

    fn work<'a>(&self, app: &App, inputs: Loader<'a>, fates: mpsc::Sender<Fate<Self::Found>>) -> Self::Work<'a> {
        AskMany {
            app: app.clone(),
            predict: self.operation(),
            inputs,
            held: None,
            under_way: BTreeMap::new(),
            taken: 0,
            progress: Progress::default(),
            stopped: None,
            fates,
        }
    }

    fn finish(work: Self::Work<'_>) -> Option<Problem> {
        work.finish()
    }

    fn write(&self, results: &[(&str, &Box<WorkflowResult>)], out: &mut dyn Write) -> Result<(), Failure> {
        results.iter().try_for_each(|(source, result)| output::write_workflow_result(source, result, out))
    }
}

/// Asks a workflow about any number of inputs. Core has work in pieces for models only; this is the plain form of it: a
/// call that fails ends the work.
struct AskMany<I> {
    app: App,
    predict: PredictWorkflow,
    inputs: I,
    /// One that did not fit into the last call.
    held: Option<NewInput>,
    /// By the index of its first input, how many inputs a call has.
    under_way: BTreeMap<u64, u64>,
    taken: u64,
    progress: Progress,
    stopped: Option<Arc<Error>>,
    fates: mpsc::Sender<Fate<Box<WorkflowResult>>>,
}

impl<I> AskMany<I> {
    fn tell(&mut self, index: u64, raw: Option<Box<serde_json::Value>>, result: Result<Box<WorkflowResult>, Problem>) {
        self.progress.done += 1;
        self.progress.failed += u64::from(result.is_err());
        // The other end is there for as long as the work is.
        let _ = self.fates.send(Fate { index, id: None, outcome: None, raw, result });
    }
}

impl<I: Iterator<Item = NewInput>> Bulk for AskMany<I> {
    type Piece = Call;
    type Report = Option<Problem>;

    fn next(&mut self) -> Option<Call> {
        if self.stopped.is_some() {
            return None;
        }
        let limits = CallLimits::default();
        let mut call: Vec<NewInput> = Vec::new();
        let mut bytes = 0;
        let first = loop {
            let Some(input) = self.held.take().or_else(|| self.inputs.next()) else { break self.taken };
            if let Err(problem) = input.check() {
                if !call.is_empty() {
                    // Its index must not lie within the call.
                    self.held = Some(input);
                    break self.taken;
                }
                let index = self.taken;
                self.taken += 1;
                self.tell(index, None, Err(Problem::Input(format!("{} {}", problem.argument(), problem.problem()))));
                continue;
            }
            bytes += input.encoded_len();
            if !call.is_empty() && (bytes > limits.bytes || input.is_video()) {
                self.held = Some(input);
                break self.taken;
            }
            let alone = input.is_video();
            call.push(input);
            if alone || call.len() == limits.inputs {
                break self.taken;
            }
        };
        if call.is_empty() {
            return None;
        }
        self.taken += call.len() as u64;
        self.under_way.insert(first, call.len() as u64);
        Some(Call { first, attempt: Attempt::new(&self.app, self.predict.clone().inputs(call)) })
    }

    fn record(&mut self, result: Result<<Call as Machine>::Output, Error>) {
        let Ok((first, answer)) = result else { return };
        let count = self.under_way.remove(&first).unwrap_or_default();
        match answer {
            Ok(batch) => {
                let failures: Vec<_> = batch.results().map(Result::err).collect();
                let raw = batch.raw_items();
                for (index, ((failure, raw), result)) in
                    (first..).zip(failures.into_iter().zip(raw).zip(batch.into_items()))
                {
                    let result = match failure {
                        None => Ok(Box::new(result)),
                        Some(failure) => Err(Problem::Input(failure.status.to_string())),
                    };
                    self.tell(index, Some(Box::new(raw)), result);
                }
            }
            Err(error) => {
                let error = Arc::new(error);
                (first..first + count).for_each(|index| self.tell(index, None, Err(Problem::of(&error))));
                self.stopped.get_or_insert(error);
            }
        }
    }

    fn progress(&self) -> Progress {
        self.progress
    }

    fn finish(mut self) -> Option<Problem> {
        for (first, count) in std::mem::take(&mut self.under_way) {
            (first..first + count).for_each(|index| self.tell(index, None, Err(Problem::Lost)));
        }
        let stopped = self.stopped.take().map(|error| Problem::of(&error));
        if self.held.take().is_some() {
            let index = self.taken;
            self.tell(index, None, Err(stopped.clone().unwrap_or(Problem::Lost)));
        }
        stopped
    }
}

/// One call, and the index of its first input.
struct Call {
    first: u64,
    attempt: Attempt<PredictWorkflow>,
}

impl Machine for Call {
    type Output = (u64, Result<Batch<WorkflowResult>, Error>);

    fn resume(&mut self, now: Now, event: Event) -> Step<Self::Output> {
        self.attempt.resume(now, event).map(|answer| Ok((self.first, answer)))
    }
}

pub(crate) fn run(command: &Workflows, context: &mut Context<'_>) -> Result<(), Failure> {
    // As with models: a personal access token without a scope reaches nothing else.
    let public = Place::of(context.settings)?.public;
    match command {
        Workflows::List { public: true, pages } => {
            listing::run(context, ListPublicWorkflows::new().page(pages.first()), *pages, None)
        }
        Workflows::List { public: false, pages } => {
            listing::run(context, ListWorkflows::new().page(pages.first()), *pages, None)
        }
        Workflows::Get { id } => {
            let get = GetWorkflow::new(id);
            context.one::<clarifai_core::model::Workflow>(if public { get.of(Scope::public()) } else { get })
        }
        Workflows::Predict { id, sources, answer } => {
            let asked = Asked { id, public, options: predict::options(answer) };
            batches::check_options(|input| asked.operation().input(input))?;
            batches::run(&asked, sources, context)
        }
    }
}
