//! `clarifai inputs`: the images and videos of an app.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::sync::mpsc;

use clarifai_core::bulk::{IntoBulk as _, Outcome, Upload, UploadReport, Uploader};
use clarifai_core::inputs::{
    CreateInputs, DeleteInput, DeleteInputs, GetInput, GetInputCounts, InputPatch, ListInputs, NewInput, PatchInputs,
};
use clarifai_core::machine::{DeleteAllInputs, IntoMachine as _};
use clarifai_core::types::{Input, InputCount, Status};
use clarifai_core::{Config, Item as _, MAX_PER_PAGE, Operation as _, Page};
use serde_json::{Value, json};

use crate::args::{Annotations, DeleteArgs, InputArgs, InputsCommand, PatchMode, WaitArgs};
use crate::context::Context;
use crate::exit::Failure;
use crate::input_jobs::{self, ErrorFacts, InputJob, ItemError, ItemOutcome, Shown};
use crate::input_loader::InputLoader;
use crate::output::{self, StreamedTable};
use crate::sources::{Location, Source};
use crate::terminal::{self, sanitize};
use crate::{interrupt, listing, waits};

/// Uploads inputs.
#[expect(clippy::struct_excessive_bools, reason = "each one is an option of the command line")]
struct UploadJob<'a> {
    id: Option<&'a str>,
    annotations: &'a Annotations,
    allow_duplicate_url: bool,
    content_ids: bool,
    concept_from_folder: bool,
    max_retries: u32,
    /// Whether the JSON of the service is printed.
    json: bool,
    table: RefCell<StreamedTable>,
    /// IDs of the inputs that the app contains now, if they are needed.
    stored_ids: Option<RefCell<Vec<String>>>,
}

/// An input that the app contains.
struct StoredInput {
    id: String,
    status: String,
}

