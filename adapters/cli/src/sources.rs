//! Where inputs come from: arguments, folders and lists, read one after the other.
//!
//! Nothing is collected: a list of ten million lines takes no more memory than a list of ten.

mod folder;
mod list;
mod media;
pub(crate) mod path_bytes;
mod record;
mod shard;

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::exit::Failure;
use crate::input_source::is_data_url;
use crate::interrupt;

pub(crate) use list::ListFormat;
pub(crate) use media::{Medium, medium_of};
pub(crate) use record::Record;
pub(crate) use shard::Shard;

use folder::Folder;
use list::{Entry, List};

/// An input that was found, and not read yet.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Source {
    /// Path or URL as it was given, or `LIST:LINE` for a line that cannot be used.
    pub(crate) name: OsString,
    pub(crate) location: Location,
    /// What a list contains about the input.
    pub(crate) record: Option<Record>,
}

/// Where the content of an input is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Location {
    Stdin,
    Url(String),
    /// The name itself, which is a data URL.
    Data,
    File,
    /// There is no content, for this reason.
    Unusable(String),
}

impl Source {
    /// Creates the source for an argument or a line of a list.
    fn new(name: OsString, record: Option<Record>) -> Self {
        let location = match name.to_str() {
            Some("-") => Location::Stdin,
            Some(url) if url.contains("://") => Location::Url(url.to_owned()),
            Some(text) if is_data_url(text) && !Path::new(text).exists() => Location::Data,
            _ => Location::File,
        };
        Self { name, location, record }
    }

    /// Creates a source without content.
    fn unusable(name: impl Into<OsString>, problem: impl Into<String>) -> Self {
        Self { name: name.into(), location: Location::Unusable(problem.into()), record: None }
    }
}

/// What to read.
#[derive(Clone, Debug, Default)]
pub(crate) struct SourceOptions {
    pub(crate) arguments: Vec<OsString>,
    /// Files with lists; `-` is standard input.
    pub(crate) lists: Vec<OsString>,
    pub(crate) format: Option<ListFormat>,
    /// Whether lines end with NUL.
    pub(crate) nul: bool,
    /// Whether folders are searched for images and videos.
    pub(crate) recursive: bool,
    /// Whether columns of a list that have no meaning of their own become metadata.
    pub(crate) other_columns: bool,
    pub(crate) shard: Option<Shard>,
}

impl SourceOptions {
    /// Whether standard input contains a list.
    pub(crate) fn reads_list_from_stdin(&self) -> bool {
        self.lists.iter().any(|list| list == "-")
    }

    /// Checks what can be checked before anything is read.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let uses_of_stdin = self.arguments.iter().chain(&self.lists).filter(|name| *name == "-").count();
        if uses_of_stdin > 1 && !self.lists.is_empty() {
            return Err(Failure::usage("`-` was given more than once, but stdin can be read only once"));
        }
        for list in self.lists.iter().filter(|list| *list != "-") {
            List::open(list, self)
                .map_err(|problem| Failure::usage(format!("--from-file {}: {problem}", list.to_string_lossy())))?;
        }
        Ok(())
    }
}

/// Finds inputs in the order of arguments, then lists. Each folder is searched in alphabetical order.
pub(crate) struct Sources {
    options: SourceOptions,
    arguments: VecDeque<OsString>,
    lists: VecDeque<OsString>,
    list: Option<List>,
    folder: Option<Folder>,
}

impl Sources {
    pub(crate) fn new(options: SourceOptions) -> Self {
        let arguments = options.arguments.iter().cloned().collect();
        let lists = options.lists.iter().cloned().collect();
        Self { options, arguments, lists, list: None, folder: None }
    }

    /// Returns the number of all inputs if it is known without reading anything.
    pub(crate) fn known_total(&self) -> Option<u64> {
        let is_plain = self.options.lists.is_empty() && !self.options.recursive && self.options.shard.is_none();
        is_plain.then_some(self.options.arguments.len() as u64)
    }

