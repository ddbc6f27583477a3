//! Groups of options that several commands have.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use clarifai_core::Page;
use clarifai_core::concepts::ConceptRef;
use clarifai_core::inputs::Metadata;
use clarifai_core::models::OutputOptions;
use serde_json::Value;

use super::values::{self, ConceptArg, Location};
use crate::exit::Failure;
use crate::sources::{ListFormat, Shard, SourceOptions};

/// Inputs to read and send.
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each one is an option of the command line")]
pub(crate) struct InputArgs {
    /// Files, folders and URLs; `-` reads stdin
    ///
    /// An argument that contains `://` is a URL, and `-` reads a file from stdin. Folders need --recursive.
    #[arg(required_unless_present = "lists", value_name = "INPUT")]
    pub(crate) inputs: Vec<OsString>,
    /// Search folders for images and videos
    ///
    /// They are recognized by their content. Hidden files, and those that `.gitignore` and `.ignore` exclude, are left
    /// out.
    #[arg(long, short, help_heading = "Bulk options")]
    recursive: bool,
    /// Read inputs from a list; `-` reads it from stdin
    ///
    /// A list has a path or URL per line. A list whose name ends with `.csv` has a header and the columns `input`,
    /// `id`, `concepts`, `not_concepts` (names are separated by `;`), `metadata` (a JSON object), `lon` and `lat`, or
    /// some of them; one whose name ends with `.jsonl` has objects with these members. Lines that cannot be used are
    /// reported, and do not affect the others.
    #[arg(long = "from-file", value_name = "LIST", help_heading = "Bulk options")]
    lists: Vec<OsString>,
    /// Format of the lists [default: by name]
    #[arg(long, value_enum, value_name = "FORMAT", requires = "lists", help_heading = "Bulk options")]
    list_format: Option<ListFormat>,
    /// Lines of lists end with NUL, as `find -print0` prints them
    #[arg(short = '0', long, requires = "lists", help_heading = "Bulk options")]
    null: bool,
    /// Store other columns of a list as metadata
    #[arg(long, requires = "lists", help_heading = "Bulk options")]
    metadata_columns: bool,
    /// Record the work in a file, and continue it with the same command
    ///
    /// The file is an SQLite database with the inputs, their outcomes and what the service returned: see
    /// `clarifai job`. If the command is interrupted or killed, the same command continues it, and sends nothing again
    /// that has a result.
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run", help_heading = "Bulk options")]
    pub(crate) job: Option<PathBuf>,
    /// Stop at the first input that cannot be read
    #[arg(long, help_heading = "Bulk options")]
    pub(crate) strict: bool,
    /// Process only a fixed share of the inputs, such as 2/5
    ///
    /// The share of an input depends only on its path or URL, so that N programs on any machines process each input
    /// once without knowing of each other.
    #[arg(long, value_name = "I/N", help_heading = "Bulk options")]
    shard: Option<Shard>,
    /// Send at most this many inputs, then exit with 8
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), help_heading = "Bulk options")]
    pub(crate) max_inputs: Option<u64>,
    /// Send at most this many requests, then exit with 8
    ///
    /// Retries count.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), help_heading = "Bulk options")]
    pub(crate) max_requests: Option<u64>,
    /// Maximum number of requests per second [default: 15]
    ///
    /// The default is the limit of the service for a user. A fraction such as 0.5 is allowed.
    #[arg(long, value_name = "N", value_parser = values::rate, help_heading = "Bulk options")]
    pub(crate) rate: Option<f64>,
    /// Treat the inputs as videos
    ///
    /// Files are recognized by their content, and URLs are images without this option.
    #[arg(long)]
    pub(crate) video: bool,
    /// Maximum number of concurrent requests, 1 to 32
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=32))]
    pub(crate) jobs: u8,
}

impl InputArgs {
    /// Returns where the inputs come from.
    pub(crate) fn sources(&self) -> SourceOptions {
        SourceOptions {
            arguments: self.inputs.clone(),
            lists: self.lists.clone(),
            format: self.list_format,
            nul: self.null,
            recursive: self.recursive,
            other_columns: self.metadata_columns,
            shard: self.shard,
        }
    }

    /// Whether the inputs are the arguments themselves, and not folders or lists.
    pub(crate) fn is_plain(&self) -> bool {
        self.lists.is_empty() && !self.recursive
    }

    /// Returns the options that must be the same in all runs of a job.
    pub(crate) fn job_options(&self) -> BTreeMap<String, Value> {
        BTreeMap::from([
            ("--shard".to_owned(), self.shard.map(|shard| shard.to_string()).into()),
            ("--video".to_owned(), self.video.into()),
        ])
    }
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

    /// Returns the options that must be the same in all runs of a job.
    pub(crate) fn job_options(&self) -> BTreeMap<String, Value> {
        let select: Vec<_> = self.select.iter().map(|concept| format!("{:?}", concept.name_by_default())).collect();
        BTreeMap::from([
            ("--language".to_owned(), self.language.clone().into()),
            ("--min-value".to_owned(), self.min_value.into()),
            ("--max-concepts".to_owned(), self.max_concepts.into()),
            ("--select".to_owned(), select.into()),
            ("--sample-ms".to_owned(), self.sample_ms.into()),
        ])
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

    /// Returns the options that must be the same in all runs of a job.
    pub(crate) fn job_options(&self) -> BTreeMap<String, Value> {
        let texts = |concepts: &[ConceptArg]| -> Vec<String> {
            concepts.iter().map(|concept| format!("{:?}", concept.id_by_default())).collect()
        };
        let geo = self.geo.map(|location| format!("{},{}", location.longitude, location.latitude));
        BTreeMap::from([
            ("--concept".to_owned(), texts(&self.concepts).into()),
            ("--not-concept".to_owned(), texts(&self.not_concepts).into()),
            ("--metadata".to_owned(), self.metadata.as_ref().map(Metadata::as_str).into()),
            ("--geo".to_owned(), geo.into()),
        ])
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
