//! `clarifai job report`: summarizes the results of a job in the terminal, or writes a page with them.

mod findings;
mod page;
mod rows;
mod summary;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::read::JobReader;
use crate::args::{GlobalArgs, ReportArgs};
use crate::atomic_file::{self, Draft};
use crate::exit::Failure;
use crate::{interrupt, output, terminal};

pub(crate) fn run(args: &ReportArgs, global: &GlobalArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let reader = JobReader::open(&args.file)?;
    match &args.html {
        Some(html) => write_html(&reader, html, args, global, out),
        None => summary::write(&reader, global.json, out),
    }
}

fn write_html(
    reader: &JobReader,
    html: &Path,
    args: &ReportArgs,
    global: &GlobalArgs,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let problem = |problem: &dyn std::fmt::Display| Failure::usage(format!("--html {}: {problem}", html.display()));
    // Reported now, and not after all thumbnails are made.
    check_target(html, args).map_err(|reason| problem(&reason))?;
    let mut draft = Draft::new(html).map_err(|error| problem(&error))?;
    // Without a handler, Ctrl-C would leave the unfinished file in the folder.
    interrupt::install_handler();
    let written = page::write(reader, &args.file, args.thumbnail_size, global, &mut draft)?;
    draft.publish(args.force).map_err(|error| problem(&error))?;
    if written.missing > 0 {
        terminal::hint(format_args!(
            "{} files were not found; relative paths are searched for in the current folder",
            written.missing
        ));
    }
    let (inputs, thumbnails) = (written.inputs, written.thumbnails);
    if global.json {
        let file = html.to_string_lossy();
        let line = json!({
            "outcome": "written", "file": file, "inputs": inputs, "thumbnails": thumbnails, "missing": written.missing,
        });
        return output::write_json(&line, out);
    }
    let file = terminal::sanitize(&html.to_string_lossy());
    Ok(writeln!(out, "{file}: {inputs} inputs, {thumbnails} thumbnails")?)
}

/// Returns why the page cannot be written to this path.
fn check_target(html: &Path, args: &ReportArgs) -> Result<(), &'static str> {
    if html.is_dir() {
        return Err("is a directory");
    }
    if !atomic_file::folder_of(html).is_dir() {
        return Err("no such directory");
    }
    let job = fs::canonicalize(&args.file).unwrap_or_else(|_| args.file.clone());
    let with = |suffix: &str| -> PathBuf {
        let mut path = job.clone().into_os_string();
        path.push(suffix);
        path.into()
    };
    let target = fs::canonicalize(html).unwrap_or_else(|_| html.to_owned());
    if [with(""), with("-wal"), with("-shm")].contains(&target) {
        return Err("is the job file");
    }
    // Also true for a symbolic link to nothing, which would be replaced.
    if !args.force && fs::symlink_metadata(html).is_ok() {
        return Err("exists; use --force to replace it");
    }
    Ok(())
}
