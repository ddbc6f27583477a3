//! `clarifai update-check`.

use clap::Args;

/// The tags of the project. Each release is a tag such as `v1.2.3`.
pub(crate) const RELEASES_URL: &str = "https://api.github.com/repos/clarifai-rs/clarifai/tags";

#[derive(Args, Debug)]
pub(crate) struct UpdateCheckArgs {
    /// URL of the list of releases
    #[arg(long, hide = true, value_name = "URL", default_value = RELEASES_URL)]
    pub(crate) url: String,
}
