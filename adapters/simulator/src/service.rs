//! The service itself: who may call, which route is meant, and what it answers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use clarifai_core::Scope;
use clarifai_core::machine::Now;
use http::header::AUTHORIZATION;
use http::{Method, Request, Response, StatusCode};
use percent_encoding::percent_decode_str;
use serde::Deserialize as _;
use serde_json::{Value, json};

use crate::answer::{Answer, Refusal, date, respond};
use crate::audit::{self, Tally};
use crate::call::{AppName, Call};
use crate::routes;
use crate::rules::{Duplicates, Limits, Lists, Pace, Rate};
use crate::state::{Delays, State, ledger};
use crate::token;
use crate::web::Web;

/// A stand-in for the Clarifai service that does no I/O.
///
/// Its time is the time it is handed, and its ids come from a counter, so the same requests get the same answers.
#[derive(Debug)]
pub struct Simulator {
    keys: Option<BTreeSet<String>>,
    pub(crate) web: Web,
    pub(crate) limits: Limits,
    pub(crate) delays: Delays,
    pub(crate) duplicates: Duplicates,
    pub(crate) lists: Lists,
    token_life: Duration,
    pace: Mutex<Pace>,
    pub(crate) state: Mutex<State>,
}

/// What was handed to [`Simulator::restore`] is not what [`Simulator::save`] gave.
#[derive(Debug, thiserror::Error)]
#[error("not a saved simulator: {0}")]
pub struct RestoreError(String);

impl Default for Simulator {
    fn default() -> Self {
        Self::new()
    }
}

impl Simulator {
    /// A simulator that accepts every key and can fetch no address.
    pub fn new() -> Self {
        Self {
            keys: None,
            web: Web::nothing(),
            limits: Limits::default(),
            delays: Delays::default(),
            duplicates: Duplicates::default(),
            lists: Lists::default(),
            token_life: token::LIFE,
            pace: Mutex::default(),
            state: Mutex::default(),
        }
    }

    /// Accepts only these API keys and personal access tokens.
    pub fn with_keys(mut self, keys: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.keys = Some(keys.into_iter().map(Into::into).collect());
        self
    }

    /// Serves addresses from a folder: `https://host/path` is the file `folder/host/path`.
    pub fn mount(mut self, folder: impl AsRef<Path>) -> Self {
        self.web = Web::folder(folder.as_ref());
        self
    }

    /// Sets how much one call may carry.
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets what becomes of inputs whose id is there already.
    pub fn with_duplicates(mut self, duplicates: Duplicates) -> Self {
        self.duplicates = duplicates;
        self
    }

    /// Sets how lists and searches answer their pages.
    pub fn with_lists(mut self, lists: Lists) -> Self {
        self.lists = lists;
        self
    }

    /// Lets each user send so many requests and no more.
    pub fn with_rate(self, rate: Rate) -> Self {
        self.set_rate(Some(rate));
        self
    }

