//! Refusals, and what they say about the call.

use std::fmt;
use std::time::Duration;

use super::text::{EXCERPT_BYTES, StatusText};
use crate::types::{Flag, Status, StatusClass, StatusCode};

/// A refusal: the HTTP status, and the status object of the API if the response contained one.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ApiError {
    /// HTTP status of the response.
    pub http_status: u16,
    /// Status object of the API: code, description, details, request id. `None` if the response is not from the API.
    pub status: Option<Box<Status>>,
    /// Wait that the server asks for in `Retry-After`. If the header contains a date, only machines set this field,
    /// because it takes a clock.
    pub retry_after: Option<Duration>,
    /// Beginning of the body if it contained no status object, for example the HTML page of a gateway.
    pub excerpt: String,
    /// Address that the response redirects to, without user name and query. `None` if the response is no redirect.
    pub location: Option<String>,
}

/// Why a refused call may succeed when it is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Too many requests were sent. The call was not executed.
    Throttled,
    /// A transient problem.
    Transient,
}

impl ApiError {
    /// Returns the status code of the API.
    pub fn code(&self) -> Option<&StatusCode> {
        self.status.as_ref()?.code.as_ref()
    }

    /// Returns whether the table of codes has this flag for the status code.
    pub(crate) fn has(&self, flag: Flag) -> bool {
        self.code().is_some_and(|code| code.has(flag))
    }

    fn class(&self) -> StatusClass {
        self.code().map_or(StatusClass::Unknown, StatusCode::class)
    }

    /// Returns whether the response contains a code that says anything. If not, the HTTP status decides.
    fn has_code(&self) -> bool {
        self.code().is_some_and(StatusCode::is_set)
    }

    /// Returns the service's id of the request.
    pub fn request_id(&self) -> Option<&str> {
        self.status.as_ref()?.req_id.as_deref()
    }

    /// Returns whether the credentials are missing, wrong, expired, or not sufficient.
    pub fn is_auth(&self) -> bool {
        self.has(Flag::AuthScheme) || (!self.has_code() && matches!(self.http_status, 401 | 403))
    }

    /// Returns whether too many requests were sent. Then the call was not executed.
    pub fn is_throttled(&self) -> bool {
        self.has(Flag::Throttled) || (self.http_status == 429 && !self.is_quota())
    }

    /// Returns whether the quota of the hour, of the month or of the plan is used up.
    pub fn is_quota(&self) -> bool {
        self.has(Flag::Quota)
    }

    /// Returns whether the requested page is deeper in the list than the service permits. No status code tells this,
    /// only the details.
    pub fn is_page_ceiling(&self) -> bool {
        let details = self.status.as_ref().and_then(|status| status.details.as_deref());
        details.is_some_and(|details| details.contains("page * perPage cannot exceed"))
    }

    /// Returns whether writes or all calls are switched off for hours.
    pub fn is_maintenance(&self) -> bool {
        self.has(Flag::Maintenance)
    }

    /// Returns whether the requested resource does not exist: the status code says so, or the HTTP status is 404 and
    /// the code gives no other reason.
    pub fn is_not_found(&self) -> bool {
        let has_other_reason = self.is_auth()
            || self.is_quota()
            || self.is_maintenance()
            || self.has(Flag::Denied)
            || self.class() == StatusClass::Retry;
        self.has(Flag::NotFound) || (self.http_status == 404 && !has_other_reason)
    }

    /// Returns whether the cause is transient: the same call may succeed later, after seconds or after hours.
    pub fn is_transient(&self) -> bool {
        self.retry_cause().is_some() || self.is_maintenance() || self.is_quota()
    }

    /// Returns why the same call may succeed within seconds, `None` if it will not.
    pub(crate) fn retry_cause(&self) -> Option<Cause> {
        if self.is_quota() || self.is_maintenance() {
            return None;
        }
        if self.is_throttled() {
            return Some(Cause::Throttled);
        }
        match self.class() {
            // The items contain the reason. In every response seen so far it was a permanent one.
            _ if self.has(Flag::AllFailed) => return None,
            StatusClass::Retry => return Some(Cause::Transient),
            // A code that gives a reason takes precedence over the HTTP status. Internal errors give none.
            StatusClass::Terminal if !self.has(Flag::Uncertain) => return None,
            _ => {}
        }
        matches!(self.http_status, 408 | 500 | 502 | 503 | 504).then_some(Cause::Transient)
    }

    /// Returns whether the service reports that it did not begin to execute the call.
    pub(crate) fn was_not_executed(&self) -> bool {
        self.is_throttled() || self.has(Flag::NotExecuted)
    }

