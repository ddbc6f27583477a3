//! `clarifai concepts`.

use clap::Subcommand;

use super::{PageArgs, heading};

const SEARCH_EXAMPLES: &str = concat!(
    heading!("Examples"),
    "\
\x20 clarifai concepts search 'dog*'
  clarifai concepts search 'hun*' --language de"
);

#[derive(Debug, Subcommand)]
pub(crate) enum ConceptsCommand {
    /// List the concepts of the app
    List {
        #[command(flatten)]
        pages: PageArgs,
    },
    /// Show a concept
    Get {
        /// ID of the concept
        id: String,
    },
    /// Create a concept
    Create {
        /// ID of the concept
        id: String,
        /// Name of the concept [default: its ID]
        #[arg(long)]
        name: Option<String>,
    },
    /// Rename a concept
    Update {
        /// ID of the concept
        id: String,
        /// New name of the concept
        #[arg(long)]
        name: String,
    },
    /// Search concepts by name
    #[command(after_long_help = SEARCH_EXAMPLES)]
    Search {
        /// Name to search for; `*` matches any text
        name: String,
        /// Language of the name, such as `de`
        #[arg(long, value_name = "CODE")]
        language: Option<String>,
        #[command(flatten)]
        pages: PageArgs,
    },
}
