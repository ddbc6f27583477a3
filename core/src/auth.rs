//! Authentication: API keys, access tokens, and app secrets, which are exchanged for an access token.
//!
//! Keys and tokens are sent as they are. An app id and secret require a request for an access token first,
//! [`GetToken`]. The first machine that needs the token takes a lease and fetches it while the others wait; all of
//! them use it until shortly before it expires. The lease expires too, so a machine that is dropped while it fetches
//! the token does not block the others.

mod get_token;

pub use crate::credentials::{AccessToken, Credentials, Secret};
pub use get_token::GetToken;
