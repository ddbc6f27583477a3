//! Writing job files.
//!
//! From start to end of a run the file is locked for other writers: a transaction is always open, which SQLite allows
//! only one program to have, and which the operating system ends with the program. Others can read meanwhile.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OpenFlags, OptionalExtension as _, params};
use serde_json::Value;

use super::error::JobError;
use super::planted_fault::{self, Fault};
use super::schema::{self, Content};
use crate::exit::Failure;
use crate::sources::{Location, Medium, Source, path_bytes};

/// A job file that this program works on.
pub(crate) struct Journal {
    path: PathBuf,
    connection: Connection,
    /// Random ID of the job, from which the IDs of its inputs are derived.
    id: String,
    /// Number of this run.
    run: i64,
    /// The position of the next new input.
    next: i64,
    /// Whether the file had inputs when it was opened, so that sources may be known.
    is_continued: bool,
}

/// What a job file contains about a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) position: i64,
    pub(crate) is_done: bool,
    pub(crate) is_failed: bool,
    pub(crate) outcome: Option<String>,
    pub(crate) attempts: u32,
    pub(crate) input_id: Option<String>,
    pub(crate) hash: Option<String>,
    pub(crate) stamp: Option<FileStamp>,
}

/// Size and modification time of a file. If both are the same, its content is taken to be the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileStamp {
    pub(crate) bytes: i64,
    /// Nanoseconds since 1970.
    pub(crate) modified: i64,
}

/// A row that is written before its input is sent.
pub(crate) struct Admission<'a> {
    pub(crate) position: i64,
    pub(crate) source: &'a Source,
    pub(crate) medium: Option<Medium>,
    pub(crate) input_id: Option<&'a str>,
    pub(crate) hash: Option<&'a str>,
    pub(crate) stamp: Option<FileStamp>,
    /// The reason why the input cannot be sent.
    pub(crate) problem: Option<&'a str>,
}

/// The end of an attempt.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attempt {
    pub(crate) position: i64,
    pub(crate) is_success: bool,
    pub(crate) outcome: &'static str,
    pub(crate) code: Option<u32>,
    pub(crate) error: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) input_id: Option<String>,
    pub(crate) raw: Option<String>,
}

impl Journal {
    /// Opens a job file, or creates it, for a command with these options.
    pub(crate) fn open(path: &Path, command: &str, options: &BTreeMap<String, Value>) -> Result<Self, Failure> {
        survive_size_limit();
        let opened = connect(path).and_then(|connection| Self::start(path, connection, command, options));
        opened.map_err(|error| error.at(path))
    }

    fn start(
        path: &Path,
        connection: Connection,
        command: &str,
        options: &BTreeMap<String, Value>,
    ) -> Result<Self, JobError> {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        let fact = |name: &str| -> Result<Option<String>, JobError> {
            let mut statement = connection.prepare("SELECT value FROM job WHERE name = ?1")?;
            Ok(statement.query_row([name], |row| row.get(0)).optional()?)
        };
        let text = serde_json::to_string(options).unwrap_or_default();
        let known = (fact("id")?, fact("command")?, fact("options")?);
        let id = if let (Some(id), Some(known_command), Some(known)) = known {
            if known_command != command {
                return Err(JobError(format!("belongs to `{known_command}`, not to `{command}`")));
            }
            check_options(&serde_json::from_str(&known).unwrap_or_default(), options)?;
            id
        } else {
            let id = new_id(path);
            let mut insert = connection.prepare("INSERT INTO job (name, value) VALUES (?1, ?2)")?;
            let created = now().to_string();
            for (name, value) in
                [("id", &*id), ("command", command), ("options", &*text), ("created_at", &*created), ("complete", "0")]
            {
                insert.execute([name, value])?;
            }
            id
        };
        let run = connection.query_row("SELECT coalesce(max(run), 0) + 1 FROM runs", [], |row| row.get(0))?;
        connection.execute("INSERT INTO runs (run, started_at) VALUES (?1, ?2)", [run, now()])?;
        let next: i64 =
            connection.query_row("SELECT coalesce(max(position), -1) + 1 FROM inputs", [], |row| row.get(0))?;
        if next > 0 {
            // The first run needs no index, because no source can be known to it.
            connection.execute_batch("CREATE INDEX IF NOT EXISTS inputs_source ON inputs (source)")?;
            end_interrupted_attempts(&connection, run)?;
        }
        let journal = Self { path: path.to_owned(), connection, id, run, next, is_continued: next > 0 };
        journal.connection.execute_batch("COMMIT; BEGIN IMMEDIATE")?;
        Ok(journal)
    }

