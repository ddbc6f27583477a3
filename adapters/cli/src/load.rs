//! Reading pictures and videos from files and standard input.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read as _};

use clarifai_core::inputs::NewInput;

/// The largest file taken: the service reads no larger request.
const MAX_FILE_BYTES: u64 = 96 * 1024 * 1024;

/// Reads one input, or says why that is impossible.
pub(crate) fn input(source: &OsStr, video: bool, stdin_read: &mut bool) -> Result<NewInput, String> {
    let from_bytes = |bytes: Vec<u8>| if video { NewInput::video_bytes(bytes) } else { NewInput::image_bytes(bytes) };
    match source.to_str() {
        Some("-") if std::mem::replace(stdin_read, true) => Err("standard input was read already".to_owned()),
        Some("-") => read(io::stdin()).map(from_bytes),
        Some(url) if url.contains("://") && video => Ok(NewInput::video_url(url)),
        Some(url) if url.contains("://") => Ok(NewInput::image_url(url)),
        _ => file(source).map(from_bytes),
    }
}

/// Reads a file, or says why that is impossible.
pub(crate) fn file(path: &OsStr) -> Result<Vec<u8>, String> {
    let metadata = fs::metadata(path).map_err(|error| cannot_read(&error))?;
    if metadata.is_dir() {
        return Err("it is a folder: name the files in it".to_owned());
    }
    read(fs::File::open(path).map_err(|error| cannot_read(&error))?)
}

/// Reads to the end.
pub(crate) fn read(reader: impl io::Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    reader.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|error| cannot_read(&error))?;
    match bytes.len() as u64 {
        0 => Err("it is empty".to_owned()),
        1..=MAX_FILE_BYTES => Ok(bytes),
        _ => Err(format!("it is larger than the {} MB the service takes", MAX_FILE_BYTES >> 20)),
    }
}

fn cannot_read(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "it may not be read: permission denied".to_owned(),
        _ => format!("it cannot be read: {error}"),
    }
}
