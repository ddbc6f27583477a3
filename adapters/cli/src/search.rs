//! `clarifai search`: finds inputs of an app.

use std::ffi::OsStr;
use std::path::Path;

use clarifai_core::concepts::ConceptRef;
use clarifai_core::searches::{SearchInputs, SearchTerm};
use serde_json::{Map, Value};

use crate::args::{Concept, Search};
use crate::context::Context;
use crate::exit::Failure;
use crate::{listing, load};

pub(crate) fn run(command: &Search, context: &mut Context<'_>) -> Result<(), Failure> {
    let mut search = SearchInputs::new().page(command.pages.first());
    let of = |concepts: &[Concept], term: fn(ConceptRef) -> SearchTerm, value: fn(ConceptRef) -> ConceptRef| {
        concepts.iter().map(|concept| term(value(concept.searched()))).collect::<Vec<_>>()
    };
    let terms = [
        of(&command.concepts, SearchTerm::annotated, ConceptRef::positive),
        of(&command.not_concepts, SearchTerm::annotated, ConceptRef::negative),
        of(&command.predicted, SearchTerm::predicted, ConceptRef::positive),
        of(&command.not_predicted, SearchTerm::predicted, ConceptRef::negative),
    ];
    search = terms.into_iter().flatten().fold(search, SearchInputs::term);
    if let Some(metadata) = &command.metadata {
        // Of the members of one term one is enough.
        let one = |(key, value): (&String, &Value)| [(key.clone(), value.clone())].into_iter().collect();
        let terms: Vec<_> = if metadata.is_empty() { vec![Map::new()] } else { metadata.iter().map(one).collect() };
        search = terms.into_iter().fold(search, |search, term| search.term(SearchTerm::metadata(term)));
    }
    if let Some(place) = command.near {
        let (longitude, latitude) = place.pair();
        search = search.term(match command.within {
            Some(distance) => SearchTerm::near(longitude, latitude, distance.0, distance.1),
            None => SearchTerm::at(longitude, latitude),
        });
    }
    if let Some(area) = command.area {
        search = search.term(SearchTerm::within(area.0.pair(), area.1.pair()));
    }
    if let Some(url) = &command.url {
        search = search.term(SearchTerm::original_url(url));
    }
    if let Some(image) = &command.image {
        search = search.term(looks_like(image)?);
    }
    if let Some(language) = &command.language {
        search = search.language(language);
    }
    listing::run(context, search, command.pages, None)
}

/// Likeness to an address, a file or standard input, or an input of the app.
fn looks_like(image: &OsStr) -> Result<SearchTerm, Failure> {
    let text = image.to_string_lossy();
    let cannot = |problem| Failure::usage(format!("{text}: {problem}"));
    if text.contains("://") {
        return Ok(SearchTerm::looks_like_url(text));
    }
    if text == "-" {
        return load::read(std::io::stdin()).map(SearchTerm::looks_like_bytes).map_err(cannot);
    }
    match text.strip_prefix("id:") {
        Some(id) => Ok(SearchTerm::looks_like_input(id)),
        None if Path::new(image).exists() => load::file(image).map(SearchTerm::looks_like_bytes).map_err(cannot),
        None => Ok(SearchTerm::looks_like_input(text)),
    }
}
