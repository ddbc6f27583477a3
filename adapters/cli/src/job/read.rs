//! Reading job files: their facts, counts, and inputs with what was returned for them.
//!
//! A job file can be read while another program works on it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, Row};
use serde_json::Value;

use super::error::JobError;
use super::schema::{self, Content};
use crate::exit::Failure;
use crate::sources::path_bytes;

/// An open job file.
pub(crate) struct JobReader {
    path: PathBuf,
    connection: Connection,
}

/// Facts about a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JobInfo {
    /// Random ID of the job.
    pub(crate) id: String,
    /// The command, such as `predict`.
    pub(crate) command: String,
    /// The options that a later run must have too, by name.
    pub(crate) options: BTreeMap<String, Value>,
    /// Milliseconds since 1970.
    pub(crate) created_at: i64,
    /// Whether all sources were read to their end.
    pub(crate) is_complete: bool,
    /// Number of runs.
    pub(crate) runs: u64,
    /// Number of requests of all runs.
    pub(crate) requests: u64,
}

/// Which inputs to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// All inputs.
    All,
    /// Inputs whose last attempt failed.
    Failed,
    /// Inputs with a result.
    Done,
}

/// The state of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum InputState {
    /// Not sent yet, or to be sent again.
    Pending,
    /// Sent, or about to be sent, and without a response: a program works on it, or was killed.
    Sending,
    /// The service has returned a result.
    Done,
    /// The last attempt failed.
    Failed,
}

impl InputState {
    /// All states, in the order in which an input takes them.
    pub(crate) const ALL: [Self; 4] = [Self::Pending, Self::Sending, Self::Done, Self::Failed];

    /// Returns the name in the column `state`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sending => "sending",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// An input of a job. The fields are the columns of the table `inputs`, and `raw` that of `outputs`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct JobInput {
    /// Position in the order in which the inputs were read, from 0.
    pub(crate) position: u64,
    /// Path or URL as text. Bytes of a path that are not UTF-8 are replaced.
    pub(crate) source: String,
    /// The path, if it is not UTF-8.
    pub(crate) source_bytes: Option<Vec<u8>>,
    /// `file`, `url`, `stdin`, or `record` for a line of a list that could not be read.
    pub(crate) kind: String,
    /// `image` or `video`.
    pub(crate) media: Option<String>,
    /// ID of the input at the service.
    pub(crate) input_id: Option<String>,
    /// SHA-256 of the content, in hexadecimal.
    pub(crate) hash: Option<String>,
    /// Size of the content.
    pub(crate) bytes: Option<u64>,
    /// State after the last attempt.
    pub(crate) state: InputState,
    /// Number of attempts that ended.
    pub(crate) attempts: u64,
    /// What happened: `predicted`, `created`, `already there`, `refused`, `not sent`, `unknown` or `unreadable`.
    pub(crate) outcome: Option<String>,
    /// Status code of the error, if the service returned one.
    pub(crate) code: Option<u32>,
    /// Message of the error.
    pub(crate) error: Option<String>,
    /// ID of the request at the service, if its response contained one.
    pub(crate) request_id: Option<String>,
    /// What the service returned for the input.
    pub(crate) raw: Option<Value>,
}

impl JobInput {
    /// Returns the path of a file, exactly as it was given.
    pub(crate) fn path(&self) -> Option<OsString> {
        match (&*self.kind, &self.source_bytes) {
            ("file", Some(bytes)) => Some(path_bytes::decode(bytes)),
            ("file", None) => Some(self.source.clone().into()),
            _ => None,
        }
    }
}

