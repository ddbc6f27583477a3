//! `clarifai job`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::heading;

pub(super) const EXAMPLES: &str = concat!(
    heading!("Examples"),
    "\
\x20 Tag all photos in a folder; the same command continues the job after an interrupt:
    clarifai predict --recursive photos --job tags.db
    clarifai predict --recursive photos --job tags.db

  Show what is done, and send the failed inputs again with the next run:
    clarifai job status tags.db
    clarifai job retry --failed tags.db

  Write the results to a file:
    clarifai job export --csv tags.db > tags.csv"
);

#[derive(Debug, Subcommand)]
pub(crate) enum JobCommand {
    /// Count the inputs of a job by state, and list the most frequent errors
    Status {
        /// The job file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Mark failed inputs, so that the next run sends them again
    ///
    /// The next run of the same command sends failed inputs again by itself, except those that the service refused.
    Retry {
        /// Mark all failed inputs, including those that the service refused
        #[arg(long, required = true)]
        failed: bool,
        /// The job file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Write the inputs and results of a job to stdout
    Export(ExportArgs),
}

#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each one is an option of the command line")]
pub(crate) struct ExportArgs {
    /// One row for each concept, region and color, and for each input without any
    #[arg(long, required_unless_present = "jsonl")]
    pub(crate) csv: bool,
    /// One JSON object per input, as `--json` prints them
    #[arg(long, conflicts_with = "csv")]
    pub(crate) jsonl: bool,
    /// Only inputs whose last attempt failed
    #[arg(long, conflicts_with = "done")]
    pub(crate) failed: bool,
    /// Only inputs with a result
    #[arg(long)]
    pub(crate) done: bool,
    /// The job file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}
