//! `POST /v2/token`: exchanges an app id and secret for an access token.
//!
//! **Deprecated by Clarifai; still accepted**, for apps that still have a secret. The request is a form with HTTP Basic
//! authentication, the only request whose body is not JSON. It is safe to repeat: each request creates another token.

use std::fmt;
use std::time::Duration;

use http::Method;
use serde::Deserialize;

use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{AuthScheme, Operation, Replay};
use crate::target::Target;

/// Fetches an access token for the app id and secret of the [`Config`](crate::Config): `POST /v2/token`.
///
/// Machines do this automatically. The operation is for code that uses [`Exchange`](crate::Exchange) directly: pass
/// the [`AccessToken::token`] to [`Credentials::bearer`](crate::Credentials::bearer).
#[doc(alias = "get_token")]
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct GetToken;

/// An access token and its lifetime.
#[derive(Clone)]
pub struct AccessToken {
    token: String,
    expires_in: Duration,
}

impl AccessToken {
    /// Returns the token itself, which is a secret.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Returns the lifetime of the token, from the moment it was issued.
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
            return Err(DecodeError::new("access_token", "is not valid in an HTTP header"));
        }
        // If the response contains no lifetime, the token is used for an hour and renewed when it is rejected.
        Ok(AccessToken { token: access_token, expires_in: Duration::from_secs(expires_in.unwrap_or(3600)) })
    }
}
