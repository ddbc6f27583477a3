//! A list of URLs, the simulator as a server, and the comparison of its ledger with a job file.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use clarifai_simulator::faults::Faults;
use clarifai_simulator::{Server, Simulator};
use rusqlite::Connection;

use crate::cases::{Case, hold};
use crate::common::{Cli, CliOutput};

/// A number of URLs in a list, and a server that stores them.
pub(crate) struct Setup {
    pub(crate) cli: Cli,
    pub(crate) server: Server,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) inputs: usize,
}

/// What the job file contains about an input.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) source: String,
    pub(crate) state: String,
    pub(crate) outcome: String,
    pub(crate) had_unknown: bool,
}

impl Setup {
    pub(crate) fn new(inputs: usize, faults: Faults) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let urls: Vec<_> = (0..inputs).map(|n| format!("https://example.com/{n}.jpg")).collect();
        fs::write(folder.path().join("list.txt"), urls.join("\n")).unwrap();
        let server = Server::start_with_faults(Simulator::new(), faults, "127.0.0.1:0").unwrap();
        Self { cli: Cli::new(), server, folder, inputs }
    }

    /// Sets the bug that the program is to have.
    pub(crate) fn planted(mut self, fault: Option<&str>) -> Self {
        if let Some(fault) = fault {
            self.cli = self.cli.env("CLARIFAI_TEST_PLANTED_FAULT", fault);
        }
        self
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// Returns the arguments of an upload of the list with a job file.
    pub(crate) fn upload(&self, job: &str) -> Vec<String> {
        let arguments = [
            "--key",
            "k12345",
            "--base-url",
            &self.server.url(),
            "--json",
            "inputs",
            "create",
            "--allow-duplicate-url",
            "--rate",
            "10000",
            "--from-file",
            &self.path("list.txt"),
            "--job",
            job,
        ];
        arguments.map(str::to_owned).to_vec()
    }

    pub(crate) fn run(&self, arguments: &[String]) -> CliOutput {
        self.cli.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Returns how many inputs the server has received, including repeated ones.
    pub(crate) fn received(&self) -> u64 {
        self.server.simulator().commits().values().map(|tally| tally.created + tally.repeated).sum()
    }

    /// Returns the rows of a job file by the ID of the input. They are read from a copy, because SQLite would repair
    /// the file of a killed program.
    pub(crate) fn rows(&self, job: &str) -> BTreeMap<String, Vec<Row>> {
        let copy = self.path("copy");
        for suffix in ["", "-wal"] {
            let (from, to) = (format!("{job}{suffix}"), format!("{copy}{suffix}"));
            let _ = fs::remove_file(&to);
            if Path::new(&from).exists() {
                fs::copy(from, to).unwrap();
            }
        }
        let connection = Connection::open(&copy).unwrap();
        let mut rows: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        // The program may have been killed before it created the tables.
        let Ok(mut statement) = connection.prepare(
            "SELECT input_id, source, state, coalesce(outcome, ''),
                    EXISTS (SELECT 1 FROM attempts WHERE position = inputs.position AND outcome = 'unknown')
             FROM inputs",
        ) else {
            return rows;
        };
        let found = statement.query_map([], |row| {
            let (source, state, outcome, had_unknown) = (row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?);
            Ok((row.get::<_, String>(0)?, Row { source, state, outcome, had_unknown }))
        });
        for row in found.unwrap() {
            let (id, row) = row.unwrap();
            rows.entry(id).or_default().push(row);
        }
        rows
    }

    /// Checks that the job file has a row for each input that was sent.
    pub(crate) fn check_sent(&self, job: &str) -> Case {
        // The ledger is read first, because requests of a killed program may still arrive.
        let sent = self.server.simulator().commits();
        let rows = self.rows(job);
        for id in sent.keys() {
            hold!(rows.contains_key(id), "{id} was sent, and has no row");
        }
        Ok(())
    }

    /// Compares the ledger with the job file and its export, item by item, after the job has ended.
    pub(crate) fn check_end(&self, job: &str) -> Case {
        let (rows, ledger) = (self.rows(job), self.server.simulator().commits());
        let number: usize = rows.values().map(Vec::len).sum();
        hold!(number == self.inputs, "{} inputs have {number} rows", self.inputs);
        let mut sources = std::collections::BTreeSet::new();
        for (id, rows) in &rows {
            hold!(rows.len() == 1, "{id} has {} rows", rows.len());
            let row = &rows[0];
            hold!(sources.insert(&row.source), "{} has two rows", row.source);
            let created = ledger.get(id).map_or(0, |tally| tally.created);
            match (&*row.state, &*row.outcome) {
                ("done", _) => hold!(created == 1, "{row:?} was stored {created} times"),
                // A refusal leaves the outcome of an earlier request unknown.
                ("failed", "refused") => {
                    hold!(created == 0 || row.had_unknown && created == 1, "{row:?} was stored {created} times");
                }
                _ => return Err(format!("the job ended with {row:?}")),
            }
        }
        for id in ledger.keys() {
            hold!(rows.contains_key(id), "{id} was sent, and has no row");
        }
        let export = self.cli.run(&["job", "export", "--jsonl", job]).expect_code(0).json_lines();
        hold!(export.len() == number, "the export has {} lines", export.len());
        for line in export {
            let id = line["id"].as_str().unwrap_or_default();
            let row = rows.get(id).map(|rows| &rows[0]).ok_or_else(|| format!("only the export contains {line}"))?;
            hold!(line["source"] == *row.source && line["state"] == *row.state, "{row:?} is exported as {line}");
        }
        Ok(())
    }
}
