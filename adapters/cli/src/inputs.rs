//! `clarifai inputs`: pictures and videos an app keeps.

use std::cell::RefCell;
use std::io::Write;
use std::sync::mpsc;

use clarifai_core::bulk::{Bulk as _, Outcome, Upload};
use clarifai_core::inputs::{
    CreateInputs, DeleteInput, DeleteInputs, GetInput, GetInputCounts, InputPatch, ListInputs, NewInput, PatchInputs,
};
use clarifai_core::model::{Input, InputCount, Status};
use clarifai_core::{App, Item as _};

use crate::args::{Action, Facts, Inputs, Sources, Waiting};
use crate::batches::{self, Fate, Job, Loader, Problem};
use crate::context::Context;
use crate::exit::Failure;
use crate::output::{self, Rows};
use crate::{listing, predict, waits};

/// Inputs to be kept, and what is said of them.
struct Kept<'a> {
    id: Option<&'a str>,
    facts: &'a Facts,
    allow_duplicate_url: bool,
    content_ids: bool,
    rounds: u32,
    rows: RefCell<Rows>,
    /// Ids of those that are kept now.
    ids: mpsc::Sender<String>,
}

/// An input that is kept.
struct Stored {
    id: String,
    state: String,
}

impl Job for Kept<'_> {
    type Found = Stored;
    type Work<'a> = Upload<Loader<'a>>;
    const CHANGES: bool = true;

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

    fn work<'a>(&self, app: &App, inputs: Loader<'a>, fates: mpsc::Sender<Fate<Stored>>) -> Self::Work<'a> {
        let (id_is_chosen, ids) = (self.id.is_some(), self.ids.clone());
        let upload = Upload::new(app, inputs).rounds(self.rounds).into_sink(move |item| {
            let status = || item.raw.as_ref().and_then(|raw| serde_json::from_value(raw["status"].clone()).ok());
            let words = || status().map_or_else(|| item.outcome.to_string(), |status: Status| status.to_string());
            let stored = |state| Ok(Stored { id: item.id.clone().unwrap_or_default(), state });
            let (outcome, result) = match &item.outcome {
                Outcome::Created => ("created", stored(output::state(status().as_ref()))),
                // The id was chosen for this input, and another has it.
                Outcome::AlreadyThere if id_is_chosen => ("already there", Err(Problem::Input(words()))),
                Outcome::AlreadyThere => ("already there", stored("was there already".to_owned())),
                Outcome::Rejected(_) => ("refused", Err(Problem::Input(words()))),
                Outcome::NotSent(error) => ("not sent", Err(Problem::of(error))),
                // Each of them is named: whoever sends it again may have it twice.
                Outcome::Unknown(error) => (
                    "unknown",
                    Err(match Problem::of(error) {
                        Problem::Lost => Problem::Input("interrupted: it may be stored or not".to_owned()),
                        _ => Problem::Input(item.outcome.to_string()),
                    }),
                ),
                other => ("unknown", Err(Problem::Input(other.to_string()))),
            };
            if let Ok(Stored { id, .. }) = &result
                && !id.is_empty()
            {
                let _ = ids.send(id.clone());
            }
            let (index, id, outcome) = (item.index, item.id, Some(outcome));
            let _ = fates.send(Fate { index, id, outcome, raw: item.raw, result });
        });
        if self.content_ids { upload.ids_from_content() } else { upload }
    }

    fn finish(work: Self::Work<'_>) -> Option<Problem> {
        work.finish().stopped().map(Problem::of)
    }

    fn write(&self, inputs: &[(&str, &Stored)], out: &mut dyn Write) -> Result<(), Failure> {
        let row = |(source, input): &(&str, &Stored)| {
            vec![output::tame(&input.id), input.state.clone(), output::tame(source)]
        };
        self.rows.borrow_mut().write(&inputs.iter().map(row).collect::<Vec<_>>(), out)
    }
}

pub(crate) fn run(command: &Inputs, context: &mut Context<'_>) -> Result<(), Failure> {
    match command {
        Inputs::List { without_failed, pages } => {
            // Left out afterwards, so that a page without a good one is not taken for the end.
            let keep: Option<listing::Keep<Input>> = without_failed.then_some(|input| !input.read.failed());
            listing::run(context, ListInputs::new().page(pages.first()), *pages, keep)
        }
        Inputs::Get { id } => context.one::<Input>(GetInput::new(id)),
        Inputs::Create { sources, id, facts, allow_duplicate_url, content_ids, waiting } => {
            if id.is_some() && sources.inputs.len() > 1 {
                return Err(Failure::usage("--id names one input, and there are several"));
            }
            let (ids, stored) = mpsc::channel();
            let kept = Kept {
                id: id.as_deref(),
                facts,
                allow_duplicate_url: *allow_duplicate_url,
                content_ids: *content_ids,
                rounds: predict::rounds(sources, Upload::<Loader<'_>>::ROUNDS),
                rows: RefCell::new(Rows::new(&["Id", "State", "Source"], &[])),
                ids,
            };
            create(&kept, sources, *waiting, &stored, context)
        }
        Inputs::Wait { ids, timeout } => waits::uploads(context, ids, timeout.deadline()),
        Inputs::Update { ids, action, facts } => update(ids, *action, facts, context),
        Inputs::Delete(doomed) => {
            let deleted = context.delete(
                doomed,
                "input",
                |id| DeleteInput::new(id),
                |ids| DeleteInputs::ids(ids),
                DeleteInputs::all,
            )?;
            if deleted && doomed.waiting.wait { waits::inputs_gone(context, doomed) } else { Ok(()) }
        }
        Inputs::Status => context.one::<InputCount>(GetInputCounts::default()),
    }
}

fn create(
    kept: &Kept<'_>,
    sources: &Sources,
    waiting: Waiting,
    stored: &mpsc::Receiver<String>,
    context: &mut Context<'_>,
) -> Result<(), Failure> {
    batches::check_options(|input| CreateInputs::new().input(kept.dress(input)))?;
    batches::run(kept, sources, context)?;
    if waiting.wait {
        let ids: Vec<_> = stored.try_iter().collect();
        if !ids.is_empty() {
            return waits::uploads(context, &ids, waiting.deadline());
        }
    }
    Ok(())
}

fn update(ids: &[String], action: Action, facts: &Facts, context: &mut Context<'_>) -> Result<(), Failure> {
    context.in_calls(ids, |context, ids| {
        let patches = ids.iter().map(|id| patch(id, facts));
        let operation = patches.fold(PatchInputs::new(action.into()), PatchInputs::input);
        match context.call(operation)? {
            Some(answer) => context.results(ids, &answer, output::write_changed),
            None => Ok(()),
        }
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
