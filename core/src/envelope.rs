//! The envelope of every response: the HTTP status, the `status` object of the API, and the content.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{LOCATION, RETRY_AFTER};
use http::{HeaderMap, Response, StatusCode as HttpStatus};
use serde::de::{Deserialize as _, DeserializeOwned, DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::{ApiError, EXCERPT_BYTES, Error, InvalidResponse, clean, foreign};
use crate::lenient::{self, InPlace, Lenient, NamedMember, RawList, RawRecord};
use crate::redact::Redactor;
use crate::repair::Repaired;
use crate::spec::Replay;
use crate::types::{Flag, Status, StatusClass, StatusCode};

/// A response of which the HTTP status and the API status have been read, but not the content.
///
/// The API status is usually the first member of the JSON, so reading it does not require parsing the rest.
#[derive(Debug)]
pub struct Envelope {
    /// Redacts the credentials in texts quoted from the response.
    redactor: Redactor,
    http_status: HttpStatus,
    headers: HeaderMap,
    status: Option<Box<Status>>,
    /// The body as received.
    body: Bytes,
    /// What is decoded: the body, or the body without its unreadable parts.
    content: Bytes,
    /// Whether the call is read-only. If so, no error about the response reports that the call may have taken effect.
    read_only: bool,
    /// The JSON of the records read so far, if it is wanted.
    kept: Option<Mutex<Vec<Box<RawValue>>>>,
    /// Whether the credentials are redacted in the whole body.
    redacted: bool,
}

/// The outcome of the call as a whole, according to the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The call succeeded.
    Success,
    /// Some items failed (10010), or all of them did (10020): each item has its own status.
    ByItem,
    /// The call failed.
    Refused,
}

impl Envelope {
    /// Reads the status of a response. Never fails: problems are reported when the content is decoded.
    ///
    /// `replay` is the value of the operation that the response belongs to.
    pub(crate) fn open(redactor: Redactor, replay: Replay, response: Response<Bytes>) -> Self {
        let (mut parts, body) = response.into_parts();
        let mut content = body.clone();
        let mut status = find_status(&content);
        let repaired = if status.is_none() { Repaired::new(&content) } else { None };
        if let Some(repaired) = repaired {
            status = find_status(&repaired.body);
            if status.is_some() {
                content = repaired.body;
            }
        }
        if status.is_none() {
            status = foreign(&content).map(|error| {
                // Some servers report an error with the HTTP status of a success.
                if parts.status.is_success() {
                    parts.status = HttpStatus::from_u16(error.http_status).unwrap_or(parts.status);
                }
                let in_header = || parts.headers.get("x-request-id")?.to_str().ok().map(str::to_owned);
                Status { req_id: error.status.req_id.or_else(in_header), ..error.status }
            });
        }
        Self {
            redactor,
            http_status: parts.status,
            headers: parts.headers,
            status: status.map(Box::new),
            body,
            content,
            read_only: replay == Replay::Safe,
            kept: None,
            redacted: false,
        }
    }

    /// Returns the response with its unreadable parts replaced, or `None` if there are none.
    pub(crate) fn repaired(&self) -> Option<Self> {
        let mut content = Repaired::new(&self.content)?.body;
        if self.redacted {
            content = redact(&self.redactor, content);
        }
        let status = find_status(&content).map(Box::new);
        let (redactor, headers, body) = (self.redactor.clone(), self.headers.clone(), self.body.clone());
        Some(Self { redactor, headers, status, body, content, kept: None, ..*self })
    }

    /// Reads the status like [`open`](Self::open), after redacting the credentials in the whole body.
    pub(crate) fn open_redacted(redactor: Redactor, replay: Replay, response: Response<Bytes>) -> Self {
        let redacted = response.map(|body| redact(&redactor, body));
        let opened = Self::open(redactor, replay, redacted);
        // The body may have been decoded meanwhile, so that only now a secret in it is found.
        let content = redact(&opened.redactor, opened.content.clone());
        Self { status: find_status(&content).map(Box::new), body: content.clone(), content, redacted: true, ..opened }
    }

    /// Returns the HTTP status code.
    pub fn http_status(&self) -> u16 {
        self.http_status.as_u16()
    }

    /// Returns the headers of the response.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the API status, or `None` if the response contains none.
    pub fn status(&self) -> Option<&Status> {
        self.status.as_deref()
    }

