//! Lists of inputs: plain lines, CSV and JSON lines, read as a stream.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

use clap::ValueEnum;
use serde_json::Value;

use super::{Record, SourceOptions, path_bytes};

/// Longest line of a list. Longer ones are errors, so that a file without line ends does not fill the memory.
const MAX_LINE: u64 = 1024 * 1024;

/// The format of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// One path or URL per line
    Lines,
    /// CSV with a header
    Csv,
    /// One JSON object per line
    Jsonl,
}

/// An entry of a list.
#[derive(Debug, PartialEq)]
pub(super) enum Entry {
    /// A path or URL, and what the list contains about it.
    Input(OsString, Option<Record>),
    /// An entry that cannot be used: `LIST:LINE`, and the reason.
    Invalid(String, String),
}

/// An open list.
pub(super) struct List {
    name: String,
    other_columns: bool,
    reader: Reader,
}

enum Reader {
    Lines { lines: Lines, json: bool },
    Csv { rows: Box<csv::Reader<Box<dyn Read>>>, columns: Option<Vec<String>> },
    Ended,
}

impl List {
    /// Opens a list. The error is the reason why it cannot be opened.
    pub(super) fn open(path: &OsStr, options: &SourceOptions) -> Result<Self, String> {
        let is_stdin = path == "-";
        let reader: Box<dyn Read> = if is_stdin {
            Box::new(io::stdin())
        } else {
            let file = File::open(path).map_err(|error| crate::input_source::read_error(&error))?;
            if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
                return Err("is a directory".to_owned());
            }
            Box::new(file)
        };
        let name = if is_stdin { "stdin".to_owned() } else { path.to_string_lossy().into_owned() };
        let lowercase = name.to_ascii_lowercase();
        let has = |extension: &str| lowercase.ends_with(extension);
        let by_name = match () {
            () if has(".csv") => ListFormat::Csv,
            () if has(".jsonl") || has(".ndjson") => ListFormat::Jsonl,
            () => ListFormat::Lines,
        };
        let reader = match options.format.unwrap_or(by_name) {
            ListFormat::Csv => {
                let rows = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(reader);
                Reader::Csv { rows: Box::new(rows), columns: None }
            }
            format => {
                let delimiter = if options.nul { 0 } else { b'\n' };
                Reader::Lines { lines: Lines::new(reader, delimiter), json: format == ListFormat::Jsonl }
            }
        };
        Ok(Self { name, other_columns: options.other_columns, reader })
    }

    fn invalid(&self, line: u64, problem: impl Into<String>) -> Entry {
        Entry::Invalid(format!("{}:{line}", self.name), problem.into())
    }

    fn next_line(&mut self) -> Option<Entry> {
        let Reader::Lines { lines, json } = &mut self.reader else { return None };
        let json = *json;
        loop {
            let line = match lines.next()? {
                Ok(line) => line,
                Err(problem) => {
                    let number = lines.number;
                    return Some(self.invalid(number, problem));
                }
            };
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let number = lines.number;
            return Some(if json {
                match json_entry(&line, self.other_columns) {
                    Ok((input, record)) => Entry::Input(input.into(), Some(record)),
                    Err(problem) => self.invalid(number, problem),
                }
            } else if line.contains(&0) {
                self.invalid(number, "contains a NUL character")
            } else {
                Entry::Input(path_bytes::decode(&line), None)
            });
        }
    }

    fn next_row(&mut self) -> Option<Entry> {
        let Reader::Csv { rows, columns } = &mut self.reader else { return None };
        loop {
            let mut row = csv::StringRecord::new();
            let more = rows.read_record(&mut row);
            let line = row.position().map_or_else(|| rows.position().line(), csv::Position::line);
            match more {
                Ok(false) if columns.is_none() => {
                    self.reader = Reader::Ended;
                    return Some(self.invalid(1, "is empty; a CSV list needs a header with a column `input`"));
                }
                Ok(false) => return None,
                Ok(true) => {}
                Err(error) if matches!(error.kind(), csv::ErrorKind::Utf8 { .. }) => {
                    let line = error.position().map_or(line, csv::Position::line);
                    return Some(self.invalid(line, "is not valid UTF-8"));
                }
                Err(error) => {
                    self.reader = Reader::Ended;
                    return Some(self.invalid(line, format!("cannot be read: {error}")));
                }
            }
            let Some(names) = columns else {
                let names: Vec<_> =
                    row.iter().map(|name| name.trim_start_matches('\u{feff}').trim().to_owned()).collect();
                if !names.iter().any(|name| name == "input") {
                    self.reader = Reader::Ended;
                    return Some(self.invalid(line, "the header has no column `input`"));
                }
                *columns = Some(names);
                continue;
            };
            if row.len() != names.len() {
                let problem = format!("has {} fields, but the header has {}", row.len(), names.len());
                return Some(self.invalid(line, problem));
            }
            let fields = names.iter().map(String::as_str).zip(row.iter());
            return Some(match Record::from_fields(fields, self.other_columns) {
                Ok((input, record)) => Entry::Input(input.into(), Some(record)),
                Err(problem) => self.invalid(line, problem),
            });
        }
    }
}

