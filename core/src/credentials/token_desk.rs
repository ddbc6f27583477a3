//! The access token that all machines of a configuration share.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::HeaderValue;

use super::sensitive;
use crate::time::Instant;

/// An access token and its lifetime.
#[derive(Clone)]
pub struct AccessToken {
    token: String,
    expires_in: Duration,
}

impl AccessToken {
    pub(crate) fn new(token: String, expires_in: Duration) -> Self {
        Self { token, expires_in }
    }

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

/// The access token that the machines of a configuration share.
#[derive(Debug, Default)]
pub(crate) struct TokenDesk(Mutex<Desk>);

#[derive(Debug, Default)]
struct Desk {
    /// Number of tokens stored so far. It identifies the current token, so that a machine can report it as rejected.
    generation: u64,
    token: Option<Held>,
    leased_until: Option<Instant>,
    /// Most recent tokens, latest first, to redact from texts of the service or a transport.
    seen: [Option<Quiet>; 16],
}

/// A text that `Debug` does not show.
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

/// The result of a machine's request for access.
#[derive(Debug)]
pub(crate) enum Access {
    /// The header to use, and the generation of the token in it.
    Granted(HeaderValue, u64),
    /// The machine has the lease: it must fetch a token and store it with [`TokenDesk::put`].
    Fetch,
    /// Another machine is fetching a token. Request access again at this time, or earlier.
    Busy(Instant),
}

/// Duration of a lease: the time that a machine has to fetch a token before another machine may try.
const LEASE: Duration = Duration::from_secs(30);

/// Interval at which waiting machines check for the token.
const LOOK: Duration = Duration::from_millis(100);

impl TokenDesk {
    fn desk(&self) -> std::sync::MutexGuard<'_, Desk> {
        // No statement below can panic between two changes, so the state behind a poisoned lock is still consistent.
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

    /// Stores a new token, ends the lease, and returns the header and the generation of the token.
    pub(crate) fn put(&self, now: Instant, grant: &AccessToken) -> (HeaderValue, u64) {
        let value = sensitive(format!("Bearer {}", grant.token()));
        let mut desk = self.desk();
        desk.generation += 1;
        desk.seen.rotate_right(1);
        desk.seen[0] = Some(Quiet(grant.token().to_owned()));
        // The token is renewed early, by a tenth of its lifetime and at most a minute: clocks differ, and requests take
        // time to arrive.
        let life = grant.expires_in();
        let margin = (life / 10).min(Duration::from_secs(60));
        desk.token = Some(Held { value: value.clone(), renew_at: now + life.saturating_sub(margin) });
        desk.leased_until = None;
        (value, desk.generation)
    }

    /// Returns the tokens that a response may quote: the current one, and earlier ones that delayed responses may
    /// quote.
    pub(crate) fn secrets(&self) -> Vec<String> {
        self.desk().seen.iter().flatten().map(|secret| secret.0.clone()).collect()
    }

    /// Ends the lease without storing a token.
    pub(crate) fn give_up(&self) {
        self.desk().leased_until = None;
    }

    /// Discards the token of this generation. A newer token is kept.
    pub(crate) fn refused(&self, generation: u64) {
        let mut desk = self.desk();
        if desk.generation == generation {
            desk.token = None;
        }
    }
}
