//! The request target of a call: path segments and query. Percent-encoding happens only here.
//!
//! Ids come from users and from servers, so each becomes exactly one path segment: all characters except unreserved
//! ones are encoded. A segment that is empty or consists only of dots is rejected, because encoding does not help (URL
//! parsers resolve `..` in every spelling).

use std::fmt::{Display, Write};

use bytes::Bytes;
use http::uri::PathAndQuery;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use crate::error::InvalidArgument;
use crate::page::Page;
use crate::types::App;

/// Maximum length of an id, in bytes. Ids assigned by the service have fewer than 100 characters; the limit leaves room
/// for longer ones and keeps paths below the limits of servers and proxies.
pub const MAX_ID_BYTES: usize = 1024;

/// The characters to encode: all except the unreserved ones of RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A reference to an app: its user id and its app id.
///
/// With an app, request paths are `/v2/users/{user}/apps/{app}/…`, without one `/v2/…`. A personal access token
/// requires an app; an API key does not, because it belongs to one app. The user id `me` refers to the owner of the
/// credentials.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AppRef {
    user: String,
    app: String,
}

/// The owner of an app that a response does not name is `me`.
impl From<&App> for AppRef {
    fn from(app: &App) -> Self {
        Self::new(app.user_id.as_deref().unwrap_or("me"), &*app.id)
    }
}

impl AppRef {
    /// Creates a reference to the app with the id `app` of the user with the id `user`. Invalid ids are reported when a
    /// request is built.
    pub fn new(user: impl Into<String>, app: impl Into<String>) -> Self {
        Self { user: user.into(), app: app.into() }
    }

    /// Creates a reference to the app `main` of the user `clarifai`, which contains the public models.
    pub fn public() -> Self {
        Self::new("clarifai", "main")
    }

    /// Returns the user id.
    pub fn user_id(&self) -> &str {
        &self.user
    }

    /// Returns the app id.
    pub fn app_id(&self) -> &str {
        &self.app
    }
}

/// A builder of the path and query of one call, segment by segment.
///
/// The methods do not fail: the first invalid segment is recorded and reported when the request is built, so that
/// operations can append segments in one chain.
#[derive(Debug)]
pub struct Target {
    text: String,
    /// Length of the path before the app, for [`owner`](Self::owner).
    root: usize,
    has_query: bool,
    problem: Option<InvalidArgument>,
}

impl Target {
    /// Creates a target below `root`, an already encoded path such as `/v2` or `/prefix/v2`.
    pub(crate) fn new(root: &str, scope: Option<&AppRef>) -> Self {
        let mut text = String::with_capacity(root.len() + 112);
        text.push_str(root);
        let mut target = Self { root: text.len(), text, has_query: false, problem: None };
        if let Some(scope) = scope {
            target.push_scope(scope);
        }
        target
    }

    /// Sets the app for this call, overriding the default app of the [`Config`](crate::Config). `None` changes nothing.
    ///
    /// Must be called before the first segment is appended.
    pub fn owner(&mut self, scope: Option<&AppRef>) -> &mut Self {
        if let Some(scope) = scope {
            self.text.truncate(self.root);
            self.push_scope(scope);
        }
        self
    }

    /// Removes the app from the path, for the few calls that do not belong to a user and app.
    ///
    /// Must be called before the first segment is appended.
    pub fn unscoped(&mut self) -> &mut Self {
        self.text.truncate(self.root);
        self
    }

    /// Sets a user and no app for this call: `users/{id}`. The id `me` is the owner of the credentials.
    ///
    /// Must be called before the first segment is appended.
    pub fn user(&mut self, id: &str) -> &mut Self {
        self.unscoped().path("users").id("user id", id)
    }

    fn push_scope(&mut self, scope: &AppRef) {
        self.path("users").id("user id", &scope.user).path("apps").id("app id", &scope.app);
    }

    /// Appends a fixed segment without encoding it.
    pub fn path(&mut self, segment: &'static str) -> &mut Self {
        self.text.push('/');
        self.text.push_str(segment);
        self
    }

    /// Appends an id as one percent-encoded segment. `argument` names the id in the error if it is not valid.
    pub fn id(&mut self, argument: &'static str, id: &str) -> &mut Self {
        if let Err(problem) = check_id(argument, id) {
            self.problem.get_or_insert(problem);
            return self;
        }
        self.text.push('/');
        self.encode(id);
        self
    }

    /// Appends `key=value` to the query, with the value percent-encoded.
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

    /// Appends `page` and `per_page` to the query. A page that is not valid is recorded like an invalid id.
    pub fn page(&mut self, page: Page) -> &mut Self {
        if let Err(problem) = page.check() {
            self.problem.get_or_insert(problem);
        }
        self.query("page", page.number).query("per_page", page.size)
    }

    /// Appends `per_page` and, after the first response, the cursor `last_id` to the query. A size that is not valid is
    /// recorded like an invalid id.
    pub(crate) fn cursor(&mut self, per_page: u32, last_id: Option<&str>) -> &mut Self {
        if let Err(problem) = Page::new(1, per_page).check() {
            self.problem.get_or_insert(problem);
        }
        self.query("per_page", per_page);
        if let Some(id) = last_id {
            if let Err(problem) = check_id("last id", id) {
                self.problem.get_or_insert(problem);
            }
            self.query("last_id", id);
        }
        self
    }

    fn encode(&mut self, text: &str) {
        for part in utf8_percent_encode(text, ENCODED) {
            self.text.push_str(part);
        }
    }

    /// Returns the path and query, or the first problem recorded.
    pub(crate) fn finish(self) -> Result<PathAndQuery, InvalidArgument> {
        match self.problem {
            Some(problem) => Err(problem),
            None => PathAndQuery::from_maybe_shared(Bytes::from(self.text))
                .map_err(|error| InvalidArgument::new("address", format!("is not a valid path: {error}"))),
        }
    }
}

/// Checks that an id can be sent as one path segment.
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
