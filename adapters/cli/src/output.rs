//! Standard output: tables for people, and JSON lines.

mod pixel_boxes;
mod predict;
mod records;
mod table;

use std::io::Write;

use serde_json::Value;

use crate::exit::Failure;

pub(crate) use predict::{write_prediction, write_workflow_result};
pub(crate) use records::{Record, status_text, write_updated_inputs};
pub(crate) use table::{StreamedTable, new_table, write_table};

/// Prints a JSON value on a line. It is written in one piece, so that an interrupted program leaves no partial object.
pub(crate) fn write_json(value: &Value, out: &mut dyn Write) -> Result<(), Failure> {
    Ok(out.write_all(format!("{value}\n").as_bytes())?)
}
