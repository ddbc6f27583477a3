//! `clarifai inputs`: pictures and videos an app keeps.

use std::io::Write;

use clarifai_core::inputs::{
    CreateInputs, DeleteInput, DeleteInputs, GetInput, GetInputCounts, InputPatch, ListInputs, NewInput, PatchInputs,
};
use clarifai_core::model::{Input, InputCount};

use crate::args::{Action, Facts, Inputs};
use crate::batches::{self, Job};
use crate::context::{Context, Form};
use crate::exit::Failure;
use crate::output;

/// Inputs to be kept, and what is said of them.
struct Kept<'a> {
    id: Option<&'a str>,
    facts: &'a Facts,
    allow_duplicate_url: bool,
}

impl Job for Kept<'_> {
    type Item = Input;
    type Operation = CreateInputs;
    const MEMBER: &'static str = "inputs";

    fn dress(&self, mut input: NewInput) -> NewInput {
        if let Some(id) = self.id {
            input = input.with_id(id);
        }
        if self.allow_duplicate_url {
            input = input.allow_duplicate_url();
        }
        if let Some(metadata) = &self.facts.metadata {
            input = input.with_metadata(metadata.clone());
        }
        if let Some(place) = self.facts.geo {
            input = input.with_geo_point(place.longitude, place.latitude);
        }
        self.facts.stated().fold(input, NewInput::with_stated)
    }

    fn operation(&self, inputs: Vec<NewInput>) -> CreateInputs {
        CreateInputs::new().inputs(inputs)
    }

    fn write(&self, inputs: &[(&str, &Input)], out: &mut dyn Write) -> Result<(), Failure> {
        output::write_sent(inputs, out)
    }
}

pub(crate) fn run(command: &Inputs, context: &mut Context<'_>) -> Result<(), Failure> {
    match command {
        Inputs::List { pages } => context.list::<Input>(ListInputs::new().page(pages.page()), pages.page()),
        Inputs::Get { id } => context.one::<Input>(GetInput::new(id)),
        Inputs::Create { sources, id, facts, allow_duplicate_url } => {
            if id.is_some() && sources.inputs.len() > 1 {
                return Err(Failure::usage("--id names one input, and there are several"));
            }
            let kept = Kept { id: id.as_deref(), facts, allow_duplicate_url: *allow_duplicate_url };
            batches::check_options(&kept)?;
            batches::run(&kept, sources, context)
        }
        Inputs::Update { ids, action, facts } => update(ids, *action, facts, context),
        Inputs::Delete(doomed) => {
            context.delete(doomed, "input", |id| DeleteInput::new(id), |ids| DeleteInputs::ids(ids), DeleteInputs::all)
        }
        Inputs::Status => context.one::<InputCount>(GetInputCounts::default()),
    }
}

fn update(ids: &[String], action: Action, facts: &Facts, context: &mut Context<'_>) -> Result<(), Failure> {
    let form = Form { member: "inputs", sources: false };
    context.in_calls(ids, |context, ids| {
        let patches = ids.iter().map(|id| patch(id, facts));
        let operation = patches.fold(PatchInputs::new(action.into()), PatchInputs::input);
        let entries: Vec<_> = ids.iter().map(|id| (id.as_str(), None)).collect();
        let answer = context.call(operation)?;
        context.results(&entries, answer.as_ref(), form, output::write_changed)
    })
}

fn patch(id: &str, facts: &Facts) -> InputPatch {
    let mut patch = InputPatch::new(id);
    if let Some(metadata) = &facts.metadata {
        patch = patch.metadata(metadata.clone());
    }
    if let Some(place) = facts.geo {
        patch = patch.geo_point(place.longitude, place.latitude);
    }
    facts.stated().fold(patch, InputPatch::stated)
}
