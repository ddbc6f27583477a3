//! An authorized call on its way to its route: who calls, when, and with what.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::media::{InputError, Medium, decode, fetch};
use crate::page::Page;
use crate::public_models::{self, PublicModel};
use crate::recognition::Recognition;
use crate::response::Refusal;
use crate::state::app_name::AppName;
use crate::stored_images;
use crate::world::{LockedApp, World};

/// A call that passed authorization, rate limit and size limit.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) world: &'a World,
    /// Time of the call since 1970.
    pub(crate) now: Duration,
    /// Id of the caller.
    pub(crate) caller: String,
    /// The application the call is for.
    pub(crate) app: AppName,
    /// Whether public models, concepts and workflows are visible to the call.
    pub(crate) public: bool,
    /// Whether the path contains a user and an application.
    pub(crate) scoped: bool,
    pub(crate) request: &'a Request<Bytes>,
}

impl Call<'_> {
    /// Locks the state for the call's application. Everything due by now has been applied.
    pub(crate) fn lock(&self) -> LockedApp<'_> {
        self.world.lock_app(&self.app, self.now)
    }

    /// Returns the user id of the caller.
    pub(crate) fn caller(&self) -> &str {
        &self.caller
    }

    /// Returns a new id.
    pub(crate) fn new_id(&self) -> String {
        self.lock().new_id()
    }

    /// Returns the body as a JSON object.
    pub(crate) fn json(&self) -> Result<Value, Refusal> {
        let value: Value = serde_json::from_slice(self.request.body())
            .map_err(|error| Refusal::bad_format(format!("Malformed JSON: {error}")))?;
        if value.is_object() { Ok(value) } else { Err(Refusal::bad_format("The body must be a JSON object.")) }
    }

    /// Returns the default page: the first, with 20 items.
    fn first_page(&self) -> Page {
        let rules = &self.world.rules;
        Page { number: 1, size: 20.min(rules.limits.per_page.max(1)), lists: rules.lists }
    }

    /// Returns the page specified in the query.
    pub(crate) fn page(&self) -> Result<Page, Refusal> {
        let most = self.world.rules.limits.per_page.max(1);
        let mut page = self.first_page();
        for (key, value) in
            self.request.uri().query().unwrap_or_default().split('&').filter_map(|one| one.split_once('='))
        {
            match key {
                "page" => page.number = positive(key, value.parse().ok())?,
                "per_page" => page.size = positive(key, value.parse().ok())?.min(most),
                _ => {}
            }
        }
        page.checked()
    }

    /// Returns the page specified in the body. Searches use this one: the service ignores their query.
    pub(crate) fn page_in(&self, body: &Value) -> Result<Page, Refusal> {
        let mut page = self.first_page();
        let number = |value: &Value| value.as_u64().and_then(|number| usize::try_from(number).ok());
        for key in ["page", "per_page"] {
            let value = &body["pagination"][key];
            if value.is_null() {
                continue;
            }
            let number = positive(key, number(value))?;
            if key == "page" {
                page.number = number;
            } else {
                page.size = number.min(self.world.rules.limits.per_page.max(1));
            }
        }
        page.checked()
    }

    /// Returns the decoded values of a key in the query.
    pub(crate) fn query_values(&self, key: &str) -> Vec<String> {
        let pairs = self.request.uri().query().unwrap_or_default().split('&');
        let values = pairs.filter_map(|pair| pair.split_once('=')).filter(|(name, _)| *name == key);
        values.map(|(_, value)| percent_decode_str(value).decode_utf8_lossy().into_owned()).collect()
    }

    /// Returns whether a key in the query is `true`.
    pub(crate) fn query_flag(&self, key: &str) -> bool {
        self.query_values(key).iter().any(|value| value == "true")
    }

    /// Returns the items of a list in the body. `invalid` makes the error for an empty or too long list.
    pub(crate) fn items<'a>(
        &self,
        body: &'a Value,
        member: &str,
        invalid: impl Fn(String) -> Refusal,
    ) -> Result<&'a [Value], Refusal> {
        let items = body[member].as_array().ok_or_else(|| {
            Refusal::bad_format(format!("Must supply the '{member}' field. Check the JSON body of your request."))
        })?;
        let limits = &self.world.rules.limits;
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

    /// Returns the ids in the body of a call that deletes, or `None` if it deletes everything.
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
            |id: &Value| id.as_str().map(str::to_owned).ok_or_else(|| invalid("An id is not a string.".to_owned()));
        ids.iter().map(text).collect::<Result<_, _>>().map(Some)
    }

    /// Fetches the bytes of the image or video in an input's `data`. Images that were stored as bytes have a URL too.
    pub(crate) fn fetch(&self, data: &Value) -> Result<Bytes, InputError> {
        let url = ["image", "video"].iter().find_map(|medium| text(&data[medium], "url")).map(str::trim);
        if let Some(url) = url.filter(|url| stored_images::is_url(url)) {
            let mut locked = self.lock();
            let kept = locked.app().inputs.with_url(url).next();
            if let Some(kept) = kept.filter(|input| !input.bytes.is_empty()) {
                return Ok(kept.bytes.clone());
            }
        }
        fetch(data, &self.world.web)
    }

    /// Fetches and decodes the image or video in an input's `data`.
    pub(crate) fn open(&self, data: &Value) -> Result<Medium, InputError> {
        decode(data, &self.fetch(data)?, &self.world.rules.limits.image)
    }

    /// Returns how images are recognized.
    pub(crate) fn recognition(&self) -> Recognition {
        self.world.rules.recognition
    }

    /// Returns a public model if it is visible to the call.
    pub(crate) fn public_model(&self, id: &str) -> Option<&'static PublicModel> {
        public_models::find(id, self.recognition()).filter(|_| self.public)
    }
}

fn positive(key: &str, number: Option<usize>) -> Result<usize, Refusal> {
    number
        .filter(|number| *number > 0)
        .ok_or_else(|| Refusal::new(StatusCode::BAD_REQUEST, 11102, "Invalid request", format!("bad {key}")))
}

/// Returns a member that is a non-empty string.
pub(crate) fn text<'a>(value: &'a Value, member: &str) -> Option<&'a str> {
    value.get(member).and_then(Value::as_str).filter(|text| !text.is_empty())
}
