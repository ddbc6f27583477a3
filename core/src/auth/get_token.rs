//! `POST /v2/token`: exchanges an app id and secret for an access token.
//!
//! **Not in the current API description**, for apps that still have a secret. The request is a form with HTTP Basic
//! authentication, the only request whose body is not JSON. It is safe to repeat: each request creates another token.

use std::time::Duration;

use serde::Deserialize;

use crate::body::Body;
use crate::credentials::AccessToken;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{AuthScheme, Operation, Replay, Spec};
use crate::target::Target;

/// Fetches an access token for the app id and secret of the [`Config`](crate::Config): `POST /v2/token`.
///
/// Machines do this automatically. The operation is for code that uses [`Exchange`](crate::Exchange) directly: pass
/// the [`AccessToken::token`] to [`Credentials::bearer`](crate::Credentials::bearer).
#[doc(alias = "get_token")]
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct GetToken;

impl GetToken {
    /// Creates a request for a token.
    pub const fn new() -> Self {
        Self
    }
}

impl Operation for GetToken {
    type Output = AccessToken;
    const SPEC: Spec = Spec::post("get token")
        .auth(AuthScheme::AppSecret)
        .content_type("application/x-www-form-urlencoded")
        .replay(Replay::Safe);

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
        Ok(AccessToken::new(access_token, Duration::from_secs(expires_in.unwrap_or(3600))))
    }
}
