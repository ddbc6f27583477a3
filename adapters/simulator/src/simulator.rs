//! The simulator: authorization, rate limit and routing of one request.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use clarifai_core::AppRef;
use clarifai_core::time::Now;
use http::header::AUTHORIZATION;
use http::{Method, Request, Response, StatusCode};
use percent_encoding::percent_decode_str;
use serde::Deserialize as _;
use serde_json::{Value, json};

use crate::access_tokens;
use crate::audit::{self, Tally};
use crate::call::Call;
use crate::cors;
use crate::recognition::Recognition;
use crate::response::{Refusal, RouteResult, date, respond};
use crate::routes;
use crate::rules::{Delays, Duplicates, Limits, Lists, Rate, RateCounter, Rules};
use crate::state::app_name::AppName;
use crate::state::{State, ledger};
use crate::stored_images;
use crate::training::train_again;
use crate::web::Web;
use crate::wildcard::matches;
use crate::world::World;

/// A simulated Clarifai service that does no I/O.
///
/// The caller passes the time in, and ids come from a counter: the same requests at the same times get the same
/// responses.
#[derive(Debug)]
pub struct Simulator {
    pub(crate) world: World,
    /// The accepted keys; `None` accepts every key.
    keys: Option<BTreeSet<String>>,
    /// Patterns of refused keys.
    rejected_keys: Vec<String>,
    rate: Mutex<RateCounter>,
    token_life: Duration,
}

/// The value passed to [`Simulator::restore`] was not written by [`Simulator::save`].
#[derive(Debug, thiserror::Error)]
#[error("not a saved simulator: {0}")]
pub struct RestoreError(String);

impl Default for Simulator {
    fn default() -> Self {
        Self::new()
    }
}

impl Simulator {
    /// Creates a simulator that accepts every key and cannot fetch any URL.
    pub fn new() -> Self {
        Self {
            world: World { state: Mutex::default(), web: Web::nothing(), rules: Rules::default() },
            keys: None,
            rejected_keys: Vec::new(),
            rate: Mutex::default(),
            token_life: access_tokens::DEFAULT_LIFE,
        }
    }