    /// Returns the position of a new input.
    pub(crate) fn new_position(&mut self) -> i64 {
        self.next += 1;
        self.next - 1
    }

    /// Returns the ID of the input at this position: the same in each run, and different in each job.
    pub(crate) fn input_id(&self, position: i64) -> String {
        hex(&hmac_sha256::Hash::hash(format!("{}/{position}", self.id).as_bytes())[..16])
    }

    /// Returns what the file contains about a source, if an earlier run has recorded it. A source that is given `n`
    /// times is found `n` times.
    pub(crate) fn look_up(&mut self, source: &Source) -> Result<Option<Known>, Failure> {
        if !self.is_continued {
            return Ok(None);
        }
        self.try_look_up(source).map_err(|error| JobError::from(error).at(&self.path))
    }

    fn try_look_up(&mut self, source: &Source) -> rusqlite::Result<Option<Known>> {
        let mut select = self.connection.prepare_cached(
            "SELECT position, state, outcome, attempts, input_id, hash, bytes, modified FROM inputs
             WHERE source = ?1 AND source_bytes IS ?2 AND seen < ?3 ORDER BY position LIMIT 1",
        )?;
        let key = params![source.name.to_string_lossy(), path_bytes::if_not_text(&source.name), self.run];
        let known = select.query_row(key, |row| {
            let state: String = row.get(1)?;
            let stamp = row.get::<_, Option<i64>>(6)?.zip(row.get::<_, Option<i64>>(7)?);
            Ok(Known {
                position: row.get(0)?,
                is_done: state == "done",
                is_failed: state == "failed",
                outcome: row.get(2)?,
                attempts: row.get(3)?,
                input_id: row.get(4)?,
                hash: row.get(5)?,
                stamp: stamp.map(|(bytes, modified)| FileStamp { bytes, modified }),
            })
        });
        let known = known.optional()?;
        if let Some(known) = &known {
            let mut update = self.connection.prepare_cached("UPDATE inputs SET seen = ?1 WHERE position = ?2")?;
            update.execute([self.run, known.position])?;
        }
        Ok(known)
    }

