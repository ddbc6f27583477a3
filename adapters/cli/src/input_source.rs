//! Reading images and videos from files, URLs and standard input.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use clarifai_core::inputs::NewInput;

/// The size of the largest accepted file. The service accepts no larger request.
const MAX_FILE_BYTES: u64 = 96 * 1024 * 1024;

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
    let is_data = text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("data:"));
    if is_data { text.split_once(',') } else { None }
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

/// Reads one input. The error is the reason why it cannot be read.
pub(crate) fn read_input(source: &OsStr, video: bool, stdin_used: &mut bool) -> Result<NewInput, String> {
    let from_bytes = |bytes: Vec<u8>| if video { NewInput::video_bytes(bytes) } else { NewInput::image_bytes(bytes) };
    if let Some(input) = read_data_url(source, video) {
        return input;
    }
    match source.to_str() {
        Some("-") if std::mem::replace(stdin_used, true) => Err("stdin was already read".to_owned()),
        Some("-") => read_to_end(io::stdin()).map(from_bytes),
        Some(url) if url.contains("://") && video => Ok(NewInput::video_url(url)),
        Some(url) if url.contains("://") => Ok(NewInput::image_url(url)),
        _ => read_file(source).map(from_bytes),
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

fn read_error(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => format!("cannot be read: {error}"),
    }
}
