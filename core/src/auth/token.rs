//! `POST /v2/token`: an app id and secret for an access token.
//!
//! Gone from the current API description, kept for apps that still have a secret. The request is a form under HTTP
//! Basic, the only one that is not JSON. Asking twice gives two tokens and harms nothing.

use std::fmt;
use std::time::Duration;

use http::Method;
use serde::Deserialize;

use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{AuthScheme, Operation, Replay};
use crate::target::Target;

/// Fetches an access token for the app id and secret of the [`Config`](crate::Config).
///
/// Machines do this by themselves. It is for those who drive [`Exchange`](crate::Exchange) by hand: pass the
/// [`AccessToken::token`] to [`Credentials::bearer`](crate::Credentials::bearer).
#[doc(alias = "get_token")]
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct GetToken;

/// An access token and its life.
#[derive(Clone)]
pub struct AccessToken {
    token: String,
    expires_in: Duration,
}

impl AccessToken {
    /// The token itself: a secret.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// How long it lives from the moment it was given.
    pub fn expires_in(&self) -> Duration {
        self.expires_in
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken").field("token", &"***").field("expires_in", &self.expires_in).finish()
    }
}

impl Operation for GetToken {
    type Output = AccessToken;
    const NAME: &'static str = "get token";
    const METHOD: Method = Method::POST;
    const AUTH: AuthScheme = AuthScheme::AppSecret;
    const CONTENT_TYPE: &'static str = "application/x-www-form-urlencoded";

    fn replay(&self) -> Replay {
        Replay::Safe
    }

    fn target(&self, target: &mut Target) {
        target.unscoped().path("token");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        Ok(Body::from_bytes("grant_type=client_credentials"))
    }

    fn decode(&self, answer: &Envelope) -> Result<AccessToken, DecodeError> {
        #[derive(Deserialize)]
        struct Answer {
            access_token: String,
            #[serde(default, deserialize_with = "crate::lenient::read")]
            expires_in: Option<u64>,
        }
        let Answer { access_token, expires_in } = answer.parse()?;
        if access_token.is_empty() || access_token.bytes().any(|byte| !byte.is_ascii_graphic()) {
            return Err(DecodeError::new("access_token", "is no token that a header can carry"));
        }
        // Where the service does not say, a token is used for an hour and renewed on refusal.
        Ok(AccessToken { token: access_token, expires_in: Duration::from_secs(expires_in.unwrap_or(3600)) })
    }
}
