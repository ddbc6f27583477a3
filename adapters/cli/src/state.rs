//! The file that keeps what the simulator remembers.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clarifai_simulator::Simulator;

use crate::exit::{Exit, Failure};

/// The file, and what was written to it last.
#[derive(Clone, Debug)]
pub(crate) struct State {
    path: PathBuf,
    /// A hash of it.
    kept: Option<u64>,
}

impl State {
    /// Lets the simulator remember what is in the file, if there is one.
    pub(crate) fn read(path: &Path, simulator: &Simulator) -> Result<Self, Failure> {
        let refuse = |problem: &dyn std::fmt::Display| Failure::usage(format!("--state {}: {problem}", path.display()));
        let text = match fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // Better said now than after all is done.
                if !folder_of(path).is_dir() {
                    return Err(refuse(&"there is no such folder"));
                }
                return Ok(Self { path: path.to_owned(), kept: None });
            }
            Err(error) => return Err(refuse(&error)),
        };
        let saved = serde_json::from_slice(&text).map_err(|error| refuse(&format!("it is no JSON: {error}")))?;
        simulator.restore(&saved).map_err(|error| refuse(&error))?;
        Ok(Self { path: path.to_owned(), kept: Some(hash(&text)) })
    }

    /// Writes what the simulator remembers, unless the file says so already: whole or not at all, and readable by its
    /// owner only, since there are access tokens in it.
    pub(crate) fn keep(&mut self, simulator: &Simulator) -> Result<(), Failure> {
        let text = simulator.save().to_string().into_bytes();
        let hash = hash(&text);
        if self.kept == Some(hash) {
            return Ok(());
        }
        self.replace(&text).map_err(|error| {
            Failure::Said(Exit::Service, format!("cannot write --state {}: {error}", self.path.display()))
        })?;
        self.kept = Some(hash);
        Ok(())
    }

    fn replace(&self, text: &[u8]) -> io::Result<()> {
        // A link stays a link: what it leads to is replaced.
        let path = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let mut file = tempfile::NamedTempFile::new_in(folder_of(&path))?;
        file.write_all(text)?;
        file.flush()?;
        file.persist(&path).map_err(|error| error.error)?;
        Ok(())
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn hash(text: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