    fn find(&mut self) -> Option<Source> {
        loop {
            if interrupt::is_requested() {
                return None;
            }
            if let Some(folder) = &mut self.folder {
                match folder.next() {
                    Some(source) => return Some(source),
                    None => self.folder = None,
                }
                continue;
            }
            if let Some(argument) = self.arguments.pop_front() {
                match self.expand(argument, None) {
                    Some(source) => return Some(source),
                    None => continue,
                }
            }
            match &mut self.list {
                None => {
                    let name = self.lists.pop_front()?;
                    match List::open(&name, &self.options) {
                        Ok(list) => self.list = Some(list),
                        Err(problem) => return Some(Source::unusable(name, problem)),
                    }
                }
                Some(list) => match list.next() {
                    None => self.list = None,
                    Some(Entry::Input(name, record)) => {
                        if let Some(source) = self.expand(name, record) {
                            return Some(source);
                        }
                    }
                    Some(Entry::Invalid(name, problem)) => return Some(Source::unusable(name, problem)),
                },
            }
        }
    }

    /// Returns the source with this name, or starts to search it if it is a folder.
    fn expand(&mut self, name: OsString, record: Option<Record>) -> Option<Source> {
        let source = Source::new(name, record);
        if self.options.recursive && source.location == Location::File && is_folder(&source.name) {
            self.folder = Some(Folder::new(PathBuf::from(source.name), source.record));
            return None;
        }
        Some(source)
    }
}

fn is_folder(path: &OsStr) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| metadata.is_dir())
}

impl Iterator for Sources {
    type Item = Source;

    fn next(&mut self) -> Option<Source> {
        loop {
            let source = self.find()?;
            match &self.options.shard {
                Some(shard) if !shard.contains(&source.name) => {}
                _ => return Some(source),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;

    use super::*;

    const JPEG: &[u8] = b"\xff\xd8\xff\xe0 and so on";
    const MP4: &[u8] = b"\0\0\0\x18ftypisom\0\0\0\0";

    fn names(options: SourceOptions, folder: &Path) -> Vec<String> {
        let prefix = format!("{}/", folder.display());
        Sources::new(options)
            .map(|source| {
                let name = source.name.to_string_lossy().replace(&prefix, "");
                match source.location {
                    Location::Unusable(problem) => format!("{name}: {problem}"),
                    _ => name,
                }
            })
            .collect()
    }

    #[test]
    fn folders_are_searched_for_media_by_content() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for (name, content) in [
            ("b.jpg", JPEG),
            ("a/clip.bin", MP4),
            ("a/notes.jpg", b"not an image"),
            (".hidden.jpg", JPEG),
            ("ignored/x.jpg", JPEG),
            (".ignore", b"ignored/\n"),
            ("empty/readme.txt", b"text"),
        ] {
            fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
            fs::write(root.join(name), content).unwrap();
        }
        let options = |arguments: &[&Path]| SourceOptions {
            arguments: arguments.iter().map(OsString::from).collect(),
            recursive: true,
            ..SourceOptions::default()
        };
        assert_eq!(names(options(&[root]), root), ["a/clip.bin", "b.jpg"]);
        let empty = root.join("empty");
        assert_eq!(names(options(&[&empty]), root), ["empty: contains no images or videos"]);
        let flat = SourceOptions { recursive: false, ..options(&[root]) };
        assert_eq!(Sources::new(flat).count(), 1);
    }

    #[test]
    fn shards_share_the_inputs_without_overlap() {
        let arguments: Vec<_> = (0..1000).map(|n| OsString::from(format!("https://example.com/{n}.jpg"))).collect();
        let shard = |index| SourceOptions {
            arguments: arguments.clone(),
            shard: Some(format!("{index}/3").parse().unwrap()),
            ..SourceOptions::default()
        };
        let shares: Vec<Vec<String>> = (1..=3).map(|index| names(shard(index), Path::new("-"))).collect();
        assert!(shares.iter().all(|share| share.len() > 250), "{:?}", shares.iter().map(Vec::len).collect::<Vec<_>>());
        let mut all: Vec<_> = shares.concat();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 1000);
        // The share of an input must be the same on every machine and in every version.
        assert_eq!(shares[0][0], "https://example.com/0.jpg");
    }
}