    /// Returns the response body as received.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Returns whether the call is read-only.
    pub(crate) fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// Returns what redacts the credentials of the client that received the response.
    pub(crate) fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Deserializes the body as a value of type `T`.
    ///
    /// # Errors
    ///
    /// Fails if the body is not a JSON object, or not one of the shape of `T`.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        let text = self.text()?;
        // Tracking the path of the error is slow, so the body is parsed a second time only after a failure.
        serde_json::from_str(text).map_err(|error| {
            let mut reader = serde_json::Deserializer::from_str(text);
            let path = match serde_path_to_error::deserialize::<_, T>(&mut reader) {
                Err(error) => error.path().to_string(),
                Ok(_) => String::new(),
            };
            DecodeError { path, damaged: is_damaged(text, &error), problem: error.to_string() }
        })
    }

    /// Reads one member of the response. `None` if it is missing, null or of another JSON type.
    ///
    /// For members that are not the records of the response: their JSON is never kept.
    pub(crate) fn member<T: Lenient>(&self, key: &'static str) -> Result<Option<T>, DecodeError> {
        self.find(key)
    }

    /// Reads one member of the response in the way that `M` specifies.
    fn find<M: NamedMember>(&self, key: &'static str) -> Result<M, DecodeError> {
        let text = self.text()?;
        find_member(text, key).map_err(|error| DecodeError {
            path: String::new(),
            damaged: is_damaged(text, &error),
            problem: error.to_string(),
        })
    }

    /// Reads a record of the response. `None` if it is missing, null or of another JSON type.
    pub(crate) fn record<T: Lenient>(&self, key: &'static str) -> Result<Option<T>, DecodeError> {
        if self.kept.is_none() {
            return self.find(key);
        }
        let RawRecord { value, json } = self.find(key)?;
        self.keep(json);
        Ok(value)
    }

    /// Reads a list of records. `None` if it is missing, null or of another JSON type.
    pub(crate) fn records<T: Lenient>(&self, key: &'static str) -> Result<Option<Vec<T>>, DecodeError> {
        if self.kept.is_none() {
            return self.find(key);
        }
        let list: Option<RawList<T>> = self.find(key)?;
        Ok(list.map(|RawList { values, json }| {
            self.keep(json);
            values
        }))
    }

    /// Reads a list in which every record keeps its place: one that cannot be read is blank.
    fn records_in_place<T: Lenient>(&self, key: &'static str) -> Result<Option<Vec<T>>, DecodeError> {
        if self.kept.is_none() {
            return Ok(self.find::<Option<InPlace<T>>>(key)?.map(|InPlace(list)| list));
        }
        let list: Option<RawList<T, true>> = self.find(key)?;
        Ok(list.map(|RawList { values, json }| {
            self.keep(json);
            values
        }))
    }

    /// Keeps the JSON of records that were read.
    fn keep(&self, json: impl IntoIterator<Item = Box<RawValue>>) {
        if let Some(kept) = &self.kept {
            kept.lock().unwrap_or_else(PoisonError::into_inner).extend(json);
        }
    }

    /// Returns the JSON of the records read so far; empty unless it is kept.
    pub(crate) fn take_kept(&self) -> Vec<Box<RawValue>> {
        let kept = self.kept.as_ref().map(|kept| kept.lock().unwrap_or_else(PoisonError::into_inner));
        kept.map(|mut kept| std::mem::take(&mut *kept)).unwrap_or_default()
    }

    /// Returns the same response, which keeps the JSON of the records that are read from it.
    pub(crate) fn keeping_raw(&self) -> Self {
        Self {
            redactor: self.redactor.clone(),
            http_status: self.http_status,
            headers: self.headers.clone(),
            status: self.status.clone(),
            body: self.body.clone(),
            content: self.content.clone(),
            read_only: self.read_only,
            kept: Some(Mutex::default()),
            redacted: self.redacted,
        }
    }

    /// Reads a required record of the response.
    pub(crate) fn one<T: Lenient>(&self, key: &'static str) -> Result<T, DecodeError> {
        self.record(key)?.ok_or_else(|| DecodeError::new(key, "is missing"))
    }

    /// Reads a required list of the response. A failed call has no list, even if the response contains one.
    pub(crate) fn list<T: Lenient>(&self, key: &'static str) -> Result<Vec<T>, DecodeError> {
        self.not_failed()?;
        self.many(key)
    }

    /// Reads a required list like [`list`](Self::list), without the records that `wanted` rejects.
    pub(crate) fn list_where<T: Lenient>(
        &self,
        key: &'static str,
        wanted: impl Fn(&T) -> bool,
    ) -> Result<Vec<T>, DecodeError> {
        let mut list = self.list(key)?;
        let is_wanted: Vec<bool> = list.iter().map(wanted).collect();
        let (mut of_value, mut of_json) = (is_wanted.iter(), is_wanted.iter());
        list.retain(|_| of_value.next() == Some(&true));
        let mut json = self.take_kept();
        json.retain(|_| of_json.next() == Some(&true));
        self.keep(json);
        Ok(list)
    }

    /// Reads a required list of records. Null is an empty list.
    pub(crate) fn many<T: Lenient>(&self, key: &'static str) -> Result<Vec<T>, DecodeError> {
        match self.records(key)? {
            Some(list) => Ok(list),
            None if self.unread(key) == Some(Value::Null) => Ok(Vec::new()),
            None => Err(DecodeError::new(key, "is missing")),
        }
    }

    /// Returns a member that could not be read as a list.
    fn unread(&self, key: &str) -> Option<Value> {
        self.parse::<Value>().ok()?.get_mut(key).map(Value::take)
    }

    /// Rejects the status "failure" (10020), which is valid only for batches, whose items contain the reasons.
    fn not_failed(&self) -> Result<(), DecodeError> {
        match self.code() {
            Some(code) if code.has(Flag::AllFailed) => Err(DecodeError::new("status", "reports that all of it failed")),
            _ => Ok(()),
        }
    }

    /// Returns the status code of the API.
    pub(crate) fn code(&self) -> Option<&StatusCode> {
        self.status.as_ref()?.code.as_ref()
    }

    /// Reads a list that must have `expected` items, one for each item of the request.
    pub(crate) fn list_of<T: Lenient>(&self, key: &'static str, expected: usize) -> Result<Vec<T>, DecodeError> {
        let Some(list) = self.records_in_place(key)? else {
            return Err(DecodeError::new(key, "is missing"));
        };
        if list.len() == expected {
            return Ok(list);
        }
        Err(DecodeError::new(key, format!("has {} items where {expected} were asked for", list.len())))
    }

    /// Reads the hits of a search. Some versions of the service omit an empty list, so a missing list counts as empty;
    /// but only if the response has a numeric success code, which proves that it comes from the service.
    pub(crate) fn found<T: Lenient>(&self, key: &'static str) -> Result<Vec<T>, DecodeError> {
        self.not_failed()?;
        match self.records(key)? {
            Some(list) => Ok(list),
            None if self.unread(key).is_some_and(|value| !value.is_null()) => {
                Err(DecodeError::new(key, "is not a list"))
            }
            None if self.code().is_some_and(|code| code.number().is_some()) && self.verdict() == Verdict::Success => {
                Ok(Vec::new())
            }
            None => Err(DecodeError::new(key, "is missing")),
        }
    }

    /// Returns the status of a response that has no other content.
    pub(crate) fn done(&self) -> Result<Status, DecodeError> {
        if self.kept.is_some() {
            // The status was read without its JSON.
            self.record::<Status>("status")?;
        }
        match self.status() {
            Some(status) if status.code.is_some() => Ok(status.clone()),
            _ => Err(DecodeError::new("status.code", "is missing")),
        }
    }

    /// Returns the raw JSON of a response that the service reports as a success or a partial success.
    pub(crate) fn raw(&self) -> Result<RawResponse, DecodeError> {
        self.done()?;
        self.not_failed()?;
        Ok(RawResponse { json: self.parse()?, body: self.body.clone() })
    }

    /// Returns the raw JSON of a response that contains no status. Any JSON is accepted.
    pub(crate) fn raw_without_status(&self) -> Result<RawResponse, DecodeError> {
        let json = serde_json::from_slice(&self.content).map_err(|error| DecodeError::new("", error.to_string()))?;
        Ok(RawResponse { json, body: self.body.clone() })
    }

    /// Returns the body as text that begins like a JSON object: serde would deserialize structs from arrays too.
    fn text(&self) -> Result<&str, DecodeError> {
        if self.content.trim_ascii_start().first().is_some_and(|first| *first != b'{') {
            return Err(DecodeError::new("", "it is not a JSON object"));
        }
        std::str::from_utf8(&self.content)
            .map_err(|error| DecodeError::new("", format!("it is not valid UTF-8 after byte {}", error.valid_up_to())))
    }

    pub(crate) fn verdict(&self) -> Verdict {
        match self.code() {
            Some(code) if code.class() == StatusClass::Mixed || code.has(Flag::AllFailed) => Verdict::ByItem,
            _ if !self.http_status.is_success() => Verdict::Refused,
            Some(code) if code.is_in_success_range() => Verdict::Success,
            Some(code) if matches!(code.class(), StatusClass::Success | StatusClass::Pending) => Verdict::Success,
            Some(_) => Verdict::Refused,
            // Without a code, the call succeeded if the content can be decoded.
            None => Verdict::Success,
        }
    }

    /// Returns the delay requested by `Retry-After`. `unix` is the current time since the Unix epoch, needed if the
    /// header contains a date.
    pub(crate) fn retry_after(&self, unix: Option<Duration>) -> Option<Duration> {
        retry_after(&self.headers, unix)
    }

    /// Creates the error for a response that reports a failure.
    pub(crate) fn refusal(&self, operation: &'static str) -> Error {
        let status = self.status.as_ref().map(|status| Box::new(self.redactor.redact_status(status)));
        let excerpt = if status.is_some() { String::new() } else { self.excerpt() };
        let location = self.location();
        Error::new(
            operation,
            ApiError {
                http_status: self.http_status(),
                status,
                retry_after: self.retry_after(None),
                excerpt,
                location,
            },
        )
        .read_only(self.read_only)
    }

    /// Returns the address that a redirect points to, without the parts that can hold a secret.
    fn location(&self) -> Option<String> {
        let location = self.headers.get(LOCATION).filter(|_| self.http_status.is_redirection())?;
        let text = String::from_utf8_lossy(location.as_bytes());
        let text = self.redactor.redact(text.split(['?', '#']).next().unwrap_or_default(), false);
        let (scheme, rest) =
            text.split_once("//").map_or(("", &*text), |(scheme, rest)| (&text[..scheme.len() + 2], rest));
        let host_end = rest.find('/').unwrap_or(rest.len());
        let host_start = rest[..host_end].rfind('@').map_or(0, |at| at + 1);
        Some(clean(&format!("{scheme}{}", &rest[host_start..]), EXCERPT_BYTES))
    }

    /// Creates the error for a response that cannot be decoded because of `unreadable`.
    pub(crate) fn unreadable(&self, operation: &'static str, unreadable: DecodeError) -> Error {
        let DecodeError { problem, path, damaged } = unreadable;
        let told = |text: &str| clean(&self.redactor.redact(text, false), EXCERPT_BYTES / 2);
        let start = self.content.trim_ascii_start();
        let problem = if self.content.is_empty() { "it is empty".to_owned() } else { told(&problem) };
        Error::new(
            operation,
            InvalidResponse {
                http_status: self.http_status(),
                problem,
                path: told(&path),
                excerpt: self.excerpt(),
                request_id: self.request_id(),
                damaged: damaged || self.content.is_empty(),
                html: start.first() == Some(&b'<'),
            },
        )
        .read_only(self.read_only)
    }

    /// Returns the request id assigned by the service, redacted.
    pub(crate) fn request_id(&self) -> Option<String> {
        Some(self.redactor.redact(self.status.as_ref()?.req_id.as_ref()?, false))
    }

    fn excerpt(&self) -> String {
        // Redact before truncating: a truncated secret would not be recognized.
        let body = self.content.trim_ascii_start();
        let some = &body[..body.len().min(EXCERPT_BYTES * 8)];
        let text = self.redactor.redact(&String::from_utf8_lossy(some), some.len() < body.len());
        clean(text.trim(), EXCERPT_BYTES)
    }
}

