//! Paths as bytes, so that those that are not UTF-8 can be stored and printed.

use std::ffi::{OsStr, OsString};

/// Returns the bytes of a path: on Unix exactly those of the operating system, elsewhere its UTF-8 text.
pub(crate) fn encode(path: &OsStr) -> Vec<u8> {
    #[cfg(unix)]
    return std::os::unix::ffi::OsStrExt::as_bytes(path).to_vec();
    #[cfg(not(unix))]
    return path.to_string_lossy().into_owned().into_bytes();
}

/// Returns the path that has these bytes.
pub(crate) fn decode(bytes: &[u8]) -> OsString {
    #[cfg(unix)]
    return <OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes).to_owned();
    #[cfg(not(unix))]
    return String::from_utf8_lossy(bytes).into_owned().into();
}

/// Returns the bytes of a path that is not UTF-8, and `None` for others, whose text says everything.
pub(crate) fn if_not_text(path: &OsStr) -> Option<Vec<u8>> {
    path.to_str().is_none().then(|| encode(path))
}