impl Iterator for List {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        match &self.reader {
            Reader::Lines { .. } => self.next_line(),
            Reader::Csv { .. } => self.next_row(),
            Reader::Ended => None,
        }
    }
}

fn json_entry(line: &[u8], other_columns: bool) -> Result<(String, Record), String> {
    match serde_json::from_slice(line) {
        Ok(Value::Object(members)) if !members.contains_key("input") => Err("has no member `input`".to_owned()),
        Ok(Value::Object(members)) => Record::from_json(members, other_columns),
        Ok(Value::String(input)) if !input.is_empty() => Ok((input, Record::default())),
        Ok(_) => Err("is not a JSON object".to_owned()),
        Err(error) => Err(format!("invalid JSON: {}", error.to_string().replace(" at line 1 column", " at column"))),
    }
}

/// Splits a stream into lines of at most [`MAX_LINE`] bytes.
struct Lines {
    reader: BufReader<Box<dyn Read>>,
    delimiter: u8,
    /// Number of the last line, from 1.
    number: u64,
    ended: bool,
}

impl Lines {
    fn new(reader: Box<dyn Read>, delimiter: u8) -> Self {
        Self { reader: BufReader::new(reader), delimiter, number: 0, ended: false }
    }

    /// Returns the next line without its end. The error is the reason why it cannot be used.
    fn next(&mut self) -> Option<Result<Vec<u8>, String>> {
        if self.ended {
            return None;
        }
        let mut line = Vec::new();
        let read = (&mut self.reader).take(MAX_LINE).read_until(self.delimiter, &mut line);
        self.number += 1;
        match read {
            Err(error) => {
                self.ended = true;
                return Some(Err(format!("cannot be read: {error}")));
            }
            Ok(0) => return None,
            Ok(_) => {}
        }
        let is_long = line.len() as u64 == MAX_LINE && line.last() != Some(&self.delimiter);
        if is_long {
            if let Err(error) = self.skip_line() {
                self.ended = true;
                return Some(Err(format!("cannot be read: {error}")));
            }
            return Some(Err(format!("is longer than {} KB", MAX_LINE >> 10)));
        }
        if line.last() == Some(&self.delimiter) {
            line.pop();
        }
        if self.delimiter == b'\n' && line.last() == Some(&b'\r') {
            line.pop();
        }
        if self.number == 1 && line.starts_with(b"\xef\xbb\xbf") {
            line.drain(..3);
        }
        Some(Ok(line))
    }

    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let buffer = self.reader.fill_buf()?;
            let end = buffer.iter().position(|byte| *byte == self.delimiter);
            let length = buffer.len();
            match end {
                Some(end) => {
                    self.reader.consume(end + 1);
                    return Ok(());
                }
                None if length == 0 => return Ok(()),
                None => self.reader.consume(length),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// Returns the entries of a list as text.
    fn entries(name: &str, content: &[u8], options: &SourceOptions) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        let prefix = format!("{}/", folder.path().display());
        let list = List::open(path.as_os_str(), options).unwrap();
        list.map(|entry| match entry {
            Entry::Input(input, None) => input.to_string_lossy().into_owned(),
            Entry::Input(input, Some(record)) => {
                format!("{} {}", input.to_string_lossy(), serde_json::to_string(&record).unwrap())
            }
            Entry::Invalid(name, problem) => format!("{}! {problem}", name.replace(&prefix, "")),
        })
        .collect()
    }

