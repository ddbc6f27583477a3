//! `POST /v2/token`: exchanges an app id and secret for an access token.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{Request, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::response::{Content, Refusal, RouteResult};

/// Lifetime of the service's tokens: 49 hours.
pub(crate) const DEFAULT_LIFE: Duration = Duration::from_secs(176_400);

/// The issued tokens, each with its expiry time since 1970 and the app id it was issued for.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct AccessTokens(BTreeMap<String, (Duration, String)>);

impl AccessTokens {
    /// Issues a token with the lifetime `life`. Accepts every non-empty app id and secret.
    pub(crate) fn grant(
        &mut self,
        request: &Request<Bytes>,
        unix: Duration,
        life: Duration,
        token: &str,
    ) -> RouteResult {
        let refuse = |details: &str| Err(Refusal::new(StatusCode::UNAUTHORIZED, 11002, "Invalid credentials", details));
        let authorization = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some(decoded) =
            authorization.unwrap_or_default().strip_prefix("Basic ").and_then(|encoded| STANDARD.decode(encoded).ok())
        else {
            return refuse("no client ID and secret");
        };
        let decoded = String::from_utf8_lossy(&decoded);
        let Some((id, _)) = decoded.split_once(':').filter(|(id, secret)| !id.is_empty() && !secret.is_empty()) else {
            return refuse("invalid client ID and secret");
        };
        if request.body() != "grant_type=client_credentials".as_bytes() {
            return Err(Refusal::bad_format("grant_type must be client_credentials"));
        }
        self.0.retain(|_, (end, _)| *end > unix);
        self.0.insert(token.to_owned(), (unix.saturating_add(life), id.to_owned()));
        Ok(Content::ok(json!({
            "access_token": token,
            "expires_in": life.as_secs(),
            "scope": "api_access_write api_access api_access_read",
        })))
    }

    /// Returns the app id a token was issued for, or an error if it is unknown or has expired.
    pub(crate) fn check(&self, token: &str, unix: Duration) -> Result<&str, Refusal> {
        let refuse =
            |details| Err(Refusal::new(StatusCode::UNAUTHORIZED, 11001, "Invalid authentication token", details));
        match self.0.get(token) {
            Some((end, app)) if *end > unix => Ok(app),
            Some(_) => refuse("expired token"),
            None => refuse("invalid token"),
        }
    }
}