/// The raw response of a call.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RawResponse {
    /// Response body parsed as JSON. Parts that could not be read are null.
    pub json: Value,
    /// Response body as received.
    pub body: Bytes,
}

/// Returns whether a response of the service was damaged in transit: it is truncated, or has trailing data.
fn is_damaged(text: &str, error: &serde_json::Error) -> bool {
    let mut reader = serde_json::Deserializer::from_str(text);
    error.is_eof() || (error.is_syntax() && IgnoredAny::deserialize(&mut reader).is_ok() && reader.end().is_err())
}

/// The reason a response cannot be decoded. [`Operation::decode`](crate::Operation::decode) returns it; the caller
/// completes it to an [`InvalidResponse`].
#[derive(Clone, Debug)]
pub struct DecodeError {
    problem: String,
    path: String,
    damaged: bool,
}

impl DecodeError {
    /// Creates an error. `path` is the place in the JSON, such as `outputs[0].id`; `problem` is what is wrong there,
    /// such as "is missing".
    pub fn new(path: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { path: path.into(), problem: problem.into(), damaged: false }
    }
}

/// Redacts the credentials in a body.
fn redact(redactor: &Redactor, body: Bytes) -> Bytes {
    let Ok(text) = std::str::from_utf8(&body) else { return body };
    let redacted = redactor.redact(text, false);
    if redacted == text { body } else { redacted.into() }
}

