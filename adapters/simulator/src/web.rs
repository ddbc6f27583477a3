//! The simulated web, from which images are fetched by URL: empty, or a mounted folder.

use std::fs;
use std::path::{Component, Path, PathBuf};

use bytes::Bytes;
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
        let folder = self.0.as_deref().ok_or_else(missing)?;
        let mut places = place(folder, url).into_iter().chain(place_of_any_case(folder, url));
        places.find_map(|path| fs::read(path).ok()).map(Bytes::from).ok_or_else(missing)
    }
}

/// Splits a URL into its host, in lower case, and its decoded path. Accepts blanks and Unicode as they are, as browsers
/// and the service do.
fn split(url: &str) -> Option<(String, String)> {
    let (scheme, rest) = url.trim().split_once("://")?;
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return None;
    }
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let host = percent_decode_str(host.trim_end_matches('.')).decode_utf8().ok()?.to_lowercase();
    let path = percent_decode_str(path).decode_utf8().ok()?.into_owned();
    (!host.is_empty()).then_some((host, path))
}

/// Returns the file for a URL whose host is the name of a folder in another case. A host has no case.
fn place_of_any_case(folder: &Path, url: &str) -> Option<PathBuf> {
    let (host, _) = split(url)?;
    let relative = place(Path::new(""), url)?;
    let inside = relative.strip_prefix(&host).ok()?;
    let names = fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.file_name()));
    let name = names.into_iter().find(|name| name.to_string_lossy().to_lowercase() == host)?;
    Some(folder.join(name).join(inside))
}

/// Returns the file for a URL, or `None` if it would be outside of the folder.
fn place(folder: &Path, url: &str) -> Option<PathBuf> {
    let (host, path) = split(url)?;
    if host.contains(['/', '\\']) {
        return None;
    }
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
    fn names_may_have_blanks_unicode_and_a_host_of_any_case() {
        let folder = tempfile::tempdir().expect("a folder");
        for (host, name) in [("host", "with space.png"), ("host", "\u{fc}.png"), ("Big.Example", "a.png")] {
            let path = folder.path().join(host);
            fs::create_dir_all(&path).expect("a folder");
            fs::write(path.join(name), name).expect("a file");
        }
        let web = Web::folder(folder.path());
        for (url, found) in [
            ("https://host/with space.png", true),
            ("https://host/with%20space.png", true),
            ("https://host/with%20space.png?w=1#a b", true),
            ("https://HOST/\u{fc}.png", true),
            ("HTTPS://Host:443/%C3%BC.png", true),
            ("https://user:pass@host./\u{fc}.png", true),
            ("https://big.example/a.png", true),
            ("https://BIG.EXAMPLE/a.png", true),
            ("https://host/missing.png", false),
            ("https://other/a.png", false),
            ("https://host", false),
        ] {
            assert_eq!(web.fetch(url).is_ok(), found, "{url}");
        }
    }

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
        is("ftp://h/a.jpg", None);
        is("https://%2e%2e/x", None);
        is("https://a%2fb/x", None);
        is("https:///etc/passwd", None);
    }
}
