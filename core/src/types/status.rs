//! The status object and its code: the outcome of a call, or the state of one item in a response.

mod codes;
mod named;

use std::fmt;
use std::hash::{Hash, Hasher};

use serde::Serialize;
use serde_json::Value;

use super::enum_value::{EnumValue, read_as_enum_value};
use crate::lenient::record;

pub(crate) use codes::Flag;

record! {
    /// The outcome of a call, or the state of an input, an output, a model version or an evaluation.
    ///
    /// Every response contains one at its top level, and most items in a response have their own. Base decisions on
    /// [`code`](Self::code): the texts are written for people and change without notice.
    pub struct Status {
        /// Status code: the outcome, or the state reached.
        pub code: Option<StatusCode>,
        /// Description of the code.
        pub description: Option<String>,
        /// Details of this case. On a failed item this is the most useful text.
        pub details: Option<String>,
        /// Id of the request at the service. Quote it to Clarifai's support.
        pub req_id: Option<String>,
        /// Place in the service where an error occurred.
        pub stack_trace: Option<Vec<String>>,
        /// Progress of a running job, from 0 to 100.
        pub percent_completed: Option<u32>,
        /// Estimated remaining time of a running job, in seconds.
        pub time_remaining: Option<u64>,
        /// Details for Clarifai's own staff.
        pub internal_details: Option<String>,
        /// New location of a resource that has moved.
        pub redirect_info: Option<Value>,
        /// Hints for the developers of the calling program.
        pub developer_notes: Option<String>,
        /// HTTP status that the service intended.
        pub http_status_code: Option<u32>,
    }
}

impl Status {
    /// Returns the class of the code, [`StatusClass::Unknown`] if there is no code.
    pub fn class(&self) -> StatusClass {
        self.code.as_ref().map_or(StatusClass::Unknown, StatusCode::class)
    }

    /// Returns whether the code reports that the call or the item is done and succeeded.
    pub fn is_success(&self) -> bool {
        self.class() == StatusClass::Success
    }

    /// Returns whether the table of codes has this flag for the code.
    pub(crate) fn has(&self, flag: Flag) -> bool {
        self.code.as_ref().is_some_and(|code| code.has(flag))
    }
}

/// Writes `11102 CONN_INVALID_REQUEST: Invalid request (no inputs)`, without the parts that are not known.
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

/// What a status code means for a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StatusClass {
    /// Done and successful.
    Success,
    /// Some items of the call failed: read the status of each item.
    Mixed,
    /// A transient problem: the same call may succeed later.
    Retry,
    /// The service is still working: poll the resource again.
    Pending,
    /// No job is running, so waiting has no effect.
    Idle,
    /// It failed and would fail again.
    Terminal,
    /// A code that this crate does not know, or no code.
    Unknown,
}

/// A status code of the service, such as 10000 for success.
///
/// The service sends it as a number and sometimes as a name; both forms of the same code are equal. Codes that this
/// crate does not know are kept, are written back as they were received, and belong to [`StatusClass::Unknown`].
///
/// ```
/// use clarifai_core::types::{StatusClass, StatusCode};
///
/// let by_name: StatusCode = serde_json::from_str(r#""CONN_THROTTLED""#)?;
/// assert_eq!(by_name, StatusCode::THROTTLED);
/// assert_eq!(by_name.number(), Some(11005));
/// assert_eq!(by_name.class(), StatusClass::Retry);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, Serialize)]
#[serde(transparent)]
pub struct StatusCode(EnumValue);

read_as_enum_value!(StatusCode);

impl StatusCode {
    /// Creates the code with this number, whether this crate knows it or not.
    pub const fn new(number: u32) -> Self {
        Self(EnumValue::Number(number as i64))
    }

    /// Returns the number; `None` for a name that this crate does not know and for a number outside the range of codes.
    pub fn number(&self) -> Option<u32> {
        match &self.0 {
            EnumValue::Number(number) => u32::try_from(*number).ok(),
            EnumValue::Name(_) => self.row().map(|(number, ..)| *number),
        }
    }

    /// Returns the service's name of the code, `None` if this crate does not know the code.
    ///
    /// Some codes have two names. Then it is the current one: 30000 is `INPUT_SUCCESS`.
    pub fn name(&self) -> Option<&'static str> {
        self.row().map(|(_, name, ..)| *name)
    }

    /// Returns what the code means for a client.
    pub fn class(&self) -> StatusClass {
        self.row().map_or(StatusClass::Unknown, |(_, _, class, _)| *class)
    }

    /// Returns whether the call or the item is done and succeeded.
    pub fn is_success(&self) -> bool {
        self.class() == StatusClass::Success
    }

    /// Returns whether the table of codes has this flag for the code.
    pub(crate) fn has(&self, flag: Flag) -> bool {
        self.row().is_some_and(|(.., flags)| flags.contains(&flag))
    }

    /// Returns whether the number is one of those that the API reserves for the success of a whole call, with or
    /// without a warning. That includes numbers that no published list contains yet.
    pub(crate) fn is_in_success_range(&self) -> bool {
        self.number().is_some_and(|number| codes::SUCCESSES.contains(&number))
    }

    /// Returns whether the code has a number other than 0. Only such a code says anything about the outcome.
    pub(crate) fn is_set(&self) -> bool {
        self.number().is_some() && !self.has(Flag::Unset)
    }

    fn row(&self) -> Option<&'static codes::Row> {
        match &self.0 {
            EnumValue::Number(wanted) => {
                let first = codes::CODES.partition_point(|(number, ..)| i64::from(*number) < *wanted);
                codes::CODES.get(first).filter(|(number, ..)| i64::from(*number) == *wanted)
            }
            EnumValue::Name(wanted) => codes::CODES.iter().find(|(_, name, ..)| *name == &**wanted),
        }
    }

    /// Returns the number if there is one, so that both spellings of a code are the same key.
    fn key(&self) -> Result<u32, &EnumValue> {
        self.number().ok_or(&self.0)
    }
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

