//! `POST /v2/token`: an app id and secret for an access token.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde_json::json;

use crate::answer::{Answer, Content, Refusal};

/// How long a token lives.
const LIFE: Duration = Duration::from_secs(176_400);

/// The tokens given out, and when each runs out.
#[derive(Debug, Default)]
pub(crate) struct Tokens(BTreeMap<String, Duration>);

impl Tokens {
    /// Gives out a token for an app id and secret, any but empty ones.
    pub(crate) fn grant(&mut self, authorization: &str, form: &[u8], unix: Duration, token: &str) -> Answer {
        let refuse = |details: &str| Err(Refusal::new(StatusCode::UNAUTHORIZED, 11002, "Invalid credentials", details));
        let Some(decoded) = authorization.strip_prefix("Basic ").and_then(|encoded| STANDARD.decode(encoded).ok())
        else {
            return refuse("no client ID and secret");
        };
        let decoded = String::from_utf8_lossy(&decoded);
        if !decoded.split_once(':').is_some_and(|(id, secret)| !id.is_empty() && !secret.is_empty()) {
            return refuse("invalid client ID and secret");
        }
        if form != b"grant_type=client_credentials" {
            return Err(Refusal::bad_format("grant_type must be client_credentials"));
        }
        self.0.retain(|_, end| *end > unix);
        self.0.insert(token.to_owned(), unix + LIFE);
        Ok(Content::ok(json!({
            "access_token": token,
            "expires_in": LIFE.as_secs(),
            "scope": "api_access_write api_access api_access_read",
        })))
    }

    /// Whether it is a token that was given out and has not run out.
    pub(crate) fn check(&self, token: &str, unix: Duration) -> Result<(), Refusal> {
        let refuse =
            |details| Err(Refusal::new(StatusCode::UNAUTHORIZED, 11001, "Invalid authentication token", details));
        match self.0.get(token) {
            Some(end) if *end > unix => Ok(()),
            Some(_) => refuse("expired token"),
            None => refuse("invalid token"),
        }
    }
}