    /// Writes the rows of inputs that are about to be sent. They are on the disk when it returns.
    pub(crate) fn admit(&mut self, rows: &[Admission<'_>]) -> Result<(), Failure> {
        if planted_fault::is(Fault::RowAfterRequest) {
            // Written, but not durable until the outcome is.
            return self.insert(rows).map_err(|error| JobError::from(error).at(&self.path));
        }
        let write = || -> rusqlite::Result<()> {
            self.connection.execute_batch("COMMIT; PRAGMA synchronous = FULL; BEGIN IMMEDIATE")?;
            self.insert(rows)?;
            self.connection.execute_batch("COMMIT; PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE")
        };
        write().map_err(|error| JobError::from(error).at(&self.path))
    }

    fn insert(&self, rows: &[Admission<'_>]) -> rusqlite::Result<()> {
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO inputs (position, source, source_bytes, kind, media, input_id, record, hash, bytes, modified,
                                 seen, state, attempts, outcome, error, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 0, ?13, ?14, ?15)
             ON CONFLICT (position) DO UPDATE SET
                 media = excluded.media, input_id = coalesce(excluded.input_id, input_id), record = excluded.record,
                 hash = excluded.hash, bytes = excluded.bytes, modified = excluded.modified, seen = excluded.seen,
                 state = excluded.state, outcome = excluded.outcome, error = excluded.error, code = NULL,
                 request_id = NULL, updated_at = excluded.updated_at",
        )?;
        for row in rows {
            if planted_fault::is(Fault::LostRow) && row.position % 1000 == 500 {
                continue;
            }
            let position = match planted_fault::is(Fault::DoubledRow) && row.position % 1000 == 500 {
                true => row.position + 1_000_000,
                false => row.position,
            };
            let source = row.source;
            let kind = match source.location {
                Location::File => "file",
                Location::Url(_) | Location::Data => "url",
                Location::Stdin => "stdin",
                Location::Unusable(_) => "record",
            };
            let record = source.record.as_ref().filter(|record| !record.is_empty());
            let record = record.map(|record| serde_json::to_string(record).unwrap_or_default());
            let (state, outcome) = match row.problem {
                Some(_) => ("failed", Some("unreadable")),
                None => ("sending", None),
            };
            let mut values = |position| {
                insert.execute(params![
                    position,
                    source.name.to_string_lossy(),
                    path_bytes::if_not_text(&source.name),
                    kind,
                    row.medium.map(Medium::name),
                    row.input_id,
                    record,
                    row.hash,
                    row.stamp.map(|stamp| stamp.bytes),
                    row.stamp.map(|stamp| stamp.modified),
                    self.run,
                    state,
                    outcome,
                    row.problem,
                    now(),
                ])
            };
            values(row.position)?;
            if position != row.position {
                values(position)?;
            }
        }
        Ok(())
    }

    /// Writes the results of attempts. They survive the end of the program when it returns.
    pub(crate) fn record(&mut self, attempts: &[Attempt]) -> Result<(), Failure> {
        let write = || -> rusqlite::Result<()> {
            let mut update = self.connection.prepare_cached(
                "UPDATE inputs SET state = ?2, outcome = ?3, code = ?4, error = ?5, request_id = ?6, updated_at = ?7,
                        input_id = coalesce(?8, input_id), attempts = attempts + 1
                 WHERE position = ?1 RETURNING attempts",
            )?;
            let mut insert = self.connection.prepare_cached(
                "INSERT INTO attempts (position, attempt, run, ended_at, outcome, code, error, request_id)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?;
            let mut output =
                self.connection.prepare_cached("INSERT OR REPLACE INTO outputs (position, raw) VALUES (?1, ?2)")?;
            let now = now();
            for one in attempts {
                let Attempt { position, outcome, code, error, request_id, input_id, raw, .. } = one;
                let state = if one.is_success { "done" } else { "failed" };
                let number = update
                    .query_row(params![position, state, outcome, code, error, request_id, now, input_id], |row| {
                        row.get::<_, i64>(0)
                    });
                let Some(number) = number.optional()? else { continue };
                insert.execute(params![position, number, self.run, now, outcome, code, error, request_id])?;
                if let Some(raw) = raw {
                    output.execute(params![position, raw])?;
                }
            }
            self.connection.execute_batch("COMMIT; BEGIN IMMEDIATE")
        };
        if attempts.is_empty() {
            return Ok(());
        }
        write().map_err(|error| JobError::from(error).at(&self.path))
    }

    /// Ends the run. `is_complete` means that all sources were read to their end.
    pub(crate) fn finish(self, requests: u64, bytes: u64, is_complete: bool, exit_code: u8) -> Result<(), Failure> {
        let run = self.run;
        let write = || -> rusqlite::Result<()> {
            self.connection.execute(
                "UPDATE runs SET ended_at = ?2, requests = ?3, bytes = ?4, exit_code = ?5 WHERE run = ?1",
                params![run, now(), requests, bytes, exit_code],
            )?;
            self.connection
                .execute("UPDATE job SET value = ?1 WHERE name = 'complete'", [u8::from(is_complete).to_string()])?;
            if is_complete {
                // Lines of lists that could not be read before, and that were corrected or removed.
                let gone = "SELECT position FROM inputs WHERE kind = 'record' AND seen < ?1";
                self.connection.execute(&format!("DELETE FROM attempts WHERE position IN ({gone})"), [run])?;
                self.connection.execute("DELETE FROM inputs WHERE kind = 'record' AND seen < ?1", [run])?;
            }
            self.connection.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")
        };
        write().map_err(|error| JobError::from(error).at(&self.path))
    }
}

/// Sets failed inputs back to `pending`, so that the next run sends them again. Returns their number.
pub(crate) fn retry_failed(path: &Path) -> Result<usize, Failure> {
    if !path.is_file() {
        return Err(Failure::usage(format!("{}: no such job file", path.display())));
    }
    let retry = || -> Result<usize, JobError> {
        let connection = connect(path)?;
        connection.execute_batch("BEGIN IMMEDIATE")?;
        let update = "UPDATE inputs SET state = 'pending' WHERE state = 'failed' AND kind <> 'record'";
        let count = connection.execute(update, [])?;
        connection.execute_batch("COMMIT")?;
        Ok(count)
    };
    retry().map_err(|error| error.at(path))
}

/// Makes writing beyond the limit of the size of files (`ulimit -f`) an error, as on a full disk. Without a handler the
/// signal would end the program without a message.
#[cfg(unix)]
fn survive_size_limit() {
    // If the handler cannot be installed, the signal ends the program. What was recorded is safe then, too.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, std::sync::Arc::default());
}

#[cfg(not(unix))]
fn survive_size_limit() {}

/// Opens or creates a job file, and checks that it is sound.
fn connect(path: &Path) -> Result<Connection, JobError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    let content = schema::recognize(&connection)?;
    if connection.is_readonly("main")? {
        return Err(JobError("cannot be written: is read-only".to_owned()));
    }
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA cache_size = -8000; PRAGMA temp_store = MEMORY")?;
    match content {
        Content::Empty => schema::create(&mut connection)?,
        Content::Job => {
            let mut problems = connection.prepare("PRAGMA quick_check(1)")?;
            let verdict: String = problems.query_row([], |row| row.get(0))?;
            if verdict != "ok" {
                return Err(JobError(format!("is damaged: {}", verdict.lines().last().unwrap_or_default())));
            }
        }
    }
    Ok(connection)
}

/// Ends the attempts of a run that was killed: whether their inputs were sent is unknown.
fn end_interrupted_attempts(connection: &Connection, run: i64) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT OR REPLACE INTO attempts (position, attempt, run, ended_at, outcome, error)
         SELECT position, attempts + 1, ?1 - 1, ?2, 'unknown', 'the program ended before the response arrived'
         FROM inputs WHERE state = 'sending'",
        [run, now()],
    )?;
    let update = "UPDATE inputs SET state = 'pending', attempts = attempts + 1 WHERE state = 'sending'";
    connection.execute(update, []).map(drop)
}

