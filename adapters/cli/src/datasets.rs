//! `clarifai datasets`: named sets of the inputs of an app.

use clarifai_core::Operation as _;
use clarifai_core::datasets::{
    AddDatasetInputs, CreateDatasets, DeleteDatasets, GetDataset, ListDatasetInputs, ListDatasets, NewDataset,
    RemoveDatasetInputs,
};
use clarifai_core::types::{Dataset, DatasetInput};

use crate::args::DatasetsCommand;
use crate::context::Context;
use crate::exit::Failure;
use crate::output;
use crate::terminal::sanitize;
use crate::{listing, output::Record};

pub(crate) fn run(command: &DatasetsCommand, context: &mut Context<'_>) -> Result<(), Failure> {
    match command {
        DatasetsCommand::List { search, pages } => {
            let mut list = ListDatasets::new().page(pages.first());
            if let Some(search) = search {
                list = list.search(search);
            }
            listing::run(context, list, *pages, None)
        }
        DatasetsCommand::Get { id } => context.one::<Dataset>(GetDataset::new(id)),
        DatasetsCommand::Create { id, description, metadata } => {
            let mut dataset = NewDataset::new(id);
            if let Some(description) = description {
                dataset = dataset.description(description);
            }
            if let Some(metadata) = metadata {
                dataset = dataset.metadata(metadata.clone());
            }
            context.one::<Dataset>(CreateDatasets::new().dataset(dataset))
        }
        DatasetsCommand::Delete { ids } => context.in_batches(ids, |context, ids| {
            let text = match ids {
                [id] => format!("Deleted dataset {}.", sanitize(id)),
                ids => format!("Deleted {} datasets.", ids.len()),
            };
            context.status_only(DeleteDatasets::ids(ids), &text)
        }),
        DatasetsCommand::Inputs { id, pages } => {
            listing::run(context, ListDatasetInputs::new(id).page(pages.first()), *pages, None)
        }
        DatasetsCommand::Add { id, inputs } => context.in_batches(inputs, |context, inputs| add(id, inputs, context)),
        DatasetsCommand::Remove { id, inputs } => context.in_batches(inputs, |context, inputs| {
            let text = format!("Removed {} inputs from dataset {}.", inputs.len(), sanitize(id));
            context.status_only(RemoveDatasetInputs::new(id, inputs), &text)
        }),
    }
}

fn add(id: &str, inputs: &[String], context: &mut Context<'_>) -> Result<(), Failure> {
    let operation = AddDatasetInputs::new(id).inputs(inputs);
    if context.global.json {
        let Some(batch) = context.call(operation.by_item().with_raw())? else { return Ok(()) };
        return context.results(inputs, batch, |batch, out| {
            batch.into_items().iter().try_for_each(|input| output::write_json(&input.json, out))
        });
    }
    let Some(batch) = context.call(operation.by_item())? else { return Ok(()) };
    context.results(inputs, batch, |batch, out| {
        let rows: Vec<_> = batch.succeeded().map(Record::row).collect();
        output::StreamedTable::new(DatasetInput::HEADINGS, DatasetInput::NUMBERS).write(&rows, out)
    })
}
