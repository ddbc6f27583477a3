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
    clarifai job export --csv tags.db > tags.csv

  Write a page with images, concepts and errors, and open it in a browser:
    clarifai job report tags.db --html tags.html"
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
    /// Summarize the results of a job, or write a page with them
    ///
    /// Without --html, prints how many inputs have each outcome, the most frequent concepts, and the errors. With
    /// --html, writes a page for web browsers with thumbnails, concepts, boxes and colors, which can be searched and
    /// filtered. It is one file that loads nothing else, and works without a network connection.
    Report(ReportArgs),
}

#[derive(Args, Debug)]
pub(crate) struct ReportArgs {
    /// The job file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Write a page for web browsers to this file
    ///
    /// Thumbnails are made of the image files that still exist; paths are relative to the current folder, as they were
    /// when the job ran. Addresses are never loaded. On Unix only the owner can read the page.
    #[arg(long, value_name = "OUT")]
    pub(crate) html: Option<PathBuf>,
    /// Replace OUT if it exists
    #[arg(long, requires = "html")]
    pub(crate) force: bool,
    /// Longer side of the thumbnails in pixels, up to 1024; 0 omits them
    ///
    /// By default 640 for up to 300 inputs, 400 for up to 1500, and 240 for more, so that browsers can load the page.
    #[arg(long, requires = "html", value_name = "PIXELS", value_parser = clap::value_parser!(u32).range(0..=1024))]
    pub(crate) thumbnail_size: Option<u32>,
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
