//! Everything a route can read or change: the state, the simulated web and the rules.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;

use crate::rules::Rules;
use crate::state::app_name::AppName;
use crate::state::{Config, State};
use crate::web::Web;

/// The part of a simulator that routes work with. Credentials and rate limits are checked before, outside of it.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) state: Mutex<State>,
    pub(crate) web: Web,
    pub(crate) rules: Rules,
}

impl World {
    /// Locks the whole state.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // A panic in another thread leaves the state readable, and tests want to see the panic, not a poisoned lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks the state for one application and applies everything that is due by `now`.
    pub(crate) fn lock_app(&self, app: &AppName, now: Duration) -> LockedApp<'_> {
        let mut locked = LockedApp { state: self.lock(), key: app.key() };
        locked.app().remove_expired(now);
        locked
    }
}

/// The locked state, seen from one application.
pub(crate) struct LockedApp<'a> {
    state: MutexGuard<'a, State>,
    key: String,
}

impl LockedApp<'_> {
    /// Returns a new id.
    pub(crate) fn new_id(&mut self) -> String {
        self.state.new_id()
    }

    /// Returns the application's data.
    pub(crate) fn app(&mut self) -> &mut Config {
        self.state.apps.entry(self.key.clone()).or_default()
    }

    /// Records in the ledger what was done to a resource. `refused` is the code of a refusal, or 0.
    pub(crate) fn record(
        &mut self,
        at: Duration,
        operation: &str,
        kind: &str,
        id: &str,
        content: &Value,
        refused: u32,
    ) {
        let key = self.key.clone();
        self.state.record(at, key, [operation, kind, id], content, refused);
    }
}