    #[test]
    fn lines_that_cannot_be_used_are_named_and_the_others_are_read() {
        let default = SourceOptions::default();
        let nul = SourceOptions { nul: true, ..SourceOptions::default() };
        let others = SourceOptions { other_columns: true, ..SourceOptions::default() };
        let long = [b"a\n".to_vec(), vec![b'x'; 3_000_000], b"\nb".to_vec()].concat();
        let cases: [(&str, &[u8], &SourceOptions, &[&str]); 12] = [
            ("a.txt", b"a.jpg\r\n\n  \nhttps://example.com/b.jpg", &default, &["a.jpg", "https://example.com/b.jpg"]),
            ("a.txt", b"\xef\xbb\xbfa.jpg\nb\0c\n", &default, &["a.jpg", "a.txt:2! contains a NUL character"]),
            ("a.txt", b"a\nb.jpg\0c.jpg", &nul, &["a\nb.jpg", "c.jpg"]),
            ("a.txt", &long, &default, &["a", "a.txt:2! is longer than 1024 KB", "b"]),
            ("a.csv", b"input,id\na.jpg,1\nb.jpg\n", &default, &[
                r#"a.jpg {"id":"1"}"#,
                "a.csv:3! has 1 fields, but the header has 2",
            ]),
            ("a.csv", b"path,id\na.jpg,1\n", &default, &["a.csv:1! the header has no column `input`"]),
            ("a.csv", b"", &default, &["a.csv:1! is empty; a CSV list needs a header with a column `input`"]),
            ("a.csv", b"input,concepts,not_concepts,metadata,lon,lat\na.jpg,boat; sea,car,\"{\"\"k\"\":1}\",1.5,-2\n,,,,,\nb.jpg,,,[1],,\nc.jpg,,,,1,\nd.jpg,,,,200,1\n", &default, &[
                r#"a.jpg {"concepts":["boat","sea"],"not_concepts":["car"],"metadata":{"k":1},"lon":1.5,"lat":-2.0}"#,
                "a.csv:3! column `input` is empty",
                "a.csv:4! column `metadata` must be a JSON object",
                "a.csv:5! columns `lon` and `lat` must be given together",
                "a.csv:6! column `lon` must be -180 to 180 degrees",
            ]),
            ("a.csv", b"input,dataset\na.jpg,train\nb.jpg,\n", &default, &[
                "a.csv:2! column `dataset`: datasets are not supported yet",
                "b.jpg {}",
            ]),
            ("a.csv", b"input,camera\na.jpg,X1\n", &others, &[r#"a.jpg {"metadata":{"camera":"X1"}}"#]),
            ("a.csv", b"input\n\xff.jpg\nb.jpg\n", &default, &["a.csv:2! is not valid UTF-8", "b.jpg {}"]),
            ("a.jsonl", b"{\"input\": \"a.jpg\", \"concepts\": [\"x\"]}\n{oops\n\"b.jpg\"\n7\n{\"id\": \"1\"}\n{\"input\": \"c\", \"metadata\": 1}\n", &default, &[
                r#"a.jpg {"concepts":["x"]}"#,
                "a.jsonl:2! invalid JSON: key must be a string at column 2",
                "b.jpg {}",
                "a.jsonl:4! is not a JSON object",
                "a.jsonl:5! has no member `input`",
                "a.jsonl:6! column `metadata` must be a JSON object",
            ]),
        ];
        for (name, content, options, expected) in cases {
            assert_eq!(entries(name, content, options), expected, "{}", String::from_utf8_lossy(content));
        }
    }
}
