//! The status object and its code: how a call, or one thing in it, went.

mod codes;

use std::fmt;
use std::hash::{Hash, Hasher};

use serde::Serialize;
use serde_json::Value;

use super::enum_value::{EnumValue, read_as_enum_value};
use crate::lenient::record;

record! {
    /// How a call went, or how an input, an output, a model version or an evaluation fares.
    ///
    /// Each answer has one at its top, and most things in an answer have one of their own. Decide
    /// by [`code`](Self::code); the texts are for people and change without notice.
    pub struct Status {
        /// What happened, or the state reached.
        pub code: Option<StatusCode>,
        /// The code in words.
        pub description: Option<String>,
        /// What was wrong in this case. On a failed item this is the text worth reading.
        pub details: Option<String>,
        /// The id the service filed the call under; quote it to support.
        pub req_id: Option<String>,
        /// Where in the service an error arose.
        pub stack_trace: Option<Vec<String>>,
        /// How far a running job is, 0 to 100.
        pub percent_completed: Option<u32>,
        /// How long a running job is expected to go on, in seconds.
        pub time_remaining: Option<u64>,
        /// Details meant for the service's own staff.
        pub internal_details: Option<String>,
        /// Where the thing asked for has moved to.
        pub redirect_info: Option<Value>,
        /// Hints for the author of the calling program.
        pub developer_notes: Option<String>,
        /// The HTTP status the service had in mind.
        pub http_status_code: Option<u32>,
    }
}

impl Status {
    /// What the code asks of a client; [`Class::Unknown`] without a code.
    pub fn class(&self) -> Class {
        self.code.as_ref().map_or(Class::Unknown, StatusCode::class)
    }

    /// Whether the code says that the call or the thing is done, and done well.
    pub fn is_success(&self) -> bool {
        self.class() == Class::Success
    }
}

/// `11102 CONN_INVALID_REQUEST: Invalid request (no inputs)`, as far as the parts are known.
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            Some(code) => code.fmt(f)?,
            None => f.write_str("no status code")?,
        }
        if let Some(description) = self.description.as_deref().filter(|text| !text.is_empty()) {
            write!(f, ": {description}")?;
        }
        if let Some(details) = self.details.as_deref().filter(|text| !text.is_empty()) {
            write!(f, " ({details})")?;
        }
        Ok(())
    }
}

/// What a status code asks of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Class {
    /// Done, and done well.
    Success,
    /// Some items of the call failed: read the status of each.
    Mixed,
    /// A passing trouble: the same call may work later.
    Retry,
    /// The service is still at work: ask again for the state of the thing.
    Pending,
    /// Nothing is at work and nothing will come of waiting.
    Idle,
    /// It failed, and would fail again.
    Terminal,
    /// A code this crate does not know, or none.
    Unknown,
}

/// A status code of the service, such as 10000 for success.
///
/// It arrives as a number, now and then as a name; both forms of the same code are equal. Codes
/// this crate does not know are kept, written back as they came, and belong to [`Class::Unknown`].
///
/// ```
/// use clarifai_core::model::{Class, StatusCode};
///
/// let by_name: StatusCode = serde_json::from_str(r#""CONN_THROTTLED""#)?;
/// assert_eq!(by_name, StatusCode::THROTTLED);
/// assert_eq!(by_name.number(), Some(11005));
/// assert_eq!(by_name.class(), Class::Retry);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, Serialize)]
#[serde(transparent)]
pub struct StatusCode(EnumValue);

read_as_enum_value!(StatusCode);

type Row = (u32, &'static str, Class);

impl StatusCode {
    /// The code with this number, known or not.
    pub const fn new(number: u32) -> Self {
        Self(EnumValue::Number(number as i64))
    }

    /// The number; `None` for a name this crate does not know, or a number no code can have.
    pub fn number(&self) -> Option<u32> {
        match &self.0 {
            EnumValue::Number(number) => u32::try_from(*number).ok(),
            EnumValue::Name(_) => self.row().map(|(number, ..)| *number),
        }
    }

    /// The name the service knows this code by, if this crate knows it too.
    ///
    /// Of the few codes with two names it is the current one: 30000 is `INPUT_SUCCESS`.
    pub fn name(&self) -> Option<&'static str> {
        self.row().map(|(_, name, _)| *name)
    }

    /// What the code asks of a client.
    pub fn class(&self) -> Class {
        self.row().map_or(Class::Unknown, |(.., class)| *class)
    }

    /// Whether the call or the thing is done, and done well.
    pub fn is_success(&self) -> bool {
        self.class() == Class::Success
    }

    fn row(&self) -> Option<&'static Row> {
        match &self.0 {
            EnumValue::Number(wanted) => {
                let first = codes::CODES.partition_point(|(number, ..)| i64::from(*number) < *wanted);
                codes::CODES.get(first).filter(|(number, ..)| i64::from(*number) == *wanted)
            }
            EnumValue::Name(wanted) => codes::CODES.iter().find(|(_, name, _)| *name == &**wanted),
        }
    }

    /// The number if there is one, so that both spellings of a code are the same key.
    fn key(&self) -> Result<u32, &EnumValue> {
        self.number().ok_or(&self.0)
    }
}