fn check_options(known: &BTreeMap<String, Value>, options: &BTreeMap<String, Value>) -> Result<(), JobError> {
    let names = known.keys().chain(options.keys());
    let differs = |name: &&String| known.get(*name) != options.get(*name);
    let Some(name) = names.into_iter().find(differs) else { return Ok(()) };
    let show = |value: Option<&Value>| match value {
        None | Some(Value::Null) => "not set".to_owned(),
        Some(Value::String(text)) => format!("`{text}`"),
        Some(value) => format!("`{value}`"),
    };
    let (before, now) = (show(known.get(name)), show(options.get(name)));
    Err(JobError(format!("belongs to another command: {name} was {before}, and is {now}")))
}

/// Milliseconds since 1970.
fn now() -> i64 {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(time.as_millis()).unwrap_or_default()
}

/// Returns an ID that no other job has: from the time, the process, the path and the keys of a new hash table, which
/// are random.
fn new_id(path: &Path) -> String {
    use std::hash::{BuildHasher as _, RandomState};
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let random = RandomState::new().hash_one((time, std::process::id(), path));
    let seed = format!("{random}/{}/{}/{}", time.as_nanos(), std::process::id(), path.display());
    hex(&hmac_sha256::Hash::hash(seed.as_bytes())[..16])
}

/// Returns bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
