//! The service itself: who may call, which route is meant, and what it answers.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use clarifai_core::Scope;
use clarifai_core::machine::Now;
use http::header::AUTHORIZATION;
use http::{Method, Request, Response, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::answer::{Answer, Content, Refusal, respond};
use crate::catalog::{self, CATALOG, Entry};
use crate::predict::predict;
use crate::token::Tokens;
use crate::vision::Limits;
use crate::web::Web;

/// A stand-in for the Clarifai service that does no I/O.
///
/// Its time is the time it is handed, and its ids come from a counter, so the same requests get the same answers.
#[derive(Debug)]
pub struct Simulator {
    keys: Option<BTreeSet<String>>,
    web: Web,
    limits: Limits,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    ids: u64,
    tokens: Tokens,
}

impl Default for Simulator {
    fn default() -> Self {
        Self::new()
    }
}

impl Simulator {
    /// A simulator that accepts every key and can fetch no address.
    pub fn new() -> Self {
        Self { keys: None, web: Web::nothing(), limits: Limits::default(), state: Mutex::default() }
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

    /// Sets what a picture may ask of the machine.
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Answers a request as the service would at that time.
    ///
    /// Never fails: what is wrong with the request is said in the response.
    pub fn handle(&self, now: Now, request: &Request<Bytes>) -> Response<Bytes> {
        let request_id = self.new_id();
        respond(self.answer(now.unix, request), &request_id)
    }

    fn answer(&self, unix: Duration, request: &Request<Bytes>) -> Answer {
        let path = request.uri().path();
        let no_route = || Refusal::NoRoute(format!("{} {path}", request.method()));
        let segments = segments(path).ok_or_else(no_route)?;
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let ["v2", route @ ..] = segments.as_slice() else { return Err(no_route()) };
        if let (["token"], &Method::POST) = (route, request.method()) {
            let token = self.new_id();
            return self.state().tokens.grant(header(request), request.body(), unix, &token);
        }
        let (scope, route) = match route {
            ["users", user, "apps", app, rest @ ..] => (Some(Scope::new(*user, *app)), rest),
            route => (None, route),
        };
        let resource = route.first().copied().unwrap_or_default();
        self.authorise(unix, request).map_err(|refusal| match (request.method(), route) {
            // A refused list still has its list.
            (&Method::GET, [_]) => refusal.beside(json!({resource: []})),
            _ => refusal,
        })?;
        // The public models are there without a scope and in their own app, and in nobody else's.
        let public = scope.is_none_or(|scope| scope == Scope::public() || scope.user() == "clarifai");
        let model = |id: &str| catalog::find(id).filter(|_| public).ok_or_else(|| Refusal::no_model(id));
        let version = |id: &str, version: &str| {
            model(id).and_then(|entry| {
                let refuse = || {
                    Refusal::new(
                        StatusCode::NOT_FOUND,
                        11101,
                        "Resource does not exist",
                        format!("version_id '{version}' not found."),
                    )
                };
                if entry.version == version { Ok(entry) } else { Err(refuse()) }
            })
        };
        match (request.method().as_str(), route) {
            ("GET", ["models"]) => list_models(request.uri().query(), public),
            ("POST", ["models", "searches"]) => Ok(search_models(&json_body(request)?, public)),
            ("GET", ["models", id]) => Ok(Content::ok(json!({"model": model(id)?.json(Some(id), false)}))),
            ("GET", ["models", id, "output_info"]) => {
                Ok(Content::ok(json!({"model": model(id)?.json(Some(id), true)})))
            }
            ("GET", ["models", id, "versions", of, "output_info"]) => {
                Ok(Content::ok(json!({"model": version(id, of)?.json(Some(id), true)})))
            }
            ("POST", ["models", id, "outputs"]) => self.predict(unix, model(id)?, id, request),
            ("POST", ["models", id, "versions", of, "outputs"]) => self.predict(unix, version(id, of)?, id, request),
            _ => Err(no_route()),
        }
    }

    fn predict(&self, unix: Duration, entry: &Entry, asked_as: &str, request: &Request<Bytes>) -> Answer {
        predict(entry, asked_as, &json_body(request)?, &self.web, &self.limits, unix, || self.new_id())
    }

    fn authorise(&self, unix: Duration, request: &Request<Bytes>) -> Result<(), Refusal> {
        let unauthorised =
            |code, description, details: &str| Err(Refusal::new(StatusCode::UNAUTHORIZED, code, description, details));
        let header = header(request);
        if let Some(token) = header.strip_prefix("Bearer ") {
            return self.state().tokens.check(token, unix);
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
            Some(_) => Ok(()),
        }
    }

    /// A new id of 32 hexadecimal digits.
    fn new_id(&self) -> String {
        let mut state = self.state();
        state.ids += 1;
        // Two rounds of a mixing function, so that ids look like ids and sort like none.
        let mix = |n: u64| {
            let n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let n = (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            n ^ (n >> 31)
        };
        format!("{:016x}{:016x}", mix(state.ids), mix(!state.ids))
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

fn json_body(request: &Request<Bytes>) -> Result<Value, Refusal> {
    serde_json::from_slice(request.body()).map_err(|error| Refusal::bad_format(format!("Malformed JSON: {error}")))
}

/// `page` and `per_page` of a query.
fn page(query: Option<&str>) -> Result<(usize, usize), Refusal> {
    let (mut page, mut per_page) = (1, 20);
    for (key, value) in query.unwrap_or_default().split('&').filter_map(|pair| pair.split_once('=')) {
        let number =
            || {
                value.parse().ok().filter(|number| *number > 0).ok_or_else(|| {
                    Refusal::new(StatusCode::BAD_REQUEST, 11102, "Invalid request", format!("bad {key}"))
                })
            };
        match key {
            "page" => page = number()?,
            "per_page" => per_page = number()?,
            _ => {}
        }
    }
    Ok((page, per_page.min(1000)))
}

fn list_models(query: Option<&str>, public: bool) -> Answer {
    let (page, per_page) = page(query)?;
    let models: Vec<_> = CATALOG
        .iter()
        .filter(|_| public)
        .skip((page - 1).saturating_mul(per_page))
        .take(per_page)
        .map(|entry| entry.json(None, false))
        .collect();
    Ok(Content::ok(json!({"models": models})))
}

fn search_models(body: &Value, public: bool) -> Content {
    let query = &body["model_query"];
    let wanted = |member: &str| query[member].as_str();
    let models: Vec<_> = CATALOG
        .iter()
        .filter(|entry| {
            public
                && wanted("name").is_none_or(|name| entry.has_name(name))
                && wanted("type").is_none_or(|one| entry.has_type(one))
                && wanted("model_type_id").is_none_or(|one| entry.has_type(one))
        })
        .map(|entry| entry.json(None, false))
        .collect();
    Content::ok(json!({"models": models}))
}
