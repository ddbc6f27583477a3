//! `clarifai search`.

use std::ffi::OsString;

use clap::Args;
use clarifai_core::inputs::Metadata;

use clarifai_core::types::Distance;

use super::values::{self, Area, Location};
use super::{ConceptArg, PageArgs, heading};

pub(super) const EXAMPLES: &str = concat!(
    heading!("Examples"),
    "\
\x20 By annotated concepts:
    clarifai search --concept boat --not-concept car

  By visual similarity to a file:
    clarifai search --image photo.jpg --limit 5

  By predicted concept and location:
    clarifai search --predicted beach --near -6.26,53.35 --within 10km

  By metadata within an area:
    clarifai search --metadata '{\"roll\": 7}' --box -6.5,53.2,-6.0,53.5"
);

#[derive(Args, Debug)]
pub(crate) struct SearchArgs {
    /// Annotated with this concept; can be repeated
    ///
    /// CONCEPT is a name; prefix with `id:` to use an ID.
    #[arg(long = "concept", value_name = "CONCEPT", value_parser = values::concept)]
    pub(crate) concepts: Vec<ConceptArg>,
    /// Annotated as not showing this concept; can be repeated
    #[arg(long = "not-concept", value_name = "CONCEPT", value_parser = values::concept)]
    pub(crate) not_concepts: Vec<ConceptArg>,
    /// Concept predicted by the app's base model; can be repeated
    #[arg(long, value_name = "CONCEPT", value_parser = values::concept)]
    pub(crate) predicted: Vec<ConceptArg>,
    /// Concept not predicted by the app's base model; can be repeated
    #[arg(long, value_name = "CONCEPT", value_parser = values::concept)]
    pub(crate) not_predicted: Vec<ConceptArg>,
    /// Visually similar to a file, a URL or an input
    ///
    /// A value that contains `://` is a URL, and `-` reads a file from stdin. A value that is not the path of a file is
    /// the ID of an input; prefix with `id:` if a file of that name exists.
    #[arg(long, value_name = "FILE|URL|ID")]
    pub(crate) image: Option<OsString>,
    /// Metadata contains all members of this JSON object
    #[arg(long, value_name = "JSON", value_parser = values::metadata)]
    pub(crate) metadata: Option<Metadata>,
    /// Located near this point, in degrees east and north
    #[arg(long, value_name = "LON,LAT", allow_hyphen_values = true, value_parser = values::location)]
    pub(crate) near: Option<Location>,
    /// Maximum distance from --near, in mi, km, deg or rad, such as `10km`
    #[arg(long, value_name = "DISTANCE", requires = "near", value_parser = values::distance)]
    pub(crate) within: Option<Distance>,
    /// Located between these two corners
    #[arg(
        long = "box",
        value_name = "LON,LAT,LON,LAT",
        conflicts_with = "near",
        allow_hyphen_values = true,
        value_parser = values::area
    )]
    pub(crate) area: Option<Area>,
    /// Created from this URL
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Language of the concept names, such as `de`
    #[arg(long, value_name = "CODE")]
    pub(crate) language: Option<String>,
    #[command(flatten)]
    pub(crate) pages: PageArgs,
}
