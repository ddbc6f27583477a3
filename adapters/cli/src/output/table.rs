//! Tables and lists of fields. They escape every text themselves, so that none can take over a terminal.

use std::io::Write;

use comfy_table::{CellAlignment, ColumnConstraint, Table, Width, presets};

use crate::exit::Failure;
use crate::terminal::sanitize;

/// A table whose cells are escaped.
pub(crate) struct TextTable(Table);

impl TextTable {
    /// Adds a row.
    pub(crate) fn add_row(&mut self, cells: impl IntoIterator<Item = impl AsRef<str>>) {
        self.0.add_row(cells.into_iter().map(|cell| sanitize(cell.as_ref())));
    }

    /// Returns the lines of the table, the headings first.
    pub(crate) fn lines(&self) -> impl Iterator<Item = String> {
        self.0.lines()
    }
}

/// Creates an empty table with these headings.
pub(crate) fn new_table(headings: &[&str]) -> TextTable {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(headings.iter().copied());
    TextTable(table)
}

/// Prints a table, each line after `indent`.
pub(crate) fn write_table(table: &TextTable, indent: &str, out: &mut dyn Write) -> Result<(), Failure> {
    for line in table.lines() {
        writeln!(out, "{indent}{}", line.trim_end())?;
    }
    Ok(())
}

/// Aligns these columns to the right.
pub(super) fn align_right(table: &mut TextTable, columns: &[usize]) {
    for column in columns {
        if let Some(column) = table.0.column_mut(*column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

/// Prints a table of these rows; the columns in `numbers` are aligned to the right.
pub(super) fn write_rows<const COLUMNS: usize>(
    headings: [&str; COLUMNS],
    rows: impl Iterator<Item = [String; COLUMNS]>,
    numbers: &[usize],
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let mut table = new_table(&headings);
    rows.for_each(|row| {
        table.add_row(row);
    });
    align_right(&mut table, numbers);
    write_table(&table, "", out)
}

/// Prints the fields of one record, one per line, without those that are empty.
pub(super) fn write_fields(fields: &[(&str, String)], out: &mut dyn Write) -> Result<(), Failure> {
    for (name, text) in fields.iter().filter(|(_, text)| !text.is_empty()) {
        writeln!(out, "{name:<12} {}", sanitize(text))?;
    }
    Ok(())
}

/// A table that is printed as its rows arrive: headings once, and no column narrower than before.
pub(crate) struct StreamedTable {
    headings: &'static [&'static str],
    numbers: &'static [usize],
    /// The width of each column so far. Empty before the first rows.
    widths: Vec<u16>,
}

impl StreamedTable {
    /// Creates a table; the columns in `numbers` are aligned to the right.
    pub(crate) fn new(headings: &'static [&'static str], numbers: &'static [usize]) -> Self {
        Self { headings, numbers, widths: Vec::new() }
    }

    /// Prints rows, the first time after the headings.
    pub(crate) fn write(&mut self, rows: &[Vec<String>], out: &mut dyn Write) -> Result<(), Failure> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut table = new_table(self.headings);
        for row in rows {
            table.add_row(row);
        }
        align_right(&mut table, self.numbers);
        let has_headings = !self.widths.is_empty();
        let before = std::mem::take(&mut self.widths).into_iter().chain(std::iter::repeat(0));
        self.widths =
            table.0.column_max_content_widths().into_iter().zip(before).map(|(now, before)| now.max(before)).collect();
        for (column, width) in table.0.column_iter_mut().zip(&self.widths) {
            let padding = column.padding_width();
            column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width + padding)));
        }
        // The headings count for the widths of every part, and are printed with the first part only.
        for line in table.lines().skip(usize::from(has_headings)) {
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}
