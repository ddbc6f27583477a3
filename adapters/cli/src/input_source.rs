//! Reading images and videos from files, URLs and standard input.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use clarifai_core::inputs::NewInput;

use crate::sources::{Location, Medium, Source, medium_of};

/// The size of the largest accepted file. The service accepts no larger request.
const MAX_FILE_BYTES: u64 = 96 * 1024 * 1024;

/// The content of an input.
pub(crate) enum Content {
    Url(String, Medium),
    Bytes(Vec<u8>, Medium),
    /// The content of a data URL.
    Data(Box<NewInput>),
}

impl Content {
    /// Returns the content of a file.
    pub(crate) fn bytes(&self) -> Option<&[u8]> {
        match self {
            // The name of a data URL contains all of it.
            Self::Url(..) | Self::Data(_) => None,
            Self::Bytes(bytes, _) => Some(bytes),
        }
    }

    /// Returns the number of bytes in memory.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Url(..) => 0,
            Self::Bytes(bytes, _) => bytes.len(),
            Self::Data(input) => usize::try_from(input.encoded_len()).unwrap_or(usize::MAX),
        }
    }

    pub(crate) fn medium(&self) -> Medium {
        match self {
            Self::Url(_, medium) | Self::Bytes(_, medium) => *medium,
            Self::Data(input) if input.is_video() => Medium::Video,
            Self::Data(_) => Medium::Image,
        }
    }

    pub(crate) fn into_input(self) -> NewInput {
        match self {
            Self::Url(url, Medium::Image) => NewInput::image_url(url),
            Self::Url(url, Medium::Video) => NewInput::video_url(url),
            Self::Bytes(bytes, Medium::Image) => NewInput::image_bytes(bytes),
            Self::Bytes(bytes, Medium::Video) => NewInput::video_bytes(bytes),
            Self::Data(input) => *input,
        }
    }
}

/// Returns the name of an input for messages, tables and JSON. Names that are not Unicode stay distinct: their other
/// bytes are written as `\\xE9`. Of a data URL only the beginning is shown.
pub(crate) fn label(source: &OsStr) -> String {
    let mut text = String::new();
    for chunk in source.as_encoded_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // Writing to a string cannot fail.
            let _ = write!(text, "\\x{byte:02X}");
        }
    }
    match data_url(&text) {
        Some((head, _)) => format!("{},… (a data URL of {} characters)", shorten(head, 80), text.len()),
        None => text,
    }
}

/// Splits a data URL at its comma.
fn data_url(text: &str) -> Option<(&str, &str)> {
    if is_data_url(text) { text.split_once(',') } else { None }
}

/// Whether a text is a data URL, unless there is a file with this name.
pub(crate) fn is_data_url(text: &str) -> bool {
    text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("data:")) && text.contains(',')
}

fn shorten(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}

/// Reads the image of a data URL, or returns `None` if the argument is not a data URL.
pub(crate) fn read_data_url(source: &OsStr, video: bool) -> Option<Result<NewInput, String>> {
    let (head, content) = data_url(source.to_str()?)?;
    if Path::new(source).exists() {
        return None;
    }
    if !head.trim_end().to_ascii_lowercase().ends_with(";base64") {
        return Some(Err("only data URLs with base64 are accepted".to_owned()));
    }
    let base64: String = content.chars().filter(|character| !character.is_whitespace()).collect();
    let input = if video { NewInput::video_base64(base64) } else { NewInput::image_base64(base64) };
    let checked =
        input.check().map_err(|invalid| format!("the {} of the data URL {}", invalid.argument(), invalid.problem()));
    Some(checked.map(|()| input))
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
        Location::Data => match read_data_url(&source.name, video) {
            Some(input) => input.map(|input| Content::Data(Box::new(input))),
            // A file with this name was created meanwhile.
            None => read_file(&source.name).map(from_bytes),
        },
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
    let file = fs::File::open(path).map_err(|error| read_error(&error))?;
    // The capacity is one byte more, because the end of the file is found by a read that returns nothing.
    read_with_capacity(file, metadata.len().min(MAX_FILE_BYTES) + 1)
}

/// Reads everything, up to the size limit. The error is the reason why that fails.
pub(crate) fn read_to_end(reader: impl io::Read) -> Result<Vec<u8>, String> {
    read_with_capacity(reader, 0)
}

fn read_with_capacity(reader: impl io::Read, capacity: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(usize::try_from(capacity).unwrap_or_default());
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