    /// Changes how many requests each user may send; with `None`, any number.
    pub fn set_rate(&self, rate: Option<Rate>) {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner).rate = rate;
    }

    /// Sets how long the service takes for what it does after it has answered.
    pub fn with_delays(mut self, delays: Delays) -> Self {
        self.delays = delays;
        self
    }

    /// Sets how long the access tokens live that `POST /v2/token` gives out from now on. Default: 49 hours.
    pub fn with_token_life(mut self, life: Duration) -> Self {
        self.token_life = life;
        self
    }

    /// Answers a request as the service would at that time.
    ///
    /// Never fails: what is wrong with the request is said in the response.
    pub fn handle(&self, now: Now, request: &Request<Bytes>) -> Response<Bytes> {
        let request_id = self.state().new_id();
        let mut response = respond(self.answer(now, request), &request_id);
        date(&mut response, now.unix);
        response
    }

    /// All that it remembers, to be handed to [`Simulator::restore`]. API keys are not in it, access tokens are.
    pub fn save(&self) -> Value {
        serde_json::to_value(&*self.state()).unwrap_or_default()
    }

    /// Forgets all and remembers what was saved. Takes as long as looking at all pictures again.
    ///
    /// # Errors
    ///
    /// Where it is not what [`Simulator::save`] gave; then nothing is forgotten.
    pub fn restore(&self, saved: &Value) -> Result<(), RestoreError> {
        // What is missing is empty, and a list would be a state with everything missing.
        if !saved.is_object() {
            return Err(RestoreError("no JSON object".to_owned()));
        }
        let mut state = State::deserialize(saved).map_err(|error| RestoreError(error.to_string()))?;
        for app in state.apps.values_mut() {
            app.inputs.for_each_mut(|input| input.look_again(&self.limits.picture));
        }
        *self.state() = state;
        Ok(())
    }

    /// What was done so far, in order.
    pub fn ledger(&self) -> Vec<ledger::Entry> {
        self.state().ledger.clone()
    }

    /// How often each input was created, deleted, and sent again, by id and over all applications: the ledger, counted.
    pub fn commits(&self) -> BTreeMap<String, Tally> {
        audit::tally(&self.state().ledger)
    }

    fn answer(&self, now: Now, request: &Request<Bytes>) -> Answer {
        let unix = now.unix;
        let path = request.uri().path();
        let no_route = || Refusal::NoRoute(format!("{} {path}", request.method()));
        let segments = segments(path).ok_or_else(no_route)?;
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let ["v2", route @ ..] = segments.as_slice() else { return Err(no_route()) };
        if let (["token"], &Method::POST) = (route, request.method()) {
            let mut state = self.state();
            let token = state.new_id();
            return state.tokens.grant(request, unix, self.token_life, &token);
        }
        let (scope, route) = match route {
            ["users", user, "apps", app, rest @ ..] => (Some(Scope::new(*user, *app)), rest),
            route => (None, route),
        };
        // Old clients end these with a slash.
        let route = match route {
            [list @ .., "searches", ""] => &route[..=list.len()],
            route => route,
        };
        let resource = route.first().copied().unwrap_or_default();
        let caller = self.authorise(unix, request).map_err(|refusal| match (request.method(), route) {
            // A refused list still has its list.
            (&Method::GET, [_]) => refusal.beside(json!({resource: []})),
            _ => refusal,
        })?;
        self.pace.lock().unwrap_or_else(PoisonError::into_inner).admit(&caller, now)?;
        let (bytes, most) = (request.body().len(), self.limits.body_bytes);
        if bytes > most {
            let details = format!("The body has {bytes} bytes, the maximum is {most}.");
            return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, 11102, "Invalid request", details));
        }
        // What is public is there without a scope and in its own app, and in nobody else's.
        let public = scope.as_ref().is_none_or(|scope| *scope == Scope::public() || scope.user() == "clarifai");
        let call = Call {
            simulator: self,
            now: unix,
            scoped: scope.is_some(),
            app: match scope {
                None => AppName { user: caller.clone(), app: caller },
                Some(scope) if scope.user() == "me" => AppName { user: caller, app: scope.app().to_owned() },
                Some(scope) => AppName { user: scope.user().to_owned(), app: scope.app().to_owned() },
            },
            public,
            request,
        };
        routes::answer(&call, route).unwrap_or_else(|| Err(no_route()))
    }

    /// Who calls: a name made from the credentials, which does not give them away.
    fn authorise(&self, unix: Duration, request: &Request<Bytes>) -> Result<String, Refusal> {
        let unauthorised =
            |code, description, details: &str| Err(Refusal::new(StatusCode::UNAUTHORIZED, code, description, details));
        let header = header(request);
        if let Some(token) = header.strip_prefix("Bearer ") {
            return self.state().tokens.check(token, unix).map(name_of);
        }
        let session = request.headers().get("x-clarifai-session-token").and_then(|value| value.to_str().ok());
        match header.strip_prefix("Key ").or(session) {
            None => unauthorised(11009, "API key not found", "invalid key(None)"),
            Some(key) if key.len() < 3 => {
                unauthorised(11008, "Invalid API key or Invalid API key/application pair", "Invalid format of key.")
            }
            Some(key) if self.keys.as_ref().is_some_and(|keys| !keys.contains(key)) => {
                unauthorised(11009, "API key not found", "invalid key")
            }
            Some(key) => Ok(name_of(key)),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn header(request: &Request<Bytes>) -> &str {
    request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The decoded segments of a path.
fn segments(path: &str) -> Option<Vec<String>> {
    let decode = |segment| percent_decode_str(segment).decode_utf8().ok().map(std::borrow::Cow::into_owned);
    path.strip_prefix('/')?.split('/').map(decode).collect()
}

/// A name of 32 hexadecimal digits, the same for the same credentials.
fn name_of(secret: &str) -> String {
    let salted = |salt: &str| ledger::fnv(format!("{salt}{secret}").as_bytes());
    format!("{:016x}{:016x}", salted("app"), salted("user"))
}
