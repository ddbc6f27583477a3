//! Searches a folder for images and videos.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use ignore::{Walk, WalkBuilder};

use super::media::{PREFIX, medium_of};
use super::{Record, Source};
use crate::interrupt;

/// The images and videos in a folder and its subfolders. Hidden files, and those that `.gitignore` and `.ignore` files
/// exclude, are left out.
pub(super) struct Folder {
    root: PathBuf,
    walk: Walk,
    /// What a list contains about the folder; it applies to each of its inputs.
    record: Option<Record>,
    is_empty: bool,
    ended: bool,
}

impl Folder {
    pub(super) fn new(root: PathBuf, record: Option<Record>) -> Self {
        let walk = WalkBuilder::new(&root).require_git(false).sort_by_file_name(std::ffi::OsStr::cmp).build();
        Self { root, walk, record, is_empty: true, ended: false }
    }
}

impl Iterator for Folder {
    type Item = Source;

    fn next(&mut self) -> Option<Source> {
        while !self.ended {
            if interrupt::is_requested() {
                return None;
            }
            let Some(entry) = self.walk.next() else {
                self.ended = true;
                let nothing = || Source::unusable(&self.root, "contains no images or videos");
                return self.is_empty.then(nothing);
            };
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.is_empty = false;
                    return Some(Source::unusable(&self.root, format!("cannot be searched: {error}")));
                }
            };
            if !entry.file_type().is_some_and(|kind| kind.is_file() || kind.is_symlink()) {
                continue;
            }
            match start_of(entry.path()) {
                Ok(start) if medium_of(&start).is_none() => {}
                // A file that cannot be opened is reported when it is read.
                Ok(_) | Err(_) => {
                    self.is_empty = false;
                    return Some(Source::new(entry.into_path().into(), self.record.clone()));
                }
            }
        }
        None
    }
}

fn start_of(path: &Path) -> io::Result<Vec<u8>> {
    let mut start = Vec::with_capacity(PREFIX);
    if std::fs::metadata(path)?.is_file() {
        File::open(path)?.take(PREFIX as u64).read_to_end(&mut start)?;
    }
    Ok(start)
}