macro_rules! named_codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal;)*) => {
        /// The codes a program is likely to decide on; [`name`](Self::name) knows all of them.
        impl StatusCode {
            $($(#[$doc])* pub const $name: Self = Self::new($number);)*
        }
    };
}

named_codes! {
    /// The whole call worked.
    SUCCESS = 10_000;
    /// Some items failed, with HTTP status 207; each item has its own status.
    MIXED = 10_010;
    /// Every item failed; the items say why.
    FAILURE = 10_020;
    /// A passing trouble in the service.
    TRY_AGAIN = 10_030;
    /// This part of the API is not there yet.
    NOT_IMPLEMENTED = 10_040;
    /// Accepted, and still to be done.
    ACCEPTED = 10_070;

    /// The access token is wrong, or has expired.
    TOKEN_INVALID = 11_001;
    /// The app id or secret is wrong.
    CREDENTIALS_INVALID = 11_002;
    /// The quota of the hour is used up.
    HOURLY_LIMIT = 11_003;
    /// The quota of the month is used up.
    MONTHLY_LIMIT = 11_004;
    /// Too many calls at a time; slow down.
    THROTTLED = 11_005;
    /// The call exceeds what the plan allows.
    EXCEEDS_LIMITS = 11_006;
    /// The key may not do this.
    INSUFFICIENT_SCOPES = 11_007;
    /// The key is not valid.
    KEY_INVALID = 11_008;
    /// The key does not exist.
    KEY_NOT_FOUND = 11_009;
    /// The body of the request could not be read.
    BAD_REQUEST_FORMAT = 11_100;
    /// No such path, or no such thing.
    DOES_NOT_EXIST = 11_101;
    /// The request makes no sense to the service.
    INVALID_REQUEST = 11_102;
    /// The path exists, though not with this HTTP method.
    METHOD_NOT_ALLOWED = 11_103;

    /// The model version is trained and ready.
    MODEL_TRAINED = 21_100;
    /// The model version is being trained.
    MODEL_TRAINING = 21_101;
    /// The model version has never been trained.
    MODEL_UNTRAINED = 21_102;
    /// The model version waits for its training to begin.
    MODEL_QUEUED_FOR_TRAINING = 21_103;
    /// The training failed.
    MODEL_TRAINING_FAILED = 21_106;
    /// The model version is being built.
    MODEL_BUILDING = 21_107;
    /// There is nothing to train on.
    MODEL_TRAINING_NO_DATA = 21_110;
    /// No input is marked as showing a concept of the model.
    MODEL_TRAINING_NO_POSITIVES = 21_111;
    /// The training took too long.
    MODEL_TRAINING_TIMED_OUT = 21_113;
    /// No such model.
    MODEL_DOES_NOT_EXIST = 21_200;
    /// The model is not open to this key.
    MODEL_PERMISSION_DENIED = 21_201;
    /// The call cannot be made of this model.
    MODEL_INVALID_ARGUMENT = 21_202;
    /// The evaluation is done.
    MODEL_EVALUATED = 21_300;
    /// The evaluation is running.
    MODEL_EVALUATING = 21_301;
    /// The model version has never been evaluated.
    MODEL_NOT_EVALUATED = 21_302;
    /// The evaluation waits for its turn.
    MODEL_QUEUED_FOR_EVALUATION = 21_303;
    /// The model is being started.
    MODEL_DEPLOYING = 21_351;
    /// The model has more to do than it can take.
    MODEL_BUSY = 21_354;
    /// The model is being loaded.
    MODEL_LOADING = 21_355;

    /// No such workflow.
    WORKFLOW_DOES_NOT_EXIST = 22_102;

    /// The input is stored and processed.
    INPUT_SUCCESS = 30_000;
    /// The input waits to be fetched or processed.
    INPUT_PENDING = 30_001;
    /// The input could not be fetched or processed.
    INPUT_FAILED = 30_002;
    /// The input is being processed.
    INPUT_IN_PROGRESS = 30_003;
    /// The input is there already, by its id or its URL.
    INPUT_DUPLICATE = 30_100;
    /// The video is there already.
    INPUT_VIDEO_DUPLICATE = 31_100;
    /// The service cannot read this kind of file.
    INPUT_UNSUPPORTED_FORMAT = 30_101;
    /// No such input.
    INPUT_DOES_NOT_EXIST = 30_102;
    /// The input is not open to this key.
    INPUT_PERMISSION_DENIED = 30_103;
    /// Something about the input is not valid.
    INPUT_INVALID_ARGUMENT = 30_104;
    /// More inputs than the plan allows.
    INPUT_OVER_LIMIT = 30_105;
    /// The URL is not one.
    INPUT_INVALID_URL = 30_106;
    /// The change to the input is stored.
    INPUT_MODIFY_SUCCESS = 30_200;
    /// The change to the input is under way.
    INPUT_MODIFY_PENDING = 30_201;
    /// The change to the input failed.
    INPUT_MODIFY_FAILED = 30_203;
    /// None of the inputs holds bytes the service can read.
    ALL_INPUT_INVALID_BYTES = 30_300;

    /// The request to predict is not valid.
    PREDICT_INVALID_REQUEST = 40_001;
    /// The search is not valid.
    SEARCH_INVALID_REQUEST = 40_002;
    /// The request about concepts is not valid.
    CONCEPTS_INVALID_REQUEST = 40_003;

    /// Something broke in the service.
    INTERNAL_SERVER_ISSUE = 98_004;
    /// The service took too long over it.
    INTERNAL_UNEXPECTED_TIMEOUT = 98_009;
}

impl From<u32> for StatusCode {
    fn from(number: u32) -> Self {
        Self::new(number)
    }
}

impl PartialEq for StatusCode {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for StatusCode {}

impl Hash for StatusCode {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

/// `11005 CONN_THROTTLED`, or as much of it as is known.
impl fmt::Display for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.row() {
            Some((number, name, _)) => write!(f, "{number} {name}"),
            None => self.0.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_its_names_are_unique() {
        assert!(codes::CODES.windows(2).all(|pair| pair[0].0 <= pair[1].0));
        let mut names: Vec<_> = codes::CODES.iter().map(|(_, name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), codes::CODES.len());
    }

    #[test]
    fn codes_come_in_any_spelling_and_leave_as_they_came() {
        for (json, number, name, class, written) in [
            ("10000", Some(10_000), Some("SUCCESS"), Class::Success, "10000"),
            ("10000.0", Some(10_000), Some("SUCCESS"), Class::Success, "10000"),
            (r#""10010""#, Some(10_010), Some("MIXED_STATUS"), Class::Mixed, "10010"),
            (r#""CONN_THROTTLED""#, Some(11_005), Some("CONN_THROTTLED"), Class::Retry, r#""CONN_THROTTLED""#),
            ("30000", Some(30_000), Some("INPUT_SUCCESS"), Class::Success, "30000"),
            ("21103", Some(21_103), Some("MODEL_QUEUED_FOR_TRAINING"), Class::Pending, "21103"),
            ("21102", Some(21_102), Some("MODEL_UNTRAINED"), Class::Idle, "21102"),
            ("0", Some(0), Some("ZERO"), Class::Unknown, "0"),
            ("12345", Some(12_345), None, Class::Unknown, "12345"),
            ("-1", None, None, Class::Unknown, "-1"),
            (r#""BRAND_NEW""#, None, None, Class::Unknown, r#""BRAND_NEW""#),
            ("null", Some(0), Some("ZERO"), Class::Unknown, "0"),
        ] {
            let code: StatusCode = serde_json::from_str(json).expect(json);
            assert_eq!(code.number(), number, "{json}");
            assert_eq!(code.name(), name, "{json}");
            assert_eq!(code.class(), class, "{json}");
            assert_eq!(serde_json::to_string(&code).expect(json), written, "{json}");
        }
    }

    #[test]
    fn an_old_name_of_a_code_is_the_same_code() {
        let old: StatusCode = serde_json::from_str(r#""INPUT_DOWNLOAD_SUCCESS""#).expect("a name");
        assert_eq!(old, StatusCode::INPUT_SUCCESS);
    }

    #[test]
    fn a_status_shows_what_it_knows() {
        for (json, shown) in [
            ("{}", "no status code"),
            (r#"{"code": 11102}"#, "11102 CONN_INVALID_REQUEST"),
            (r#"{"code": 1, "description": "Odd", "details": ""}"#, "1: Odd"),
            (r#"{"code": "NEW", "description": "Odd", "details": "very"}"#, "NEW: Odd (very)"),
        ] {
            let status: Status = serde_json::from_str(json).expect(json);
            assert_eq!(status.to_string(), shown);
        }
    }
}
