//! `clarifai update-check`: checks whether a newer release exists.

use std::io::Write;

use bytes::Bytes;
use clarifai_core::{Config, Credentials, transport::Body};
use http::header::{ACCEPT, USER_AGENT};
use http::{HeaderValue, Request, Response, Uri};
use semver::Version;
use serde::Deserialize;
use serde_json::json;

use crate::args::{GlobalArgs, UpdateCheckArgs};
use crate::exit::Failure;
use crate::request_log::RequestLog;
use crate::{client, dry_run, output, terminal};

/// A check for a newer release: which request to send, and what its response means. It does no I/O.
#[derive(Clone, Debug)]
struct UpdateCheck {
    url: Uri,
    current: Version,
}

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Update {
    /// No release is newer than this program.
    UpToDate,
    /// This newer release exists.
    Available(Version),
}

impl UpdateCheck {
    /// Creates a check that compares `current` with the tags at `url`: a JSON list of objects with a `name`.
    ///
    /// The URL must use https, or http on this machine, and must not contain a user name.
    fn new(url: &str, current: Version) -> Result<Self, &'static str> {
        let url: Uri = url.parse().map_err(|_| "is not a valid URL")?;
        let is_loopback = matches!(url.host(), Some("localhost" | "127.0.0.1" | "[::1]"));
        match url.scheme_str() {
            Some("https") => {}
            Some("http") if is_loopback => {}
            _ => return Err("must begin with https://"),
        }
        if url.authority().is_none_or(|authority| authority.as_str().contains('@')) {
            return Err("must not contain a user name");
        }
        Ok(Self { url, current })
    }

    /// Returns the request to send. It contains no credentials.
    fn request(&self) -> Request<Body> {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = self.url.clone();
        let user_agent = HeaderValue::from_static(concat!("clarifai-rust/", env!("CARGO_PKG_VERSION")));
        request.headers_mut().insert(USER_AGENT, user_agent);
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        request
    }

    /// Returns the result of the check. The error is the reason why the response is of no use.
    fn evaluate(&self, response: &Response<Bytes>) -> Result<Update, String> {
        #[derive(Deserialize)]
        struct Tag {
            name: String,
        }
        if !response.status().is_success() {
            return Err(format!("HTTP {}", response.status().as_u16()));
        }
        let tags: Vec<Tag> =
            serde_json::from_slice(response.body()).map_err(|error| format!("invalid response: {error}"))?;
        let newest = tags.iter().filter_map(|tag| release(&tag.name)).max().ok_or("no releases found")?;
        Ok(if newest > self.current { Update::Available(newest) } else { Update::UpToDate })
    }
}

/// Returns the version that a tag stands for. Other tags, and pre-releases such as `v1.0.0-rc.1`, have none.
fn release(tag: &str) -> Option<Version> {
    let version = Version::parse(tag.strip_prefix('v').unwrap_or(tag)).ok()?;
    (version.pre.is_empty() && version.build.is_empty()).then_some(version)
}

pub(crate) fn run(args: &UpdateCheckArgs, global: &GlobalArgs, out: &mut dyn Write) -> Result<(), Failure> {
    if global.simulator {
        return Err(Failure::usage("update-check cannot be used with --simulator"));
    }
    let current = env!("CARGO_PKG_VERSION");
    let version = Version::parse(current).map_err(|error| Failure::usage(format!("version {current}: {error}")))?;
    let check = UpdateCheck::new(&args.url, version).map_err(|problem| Failure::usage(format!("--url {problem}")))?;
    if global.dry_run {
        return dry_run::show_request(&check.request(), global.json, out);
    }
    // The client needs credentials to be created, and adds none to a request that is sent as it is.
    let origin = format!(
        "{}://{}",
        check.url.scheme_str().unwrap_or("https"),
        check.url.authority().map_or("", |one| one.as_str())
    );
    let config = Config::new(Credentials::key("update-check")?).with_base_url(&origin)?;
    let client = clarifai_ureq::Client::with_transport(config.clone(), client::transport(global, &config)?);
    let response = RequestLog(global.verbose).send(check.request(), |request| client.send(request));
    let result = response
        .map_err(|failure| format!("{failure}: {}", failure.source))
        .and_then(|response| check.evaluate(&response));
    match result {
        Err(problem) => {
            // Not a failure of the program: nothing depends on this check.
            terminal::warning(format_args!("cannot check for updates: {problem}"));
            Ok(())
        }
        Ok(update) if global.json => {
            let newer = if let Update::Available(version) = &update { Some(version.to_string()) } else { None };
            output::write_json(&json!({"current": current, "newer": newer}), out)
        }
        Ok(Update::UpToDate) => Ok(writeln!(out, "clarifai {current} is up to date.")?),
        Ok(Update::Available(version)) => Ok(writeln!(out, "clarifai {version} is available (installed: {current}).")?),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::args::RELEASES_URL;

    fn check_for(version: &str) -> UpdateCheck {
        UpdateCheck::new(RELEASES_URL, version.parse().unwrap()).unwrap()
    }

    #[test]
    fn distinguishes_releases_from_other_tags() {
        for (tag, expected) in [
            ("v1.2.3", Some(Version::new(1, 2, 3))),
            ("0.10.0", Some(Version::new(0, 10, 0))),
            ("v1.2.3-rc.1", None),
            ("1.2", None),
            ("1.2.3.4", None),
            ("release", None),
            ("", None),
        ] {
            assert_eq!(release(tag), expected, "{tag}");
        }
        assert!(release("0.10.0") > release("0.9.99"));
    }

    #[test]
    fn evaluates_responses() {
        let check = check_for("1.2.3");
        for (status, body, expected) in [
            (200, r#"[{"name": "v1.2.3"}]"#, Some(Update::UpToDate)),
            (200, r#"[{"name": "v1.2.2"}, {"name": "v1.3.0"}]"#, Some(Update::Available(Version::new(1, 3, 0)))),
            (200, r#"[{"name": "v2.0.0-rc.1"}, {"name": "v1.0.0"}]"#, Some(Update::UpToDate)),
            (200, "[]", None),
            (200, "<html>", None),
            (404, r#"[{"name": "v9.9.9"}]"#, None),
            (302, "", None),
        ] {
            let response = Response::builder().status(status).body(Bytes::from_static(body.as_bytes())).unwrap();
            assert_eq!(check.evaluate(&response).ok(), expected, "{status} {body}");
        }
    }

    #[test]
    fn request_has_no_credentials() {
        let request = check_for("1.0.0").request();
        assert_eq!(request.uri(), RELEASES_URL);
        let names: Vec<_> = request.headers().keys().collect();
        assert_eq!(names, [USER_AGENT, ACCEPT]);
    }

    #[test]
    fn rejects_urls_that_are_not_secure() {
        for url in ["https://example.com/tags", "http://127.0.0.1:8080/tags", "http://localhost/tags"] {
            assert!(UpdateCheck::new(url, Version::new(1, 0, 0)).is_ok(), "{url}");
        }
        for url in ["http://example.com/tags", "https://user@example.com/", "ftp://example.com/", "/tags", ""] {
            assert!(UpdateCheck::new(url, Version::new(1, 0, 0)).is_err(), "{url}");
        }
    }
}