impl InputJob for UploadJob<'_> {
    type Output = StoredInput;
    type Work<'a> = Uploader<InputLoader<'a>>;
    const CHANGES: bool = true;
    const NAME: &'static str = "inputs create";

    fn options(&self) -> BTreeMap<String, Value> {
        let mut options = self.annotations.job_options();
        options.insert("--id".to_owned(), self.id.into());
        options.insert("--content-ids".to_owned(), self.content_ids.into());
        options.insert("--allow-duplicate-url".to_owned(), self.allow_duplicate_url.into());
        options.insert("--concept-from-folder".to_owned(), self.concept_from_folder.into());
        options
    }

    fn needs_ids(&self) -> bool {
        self.id.is_none() && !self.content_ids
    }

    fn prepare(&self, mut input: NewInput, source: &Source, generated_id: Option<&str>) -> NewInput {
        let listed_id = source.record.as_ref().and_then(|record| record.id.as_deref());
        if let Some(id) = listed_id.or(self.id).or(generated_id) {
            input = input.id(id);
        }
        if self.allow_duplicate_url {
            input = input.allow_duplicate_url();
        }
        if let Some(metadata) = &self.annotations.metadata {
            input = input.metadata(metadata.clone());
        }
        if let Some(location) = self.annotations.geo {
            input = input.geo_point(location.longitude, location.latitude);
        }
        input = self.annotations.concepts().fold(input, NewInput::annotation);
        if self.concept_from_folder
            && source.location == Location::File
            && let Some(folder) = Path::new(&source.name).parent().and_then(Path::file_name)
        {
            input = input.concept(folder.to_string_lossy());
        }
        match &source.record {
            Some(record) => record.apply(input),
            None => input,
        }
    }

    fn note_success(&self, input: &StoredInput) {
        if let Some(ids) = &self.stored_ids
            && !input.id.is_empty()
        {
            ids.borrow_mut().push(input.id.clone());
        }
    }

    fn work<'a>(
        &self,
        config: &Config,
        inputs: InputLoader<'a>,
        outcomes: mpsc::Sender<ItemOutcome<StoredInput>>,
    ) -> Self::Work<'a> {
        let has_chosen_id = self.id.is_some();
        let upload = Upload::new(inputs).max_retries(self.max_retries).on_item(move |item| {
            let status = item.status.as_deref();
            let problem = || status.map_or_else(|| item.outcome.to_string(), Status::to_string);
            let stored = |status| Ok(StoredInput { id: item.id.clone().unwrap_or_default(), status });
            let (outcome, result) = match &item.outcome {
                Outcome::Created => ("created", stored(output::status_text(status))),
                // The user chose the ID for this input, and another input has it.
                Outcome::AlreadyThere if has_chosen_id => ("already there", Err(ItemError::Input(problem()))),
                Outcome::AlreadyThere => ("already there", stored("already exists".to_owned())),
                Outcome::Rejected(_) => ("refused", Err(ItemError::Input(problem()))),
                Outcome::NotSent(error) => ("not sent", Err(ItemError::from(&**error))),
                // Printed for each input, because uploading one of them again may store it twice.
                Outcome::Unknown(error) => (
                    "unknown",
                    Err(match ItemError::from(&**error) {
                        ItemError::Interrupted => {
                            ItemError::Input(format!("{}; the input may have been stored", interrupt::reason().1))
                        }
                        _ => ItemError::Input(item.outcome.to_string()),
                    }),
                ),
                other => ("unknown", Err(ItemError::Input(other.to_string()))),
            };
            let duplicate = matches!(item.outcome, Outcome::AlreadyThere).then(problem);
            let facts = match &item.outcome {
                Outcome::Rejected(status) => ErrorFacts::from(&**status),
                Outcome::NotSent(error) | Outcome::Unknown(error) => ErrorFacts::from(&**error),
                _ => ErrorFacts { is_refusal: true, ..ErrorFacts::default() },
            };
            let (index, id, outcome) = (item.index, item.id, Some(outcome));
            let raw = item.raw;
            let _ = outcomes.send(ItemOutcome { index, id, outcome, raw, duplicate, facts, result, partial: None });
        });
        let upload = if self.content_ids { upload.ids_from_content() } else { upload };
        let upload = if self.json { upload.with_raw() } else { upload };
        upload.into_bulk(config)
    }

    fn stopped(report: &UploadReport) -> Option<ItemError> {
        report.stopped().map(ItemError::from)
    }

    fn write(&self, inputs: &[Shown<'_, StoredInput>], out: &mut dyn Write) -> Result<(), Failure> {
        let row = |one: &Shown<'_, StoredInput>| {
            vec![sanitize(&one.result.id), one.result.status.clone(), sanitize(one.source)]
        };
        self.table.borrow_mut().write(&inputs.iter().map(row).collect::<Vec<_>>(), out)
    }
}

