//! Groups of options that several commands have.

use std::ffi::OsString;

use clap::Args;
use clarifai_core::Page;
use clarifai_core::concepts::ConceptRef;
use clarifai_core::inputs::Metadata;
use clarifai_core::models::OutputOptions;

use super::values::{self, ConceptArg, Location};
use crate::exit::Failure;

/// Inputs to read and send.
#[derive(Args, Debug)]
pub(crate) struct InputArgs {
    /// Files and URLs; `-` reads stdin
    ///
    /// An argument that contains `://` is a URL, and `-` reads a file from stdin.
    #[arg(required = true, value_name = "INPUT")]
    pub(crate) inputs: Vec<OsString>,
    /// Treat the inputs as videos
    #[arg(long)]
    pub(crate) video: bool,
    /// Maximum number of concurrent requests, 1 to 32
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=32))]
    pub(crate) jobs: u8,
}

/// Options that control the output of a model.
#[derive(Args, Debug)]
#[command(next_help_heading = "Prediction options")]
pub(crate) struct PredictionOptions {
    /// Language of the concept names, such as `de`
    #[arg(long, value_name = "CODE")]
    language: Option<String>,
    /// Omit concepts with a lower probability, 0 to 1
    #[arg(long, value_name = "P", value_parser = values::fraction)]
    min_value: Option<f64>,
    /// Maximum number of concepts per input, 1 to 200
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=200))]
    max_concepts: Option<u32>,
    /// Return only this concept; can be repeated
    ///
    /// CONCEPT is a name; prefix with `id:` to use an ID.
    #[arg(long, value_name = "CONCEPT", value_parser = values::concept)]
    select: Vec<ConceptArg>,
    /// Interval between the analyzed frames of a video, 100 to 60000 ms
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u32).range(100..=60_000))]
    sample_ms: Option<u32>,
}

impl PredictionOptions {
    /// Returns the options of the API.
    pub(crate) fn output_options(&self) -> OutputOptions {
        let mut options = OutputOptions::default();
        options.language.clone_from(&self.language);
        options.min_value = self.min_value;
        options.max_concepts = self.max_concepts;
        options.sample_ms = self.sample_ms;
        let selected: Vec<_> = self.select.iter().map(ConceptArg::name_by_default).collect();
        options.select_concepts = Some(selected).filter(|selected| !selected.is_empty());
        options
    }
}

/// What to store about inputs.
#[derive(Args, Debug)]
#[command(next_help_heading = "Annotation options")]
pub(crate) struct Annotations {
    /// Concept that the input shows; can be repeated
    ///
    /// CONCEPT is an ID; prefix with `name:` to use a name.
    #[arg(long = "concept", value_name = "CONCEPT", value_parser = values::concept)]
    concepts: Vec<ConceptArg>,
    /// Concept that the input does not show; can be repeated
    #[arg(long = "not-concept", value_name = "CONCEPT", value_parser = values::concept)]
    not_concepts: Vec<ConceptArg>,
    /// Metadata, a JSON object
    #[arg(long, value_name = "JSON", value_parser = values::metadata)]
    pub(crate) metadata: Option<Metadata>,
    /// Location, in degrees east and north
    #[arg(long, value_name = "LON,LAT", allow_hyphen_values = true, value_parser = values::location)]
    pub(crate) geo: Option<Location>,
}

impl Annotations {
    /// Checks that no concept is both shown and not shown.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        values::check_contradiction(&self.concepts, &self.not_concepts, ConceptArg::id_by_default, "--not-concept")
    }

    /// Returns the concepts as references for requests.
    pub(crate) fn concepts(&self) -> impl Iterator<Item = ConceptRef> {
        let positive = self.concepts.iter().map(|concept| concept.id_by_default().positive());
        positive.chain(self.not_concepts.iter().map(|concept| concept.id_by_default().negative()))
    }
}

/// Which part of a list to print.
#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = "List options")]
pub(crate) struct PageArgs {
    /// Print all items
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// Print at most this many items
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// Page to print, from 1 [default: 1]
    #[arg(
        long,
        value_name = "N",
        conflicts_with_all = ["all", "limit"],
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    page: Option<u32>,
    /// Items per page, 1 to 1000 [default: 20]
    ///
    /// The default is 100 with --all, and up to 100 with --limit.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    per_page: Option<u32>,
}

impl PageArgs {
    /// Items per page when several pages are read.
    const LARGE_PAGE: u32 = 100;

    /// Returns the page to start with.
    pub(crate) fn first(self) -> Page {
        let size = match self.limit {
            Some(limit) => u32::try_from(limit).unwrap_or(Self::LARGE_PAGE).min(Self::LARGE_PAGE),
            None if self.all => Self::LARGE_PAGE,
            None => Page::default().size,
        };
        Page::new(self.page.unwrap_or(1), self.per_page.unwrap_or(size))
    }

    /// Returns the maximum number of items, or `None` if a single page is wanted.
    pub(crate) fn limit(self) -> Option<u64> {
        self.limit.or(self.all.then_some(u64::MAX))
    }
}

/// Whether to wait for an operation that continues after the response.
#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = "Wait options")]
pub(crate) struct WaitArgs {
    /// Wait for completion and print the outcome
    #[arg(long)]
    pub(crate) wait: bool,
}

/// What to delete.
#[derive(Args, Debug)]
pub(crate) struct DeleteArgs {
    /// IDs to delete
    #[arg(required_unless_present = "all", conflicts_with = "all", value_name = "ID")]
    pub(crate) ids: Vec<String>,
    /// Delete everything of this kind in the app
    #[arg(long)]
    pub(crate) all: bool,
    /// Skip the confirmation prompt
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
}