    /// Returns whether a call that changes something may have taken effect, in whole or in part, despite the refusal.
    pub(crate) fn may_have_happened(&self) -> bool {
        match self.http_status {
            _ if self.was_not_executed() => false,
            // Some of its items succeeded.
            _ if self.class() == StatusClass::Mixed => true,
            // The service or a gateway gave up at an unknown point. A code in the body does not say who wrote it.
            408 | 500.. => true,
            // The HTTP status reports success, and the code contradicts it. Only a code that is known to be a refusal
            // is certain.
            200..=299 if self.has(Flag::AllFailed) => false,
            200..=299 => self.class() != StatusClass::Terminal || self.has(Flag::Uncertain),
            _ => false,
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}", self.http_status)?;
        match &self.status {
            Some(status) => write!(f, ", {}", StatusText(status, 2 * EXCERPT_BYTES))?,
            None if self.excerpt.is_empty() => f.write_str(" without a body")?,
            None => write!(f, " with a response that is not from the API: {}", self.excerpt)?,
        }
        if let Some(location) = &self.location {
            write!(f, "; it redirects to {location}")?;
        }
        if let Some(wait) = self.retry_after {
            write!(f, "; the server asks to wait {} s", wait.as_secs())?;
        }
        Ok(())
    }
}

impl std::error::Error for ApiError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(http_status: u16, code: u32) -> ApiError {
        let status = (code != 0).then(|| Box::new(Status { code: Some(code.into()), ..Status::default() }));
        ApiError { http_status, status, retry_after: None, excerpt: String::new(), location: None }
    }

    /// The names of the predicates that hold.
    fn holding(error: &ApiError) -> String {
        [
            ("auth", error.is_auth()),
            ("throttled", error.is_throttled()),
            ("quota", error.is_quota()),
            ("maintenance", error.is_maintenance()),
            ("not-found", error.is_not_found()),
            ("absent", error.has(Flag::Absent)),
            ("transient", error.is_transient()),
            ("not-executed", error.was_not_executed()),
            ("may-have-happened", error.may_have_happened()),
        ]
        .into_iter()
        .filter_map(|(name, holds)| holds.then_some(name))
        .collect::<Vec<_>>()
        .join(" ")
    }

    /// One row for each flag and each HTTP status that counts without a code.
    #[test]
    fn predicates_read_the_table_of_codes() {
        for (http, code, expected) in [
            (400, 0, ""),
            (401, 0, "auth"),
            (403, 0, "auth"),
            (404, 0, "not-found"),
            (408, 0, "transient may-have-happened"),
            (429, 0, "throttled transient not-executed"),
            (500, 0, "transient may-have-happened"),
            (501, 0, "may-have-happened"),
            (200, 0, "may-have-happened"),
            (302, 0, ""),
            (401, 11_001, "auth"),
            (200, 11_001, "auth"),
            (504, 11_001, "auth may-have-happened"),
            (404, 11_009, "auth"),
            (400, 11_104, "auth"),
            (400, 11_200, "auth"),
            (429, 11_003, "quota transient"),
            (404, 11_004, "quota transient"),
            (403, 11_006, "quota transient"),
            (400, 11_005, "throttled transient not-executed"),
            (429, 40_002, "throttled transient not-executed"),
            (503, 39_997, "maintenance transient may-have-happened"),
            (404, 39_998, "maintenance transient"),
            (400, 10_030, "transient not-executed"),
            (500, 21_354, "transient not-executed"),
            (404, 21_355, "transient not-executed"),
            (503, 40_030, "transient not-executed"),
            (503, 40_031, "transient may-have-happened"),
            (404, 11_101, "not-found absent"),
            (400, 21_200, "not-found absent"),
            (404, 22_102, "not-found absent"),
            (404, 30_102, "not-found absent"),
            (400, 31_102, "not-found"),
            (400, 25_300, "not-found"),
            (500, 25_600, "not-found may-have-happened"),
            // HTTP 404 with a code that gives no other reason.
            (404, 40_002, "not-found"),
            (404, 40_003, "not-found"),
            (404, 30_100, "not-found"),
            (404, 10_404, "not-found"),
            (404, 21_201, ""),
            (400, 40_003, ""),
            (207, 10_010, "may-have-happened"),
            (400, 10_010, "may-have-happened"),
            (400, 10_020, ""),
            (200, 10_020, ""),
            (500, 10_020, "may-have-happened"),
            (200, 11_102, ""),
            (200, 123_456, "may-have-happened"),
            (200, 90_500, "may-have-happened"),
            (200, 98_011, "may-have-happened"),
            (400, 98_011, ""),
            (500, 98_011, "transient may-have-happened"),
            (400, 98_004, "transient"),
            (400, 40_033, ""),
        ] {
            assert_eq!(holding(&api(http, code)), expected, "HTTP {http}, code {code}");
        }
    }
}