pub(crate) fn run(command: &InputsCommand, context: &mut Context<'_>) -> Result<(), Failure> {
    match command {
        InputsCommand::List { exclude_failed, pages } => {
            // Filtered here and not by the request, so that a page of failed inputs does not look like the end.
            let keep: Option<listing::Keep<Input>> = exclude_failed.then_some(|input| !input.failed());
            listing::run(context, ListInputs::new().page(pages.first()), *pages, keep)
        }
        InputsCommand::Get { id } => context.one::<Input>(GetInput::new(id)),
        InputsCommand::Create {
            inputs,
            id,
            annotations,
            allow_duplicate_url,
            content_ids,
            concept_from_folder,
            wait,
        } => {
            annotations.check()?;
            if id.is_some() && (inputs.inputs.len() > 1 || !inputs.is_plain()) {
                return Err(Failure::usage("--id requires a single input"));
            }
            context.rate = inputs.rate;
            let job = UploadJob {
                id: id.as_deref(),
                annotations,
                allow_duplicate_url: *allow_duplicate_url,
                content_ids: *content_ids,
                concept_from_folder: *concept_from_folder,
                max_retries: input_jobs::max_retries(inputs, Upload::<InputLoader<'_>>::DEFAULT_MAX_RETRIES),
                json: context.global.json,
                table: RefCell::new(StreamedTable::new(&["ID", "Status", "Source"], &[])),
                stored_ids: wait.wait.then(RefCell::default),
            };
            create(&job, inputs, *wait, context)
        }
        InputsCommand::Wait { ids } => waits::inputs_processed(context, ids, context.global.wait_timeout()),
        InputsCommand::Update { ids, action, annotations } => {
            annotations.check()?;
            update(ids, *action, annotations, context)
        }
        InputsCommand::Delete(delete) => {
            let requested = match delete.all {
                true => delete_all(delete, context)?,
                false => {
                    context.delete_ids(delete, "input", |id| DeleteInput::new(id), |ids| DeleteInputs::ids(ids))?
                }
            };
            if requested && delete.wait.wait { waits::inputs_deleted(context, delete) } else { Ok(()) }
        }
        InputsCommand::Status => context.one::<InputCount>(GetInputCounts::new()),
    }
}

/// Deletes every input of the app: the service has no request for it, so the IDs are listed first.
fn delete_all(delete: &DeleteArgs, context: &mut Context<'_>) -> Result<bool, Failure> {
    if !context.confirms_all(delete, "input")? {
        return Ok(false);
    }
    if context.global.dry_run {
        // Which IDs are deleted depends on the response.
        context.call(ListInputs::new().page(Page::new(1, MAX_PER_PAGE)))?;
        return Ok(false);
    }
    let client = context.client()?;
    let mut deletion = DeleteAllInputs::new().into_machine(client.config());
    let result = client.run_watched(&mut deletion, |_| ());
    let number = deletion.deleted();
    if let Err(stopped) = result {
        let text = format!("requested deletion of {number} of {} inputs found", deletion.found());
        terminal::warning(format_args!("{text}"));
        return Err(stopped.into());
    }
    match (delete.wait.wait, context.global.json) {
        (true, _) => {}
        (false, true) => output::write_json(&json!({"outcome": "requested", "inputs": number}), context.out)?,
        (false, false) => writeln!(context.out, "Requested deletion of all {number} inputs.")?,
    }
    Ok(true)
}

fn create(job: &UploadJob<'_>, inputs: &InputArgs, wait: WaitArgs, context: &mut Context<'_>) -> Result<(), Failure> {
    let example = Source { name: OsString::new(), location: Location::Stdin, record: None };
    input_jobs::check_options(|input| CreateInputs::new().input(job.prepare(input, &example, None)))?;
    input_jobs::run(job, inputs, context)?;
    if wait.wait {
        let ids = job.stored_ids.as_ref().map(RefCell::take).unwrap_or_default();
        if !ids.is_empty() {
            return waits::inputs_processed(context, &ids, context.global.wait_timeout());
        }
    }
    Ok(())
}

/// Prints the number of inputs in each state.
fn update(
    ids: &[String],
    action: PatchMode,
    annotations: &Annotations,
    context: &mut Context<'_>,
) -> Result<(), Failure> {
    context.in_batches(ids, |context, ids| {
        let patches = ids.iter().map(|id| patch(id, annotations));
        let operation = patches.fold(PatchInputs::new(action.into()), PatchInputs::input);
        if context.global.json {
            let Some(batch) = context.call(operation.by_item().with_raw())? else { return Ok(()) };
            return context.results(ids, batch, |batch, out| {
                batch.into_items().iter().try_for_each(|input| output::write_json(&input.json, out))
            });
        }
        let Some(batch) = context.call(operation.by_item())? else { return Ok(()) };
        context
            .results(ids, batch, |batch, out| output::write_updated_inputs(&batch.succeeded().collect::<Vec<_>>(), out))
    })
}

fn patch(id: &str, annotations: &Annotations) -> InputPatch {
    let mut patch = InputPatch::new(id);
    if let Some(metadata) = &annotations.metadata {
        patch = patch.metadata(metadata.clone());
    }
    if let Some(location) = annotations.geo {
        patch = patch.geo_point(location.longitude, location.latitude);
    }
    annotations.concepts().fold(patch, InputPatch::annotation)
}
