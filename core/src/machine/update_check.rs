//! Whether there is a newer release of this client.

use std::time::Duration;

use http::header::{ACCEPT, USER_AGENT};
use http::{HeaderValue, Request, Response, Uri};
use serde::Deserialize;

use bytes::Bytes;

use super::{Event, Machine, Now, Step};
use crate::body::Body;
use crate::error::{Error, Invalid, Misuse};

/// Asks once whether there is a newer release of this client.
///
/// Nothing asks by itself: a program that wants to know drives this machine, when it likes, beside its calls, which it
/// never delays. It sends one request, to the project's page and not to the service, without credentials, and does not
/// repeat it. That nobody answers is no error. It is asked at most once in a week: say when it was asked last, because
/// core remembers nothing and has no clock.
///
/// ```
/// use std::time::Duration;
///
/// use clarifai_core::{machine::{Update, UpdateCheck}, testing::{ManualClock, Script}};
/// use serde_json::json;
///
/// let mut script = Script::new().expect("GET", "/repos/clarifai-rs/clarifai/tags")
///     .reply_bytes(200, r#"[{"name": "v99.0.0"}, {"name": "v0.1.0"}]"#);
/// let last_week = ManualClock::UNIX - Duration::from_secs(8 * 86_400);
/// assert_eq!(script.run(UpdateCheck::new(Some(last_week)))?, Update::Newer("99.0.0".to_owned()));
///
/// let yesterday = ManualClock::UNIX - Duration::from_secs(86_400);
/// assert_eq!(script.run(UpdateCheck::new(Some(yesterday)))?, Update::NotDue, "and nothing was sent");
/// # Ok::<(), clarifai_core::Error>(())
/// ```
#[doc(alias = "check_upgrade")]
#[derive(Clone, Debug)]
pub struct UpdateCheck {
    last: Option<Duration>,
    address: Uri,
    have: Release,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Start,
    Asked,
    Spent,
}

/// What came of the question.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Update {
    /// This is the newest release, or newer than any.
    UpToDate,
    /// There is this newer release.
    Newer(String),
    /// It was asked less than a week ago, and was not asked again.
    NotDue,
    /// Nobody answered, or not in a form that can be read.
    NoAnswer,
}

/// Major, minor and patch number.
type Release = [u64; 3];

impl UpdateCheck {
    /// How long to leave between two questions: a week.
    pub const EVERY: Duration = Duration::from_secs(7 * 86_400);

    /// Asks, unless it was asked less than [`EVERY`](Self::EVERY) ago: `last` is the time since 1970 when it was, or
    /// `None` if never. A time that lies ahead counts as never.
    pub fn new(last: Option<Duration>) -> Self {
        Self {
            last,
            address: Uri::from_static("https://api.github.com/repos/clarifai-rs/clarifai/tags"),
            have: release(env!("CARGO_PKG_VERSION")).unwrap_or_default(),
            state: State::Start,
        }
    }

    /// Asks another address, which must answer a list of tags as objects with a `name`, such as `v1.2.3`.
    ///
    /// # Errors
    ///
    /// Where it does not begin with `https://`, or holds a user name.
    pub fn at(mut self, address: &str) -> Result<Self, Error> {
        let refuse = || {
            Error::new("check for updates", Invalid::new("address", "must begin with https:// and hold no user name"))
        };
        self.address = address.parse().map_err(|_| refuse())?;
        let authority = self.address.authority().map_or("@", |authority| authority.as_str());
        if self.address.scheme() != Some(&http::uri::Scheme::HTTPS) || authority.contains('@') {
            return Err(refuse());
        }
        Ok(self)
    }

    fn begin(&mut self, now: Now) -> Step<Update> {
        let is_due = self.last.is_none_or(|last| last > now.unix || now.unix.saturating_sub(last) >= Self::EVERY);
        if !is_due {
            return Step::Done(Ok(Update::NotDue));
        }
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = self.address.clone();
        let client = concat!("clarifai-rust/", env!("CARGO_PKG_VERSION"));
        request.headers_mut().insert(USER_AGENT, HeaderValue::from_static(client));
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        self.state = State::Asked;
        Step::Send(request)
    }

    fn read(&self, response: &Response<Bytes>) -> Update {
        #[derive(Deserialize)]
        struct Tag {
            name: String,
        }
        let tags: Option<Vec<Tag>> =
            if response.status().is_success() { serde_json::from_slice(response.body()).ok() } else { None };
        let newest = tags.into_iter().flatten().filter_map(|tag| release(&tag.name)).max();
        match newest {
            None => Update::NoAnswer,
            Some([major, minor, patch]) if [major, minor, patch] > self.have => {
                Update::Newer(format!("{major}.{minor}.{patch}"))
            }
            Some(_) => Update::UpToDate,
        }
    }
}

impl Machine for UpdateCheck {
    type Output = Update;

    fn resume(&mut self, now: Now, event: Event) -> Step<Update> {
        match (std::mem::replace(&mut self.state, State::Spent), event) {
            (State::Start, Event::Begin) => self.begin(now),
            (State::Asked, Event::Response(response)) => Step::Done(Ok(self.read(&response))),
            (State::Asked, Event::Failed(_)) => Step::Done(Ok(Update::NoAnswer)),
            (state, _) => {
                let how = match state {
                    State::Start => "it has not begun",
                    State::Asked => "it waits for an answer",
                    State::Spent => "it has ended already",
                };
                Step::Done(Err(Error::new("check for updates", Misuse(how))))
            }
        }
    }
}

/// The numbers of a release. What is no release, such as a candidate for one, has none.
fn release(name: &str) -> Option<Release> {
    let mut numbers = name.strip_prefix('v').unwrap_or(name).split('.').map(|number| number.parse().ok());
    let release = [numbers.next()??, numbers.next()??, numbers.next()??];
    numbers.next().is_none().then_some(release)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_told_from_the_rest() {
        for (name, expected) in [
            ("v1.2.3", Some([1, 2, 3])),
            ("0.10.0", Some([0, 10, 0])),
            ("v1.2.3-rc.1", None),
            ("1.2", None),
            ("1.2.3.4", None),
            ("release", None),
            ("", None),
        ] {
            assert_eq!(release(name), expected, "{name}");
        }
        assert!(release("0.10.0") > release("0.9.99"));
    }

    #[test]
    fn an_answer_is_read_or_is_none() {
        let check = UpdateCheck { have: [1, 2, 3], ..UpdateCheck::new(None) };
        for (status, body, expected) in [
            (200, r#"[{"name": "v1.2.3"}]"#, Update::UpToDate),
            (200, r#"[{"name": "v1.2.2"}, {"name": "v1.3.0"}]"#, Update::Newer("1.3.0".to_owned())),
            (200, r#"[{"name": "v2.0.0-rc.1"}, {"name": "v1.0.0"}]"#, Update::UpToDate),
            (200, "[]", Update::NoAnswer),
            (200, "<html>", Update::NoAnswer),
            (404, r#"[{"name": "v9.9.9"}]"#, Update::NoAnswer),
            (302, "", Update::NoAnswer),
        ] {
            let response = Response::builder().status(status).body(Bytes::from_static(body.as_bytes())).expect("valid");
            assert_eq!(check.read(&response), expected, "{status} {body}");
        }
    }
}
