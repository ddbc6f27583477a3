//! `clarifai config`.

use clap::Subcommand;

use super::heading;
use crate::config_file::SettingName;

pub(super) const EXAMPLES: &str = concat!(
    heading!("Examples"),
    "\
\x20 Store a personal access token, read from stdin so that it stays out of the shell history:
    clarifai config set pat -

  Show the settings in effect, and where each one comes from:
    clarifai config

  Remove a setting from the file:
    clarifai config unset pat"
);

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Show the settings in effect and where they come from
    Show,
    /// Store a setting in the config file
    #[command(after_long_help = EXAMPLES)]
    Set {
        /// Name of the setting
        #[arg(value_enum, ignore_case = true)]
        name: SettingName,
        /// Value of the setting; `-` reads it from stdin
        value: String,
    },
    /// Remove a setting from the config file
    Unset {
        /// Name of the setting
        #[arg(value_enum, ignore_case = true)]
        name: SettingName,
    },
    /// Print the path of the config file
    Path,
}