/// Writes `11005 CONN_THROTTLED`, or the number or the name alone if this crate does not know the code.
impl fmt::Display for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.row() {
            Some((number, name, ..)) => write!(f, "{number} {name}"),
            None => self.0.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_sorted_and_names_are_unique() {
        assert!(codes::CODES.windows(2).all(|pair| pair[0].0 <= pair[1].0));
        let mut names: Vec<_> = codes::CODES.iter().map(|(_, name, ..)| *name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), codes::CODES.len());
    }

    /// The flags as they were decided on, written down a second time, so that a row that loses one is noticed.
    #[test]
    fn flags_are_on_these_codes_and_on_no_others() {
        let internal: Vec<u32> = [90_500]
            .into_iter()
            .chain(98_004..=98_006)
            .chain(98_008..=98_021)
            .chain(99_001..=99_005)
            .chain([99_009])
            .collect();
        let table: &[(Flag, &[u32])] = &[
            (Flag::Unset, &[0]),
            (Flag::AllFailed, &[10_020]),
            (Flag::AuthScheme, &[11_001, 11_002, 11_007, 11_008, 11_009, 11_104, 11_200]),
            (Flag::TokenRejected, &[11_001]),
            (Flag::Quota, &[11_003, 11_004, 11_006]),
            (Flag::Throttled, &[11_005]),
            (Flag::Maintenance, &[39_997, 39_998]),
            (Flag::NotExecuted, &[10_030, 11_005, 21_354, 21_355, 40_030]),
            (
                Flag::NotFound,
                &[
                    11_101, 21_200, 22_102, 25_300, 25_600, 25_700, 25_800, 25_900, 26_000, 26_200, 26_300, 26_400,
                    26_403, 30_102, 31_102, 53_001, 60_001, 62_000, 62_003,
                ],
            ),
            (Flag::Absent, &[11_101, 21_200, 22_102, 30_102]),
            (Flag::Denied, &[21_201, 22_103, 24_156, 25_301, 25_601, 30_103, 31_103, 54_103]),
            (Flag::UnusableModel, &[21_200, 21_201, 21_202, 21_203]),
            (Flag::DuplicateInput, &[30_100, 31_100]),
            (Flag::TooLarge, &[40_033]),
            (Flag::Uncertain, &internal),
        ];
        let flagged: usize = codes::CODES.iter().map(|(.., flags)| flags.len()).sum();
        assert_eq!(flagged, table.iter().map(|(_, numbers)| numbers.len()).sum::<usize>(), "no other code has a flag");
        for (flag, numbers) in table {
            for number in *numbers {
                assert!(StatusCode::new(*number).has(*flag), "{number} has no flag {flag:?}");
            }
        }
    }

    #[test]
    fn codes_are_read_as_number_or_name_and_written_back_unchanged() {
        for (json, number, name, class, written) in [
            ("10000", Some(10_000), Some("SUCCESS"), StatusClass::Success, "10000"),
            ("10000.0", Some(10_000), Some("SUCCESS"), StatusClass::Success, "10000"),
            (r#""10010""#, Some(10_010), Some("MIXED_STATUS"), StatusClass::Mixed, "10010"),
            (r#""CONN_THROTTLED""#, Some(11_005), Some("CONN_THROTTLED"), StatusClass::Retry, r#""CONN_THROTTLED""#),
            ("30000", Some(30_000), Some("INPUT_SUCCESS"), StatusClass::Success, "30000"),
            ("21103", Some(21_103), Some("MODEL_QUEUED_FOR_TRAINING"), StatusClass::Pending, "21103"),
            ("21102", Some(21_102), Some("MODEL_UNTRAINED"), StatusClass::Idle, "21102"),
            ("0", Some(0), Some("ZERO"), StatusClass::Unknown, "0"),
            ("12345", Some(12_345), None, StatusClass::Unknown, "12345"),
            ("-1", None, None, StatusClass::Unknown, "-1"),
            (r#""BRAND_NEW""#, None, None, StatusClass::Unknown, r#""BRAND_NEW""#),
            ("null", Some(0), Some("ZERO"), StatusClass::Unknown, "0"),
        ] {
            let code: StatusCode = serde_json::from_str(json).expect(json);
            assert_eq!(code.number(), number, "{json}");
            assert_eq!(code.name(), name, "{json}");
            assert_eq!(code.class(), class, "{json}");
            assert_eq!(serde_json::to_string(&code).expect(json), written, "{json}");
        }
    }

    #[test]
    fn old_name_of_a_code_equals_the_current_one() {
        let old: StatusCode = serde_json::from_str(r#""INPUT_DOWNLOAD_SUCCESS""#).expect("a name");
        assert_eq!(old, StatusCode::INPUT_SUCCESS);
    }

    #[test]
    fn status_displays_its_known_parts() {
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
