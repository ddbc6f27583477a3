//! `clarifai workflows`: chains of models that a single request runs.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::mpsc;

use clarifai_core::bulk::{IntoBulk as _, SendMany, SendReport, Sender};
use clarifai_core::models::OutputOptions;
use clarifai_core::types::{Workflow, WorkflowResult};
use clarifai_core::workflows::{GetWorkflow, ListPublicWorkflows, ListWorkflows, PredictWorkflow};
use clarifai_core::{AppRef, Config};
use serde_json::Value;

use crate::args::WorkflowsCommand;
use crate::context::Context;
use crate::exit::Failure;
use crate::input_jobs::{self, InputJob, ItemError, ItemOutcome, Shown};
use crate::input_loader::InputLoader;
use crate::model_lookup::SearchSpace;
use crate::{listing, output};

struct WorkflowJob<'a> {
    id: &'a str,
    /// Whether the workflow is one of Clarifai's public ones.
    public: bool,
    options: OutputOptions,
    max_retries: u32,
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
    type Work<'a> = Sender<PredictWorkflow, InputLoader<'a>>;
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
        SendMany::new(self.operation(), inputs)
            .max_retries(self.max_retries)
            // For the table too, which names what it does not show.
            .with_raw()
            .on_item(move |item| {
                let mut outcome = ItemOutcome::from(item);
                if outcome.result.is_err() {
                    // The other models of the workflow may have succeeded.
                    outcome.partial = outcome.raw.as_ref().and_then(|raw| serde_json::from_str(raw.get()).ok());
                }
                // The receiver outlives the work.
                let _ = outcomes.send(outcome);
            })
            .into_bulk(app)
    }

    fn stopped(report: &SendReport<WorkflowResult>) -> Option<ItemError> {
        report.stopped().map(ItemError::from)
    }

    fn write(&self, results: &[Shown<'_, Box<WorkflowResult>>], out: &mut dyn Write) -> Result<(), Failure> {
        results.iter().try_for_each(|one| output::write_workflow_result(one.source, one.result, one.raw.as_ref(), out))
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
            let default = SendMany::<PredictWorkflow, InputLoader<'_>>::DEFAULT_MAX_RETRIES;
            let max_retries = input_jobs::max_retries(inputs, default);
            let job_options = options.job_options();
            let job = WorkflowJob { id, public, options: options.output_options(), max_retries, job_options };
            context.rate = inputs.rate;
            input_jobs::check_options(|input| job.operation().input(input))?;
            input_jobs::run(&job, inputs, context)
        }
    }
}
