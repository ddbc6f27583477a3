//! `clarifai annotations`: what is known about the inputs of an app.

use clarifai_core::Operation as _;
use clarifai_core::annotations::{
    CreateAnnotations, DeleteAnnotation, DeleteAnnotations, ListAnnotations, NewAnnotation,
};
use clarifai_core::concepts::ConceptRef;
use clarifai_core::inputs::NewRegion;
use clarifai_core::types::Annotation;

use crate::args::{AnnotationsCommand, NewAnnotationArgs};
use crate::context::Context;
use crate::exit::Failure;
use crate::listing;
use crate::output::{self, Record, StreamedTable};
use crate::terminal::sanitize;

pub(crate) fn run(command: &AnnotationsCommand, context: &mut Context<'_>) -> Result<(), Failure> {
    match command {
        AnnotationsCommand::List { inputs, any_state, with_models, pages } => {
            let mut list = inputs.iter().fold(ListAnnotations::new().page(pages.first()), ListAnnotations::input);
            if *any_state {
                list = list.all();
            }
            if *with_models {
                list = list.with_models();
            }
            listing::run(context, list, *pages, None)
        }
        AnnotationsCommand::Create(new) => create(new, context),
        AnnotationsCommand::Delete { input, all: true, .. } => {
            let text = format!("Deleted all annotations of input {}.", sanitize(input));
            context.status_only(DeleteAnnotations::of_inputs([input]), &text)
        }
        AnnotationsCommand::Delete { input, ids, .. } => match ids.as_slice() {
            // The deletion of a single one reports an ID that does not exist.
            [id] => {
                let text = format!("Deleted annotation {}.", sanitize(id));
                context.status_only(DeleteAnnotation::new(input, id), &text)
            }
            ids => context.in_batches(ids, |context, ids| {
                let delete = |delete: DeleteAnnotations, id: &String| delete.annotation(input, id);
                let operation = ids.iter().fold(DeleteAnnotations::new(), delete);
                context.status_only(operation, &format!("Deleted {} annotations.", ids.len()))
            }),
        },
    }
}

fn create(new: &NewAnnotationArgs, context: &mut Context<'_>) -> Result<(), Failure> {
    let operation = CreateAnnotations::new().annotation(annotation(new));
    let inputs = std::slice::from_ref(&new.input);
    if context.global.json {
        let Some(batch) = context.call(operation.by_item().with_raw())? else { return Ok(()) };
        return context.results(inputs, batch, |batch, out| {
            batch.into_items().iter().try_for_each(|one| output::write_json(&one.json, out))
        });
    }
    let Some(batch) = context.call(operation.by_item())? else { return Ok(()) };
    context.results(inputs, batch, |batch, out| {
        let rows: Vec<_> = batch.succeeded().map(Record::row).collect();
        StreamedTable::new(Annotation::HEADINGS, Annotation::NUMBERS).write(&rows, out)
    })
}

/// Returns the annotation: the concepts are about the boxes, or about the whole input if there are none.
fn annotation(new: &NewAnnotationArgs) -> NewAnnotation {
    let positive = new.concepts.iter().map(|concept| concept.id_by_default().valued(1.0));
    let negative = new.not_concepts.iter().map(|concept| concept.id_by_default().valued(0.0));
    let concepts: Vec<ConceptRef> = positive.chain(negative).collect();
    let mut annotation = NewAnnotation::new(&*new.input);
    if let Some(id) = &new.id {
        annotation = annotation.id(id);
    }
    if new.boxes.is_empty() {
        if let Some(text) = &new.text {
            annotation = annotation.text(text);
        }
        return concepts.into_iter().fold(annotation, NewAnnotation::annotation);
    }
    for [top, left, bottom, right] in &new.boxes {
        let mut region = NewRegion::bounding_box(*top, *left, *bottom, *right);
        if let Some(text) = &new.text {
            region = region.text(text);
        }
        annotation = annotation.region(concepts.iter().cloned().fold(region, NewRegion::concept));
    }
    annotation
}
