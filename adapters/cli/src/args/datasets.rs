//! `clarifai datasets`.

use clap::Subcommand;
use clarifai_core::inputs::Metadata;

use super::{PageArgs, heading, values};

const CREATE_EXAMPLES: &str = concat!(
    heading!("Examples"),
    "\
\x20 clarifai datasets create boats --description 'Boats in harbors' --metadata '{\"season\": 1}'"
);

const ADD_EXAMPLES: &str = concat!(
    heading!("Examples"),
    "\
\x20 clarifai datasets add boats photo-1 photo-2
  clarifai datasets remove boats photo-2"
);

#[derive(Debug, Subcommand)]
pub(crate) enum DatasetsCommand {
    /// List the datasets of the app
    List {
        /// List only datasets whose ID, description or notes match this text
        #[arg(long, value_name = "TEXT")]
        search: Option<String>,
        #[command(flatten)]
        pages: PageArgs,
    },
    /// Show a dataset
    Get {
        /// ID of the dataset
        id: String,
    },
    /// Create a dataset
    #[command(after_long_help = CREATE_EXAMPLES)]
    Create {
        /// ID of the dataset: at most 48 letters, digits, `-`, `_` and `.`
        id: String,
        /// Short description
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
        /// Metadata, a JSON object
        #[arg(long, value_name = "JSON", value_parser = values::metadata)]
        metadata: Option<Metadata>,
    },
    /// Delete datasets
    ///
    /// Their inputs remain in the app. IDs that do not exist are ignored.
    Delete {
        /// IDs of the datasets
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
    },
    /// List the inputs of a dataset
    Inputs {
        /// ID of the dataset
        id: String,
        #[command(flatten)]
        pages: PageArgs,
    },
    /// Add inputs of the app to a dataset
    ///
    /// An input that does not exist, or that the dataset contains already, does not affect the others.
    #[command(after_long_help = ADD_EXAMPLES)]
    Add {
        /// ID of the dataset
        id: String,
        /// IDs of the inputs
        #[arg(required = true, value_name = "INPUT")]
        inputs: Vec<String>,
    },
    /// Remove inputs from a dataset
    ///
    /// The inputs remain in the app. Those that are not in the dataset are ignored.
    Remove {
        /// ID of the dataset
        id: String,
        /// IDs of the inputs
        #[arg(required = true, value_name = "INPUT")]
        inputs: Vec<String>,
    },
}
