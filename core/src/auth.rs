//! Who is calling: keys, tokens, and the token an app id and secret are traded for.
//!
//! A key is ready at once. An app id and secret first cost a request, [`GetToken`]: the first machine that needs the
//! token takes a lease and fetches it, the others wait, and all use it until shortly before it runs out. The lease
//! runs out too, so a machine that is dropped on the way blocks nobody.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;

use crate::error::{Error, InvalidArgument};
use crate::time::Instant;

mod token;

pub use token::{AccessToken, GetToken};

/// How the caller proves who they are.
///
/// Made by the constructors, which refuse what no header can carry; `Debug` shows the kind only.
///
/// ```
/// use clarifai_core::Credentials;
///
/// let credentials = Credentials::key("0123456789abcdef0123456789abcdef")?;
/// assert_eq!(format!("{credentials:?}"), "Credentials::Key(***)");
/// assert!(Credentials::key("0123456789abcdef\n").is_err());
/// # Ok::<(), clarifai_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Credentials {
    kind: Kind,
    /// What must never show.
    secret: String,
    /// What proves it, ready for each call: of an app id and secret, that of the call for a token.
    header: HeaderValue,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Key,
    Pat,
    Bearer,
    Session,
    AppSecret,
}

/// The header that carries the credentials, marked sensitive.
#[derive(Clone, Debug)]
pub(crate) struct Authorization {
    pub(crate) name: http::HeaderName,
    pub(crate) value: HeaderValue,
}

impl Credentials {
    /// Credentials that no request is sent with: a placeholder until the configuration is known.
    pub(crate) fn placeholder() -> Self {
        Self { kind: Kind::Key, secret: String::new(), header: HeaderValue::from_static("") }
    }

    /// The API key of one app (`Authorization: Key …`). User and app follow from it.
    pub fn key(key: impl Into<String>) -> Result<Self, Error> {
        Self::in_header(Kind::Key, "API key", "Key ", key.into())
    }

    /// A personal access token (`Authorization: Key …`). It reaches all that its user may see, so say which app is
    /// meant with [`App::with_app`](crate::Config::with_app).
    #[doc(alias = "pat")]
    pub fn personal_access_token(token: impl Into<String>) -> Result<Self, Error> {
        Self::in_header(Kind::Pat, "personal access token", "Key ", token.into())
    }

    /// A token obtained elsewhere (`Authorization: Bearer …`). It is not renewed.
    pub fn bearer(token: impl Into<String>) -> Result<Self, Error> {
        Self::in_header(Kind::Bearer, "bearer token", "Bearer ", token.into())
    }

    /// The token of a user's session (`X-Clarifai-Session-Token: …`). It is not renewed.
    pub fn session_token(token: impl Into<String>) -> Result<Self, Error> {
        Self::in_header(Kind::Session, "session token", "", token.into())
    }

    /// The id and secret of an app, which machines trade for a token at `POST /v2/token` when they first need one.
    ///
    /// The current API description no longer has that call; prefer a key or a personal access token.
    #[doc(alias = "app_id")]
    pub fn app_secret(id: impl Into<String>, secret: impl Into<String>) -> Result<Self, Error> {
        let id = id.into();
        if id.is_empty() || id.chars().any(char::is_control) {
            return Err(refuse("need an app id without control characters"));
        }
        let secret = not_empty("app secret", secret.into())?;
        let header = sensitive(format!("Basic {}", STANDARD.encode(format!("{id}:{secret}"))));
        Ok(Self { kind: Kind::AppSecret, secret, header })
    }

    /// A secret that stands in a header itself: visible ASCII, no spaces.
    fn in_header(kind: Kind, what: &'static str, prefix: &'static str, secret: String) -> Result<Self, Error> {
        let secret = not_empty(what, secret)?;
        let problem = if secret.trim() != secret {
            "begins or ends with white space or a line break; trim it"
        } else if secret.bytes().any(|byte| !byte.is_ascii_graphic()) {
            "holds a character that no key has: only visible ASCII without spaces can be sent"
        } else {
            return Ok(Self { kind, header: sensitive(format!("{prefix}{secret}")), secret });
        };
        Err(refuse(format!("cannot be used: the {what} {problem}")))
    }

    /// The header for a call, where no token has to be fetched first.
    pub(crate) fn ready(&self) -> Option<Authorization> {
        let name = match self.kind {
            Kind::Key | Kind::Pat | Kind::Bearer => http::header::AUTHORIZATION,
            Kind::Session => http::HeaderName::from_static("x-clarifai-session-token"),
            Kind::AppSecret => return None,
        };
        Some(Authorization { name, value: self.header.clone() })
    }

    /// The header of the call that fetches a token.
    pub(crate) fn basic(&self) -> Option<HeaderValue> {
        (self.kind == Kind::AppSecret).then(|| self.header.clone())
    }

    /// What must not show in a text from outside.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let mut secrets = vec![self.secret.clone()];
        // The header carries id and secret in another spelling.
        let basic = self.header.to_str().ok().and_then(|header| header.strip_prefix("Basic "));
        secrets.extend(basic.filter(|_| self.kind == Kind::AppSecret).map(str::to_owned));
        secrets
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Key => "Key",
            Kind::Pat => "PersonalAccessToken",
            Kind::Bearer => "Bearer",
            Kind::Session => "SessionToken",
            Kind::AppSecret => "AppSecret",
        };
        write!(f, "Credentials::{kind}(***)")
    }
}

