//! `clarifai models`.

use clap::Subcommand;

use super::values;
use super::{ConceptArg, DeleteArgs, PageArgs, PatchMode, WaitArgs, heading};

const LIST_EXAMPLES: &str = concat!(
    heading!("Examples"),
    "\
\x20 clarifai models list --public
  clarifai models list --own --app my-app --all"
);

const SEARCH_EXAMPLES: &str = concat!(
    heading!("Examples"),
    "\
\x20 clarifai models search 'general*'
  clarifai models search '*' --type visual-classifier"
);

const TRAIN_EXAMPLES: &str = concat!(
    heading!("Examples"),
    "\
\x20 Create a model, train it with the annotated inputs of the app, and use it:
    clarifai models create harbor --concept boat --concept car
    clarifai models train harbor --wait
    clarifai predict --model harbor photo.jpg"
);

#[derive(Debug, Subcommand)]
pub(crate) enum ModelsCommand {
    /// List the available models
    #[command(after_long_help = LIST_EXAMPLES)]
    List {
        /// List only the models of the app
        #[arg(long, conflicts_with = "public")]
        own: bool,
        /// List only Clarifai's public models
        #[arg(long)]
        public: bool,
        #[command(flatten)]
        pages: PageArgs,
    },
    /// Search models by name
    #[command(after_long_help = SEARCH_EXAMPLES)]
    Search {
        /// Name to search for; `*` matches any text
        name: String,
        /// Model type, such as `visual-classifier`
        #[arg(long = "type", value_name = "TYPE")]
        model_type: Option<String>,
        #[command(flatten)]
        pages: PageArgs,
    },
    /// Show a model
    Get {
        /// Name or ID of the model
        model: String,
    },
    /// Show a model and its concepts
    Info {
        /// Name or ID of the model
        model: String,
        /// Version of the model [default: latest]
        #[arg(long, value_name = "ID")]
        version: Option<String>,
    },
    /// Create a model to train on the inputs of the app
    #[command(after_long_help = TRAIN_EXAMPLES)]
    Create {
        /// ID of the model
        id: String,
        /// Name of the model [default: its ID]
        #[arg(long)]
        name: Option<String>,
        /// ID of a concept to train; can be repeated
        #[arg(long = "concept", value_name = "ID", value_parser = values::concept)]
        concepts: Vec<ConceptArg>,
        /// Concepts are mutually exclusive
        #[arg(long)]
        exclusive: bool,
    },
    /// Change the name or the concepts of a model
    Update {
        /// ID of the model
        id: String,
        /// New name of the model
        #[arg(long)]
        name: Option<String>,
        /// How to combine the given concepts with the stored ones
        #[arg(long, value_enum, default_value_t)]
        action: PatchMode,
        /// ID of a concept; can be repeated
        #[arg(long = "concept", value_name = "ID", value_parser = values::concept)]
        concepts: Vec<ConceptArg>,
    },
    /// Delete models
    ///
    /// With several IDs, those that do not exist are ignored; a single one that does not exist is an
    /// error. --all asks for confirmation unless --yes is given.
    Delete(DeleteArgs),
    /// List the versions of a model
    Versions {
        /// Name or ID of the model
        model: String,
        #[command(flatten)]
        pages: PageArgs,
    },
    /// Train a new version of a model
    #[command(after_long_help = TRAIN_EXAMPLES)]
    Train {
        /// Name or ID of the model
        model: String,
        #[command(flatten)]
        wait: WaitArgs,
    },
    /// Wait until a version of a model is trained
    Wait {
        /// Name or ID of the model
        model: String,
        /// Version of the model [default: latest]
        #[arg(long, value_name = "ID")]
        version: Option<String>,
    },
    /// Send feedback on a prediction
    Feedback {
        /// Name or ID of the model
        model: String,
        /// ID of the input
        #[arg(long, value_name = "ID")]
        input: String,
        /// URL of the image
        #[arg(long)]
        url: Option<String>,
        /// ID of a concept that the input shows; can be repeated
        #[arg(long = "concept", value_name = "ID", value_parser = values::concept)]
        concepts: Vec<ConceptArg>,
        /// ID of a concept that the input does not show; can be repeated
        #[arg(long = "not-concept", value_name = "ID", value_parser = values::concept)]
        not_concepts: Vec<ConceptArg>,
    },
}
