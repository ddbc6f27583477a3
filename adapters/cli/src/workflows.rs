//! `clarifai workflows`: models that are asked together.

use std::io::Write;

use clarifai_core::Scope;
use clarifai_core::inputs::NewInput;
use clarifai_core::model::{Workflow, WorkflowResult};
use clarifai_core::models::OutputOptions;
use clarifai_core::workflows::{GetWorkflow, ListPublicWorkflows, ListWorkflows, PredictWorkflow};

use crate::args::Workflows;
use crate::batches::{self, Job};
use crate::context::Context;
use crate::exit::Failure;
use crate::models::Place;
use crate::{output, predict};

struct Asked<'a> {
    id: &'a str,
    /// Whether it is a public one.
    public: bool,
    options: OutputOptions,
}

impl Job for Asked<'_> {
    type Item = WorkflowResult;
    type Operation = PredictWorkflow;
    const MEMBER: &'static str = "results";

    fn operation(&self, inputs: Vec<NewInput>) -> PredictWorkflow {
        let predict = PredictWorkflow::with(self.id).inputs(inputs).options(self.options.clone());
        if self.public { predict.of(Scope::public()) } else { predict }
    }

    fn write(&self, results: &[(&str, &WorkflowResult)], out: &mut dyn Write) -> Result<(), Failure> {
        results.iter().try_for_each(|(source, result)| output::write_workflow_result(source, result, out))
    }
}

pub(crate) fn run(command: &Workflows, context: &mut Context<'_>) -> Result<(), Failure> {
    // As with models: a personal access token without a scope reaches nothing else.
    let public = Place::of(context.settings)?.public;
    match command {
        Workflows::List { public: true, pages } => {
            context.list::<Workflow>(ListPublicWorkflows::new().page(pages.page()), pages.page())
        }
        Workflows::List { public: false, pages } => {
            context.list::<Workflow>(ListWorkflows::new().page(pages.page()), pages.page())
        }
        Workflows::Get { id } => {
            let get = GetWorkflow::new(id);
            context.one::<Workflow>(if public { get.of(Scope::public()) } else { get })
        }
        Workflows::Predict { id, sources, answer } => {
            let asked = Asked { id, public, options: predict::options(answer) };
            batches::check_options(&asked)?;
            batches::run(&asked, sources, context)
        }
    }
}
