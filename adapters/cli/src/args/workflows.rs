//! `clarifai workflows`.

use clap::Subcommand;

use super::{InputArgs, PageArgs, PredictionOptions, heading};

const PREDICT_EXAMPLES: &str = concat!(
    heading!("Examples"),
    "\
\x20 clarifai workflows predict General photo.jpg
  clarifai workflows predict General *.jpg --max-concepts 5 --json"
);

#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "a program has one command")]
pub(crate) enum WorkflowsCommand {
    /// List the workflows of the app
    List {
        /// List Clarifai's public workflows instead
        #[arg(long)]
        public: bool,
        #[command(flatten)]
        pages: PageArgs,
    },
    /// Show a workflow
    Get {
        /// ID of the workflow
        id: String,
    },
    /// Run all models of a workflow on images or videos
    #[command(after_long_help = PREDICT_EXAMPLES)]
    Predict {
        /// ID of the workflow
        id: String,
        #[command(flatten)]
        inputs: InputArgs,
        #[command(flatten)]
        options: PredictionOptions,
    },
}
