//! The address of a call: path segments and query. The only place that percent-encodes.
//!
//! Ids come from users and from servers, so each becomes exactly one path segment: everything but unreserved
//! characters is encoded, and a segment that is empty or only dots is refused, because encoding cannot save it
//! (URL parsers collapse `..` whatever its spelling).

use std::fmt::{Display, Write};

use bytes::Bytes;
use http::uri::PathAndQuery;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use crate::error::InvalidArgument;

/// The longest id accepted, in bytes. Ids the service hands out have 32 characters or fewer than 100; this leaves
/// room, and keeps a path below what servers and proxies take.
pub const MAX_ID_BYTES: usize = 1024;

/// RFC 3986 "unreserved" stays as it is, the rest is encoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Whose application a call is about: user and app, both as ids.
///
/// With a scope, paths are `/v2/users/{user}/apps/{app}/…`, without one `/v2/…`. An API key belongs to one app and
/// needs none; a personal access token needs one. The user id `me` stands for the caller.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AppRef {
    user: String,
    app: String,
}

impl AppRef {
    /// The app `app` of the user `user`. Bad ids are refused when a request is built.
    pub fn new(user: impl Into<String>, app: impl Into<String>) -> Self {
        Self { user: user.into(), app: app.into() }
    }

    /// The app `main` of the user `clarifai`, home of the public models.
    pub fn public() -> Self {
        Self::new("clarifai", "main")
    }

    /// The user's id.
    pub fn user_id(&self) -> &str {
        &self.user
    }

    /// The app's id.
    pub fn app_id(&self) -> &str {
        &self.app
    }
}

/// Builds path and query of one call, segment by segment.
///
/// A bad segment does not interrupt the caller: the first problem is kept and comes out when the request is built,
/// so that operations read as a plain list of segments.
#[derive(Debug)]
pub struct Target {
    text: String,
    /// Length of the part in front of the scope, for [`owner`](Self::owner).
    root: usize,
    has_query: bool,
    problem: Option<InvalidArgument>,
}

impl Target {
    /// Starts below `root`, an already encoded path such as `/v2` or `/prefix/v2`.
    pub(crate) fn new(root: &str, scope: Option<&AppRef>) -> Self {
        let mut text = String::with_capacity(root.len() + 112);
        text.push_str(root);
        let mut target = Self { root: text.len(), text, has_query: false, problem: None };
        if let Some(scope) = scope {
            target.push_scope(scope);
        }
        target
    }

    /// Addresses the resources of another app for this one call, in place of the scope of the [`Config`](crate::Config).
    ///
    /// Must come before the first segment.
    pub fn owner(&mut self, scope: Option<&AppRef>) -> &mut Self {
        if let Some(scope) = scope {
            self.text.truncate(self.root);
            self.push_scope(scope);
        }
        self
    }

    /// Leaves the scope away, for the few calls that stand outside users and apps.
    pub fn unscoped(&mut self) -> &mut Self {
        self.text.truncate(self.root);
        self
    }

    fn push_scope(&mut self, scope: &AppRef) {
        self.path("users").id("user id", &scope.user).path("apps").id("app id", &scope.app);
    }

    /// Appends a fixed segment, written as it is.
    pub fn path(&mut self, segment: &'static str) -> &mut Self {
        self.text.push('/');
        self.text.push_str(segment);
        self
    }

    /// Appends a segment that is somebody's id; `argument` names it in the error.
    pub fn id(&mut self, argument: &'static str, id: &str) -> &mut Self {
        if let Err(problem) = check_id(argument, id) {
            self.problem.get_or_insert(problem);
            return self;
        }
        self.text.push('/');
        self.encode(id);
        self
    }

    /// Appends `key=value` to the query.
    pub fn query(&mut self, key: &'static str, value: impl Display) -> &mut Self {
        self.text.push(if self.has_query { '&' } else { '?' });
        self.has_query = true;
        self.text.push_str(key);
        self.text.push('=');
        let from = self.text.len();
        let _ = write!(self.text, "{value}");
        if self.text[from..].bytes().any(|byte| !byte.is_ascii_alphanumeric()) {
            let value = self.text.split_off(from);
            self.encode(&value);
        }
        self
    }

    fn encode(&mut self, text: &str) {
        for part in utf8_percent_encode(text, ENCODED) {
            self.text.push_str(part);
        }
    }

    /// The finished path and query, or the first problem met.
    pub(crate) fn finish(self) -> Result<PathAndQuery, InvalidArgument> {
        match self.problem {
            Some(problem) => Err(problem),
            None => PathAndQuery::from_maybe_shared(Bytes::from(self.text))
                .map_err(|error| InvalidArgument::new("address", format!("is no valid path: {error}"))),
        }
    }
}

/// Accepts an id that can stand alone as one path segment.
pub(crate) fn check_id(argument: &'static str, id: &str) -> Result<(), InvalidArgument> {
    if id.is_empty() {
        return Err(InvalidArgument::new(argument, "is empty"));
    }
    if id.bytes().all(|byte| byte == b'.') {
        return Err(InvalidArgument::new(argument, format!("`{id}` is only dots, which an address cannot carry")));
    }
    if id.len() > MAX_ID_BYTES {
        return Err(InvalidArgument::new(
            argument,
            format!("has {} bytes, at most {MAX_ID_BYTES} are accepted", id.len()),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path_of(id: &str) -> Result<String, String> {
        let mut target = Target::new("/v2", None);
        target.path("models").id("model id", id).path("outputs");
        target.finish().map(|path| path.to_string()).map_err(|problem| problem.to_string())
    }

    #[test]
    fn ids_become_one_segment_each() {
        for (id, segment) in [
            ("plain", "plain"),
            ("a/b", "a%2Fb"),
            ("a b", "a%20b"),
            ("50%", "50%25"),
            ("犬", "%E7%8A%AC"),
            ("%2F", "%252F"),
            ("../x", "..%2Fx"),
            ("a?b#c&d=e", "a%3Fb%23c%26d%3De"),
            ("\r\n\0", "%0D%0A%00"),
            ("a-b.c_d~e", "a-b.c_d~e"),
            ("...a", "...a"),
        ] {
            assert_eq!(path_of(id).as_deref(), Ok(format!("/v2/models/{segment}/outputs").as_str()), "{id:?}");
        }
    }

    #[test]
    fn ids_that_no_address_can_carry_are_refused() {
        let long = "x".repeat(10_000);
        for (id, word) in [("", "empty"), (".", "dots"), ("..", "dots"), ("....", "dots"), (&long, "10000 bytes")] {
            let problem = path_of(id).expect_err("must be refused");
            assert!(problem.contains(word) && problem.contains("model id"), "{id:.20}: {problem}");
        }
    }

    #[test]
    fn scopes_nest_and_can_be_replaced() {
        let own = AppRef::new("me", "app 1");
        let mut target = Target::new("/prefix/v2", Some(&own));
        target.path("models").query("page", 2).query("name", "a&b*");
        let path = target.finish().expect("a path");
        assert_eq!(path.as_str(), "/prefix/v2/users/me/apps/app%201/models?page=2&name=a%26b%2A");

        let mut target = Target::new("/v2", Some(&own));
        target.owner(Some(&AppRef::public())).path("models").id("model id", "m");
        assert_eq!(target.finish().expect("a path").as_str(), "/v2/users/clarifai/apps/main/models/m");

        let mut target = Target::new("/v2", Some(&AppRef::new("..", "a")));
        target.path("models");
        assert_eq!(target.finish().expect_err("refused").argument(), "user id");
    }
}