    /// Sets the accepted API keys and personal access tokens. Default: all.
    pub fn with_keys(mut self, keys: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.keys = Some(keys.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the API keys and personal access tokens that are refused, although they would be accepted otherwise. `*` in
    /// them stands for any text. Default: none.
    ///
    /// ```
    /// use clarifai_simulator::Simulator;
    ///
    /// let simulator = Simulator::new().with_rejected_keys(["revoked", "old-*"]);
    /// ```
    pub fn with_rejected_keys(mut self, patterns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.rejected_keys = patterns.into_iter().map(Into::into).collect();
        self
    }

    /// Sets how images are recognized. Default: [`Recognition::default`], which depends on the feature `vision`.
    pub fn with_recognition(mut self, recognition: Recognition) -> Self {
        self.world.rules.recognition = recognition;
        self
    }

    /// Serves URLs from a folder: `https://host/path` is the file `folder/host/path`. Default: no URL can be fetched.
    pub fn mount(mut self, folder: impl AsRef<Path>) -> Self {
        self.world.web = Web::folder(folder.as_ref());
        self
    }

    /// Sets the size limits of one call.
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.world.rules.limits = limits;
        self
    }

    /// Sets how a new input whose id already exists is treated. Default: [`Duplicates::Refuse`].
    pub fn with_duplicates(mut self, duplicates: Duplicates) -> Self {
        self.world.rules.duplicates = duplicates;
        self
    }

    /// Sets how lists and searches return their pages. Default: complete and without a limit.
    pub fn with_lists(mut self, lists: Lists) -> Self {
        self.world.rules.lists = lists;
        self
    }

    /// Sets the rate limit of each caller. Default: none.
    pub fn with_rate(self, rate: Rate) -> Self {
        self.set_rate(Some(rate));
        self
    }

    /// Changes the rate limit of each caller; `None` removes it.
    pub fn set_rate(&self, rate: Option<Rate>) {
        self.rate_counter().rate = rate;
    }

    /// Sets how long the service takes to process, train and delete. Default: 1 second each.
    pub fn with_delays(mut self, delays: Delays) -> Self {
        self.world.rules.delays = delays;
        self
    }

    /// Sets the lifetime of access tokens that `POST /v2/token` issues from now on. Default: 49 hours.
    pub fn with_token_life(mut self, life: Duration) -> Self {
        self.token_life = life;
        self
    }

    /// Returns the service's response to a request at time `now`.
    ///
    /// Never fails: errors of the request are error responses.
    pub fn handle(&self, now: Now, request: &Request<Bytes>) -> Response<Bytes> {
        if let Some(response) = cors::preflight(request) {
            return response;
        }
        let stored = stored_images::response(&self.world.lock(), request);
        if let Some(mut response) = stored {
            date(&mut response, now.unix);
            return response;
        }
        let request_id = self.world.lock().new_id();
        let mut response = respond(self.route(now, request), &request_id);
        cors::allow(response.headers_mut());
        date(&mut response, now.unix);
        response
    }

    /// Returns the whole state, for [`Simulator::restore`]. It contains access tokens, but no API keys.
    pub fn save(&self) -> Value {
        serde_json::to_value(&*self.world.lock()).unwrap_or_default()
    }

    /// Replaces the whole state by a saved one.
    ///
    /// Custom models that were trained with another [`Recognition`] are trained again with those of their inputs that
    /// still exist.
    ///
    /// # Errors
    ///
    /// Fails if `saved` was not written by [`Simulator::save`]; the state is unchanged then.
    pub fn restore(&self, saved: &Value) -> Result<(), RestoreError> {
        // Missing members are read as empty, and serde would accept an empty list as a state with all of them missing.
        if !saved.is_object() {
            return Err(RestoreError("not a JSON object".to_owned()));
        }
        let mut state = State::deserialize(saved).map_err(|error| RestoreError(error.to_string()))?;
        for app in state.apps.values_mut() {
            train_again(app, &self.world.rules);
        }
        *self.world.lock() = state;
        Ok(())
    }

    /// Returns every change so far, in order.
    pub fn ledger(&self) -> Vec<ledger::Entry> {
        self.world.lock().ledger.clone()
    }

    /// Counts in the ledger how often each input was created, deleted and sent again, by id, over all applications.
    pub fn commits(&self) -> BTreeMap<String, Tally> {
        audit::tally(&self.world.lock().ledger)
    }

    fn route(&self, now: Now, request: &Request<Bytes>) -> RouteResult {
        let unix = now.unix;
        let path = request.uri().path();
        let no_route = || Refusal::NoRoute(format!("{} {path}", request.method()));
        let segments = segments(path).ok_or_else(no_route)?;
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let ["v2", route @ ..] = segments.as_slice() else { return Err(no_route()) };
        if let (["token"], &Method::POST) = (route, request.method()) {
            let mut state = self.world.lock();
            let token = state.new_id();
            return state.tokens.grant(request, unix, self.token_life, &token);
        }
        let (scope, route) = match route {
            ["users", user, "apps", app, rest @ ..] => (Some(AppRef::new(*user, *app)), rest),
            route => (None, route),
        };
        // Old clients append a slash to these paths.
        let route = match route {
            [list @ .., "searches", ""] => &route[..=list.len()],
            route => route,
        };
        let resource = route.first().copied().unwrap_or_default();
        let is_openai = matches!(route, ["ext", "openai", ..]);
        let caller = self.authorize(unix, request, is_openai).map_err(|refusal| match (request.method(), route) {
            // The service adds the empty list to the error response of a list call.
            (&Method::GET, [_]) => refusal.beside(json!({resource: []})),
            _ => refusal,
        })?;
        self.rate_counter().admit(&caller, now)?;
        let (bytes, most) = (request.body().len(), self.world.rules.limits.body_bytes);
        if bytes > most {
            let details = format!("The body has {bytes} bytes, the maximum is {most}.");
            return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, 11102, "Invalid request", details));
        }
        // Public resources are visible without a scope and in their own app, but not in the app of another user.
        let public = scope.as_ref().is_none_or(|scope| *scope == AppRef::public() || scope.user_id() == "clarifai");
        let call = Call {
            world: &self.world,
            now: unix,
            scoped: scope.is_some(),
            caller: caller.clone(),
            app: match scope {
                None => AppName { user: caller.clone(), app: caller },
                Some(scope) if scope.user_id() == "me" => AppName { user: caller, app: scope.app_id().to_owned() },
                Some(scope) => AppName { user: scope.user_id().to_owned(), app: scope.app_id().to_owned() },
            },
            public,
            request,
        };
        routes::dispatch(&call, route).unwrap_or_else(|| Err(no_route()))
    }

    /// Returns an id of the caller, derived from the credentials but without revealing them. `is_openai` means that a
    /// personal access token may be sent like an access token.
    fn authorize(&self, unix: Duration, request: &Request<Bytes>, is_openai: bool) -> Result<String, Refusal> {
        let unauthorized =
            |code, description, details: &str| Err(Refusal::new(StatusCode::UNAUTHORIZED, code, description, details));
        let header = authorization(request);
        let bearer = header.strip_prefix("Bearer ");
        if let Some(token) = bearer {
            let checked = self.world.lock().tokens.check(token, unix).map(caller_id);
            if checked.is_ok() || !is_openai {
                return checked;
            }
        }
        let session = request.headers().get("x-clarifai-session-token").and_then(|value| value.to_str().ok());
        match header.strip_prefix("Key ").or(bearer).or(session) {
            None => unauthorized(11009, "API key not found", "invalid key(None)"),
            Some(key) if key.len() < 3 => {
                unauthorized(11008, "Invalid API key or Invalid API key/application pair", "Invalid format of key.")
            }
            Some(key) if self.rejected_keys.iter().any(|pattern| matches(pattern, key)) => {
                unauthorized(11009, "API key not found", "invalid key")
            }
            Some(key) if self.keys.as_ref().is_some_and(|keys| !keys.contains(key)) => {
                unauthorized(11009, "API key not found", "invalid key")
            }
            Some(key) => Ok(caller_id(key)),
        }
    }

    fn rate_counter(&self) -> MutexGuard<'_, RateCounter> {
        self.rate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn authorization(request: &Request<Bytes>) -> &str {
    request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Returns the decoded segments of a path.
fn segments(path: &str) -> Option<Vec<String>> {
    let decode = |segment| percent_decode_str(segment).decode_utf8().ok().map(std::borrow::Cow::into_owned);
    path.strip_prefix('/')?.split('/').map(decode).collect()
}

/// Returns 32 hexadecimal digits, the same for the same credentials.
fn caller_id(secret: &str) -> String {
    let salted = |salt: &str| ledger::fnv(format!("{salt}{secret}").as_bytes());
    format!("{:016x}{:016x}", salted("app"), salted("user"))
}
