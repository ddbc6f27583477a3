//! `clarifai workflows`: chains of models that a single request runs.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::mpsc;

use clarifai_core::bulk::{IntoBulk as _, SendMany, SendReport, Sender};
use clarifai_core::models::OutputOptions;
use clarifai_core::types::{Workflow, WorkflowResult};
use clarifai_core::workflows::{GetWorkflow, ListPublicWorkflows, ListWorkflows, PredictWorkflow};
use clarifai_core::{AppRef, Config, WebAddress, WebResource};
use serde_json::Value;

use crate::args::WorkflowsCommand;
use crate::context::Context;
use crate::exit::Failure;
use crate::input_jobs::{self, InputJob, ItemError, ItemOutcome, Shown};
use crate::input_loader::InputLoader;
use crate::model_lookup::SearchSpace;
use crate::{listing, output};

struct WorkflowJob {
    id: String,
    /// The app that contains the workflow, if it is not that of the settings.
    owner: Option<AppRef>,
    options: OutputOptions,
    max_retries: u32,
    job_options: BTreeMap<String, Value>,
}

impl WorkflowJob {
    fn operation(&self) -> PredictWorkflow {
        let predict = PredictWorkflow::new(&*self.id).options(self.options.clone());
        match &self.owner {
            Some(owner) => predict.in_app(owner.clone()),
            None => predict,
        }
    }
}

impl InputJob for WorkflowJob {
    type Output = Box<WorkflowResult>;
    type Work<'a> = Sender<PredictWorkflow, InputLoader<'a>>;
    const NAME: &'static str = "workflows predict";

    fn options(&self) -> BTreeMap<String, Value> {
        let mut options = self.job_options.clone();
        options.insert("workflow".to_owned(), self.id.clone().into());
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

/// Returns the ID of a workflow, and its app if that is known: of a web address, and of the public workflows.
fn find(id: &str, public: bool) -> Result<(String, Option<AppRef>), Failure> {
    if !WebAddress::is_like(id) {
        return Ok((id.to_owned(), public.then(AppRef::public)));
    }
    let parsed = id.parse::<WebAddress>().and_then(|address| {
        let id = address.id_of(WebResource::Workflow)?.to_owned();
        Ok((id, Some(address.app().clone())))
    });
    parsed.map_err(|invalid| Failure::usage(format!("the web address {}", invalid.problem())))
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
            let (id, owner) = find(id, public)?;
            let get = GetWorkflow::new(id);
            context.one::<Workflow>(match owner {
                Some(owner) => get.in_app(owner),
                None => get,
            })
        }
        WorkflowsCommand::Predict { id, inputs, options } => {
            let default = SendMany::<PredictWorkflow, InputLoader<'_>>::DEFAULT_MAX_RETRIES;
            let max_retries = input_jobs::max_retries(inputs, default);
            let job_options = options.job_options();
            let (id, owner) = find(id, public)?;
            let job = WorkflowJob { id, owner, options: options.output_options(), max_retries, job_options };
            context.rate = inputs.rate;
            input_jobs::check_options(|input| job.operation().input(input))?;
            input_jobs::run(&job, inputs, context)
        }
    }
}
