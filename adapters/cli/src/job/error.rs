//! Why a job file cannot be used.

use std::path::Path;

use rusqlite::ErrorCode;

use crate::exit::{Exit, Failure};

/// Why a job file cannot be read or written. The text follows the path of the file in messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JobError(pub(crate) String);

impl JobError {
    /// Returns the failure that ends the command.
    pub(crate) fn at(self, path: &Path) -> Failure {
        Failure::new(Exit::Job, format!("{}: {}", path.display(), self.0))
    }
}

impl From<rusqlite::Error> for JobError {
    fn from(error: rusqlite::Error) -> Self {
        let text = match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => "is in use by another program".to_owned(),
            Some(ErrorCode::NotADatabase) => "is not a job file".to_owned(),
            Some(ErrorCode::DatabaseCorrupt) => "is damaged".to_owned(),
            Some(ErrorCode::DiskFull) => "cannot be written: no space left".to_owned(),
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => "cannot be written: is read-only".to_owned(),
            Some(ErrorCode::CannotOpen) => "cannot be opened".to_owned(),
            Some(ErrorCode::SystemIoFailure) => format!("cannot be read or written: {error}"),
            _ => format!("cannot be used: {error}"),
        };
        Self(text)
    }
}
