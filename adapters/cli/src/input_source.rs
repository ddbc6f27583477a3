//! Reading images and videos from files, URLs and standard input.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read as _};

use clarifai_core::inputs::NewInput;

use crate::sources::{Location, Medium, Source, medium_of};

/// The size of the largest accepted file. The service accepts no larger request.
const MAX_FILE_BYTES: u64 = 96 * 1024 * 1024;

/// The content of an input.
pub(crate) enum Content {
    Url(String, Medium),
    Bytes(Vec<u8>, Medium),
}

impl Content {
    /// Returns the content of a file.
    pub(crate) fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Url(..) => None,
            Self::Bytes(bytes, _) => Some(bytes),
        }
    }

    /// Returns the number of bytes in memory.
    pub(crate) fn len(&self) -> usize {
        self.bytes().map_or(0, <[u8]>::len)
    }

    pub(crate) fn medium(&self) -> Medium {
        match self {
            Self::Url(_, medium) | Self::Bytes(_, medium) => *medium,
        }
    }

    pub(crate) fn into_input(self) -> NewInput {
        match self {
            Self::Url(url, Medium::Image) => NewInput::image_url(url),
            Self::Url(url, Medium::Video) => NewInput::video_url(url),
            Self::Bytes(bytes, Medium::Image) => NewInput::image_bytes(bytes),
            Self::Bytes(bytes, Medium::Video) => NewInput::video_bytes(bytes),
        }
    }
}

/// Reads one input. Files are images or videos by their content; `video` makes everything a video. The error is the
/// reason why it cannot be read.
pub(crate) fn read(source: &Source, video: bool, stdin_used: &mut bool) -> Result<Content, String> {
    let from_bytes = |bytes: Vec<u8>| {
        let medium = if video { Medium::Video } else { medium_of(&bytes).unwrap_or(Medium::Image) };
        Content::Bytes(bytes, medium)
    };
    match &source.location {
        Location::Stdin if std::mem::replace(stdin_used, true) => Err("stdin was already read".to_owned()),
        Location::Stdin => read_to_end(io::stdin()).map(from_bytes),
        Location::Url(url) => Ok(Content::Url(url.clone(), if video { Medium::Video } else { Medium::Image })),
        Location::File => read_file(&source.name).map(from_bytes).map_err(|problem| match &*problem {
            "is a directory" => "is a directory; use --recursive to search it".to_owned(),
            _ => problem,
        }),
        Location::Unusable(problem) => Err(problem.clone()),
    }
}

/// Reads a file. The error is the reason why it cannot be read.
pub(crate) fn read_file(path: &OsStr) -> Result<Vec<u8>, String> {
    let metadata = fs::metadata(path).map_err(|error| read_error(&error))?;
    if metadata.is_dir() {
        return Err("is a directory".to_owned());
    }
    read_to_end(fs::File::open(path).map_err(|error| read_error(&error))?)
}

/// Reads everything, up to the size limit. The error is the reason why that fails.
pub(crate) fn read_to_end(reader: impl io::Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    reader.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|error| read_error(&error))?;
    match bytes.len() as u64 {
        0 => Err("is empty".to_owned()),
        1..=MAX_FILE_BYTES => Ok(bytes),
        _ => Err(format!("is larger than the maximum of {} MB", MAX_FILE_BYTES >> 20)),
    }
}

/// Returns the reason why something cannot be read.
pub(crate) fn read_error(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => format!("cannot be read: {error}"),
    }
}
