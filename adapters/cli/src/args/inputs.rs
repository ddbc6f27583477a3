//! `clarifai inputs`.

use clap::Subcommand;

use super::{Annotations, DeleteArgs, InputArgs, PageArgs, PatchMode, WaitArgs, heading};

const LIST_EXAMPLES: &str = concat!(
    heading!("Examples"),
    "\
\x20 clarifai inputs list --limit 500
  clarifai inputs list --all --exclude-failed --json"
);

const CREATE_EXAMPLES: &str = concat!(
    heading!("Examples"),
    "\
\x20 Upload a photo with annotations:
    clarifai inputs create photo.jpg --id photo-1 --concept boat --not-concept car \\
        --metadata '{\"roll\": 7}' --geo -6.26,53.35

  Upload photos, skip those that the app has already, and wait until they are processed:
    clarifai inputs create *.jpg --content-ids --wait

  Upload a folder whose subfolders are named after what they show, with a job file:
    clarifai inputs create --recursive photos --concept-from-folder --job upload.db

  Upload what a table lists, with its concepts and metadata:
    clarifai inputs create --from-file photos.csv --metadata-columns"
);

const UPDATE_EXAMPLES: &str = concat!(
    heading!("Examples"),
    "\
\x20 Add a concept to two inputs, then remove it again:
    clarifai inputs update photo-1 photo-2 --concept boat
    clarifai inputs update photo-1 photo-2 --action remove --concept boat"
);

const DELETE_EXAMPLES: &str = concat!(
    heading!("Examples"),
    "\
\x20 clarifai inputs delete photo-1 photo-2
  clarifai inputs delete --all --yes --wait"
);

#[derive(Debug, Subcommand)]
pub(crate) enum InputsCommand {
    /// Upload inputs to the app
    ///
    /// Any number of inputs is accepted. With --json, each one has an outcome: `created`, `already there`, `refused`,
    /// `unknown` or `not sent`. The service processes inputs after it has responded; use --wait or
    /// `clarifai inputs wait` to wait for that.
    #[command(after_long_help = CREATE_EXAMPLES)]
    Create {
        #[command(flatten)]
        inputs: InputArgs,
        /// ID of the input, if there is only one
        #[arg(long, value_name = "ID")]
        id: Option<String>,
        /// Derive IDs from content hashes, so identical files are stored once
        ///
        /// This also allows the program to find out whether an upload succeeded if its response was lost.
        #[arg(long, conflicts_with = "id")]
        content_ids: bool,
        /// Add the name of the folder of each file as a concept
        #[arg(long, help_heading = "Bulk options")]
        concept_from_folder: bool,
        /// Store URLs that the app contains already
        #[arg(long)]
        allow_duplicate_url: bool,
        #[command(flatten)]
        annotations: Annotations,
        #[command(flatten)]
        wait: WaitArgs,
    },
    /// List the inputs of the app
    #[command(after_long_help = LIST_EXAMPLES)]
    List {
        /// Omit inputs that could not be processed
        #[arg(long, alias = "without-failed")]
        exclude_failed: bool,
        #[command(flatten)]
        pages: PageArgs,
    },
    /// Show an input
    Get {
        /// ID of the input
        id: String,
    },
    /// Change annotations, metadata or location of inputs
    #[command(after_long_help = UPDATE_EXAMPLES)]
    Update {
        /// IDs of the inputs
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
        /// How to combine the given values with the stored ones
        #[arg(long, value_enum, default_value_t)]
        action: PatchMode,
        #[command(flatten)]
        annotations: Annotations,
    },
    /// Delete inputs
    ///
    /// With several IDs, those that do not exist are ignored; a single one that does not exist is an
    /// error. --all asks for confirmation unless --yes is given.
    #[command(after_long_help = DELETE_EXAMPLES)]
    Delete(DeleteArgs),
    /// Wait until inputs are processed
    Wait {
        /// IDs of the inputs [default: all inputs of the app]
        #[arg(value_name = "ID")]
        ids: Vec<String>,
    },
    /// Count inputs by processing status
    Status,
}
