//! `clarifai concepts`: the labels of an app.

use clarifai_core::concepts::{CreateConcepts, GetConcept, ListConcepts, PatchConcepts, SearchConcepts};
use clarifai_core::types::Concept;

use crate::args::ConceptsCommand;
use crate::context::Context;
use crate::exit::Failure;
use crate::listing;

pub(crate) fn run(command: &ConceptsCommand, context: &mut Context<'_>) -> Result<(), Failure> {
    match command {
        ConceptsCommand::List { pages } => listing::run(context, ListConcepts::new().page(pages.first()), *pages, None),
        ConceptsCommand::Get { id } => context.one::<Concept>(GetConcept::new(id)),
        ConceptsCommand::Create { id, name } => context.one::<Concept>(match name {
            Some(name) => CreateConcepts::new().named(id, name),
            None => CreateConcepts::new().concept(id),
        }),
        ConceptsCommand::Update { id, name } => context.one::<Concept>(PatchConcepts::new().rename(id, name)),
        ConceptsCommand::Search { name, language, pages } => {
            let mut search = SearchConcepts::new(name).page(pages.first());
            if let Some(language) = language {
                search = search.language(language);
            }
            listing::run(context, search, *pages, None)
        }
    }
}
