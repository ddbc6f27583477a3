//! Standard output: tables for people, and JSON lines.

mod pixel_boxes;
mod predict;
mod preview;
mod records;
mod table;

use std::io::{self, IsTerminal as _, Write};

use serde::Serialize;

use crate::exit::Failure;
use crate::json;

pub(crate) use predict::{write_prediction, write_workflow_result};
pub(crate) use records::{Record, status_text, write_updated_inputs};
pub(crate) use table::{StreamedTable, new_table, write_table};

/// Prints a value as JSON on a line. The line is written in one piece, so that an interrupted program leaves no partial
/// object.
pub(crate) fn write_json(value: &impl Serialize, out: &mut dyn Write) -> Result<(), Failure> {
    let mut line = json::compact(&serde_json::to_string(value).map_err(io::Error::from)?);
    // In a file or a pipe, the characters are those that the service sent.
    if io::stdout().is_terminal() {
        line = json::escape_controls(&line);
    }
    line.push('\n');
    Ok(out.write_all(line.as_bytes())?)
}