/// Parses `Retry-After`, which is a number of seconds or a date. Invalid values are ignored; a date in the past is a
/// delay of zero.
pub(crate) fn retry_after(headers: &HeaderMap, unix: Option<Duration>) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(text).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(date.saturating_sub(unix?))
}

/// Reads the member `status` of a JSON object and stops parsing there.
fn find_status(body: &[u8]) -> Option<Status> {
    let mut found = None;
    let mut reader = serde_json::Deserializer::from_slice(body);
    // The visitor stops parsing by returning an error, so the result carries no information.
    let _ = StatusFinder(&mut found).deserialize(&mut reader);
    found
}

struct StatusFinder<'a>(&'a mut Option<Status>);

impl<'de> DeserializeSeed<'de> for StatusFinder<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for StatusFinder<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object with a status")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(is_status) = map.next_key_seed(IsKey("status"))? {
            if is_status {
                // A status that is not an object, as in `{"status": "NOT_FOUND"}`, does not come from the API.
                *self.0 = map.next_value_seed(StatusValue)?;
                return Err(A::Error::custom("found"));
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

/// Reads one member of a JSON object. Returns the default value if the member is missing.
fn find_member<M: NamedMember>(text: &str, key: &'static str) -> serde_json::Result<M> {
    let mut found = M::default();
    let mut reader = serde_json::Deserializer::from_str(text);
    MemberFinder { key, found: &mut found }.deserialize(&mut reader)?;
    reader.end()?;
    Ok(found)
}

/// Reads one member of a JSON object and ignores the others.
struct MemberFinder<'a, M> {
    key: &'static str,
    found: &'a mut M,
}