impl JobReader {
    /// Opens a job file. Nothing is written to it.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        if !path.is_file() {
            return Err(Failure::usage(format!("{}: no such job file", path.display())));
        }
        let open = || -> Result<Connection, JobError> {
            let connection = connect(path)?;
            match schema::recognize(&connection)? {
                Content::Job => Ok(connection),
                Content::Empty => Err(JobError("is empty, not a job file".to_owned())),
            }
        };
        let connection = open().map_err(|error| error.at(path))?;
        Ok(Self { path: path.to_owned(), connection })
    }

    /// Returns the facts about the job.
    pub(crate) fn info(&self) -> Result<JobInfo, Failure> {
        self.read(|connection| {
            let mut statement = connection.prepare("SELECT name, value FROM job")?;
            let facts = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let facts: BTreeMap<String, String> = facts.collect::<Result<_, _>>()?;
            let fact = |name: &str| facts.get(name).cloned().unwrap_or_default();
            let (runs, requests) =
                connection.query_row("SELECT count(*), coalesce(sum(requests), 0) FROM runs", [], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })?;
            Ok(JobInfo {
                id: fact("id"),
                command: fact("command"),
                options: serde_json::from_str(&fact("options")).unwrap_or_default(),
                created_at: fact("created_at").parse().unwrap_or_default(),
                is_complete: fact("complete") == "1",
                runs,
                requests,
            })
        })
    }

    /// Returns the number of inputs in each state.
    pub(crate) fn counts(&self) -> Result<BTreeMap<InputState, u64>, Failure> {
        self.read(|connection| {
            let mut statement = connection.prepare("SELECT state, count(*) FROM inputs GROUP BY state")?;
            let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
            let mut counts: BTreeMap<_, _> = InputState::ALL.into_iter().map(|state| (state, 0)).collect();
            for row in rows {
                let (name, count) = row?;
                if let Some(state) = InputState::from_name(&name) {
                    counts.insert(state, count);
                }
            }
            Ok(counts)
        })
    }

    /// Returns the errors of failed inputs with the number of inputs each one affected, the most frequent first.
    pub(crate) fn errors(&self, limit: u32) -> Result<Vec<(String, u64)>, Failure> {
        self.read(|connection| {
            let mut statement = connection.prepare(
                "SELECT coalesce(error, outcome, ''), count(*) FROM inputs WHERE state = 'failed'
                 GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?1",
            )?;
            statement.query_map([limit], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        })
    }

    /// Calls `visit` with each input, in the order in which they were read. Only one of them is in memory at a time.
    pub(crate) fn for_each(
        &self,
        which: Which,
        mut visit: impl FnMut(JobInput) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let condition = match which {
            Which::All => "1",
            Which::Failed => "state = 'failed'",
            Which::Done => "state = 'done'",
        };
        let query = format!(
            "SELECT position, source, source_bytes, kind, media, input_id, hash, bytes, state, attempts, outcome, code,
                    error, request_id, raw
             FROM inputs LEFT JOIN outputs USING (position) WHERE {condition} ORDER BY position"
        );
        let failed = |error: rusqlite::Error| JobError::from(error).at(&self.path);
        let mut statement = self.connection.prepare(&query).map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            visit(input(row).map_err(failed)?)?;
        }
        Ok(())
    }

    fn read<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Failure> {
        read(&self.connection).map_err(|error| JobError::from(error).at(&self.path))
    }
}

fn input(row: &Row<'_>) -> rusqlite::Result<JobInput> {
    let raw: Option<String> = row.get(14)?;
    Ok(JobInput {
        position: row.get(0)?,
        source: row.get(1)?,
        source_bytes: row.get(2)?,
        kind: row.get(3)?,
        media: row.get(4)?,
        input_id: row.get(5)?,
        hash: row.get(6)?,
        bytes: row.get(7)?,
        // The table allows no other names.
        state: InputState::from_name(&row.get::<_, String>(8)?).unwrap_or(InputState::Pending),
        attempts: row.get(9)?,
        outcome: row.get(10)?,
        code: row.get(11)?,
        error: row.get(12)?,
        request_id: row.get(13)?,
        raw: raw.and_then(|text| serde_json::from_str(&text).ok()),
    })
}

/// Opens a database for reading. One in a read-only folder cannot be shared, so that it is opened as one that does not
/// change.
fn connect(path: &Path) -> Result<Connection, JobError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    let readable = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()));
    let is_unshared = |error: &rusqlite::Error| {
        matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly))
    };
    match readable {
        Err(error) if is_unshared(&error) => {
            let mut log = path.as_os_str().to_owned();
            log.push("-wal");
            if Path::new(&log).exists() {
                return Err(error.into());
            }
            let uri = format!("file:{}?immutable=1", uri_path(path));
            Ok(Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_URI)?)
        }
        readable => {
            readable?;
            Ok(connection)
        }
    }
}

/// Returns a path in the form that the URIs of SQLite have.
fn uri_path(path: &Path) -> String {
    use std::fmt::Write as _;
    path_bytes::encode(path.as_os_str()).iter().fold(String::new(), |mut text, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => text.push(char::from(*byte)),
            byte => _ = write!(text, "%{byte:02x}"),
        }
        text
    })
}
