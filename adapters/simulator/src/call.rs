//! What a route is given: who calls, when, and with what.

use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use serde_json::Value;

use crate::answer::Refusal;
use crate::catalog::{self, Entry};
use crate::media::{Medium, Unusable, decode, fetch};
use crate::rules::{Ceiling, Lists};
use crate::service::Simulator;
use crate::state::{App, State};

/// Where the pictures are that were sent as bytes. No such host exists.
pub(crate) const PICTURES: &str = "https://pictures.simulator.invalid/";

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
    number: usize,
    size: usize,
    lists: Lists,
}

impl Page {
    pub(crate) fn of<T>(self, items: impl IntoIterator<Item = T>) -> impl Iterator<Item = T> {
        let most = match self.lists.ceiling {
            Some(Ceiling::Hide(most)) => most,
            _ => usize::MAX,
        };
        let left_out =
            move |place: usize| self.lists.leave_out.is_some_and(|run| (place + 1).is_multiple_of(run.max(1)));
        items
            .into_iter()
            .take(most)
            .enumerate()
            .skip((self.number - 1).saturating_mul(self.size))
            .take(self.size)
            .filter_map(move |(place, item)| (!left_out(place)).then_some(item))
    }

    /// Refuses a page that reaches too far.
    fn checked(self) -> Result<Self, Refusal> {
        let end = self.number.saturating_mul(self.size);
        match self.lists.ceiling {
            Some(Ceiling::Refuse(most)) if end > most => {
                let details = format!("page * per_page is {end}, the maximum is {most}.");
                Err(Refusal::new(StatusCode::BAD_REQUEST, 11102, "Invalid request", details))
            }
            _ => Ok(self),
        }
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

    /// The page that is answered unasked.
    fn first_page(&self) -> Page {
        Page { number: 1, size: 20.min(self.simulator.limits.per_page.max(1)), lists: self.simulator.lists }
    }

    /// The page asked for in the query.
    pub(crate) fn page(&self) -> Result<Page, Refusal> {
        let most = self.simulator.limits.per_page.max(1);
        let mut asked = self.first_page();
        for (key, value) in
            self.request.uri().query().unwrap_or_default().split('&').filter_map(|one| one.split_once('='))
        {
            match key {
                "page" => asked.number = positive(key, value.parse().ok())?,
                "per_page" => asked.size = positive(key, value.parse().ok())?.min(most),
                _ => {}
            }
        }
        asked.checked()
    }

    /// The page asked for in the body: of a search the service does not read the query.
    pub(crate) fn page_in(&self, body: &Value) -> Result<Page, Refusal> {
        let mut asked = self.first_page();
        let number = |value: &Value| value.as_u64().and_then(|number| usize::try_from(number).ok());
        for key in ["page", "per_page"] {
            let value = &body["pagination"][key];
            if value.is_null() {
                continue;
            }
            let number = positive(key, number(value))?;
            if key == "page" {
                asked.number = number;
            } else {
                asked.size = number.min(self.simulator.limits.per_page.max(1));
            }
        }
        asked.checked()
    }

    /// The items of a list in a body: one at least, and no more than a call may have.
    pub(crate) fn items<'a>(
        &self,
        body: &'a Value,
        member: &str,
        invalid: impl Fn(String) -> Refusal,
    ) -> Result<&'a [Value], Refusal> {
        let items = body[member].as_array().ok_or_else(|| {
            Refusal::bad_format(format!("Must supply the '{member}' field. Check the JSON body of your request."))
        })?;
        let limits = &self.simulator.limits;
        let videos = items.iter().filter(|item| !item["data"]["video"].is_null()).count();
        let too_many = |what: &str, many: usize, most: usize| {
            Err(invalid(format!("Too many {what}: {many} were given, the maximum is {most}.")))
        };
        match items.len() {
            0 => Err(invalid(format!("The list '{member}' is empty."))),
            many if many > limits.items => too_many(member, many, limits.items),
            _ if videos > limits.videos => too_many("videos", videos, limits.videos),
            _ => Ok(items),
        }
    }

    /// The ids in the body of a call that deletes, or `None` where everything is meant.
    pub(crate) fn ids_to_delete(
        &self,
        body: &Value,
        invalid: impl Fn(String) -> Refusal,
    ) -> Result<Option<Vec<String>>, Refusal> {
        if body["delete_all"].as_bool() == Some(true) {
            return Ok(None);
        }
        let ids = self.items(body, "ids", &invalid)?;
        let text =
            |id: &Value| id.as_str().map(str::to_owned).ok_or_else(|| invalid("An id is not a text.".to_owned()));
        ids.iter().map(text).collect::<Result<_, _>>().map(Some)
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
        decode(data, &self.fetch(data)?, &self.simulator.limits.picture)
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

/// A text that is there and not empty.
pub(crate) fn text<'a>(value: &'a Value, member: &str) -> Option<&'a str> {
    value.get(member).and_then(Value::as_str).filter(|text| !text.is_empty())
}
