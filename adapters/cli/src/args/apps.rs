//! `clarifai apps`.

use clap::{Args, Subcommand};
use clarifai_core::inputs::Metadata;

use super::{PageArgs, heading, values};

pub(super) const EXAMPLES: &str = concat!(
    heading!("Examples"),
    "\
\x20 clarifai apps create harbors --description 'Boats in harbors' --workflow Universal
  clarifai inputs create *.jpg --app harbors"
);

#[derive(Debug, Subcommand)]
pub(crate) enum AppsCommand {
    /// List your apps, or those of --user
    List {
        /// List only apps whose ID, description or notes match this text
        #[arg(long, value_name = "TEXT")]
        search: Option<String>,
        #[command(flatten)]
        pages: PageArgs,
    },
    /// Show an app
    Get {
        /// ID of the app
        id: String,
    },
    /// Create an app
    #[command(after_long_help = EXAMPLES)]
    Create {
        /// ID of the app: at most 48 letters, digits, `-`, `_` and `.`
        id: String,
        #[command(flatten)]
        fields: AppFields,
    },
    /// Change an app
    ///
    /// Options that are not given change nothing.
    Patch {
        /// ID of the app
        id: String,
        #[command(flatten)]
        fields: AppFields,
    },
    /// Delete an app and everything in it
    ///
    /// This cannot be undone.
    Delete {
        /// ID of the app
        id: String,
        /// Do not ask for confirmation
        #[arg(long)]
        yes: bool,
    },
}

/// What can be set in an app.
#[derive(Args, Debug)]
pub(crate) struct AppFields {
    /// Short description
    #[arg(long, value_name = "TEXT")]
    pub(crate) description: Option<String>,
    /// Longer description, as Markdown
    #[arg(long, value_name = "TEXT")]
    pub(crate) notes: Option<String>,
    /// Language of concept names, such as `en`
    #[arg(long, value_name = "CODE")]
    pub(crate) language: Option<String>,
    /// Metadata, a JSON object
    #[arg(long, value_name = "JSON", value_parser = values::metadata)]
    pub(crate) metadata: Option<Metadata>,
    /// Public workflow that processes new inputs, such as `Universal`
    #[arg(long, value_name = "ID")]
    pub(crate) workflow: Option<String>,
}
