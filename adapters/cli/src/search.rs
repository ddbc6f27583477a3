//! `clarifai search`: searches the inputs of an app.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use clarifai_core::concepts::ConceptRef;
use clarifai_core::error::InvalidArgument;
use clarifai_core::inputs::{Metadata, NewInput};
use clarifai_core::searches::{SearchInputs, SearchTerm};
use clarifai_core::types::GeoBox;

use crate::args::{ConceptArg, SearchArgs, check_contradiction};
use crate::context::Context;
use crate::exit::Failure;
use crate::json::Members;
use crate::{input_source, listing, terminal};

pub(crate) fn run(args: &SearchArgs, context: &mut Context<'_>) -> Result<(), Failure> {
    let by_name = ConceptArg::name_by_default;
    check_contradiction(&args.concepts, &args.not_concepts, by_name, "--not-concept")?;
    check_contradiction(&args.predicted, &args.not_predicted, by_name, "--not-predicted")?;
    let mut search = SearchInputs::new().page(args.pages.first());
    let terms = |concepts: &[ConceptArg], term: fn(ConceptRef) -> SearchTerm, sign: fn(ConceptRef) -> ConceptRef| {
        concepts.iter().map(|concept| term(sign(concept.name_by_default()))).collect::<Vec<_>>()
    };
    let terms = [
        terms(&args.concepts, SearchTerm::annotated, ConceptRef::positive),
        terms(&args.not_concepts, SearchTerm::annotated, ConceptRef::negative),
        terms(&args.predicted, SearchTerm::predicted, ConceptRef::positive),
        terms(&args.not_predicted, SearchTerm::predicted, ConceptRef::negative),
    ];
    search = terms.into_iter().flatten().fold(search, SearchInputs::term);
    if let Some(metadata) = &args.metadata {
        // One term per member: a term with several members matches inputs that have any one of them.
        search =
            metadata_terms(metadata)?.into_iter().fold(search, |search, term| search.term(SearchTerm::metadata(term)));
    }
    if let Some(location) = args.near {
        search = search.term(SearchTerm::near(location.point(), args.within));
    }
    if let Some(area) = args.area {
        search = search.term(SearchTerm::within(GeoBox::new(area.0.point(), area.1.point())));
    }
    if let Some(url) = &args.url {
        search = search.term(SearchTerm::original_url(url));
    }
    if let Some(image) = &args.image {
        search = search.term(similar_to(image)?);
    }
    if let Some(language) = &args.language {
        search = search.language(language);
    }
    listing::run(context, search, args.pages, None)
}

/// Splits metadata into one object for each member.
fn metadata_terms(metadata: &Metadata) -> Result<Vec<Metadata>, Failure> {
    let Members(members) = serde_json::from_str(metadata.as_str()).map_err(io::Error::from)?;
    if members.is_empty() {
        return Ok(vec![metadata.clone()]);
    }
    let term = |member| -> Result<Metadata, Failure> {
        let object = serde_json::to_string(&Members(vec![member])).map_err(io::Error::from)?;
        object.parse().map_err(|error: InvalidArgument| Failure::usage(error.to_string()))
    };
    members.into_iter().map(term).collect()
}

fn similar_to_bytes(bytes: Vec<u8>) -> SearchTerm {
    SearchTerm::similar_to(NewInput::image_bytes(bytes))
}

/// Returns the term for visual similarity to a URL, a file, standard input, or an input of the app.
fn similar_to(image: &OsStr) -> Result<SearchTerm, Failure> {
    let text = input_source::label(image);
    let unreadable = |problem| Failure::usage(format!("{text}: {problem}"));
    if let Some(input) = input_source::read_data_url(image, false) {
        return input.map(SearchTerm::similar_to).map_err(unreadable);
    }
    if text.contains("://") {
        return Ok(SearchTerm::similar_to(NewInput::image_url(text)));
    }
    if text == "-" {
        return input_source::read_to_end(std::io::stdin()).map(similar_to_bytes).map_err(unreadable);
    }
    match text.strip_prefix("id:") {
        Some(id) => Ok(SearchTerm::similar_to_input(id)),
        None if Path::new(image).exists() => input_source::read_file(image).map(similar_to_bytes).map_err(unreadable),
        None if looks_like_path(&text) => Err(unreadable("no such file".to_owned())
            .with_hint(format!("if this is the ID of an input, pass `id:{}`", terminal::sanitize(&text)))),
        None => Ok(SearchTerm::similar_to_input(text)),
    }
}

/// Returns whether a text looks like the path of a file, and not like the ID of an input.
fn looks_like_path(text: &str) -> bool {
    const ENDINGS: [&str; 14] =
        ["jpg", "jpeg", "jpe", "jgp", "jpg2", "png", "gif", "bmp", "tif", "tiff", "webp", "heic", "avif", "svg"];
    let ending = text.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    text.contains(['/', '\\', '~']) || text.starts_with('.') || ending.is_some_and(|ending| ENDINGS.contains(&&*ending))
}
