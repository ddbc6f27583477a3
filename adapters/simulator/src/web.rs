//! The simulated web, from which images are fetched by URL: empty, or a mounted folder.

use std::fs;
use std::path::{Component, Path, PathBuf};

use bytes::Bytes;
use http::Uri;
use percent_encoding::percent_decode_str;

/// The simulated web. With a folder, `https://host/path` is the file `FOLDER/host/path`.
#[derive(Debug)]
pub(crate) struct Web(Option<PathBuf>);

impl Web {
    /// Creates a web in which no URL can be fetched.
    pub(crate) const fn nothing() -> Self {
        Self(None)
    }

    /// Creates a web that serves a folder.
    pub(crate) fn folder(path: &Path) -> Self {
        Self(Some(path.to_owned()))
    }

    /// Returns the content of a URL, or the service's message of a failed download.
    pub(crate) fn fetch(&self, url: &str) -> Result<Bytes, String> {
        let missing = || format!("404 Client Error: Not Found for url: {url}");
        let path = self.0.as_deref().and_then(|folder| place(folder, url)).ok_or_else(missing)?;
        fs::read(path).map(Bytes::from).map_err(|_| missing())
    }
}

/// Returns the file for a URL, or `None` if it would be outside of the folder.
fn place(folder: &Path, url: &str) -> Option<PathBuf> {
    let uri: Uri = url.parse().ok()?;
    uri.scheme()?;
    let host = uri.host()?;
    let path = percent_decode_str(uri.path()).decode_utf8().ok()?;
    let relative = PathBuf::from(format!("{host}/{}", path.trim_start_matches('/')));
    // On Windows a backslash or a drive letter could lead out of the folder.
    let harmless = !path.contains(['\\', ':', '\0']);
    let inside = relative.components().all(|component| matches!(component, Component::Normal(_)));
    (harmless && inside).then(|| folder.join(relative))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_cannot_leave_the_folder() {
        let folder = Path::new("/web");
        let is =
            |url, expected: Option<&str>| assert_eq!(place(folder, url).as_deref(), expected.map(Path::new), "{url}");
        is("https://samples.clarifai.com/metro-north.jpg", Some("/web/samples.clarifai.com/metro-north.jpg"));
        is("http://h:80/a%20b.jpg?x=1", Some("/web/h/a b.jpg"));
        is("https://h/../../etc/passwd", None);
        is("https://h/%2e%2e/%2e%2e/etc/passwd", None);
        is("https://h/a\\b", None);
        is("https://../x", None);
        is("nonsense", None);
    }
}
