//! The file in which the simulator keeps its state.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};

use clarifai_core::repair;
use clarifai_simulator::Simulator;

use crate::atomic_file;
use crate::exit::{Exit, Failure};

/// The file, and which content it has.
#[derive(Clone, Debug)]
pub(crate) struct SimulatorState {
    path: PathBuf,
    /// Hash of the content, if the file exists.
    saved_hash: Option<u64>,
}

impl SimulatorState {
    /// Restores the simulator from the file, if it exists.
    pub(crate) fn load(path: &Path, simulator: &Simulator) -> Result<Self, Failure> {
        let invalid =
            |problem: &dyn std::fmt::Display| Failure::usage(format!("--state {}: {problem}", path.display()));
        let text = match fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // Reported now, and not after the command has done its work.
                if !atomic_file::folder_of(path).is_dir() {
                    return Err(invalid(&"no such directory"));
                }
                return Ok(Self { path: path.to_owned(), saved_hash: None });
            }
            Err(error) => return Err(invalid(&error)),
        };
        // An empty file is a new one, as `mktemp` creates it.
        let plain = repair::text(&text).ok_or_else(|| invalid(&"is not text in UTF-8"))?;
        if plain.trim().is_empty() {
            return Ok(Self { path: path.to_owned(), saved_hash: None });
        }
        let state = serde_json::from_str(&plain).map_err(|error| invalid(&format!("invalid JSON: {error}")))?;
        simulator.restore(&state).map_err(|error| invalid(&error))?;
        Ok(Self { path: path.to_owned(), saved_hash: Some(hash(&text)) })
    }

    /// Saves the state of the simulator if it has changed. The file is replaced in one step, and readable by its owner
    /// only because it contains access tokens.
    pub(crate) fn save(&mut self, simulator: &Simulator) -> Result<(), Failure> {
        let text = simulator.save().to_string().into_bytes();
        let hash = hash(&text);
        if self.saved_hash == Some(hash) {
            return Ok(());
        }
        atomic_file::replace(&self.path, &text).map_err(|error| {
            Failure::new(Exit::Service, format!("cannot write --state {}: {error}", self.path.display()))
        })?;
        self.saved_hash = Some(hash);
        Ok(())
    }
}

fn hash(text: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
