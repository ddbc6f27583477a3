//! The caller's credentials: keys and tokens, which are sent as they are, and app secrets.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;

use crate::error::{Error, InvalidArgument};

mod token_desk;

pub use token_desk::AccessToken;
pub(crate) use token_desk::{Access, TokenDesk};

/// The credentials that authenticate the caller.
///
/// The constructors reject secrets that are empty or that cannot be sent in an HTTP header. `Debug` shows the kind of
/// the credentials, never the secret.
///
/// ```
/// use clarifai_core::Credentials;
///
/// let credentials = Credentials::key("0123456789abcdef0123456789abcdef")?;
/// assert_eq!(format!("{credentials:?}"), "Credentials::Key(***)");
/// assert_eq!(credentials.secret().expose(), "0123456789abcdef0123456789abcdef");
/// assert!(Credentials::key("0123456789abcdef\n").is_err());
/// # Ok::<(), clarifai_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Credentials {
    kind: Kind,
    /// Secret, to redact from texts.
    secret: String,
    /// Value of the header that authenticates each call; for an app secret, only the call that fetches a token.
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
    /// Creates credentials from the API key of an app (`Authorization: Key …`). The key determines the user and app.
    ///
    /// Fails if the key is empty or contains anything but visible ASCII characters.
    pub fn key(key: impl Into<String>) -> Result<Self, Error> {
        Self::in_header(Kind::Key, "API key", "Key ", key.into())
    }

    /// Creates credentials from a personal access token (`Authorization: Key …`). The token gives access to all apps of
    /// its user, so set the app with [`Config::with_app`](crate::Config::with_app).
    ///
    /// Fails if the token is empty or contains anything but visible ASCII characters.
    #[doc(alias = "pat")]
    pub fn personal_access_token(token: impl Into<String>) -> Result<Self, Error> {
        Self::in_header(Kind::Pat, "personal access token", "Key ", token.into())
    }

    /// Creates credentials from an access token obtained elsewhere (`Authorization: Bearer …`). It is not renewed.
    ///
    /// Fails if the token is empty or contains anything but visible ASCII characters.
    pub fn bearer(token: impl Into<String>) -> Result<Self, Error> {
        Self::in_header(Kind::Bearer, "bearer token", "Bearer ", token.into())
    }

    /// Creates credentials from the token of a user's session (`X-Clarifai-Session-Token: …`). It is not renewed.
    ///
    /// Fails if the token is empty or contains anything but visible ASCII characters.
    pub fn session_token(token: impl Into<String>) -> Result<Self, Error> {
        Self::in_header(Kind::Session, "session token", "", token.into())
    }

    /// Creates credentials from the id and secret of an app. Machines exchange them for an access token
    /// (`POST /v2/token`) when they first need one, and renew the token before it expires.
    ///
    /// **Deprecated by Clarifai; still accepted.** Prefer a key or a personal access token.
    ///
    /// Fails if the id is empty or contains control characters, or if the secret is empty.
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

    /// Returns the key, the token or the app secret, for other uses of it such as another client.
    ///
    /// The value is shown as `***` by `Debug`, and has no `Display`: [`Secret::expose`] returns the text.
    pub fn secret(&self) -> Secret<'_> {
        Secret(&self.secret)
    }

    /// Creates credentials whose header contains the secret itself: visible ASCII characters without spaces.
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

    /// Returns the header for a call, or `None` if a token must be fetched first.
    pub(crate) fn ready(&self) -> Option<Authorization> {
        let name = match self.kind {
            Kind::Key | Kind::Pat | Kind::Bearer => http::header::AUTHORIZATION,
            Kind::Session => http::HeaderName::from_static("x-clarifai-session-token"),
            Kind::AppSecret => return None,
        };
        Some(Authorization { name, value: self.header.clone() })
    }

    /// Returns the header of the call that fetches a token, or `None` if the credentials are not an app secret.
    pub(crate) fn basic(&self) -> Option<HeaderValue> {
        (self.kind == Kind::AppSecret).then(|| self.header.clone())
    }

    /// Returns the texts to redact from everything that the service or a transport reports.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let mut secrets = vec![self.secret.clone()];
        // The header contains the id and the secret in Base64.
        let basic = self.header.to_str().ok().and_then(|header| header.strip_prefix("Basic "));
        secrets.extend(basic.filter(|_| self.kind == Kind::AppSecret).map(str::to_owned));
        secrets
    }
}

/// A secret of [`Credentials`], which `Debug` does not show.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Secret<'a>(&'a str);

impl<'a> Secret<'a> {
    /// Returns the secret itself. Do not log it.
    pub fn expose(self) -> &'a str {
        self.0
    }
}

impl fmt::Debug for Secret<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
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
    // Secrets were checked when the credentials were created, so only a token from the service can fail here.
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
    }
}