impl<'de, M: NamedMember> DeserializeSeed<'de> for MemberFinder<'_, M> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, M: NamedMember> Visitor<'de> for MemberFinder<'_, M> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(is_it) = map.next_key_seed(IsKey(self.key))? {
            if is_it {
                self.found.read(&mut map)?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// Compares a key without allocating a string.
struct IsKey(&'static str);

impl<'de> DeserializeSeed<'de> for IsKey {
    type Value = bool;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for IsKey {
    type Value = bool;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<bool, E> {
        Ok(key == self.0)
    }
}

struct StatusValue;

impl<'de> DeserializeSeed<'de> for StatusValue {
    type Value = Option<Status>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Option<Status>, D::Error> {
        lenient::read(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(body: &str) -> Option<u32> {
        find_status(body.as_bytes())?.code?.number()
    }

    #[test]
    fn the_status_is_found_wherever_it_stands() {
        assert_eq!(code(r#"{"status":{"code":10000},"outputs":[broken"#), Some(10000), "reading stops at the status");
        assert_eq!(code(r#"{"outputs":[{"status":{"code":1}}],"status":{"code":"11009"}}"#), Some(11009));
        for none in ["", "[]", "{}", "null", r#"{"status":"NOT_FOUND"}"#, r#"{"detail":"x"}"#, "<html>", "{\"status\":"]
        {
            assert_eq!(code(none), None, "{none}");
        }
    }

    #[test]
    fn retry_after_in_all_its_forms() {
        let unix = Some(Duration::from_secs(784_111_777)); // Sun, 06 Nov 1994 08:49:37 GMT
        for (text, expected) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("Sun, 06 Nov 1994 08:49:47 GMT", Some(10)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("-5", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().expect("a header"));
            assert_eq!(retry_after(&headers, unix), expected.map(Duration::from_secs), "{text:?}");
        }
    }
}