fn sensitive(text: String) -> HeaderValue {
    // The secret was checked when it was taken, so only what the service itself sent can fail here.
    let mut value = HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("invalid"));
    value.set_sensitive(true);
    value
}

fn refuse(problem: impl Into<String>) -> Error {
    Error::new("configuration", InvalidArgument::credentials(problem))
}

fn not_empty(what: &'static str, secret: String) -> Result<String, Error> {
    if secret.trim().is_empty() {
        return Err(refuse(format!("are missing: the {what} is empty")));
    }
    Ok(secret)
}

/// Where the machines of an app keep the token they share.
#[derive(Debug, Default)]
pub(crate) struct TokenDesk(Mutex<Desk>);

#[derive(Debug, Default)]
struct Desk {
    /// Counts the tokens held so far, so that a machine can say which one was refused.
    generation: u64,
    token: Option<Held>,
    leased_until: Option<Instant>,
    /// The last tokens, to be blotted out of texts from outside.
    seen: [Option<Quiet>; 16],
}

/// A text that never shows itself.
struct Quiet(String);

impl fmt::Debug for Quiet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[derive(Debug)]
struct Held {
    value: HeaderValue,
    renew_at: Instant,
}

/// What a machine that wants to send gets from the desk.
#[derive(Debug)]
pub(crate) enum Access {
    /// Use this header; the number says which token it holds.
    Granted(HeaderValue, u64),
    /// Fetch a token, and bring it to [`TokenDesk::put`].
    Fetch,
    /// Another machine is fetching one; ask again then, or earlier.
    Busy(Instant),
}

/// How long a machine may take to fetch a token before another one tries.
const LEASE: Duration = Duration::from_secs(30);

/// How often the waiting machines look whether the token is there.
const LOOK: Duration = Duration::from_millis(100);

impl TokenDesk {
    fn desk(&self) -> std::sync::MutexGuard<'_, Desk> {
        // Every change below is a single assignment, so a poisoned lock holds a whole state.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn ask(&self, now: Instant) -> Access {
        let mut desk = self.desk();
        match (&desk.token, desk.leased_until) {
            (Some(held), _) if now < held.renew_at => Access::Granted(held.value.clone(), desk.generation),
            (_, Some(until)) if now < until => Access::Busy(until.min(now + LOOK)),
            _ => {
                desk.leased_until = Some(now + LEASE);
                Access::Fetch
            }
        }
    }

    /// Stores a fresh token and ends the lease.
    pub(crate) fn put(&self, now: Instant, grant: &AccessToken) -> (HeaderValue, u64) {
        let value = sensitive(format!("Bearer {}", grant.token()));
        let mut desk = self.desk();
        desk.generation += 1;
        desk.seen.rotate_right(1);
        desk.seen[0] = Some(Quiet(grant.token().to_owned()));
        // A tenth of its life, a minute at most, is the margin for clocks and for requests on their way.
        let life = grant.expires_in();
        let margin = (life / 10).min(Duration::from_secs(60));
        desk.token = Some(Held { value: value.clone(), renew_at: now + life.saturating_sub(margin) });
        desk.leased_until = None;
        (value, desk.generation)
    }

    /// The tokens that an answer may quote: the one held, and the one before for answers that were under way.
    pub(crate) fn secrets(&self) -> Vec<String> {
        self.desk().seen.iter().flatten().map(|secret| secret.0.clone()).collect()
    }

    /// Ends the lease without a token.
    pub(crate) fn give_up(&self) {
        self.desk().leased_until = None;
    }

    /// Throws away the token of that generation; a newer one stays.
    pub(crate) fn refused(&self, generation: u64) {
        let mut desk = self.desk();
        if desk.generation == generation {
            desk.token = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_no_header_can_carry_are_refused() {
        for key in ["", "  ", "abc\n", " abc", "ab c", "ab\r\nHost: evil", "schlüssel", "a\0b"] {
            let error = Credentials::key(key).expect_err("refused");
            assert!(error.is_auth(), "{error}");
            assert!(key.trim().is_empty() || !error.to_string().contains(key.trim()), "the key shows in: {error}");
        }
        assert!(Credentials::app_secret("id", "s%c/r t").is_ok(), "Basic carries any text");
        assert!(Credentials::app_secret("", "s").is_err());
        assert!(Credentials::app_secret("id", "").is_err());
    }

    #[test]
    fn no_form_of_debug_shows_the_secret() {
        let credentials = Credentials::personal_access_token("hunter2hunter2").expect("valid");
        let shown = format!("{credentials:?} {:?} {:#?}", credentials.ready(), credentials);
        assert!(!shown.contains("hunter2"), "{shown}");
        let config = crate::Config::new(credentials);
        assert_eq!(config.redact("invalid key (hunter2hunter2)", false), "invalid key (***)");
        assert_eq!(config.redact("invalid key (hunter2hun", true), "invalid key (***", "cut in half");
        assert_eq!(config.redact("invalid key (hunter2hun", false), "invalid key (hunter2hun");
        let config = crate::Config::new(Credentials::bearer("abcd/efgh\"ijkl").expect("valid"));
        for quoted in ["abcd/efgh\"ijkl", r#"abcd/efgh\"ijkl"#, r#"abcd\/efgh\"ijkl"#] {
            assert_eq!(config.redact(&format!("bad token <{quoted}>"), false), "bad token <***>", "{quoted}");
        }
    }
}
