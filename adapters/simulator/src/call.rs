//! What a route is given: who calls, when, and with what.

use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use serde_json::Value;

use crate::answer::Refusal;
use crate::catalog::{self, Entry};
use crate::media::{Medium, Unusable, decode, fetch};
use crate::service::Simulator;
use crate::state::{App, State};

/// The most items one call takes.
pub(crate) const MOST_ITEMS: usize = 128;

/// Where the pictures are that were sent as bytes. No such host exists.
pub(crate) const PICTURES: &str = "https://pictures.simulator.invalid/";

/// The most items one page holds.
const MOST_PER_PAGE: usize = 1000;

/// A call that may be made, on its way to its route.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) simulator: &'a Simulator,
    pub(crate) now: Duration,
    /// Which application it is made for.
    pub(crate) app: AppName,
    /// Whether what is public is in sight.
    pub(crate) public: bool,
    /// Whether user and application were named in the path.
    pub(crate) scoped: bool,
    pub(crate) request: &'a Request<Bytes>,
}

/// The user and the id of an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AppName {
    pub(crate) user: String,
    pub(crate) app: String,
}

impl AppName {
    /// The name in the state.
    pub(crate) fn key(&self) -> String {
        format!("{}/{}", self.user, self.app)
    }
}

/// A page of a list: which one, and how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    page: usize,
    per_page: usize,
}

impl Page {
    pub(crate) fn of<T>(self, items: impl IntoIterator<Item = T>) -> impl Iterator<Item = T> {
        items.into_iter().skip((self.page - 1).saturating_mul(self.per_page)).take(self.per_page)
    }
}

/// The state, held, as seen by one application.
pub(crate) struct Held<'a> {
    state: MutexGuard<'a, State>,
    key: String,
}

impl Held<'_> {
    pub(crate) fn new_id(&mut self) -> String {
        self.state.new_id()
    }

    pub(crate) fn app(&mut self) -> &mut App {
        self.state.apps.entry(self.key.clone()).or_default()
    }

    /// Writes into the ledger what was done, or refused, to a resource.
    pub(crate) fn note(&mut self, at: Duration, operation: &str, kind: &str, id: &str, content: &Value, refused: u32) {
        let key = self.key.clone();
        self.state.note(at, key, [operation, kind, id], content, refused);
    }
}

impl Call<'_> {
    /// Holds the state. What is due by now has come to pass.
    pub(crate) fn hold(&self) -> Held<'_> {
        let state = self.simulator.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut held = Held { state, key: self.app.key() };
        held.app().settle(self.now);
        held
    }

    pub(crate) fn new_id(&self) -> String {
        self.hold().new_id()
    }

    /// The body as a JSON object.
    pub(crate) fn json(&self) -> Result<Value, Refusal> {
        let value: Value = serde_json::from_slice(self.request.body())
            .map_err(|error| Refusal::bad_format(format!("Malformed JSON: {error}")))?;
        if value.is_object() { Ok(value) } else { Err(Refusal::bad_format("The body must be a JSON object.")) }
    }

    /// The page asked for in the query.
    pub(crate) fn page(&self) -> Result<Page, Refusal> {
        let mut asked = Page { page: 1, per_page: 20 };
        for (key, value) in
            self.request.uri().query().unwrap_or_default().split('&').filter_map(|one| one.split_once('='))
        {
            match key {
                "page" => asked.page = positive(key, value.parse().ok())?,
                "per_page" => asked.per_page = positive(key, value.parse().ok())?.min(MOST_PER_PAGE),
                _ => {}
            }
        }
        Ok(asked)
    }

    /// The page asked for in the body, or else in the query.
    pub(crate) fn page_in(&self, body: &Value) -> Result<Page, Refusal> {
        let mut asked = self.page()?;
        let number = |value: &Value| value.as_u64().and_then(|number| usize::try_from(number).ok());
        for key in ["page", "per_page"] {
            let value = &body["pagination"][key];
            if value.is_null() {
                continue;
            }
            let number = positive(key, number(value))?;
            if key == "page" {
                asked.page = number;
            } else {
                asked.per_page = number.min(MOST_PER_PAGE);
            }
        }
        Ok(asked)
    }

    /// Fetches the bytes of the medium of an input's `data`. Pictures the service keeps have an address as well.
    pub(crate) fn fetch(&self, data: &Value) -> Result<Bytes, Unusable> {
        let url = ["image", "video"].iter().find_map(|medium| text(&data[medium], "url")).map(str::trim);
        if let Some(url) = url.filter(|url| url.starts_with(PICTURES)) {
            let mut held = self.hold();
            let kept = held.app().inputs.with_url(url).next();
            if let Some(kept) = kept.filter(|input| !input.bytes.is_empty()) {
                return Ok(kept.bytes.clone());
            }
        }
        fetch(data, &self.simulator.web)
    }

    /// Fetches and decodes the medium of an input's `data`.
    pub(crate) fn open(&self, data: &Value) -> Result<Medium, Unusable> {
        decode(data, &self.fetch(data)?, &self.simulator.limits)
    }

    /// A public model that is in sight.
    pub(crate) fn public_model(&self, id: &str) -> Option<&'static Entry> {
        catalog::find(id).filter(|_| self.public)
    }
}

fn positive(key: &str, number: Option<usize>) -> Result<usize, Refusal> {
    number
        .filter(|number| *number > 0)
        .ok_or_else(|| Refusal::new(StatusCode::BAD_REQUEST, 11102, "Invalid request", format!("bad {key}")))
}

/// The items of a list in a body: one at least, and no more than a call may have.
pub(crate) fn items<'a>(
    body: &'a Value,
    member: &str,
    invalid: impl Fn(String) -> Refusal,
) -> Result<&'a [Value], Refusal> {
    let items = body[member].as_array().ok_or_else(|| {
        Refusal::bad_format(format!("Must supply the '{member}' field. Check the JSON body of your request."))
    })?;
    match items.len() {
        0 => Err(invalid(format!("The list '{member}' is empty."))),
        1..=MOST_ITEMS => Ok(items),
        many => Err(invalid(format!("Too many {member}: {many} were given, the maximum is {MOST_ITEMS}."))),
    }
}

/// The ids in the body of a call that deletes, or `None` where everything is meant.
pub(crate) fn ids_to_delete(body: &Value, invalid: impl Fn(String) -> Refusal) -> Result<Option<Vec<String>>, Refusal> {
    if body["delete_all"].as_bool() == Some(true) {
        return Ok(None);
    }
    let ids = items(body, "ids", &invalid)?;
    let text = |id: &Value| id.as_str().map(str::to_owned).ok_or_else(|| invalid("An id is not a text.".to_owned()));
    ids.iter().map(text).collect::<Result<_, _>>().map(Some)
}

/// A text that is there and not empty.
pub(crate) fn text<'a>(value: &'a Value, member: &str) -> Option<&'a str> {
    value.get(member).and_then(Value::as_str).filter(|text| !text.is_empty())
}
