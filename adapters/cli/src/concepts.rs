//! `clarifai concepts`: the words an app says of its inputs.

use clarifai_core::concepts::{CreateConcepts, GetConcept, ListConcepts, PatchConcepts, SearchConcepts};
use clarifai_core::model::Concept;

use crate::args::Concepts;
use crate::context::Context;
use crate::exit::Failure;
use crate::listing;

pub(crate) fn run(command: &Concepts, context: &mut Context<'_>) -> Result<(), Failure> {
    match command {
        Concepts::List { pages } => listing::run(context, ListConcepts::new().page(pages.first()), *pages, None),
        Concepts::Get { id } => context.one::<Concept>(GetConcept::new(id)),
        Concepts::Create { id, name } => context.one::<Concept>(match name {
            Some(name) => CreateConcepts::new().named(id, name),
            None => CreateConcepts::new().concept(id),
        }),
        Concepts::Update { id, name } => context.one::<Concept>(PatchConcepts::new().rename(id, name)),
        Concepts::Search { name, language, pages } => {
            let mut search = SearchConcepts::new(name).page(pages.first());
            if let Some(language) = language {
                search = search.language(language);
            }
            listing::run(context, search, *pages, None)
        }
    }
}
