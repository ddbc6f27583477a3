//! Searches for secrets where there must be none: logs, spans, errors, `Debug`, panics, and bytes sent to other hosts.
//!
//! All scenarios use the same key. A text is searched for any eight successive characters of it, so that a dump in
//! lines of sixteen is found as well, and for its encodings in base64, hexadecimal and as a list of numbers. In
//! hexadecimal, eight characters are sixteen digits; fewer could occur by chance in logs that contain random keys.

use std::collections::{BTreeSet, HashSet};
use std::fmt::{self, Debug, Write as _};
use std::sync::{LazyLock, Mutex, Once, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tracing::field::{Field, Visit};
use tracing::span;

/// The key of all scenarios. No eight successive characters of it occur anywhere else.
pub const KEY: &str = "zQ7vXk2JwP9mTfR4bLs8HdY3gNc6VuA5";

/// The token that a server returns for [`KEY`] as the secret of an app.
pub const TOKEN: &str = "yW5nBq8CzE1rKj7DxM4pGt9SvF2hUa6Z";

/// The id of that app.
pub const APP_ID: &str = "app-of-the-suite";

const WINDOW: usize = 8;

/// Where a secret was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In a log, under this target.
    Log(String),
    /// Anywhere else.
    Other(String),
}

static FOUND: Mutex<BTreeSet<Place>> = Mutex::new(BTreeSet::new());

/// The texts that are searched for.
struct Needles {
    /// Whether a window starts with these two bytes, which excludes most positions quickly.
    begins: Vec<bool>,
    windows: HashSet<[u8; WINDOW]>,
    /// The windows in hexadecimal.
    digits: HashSet<[u8; 2 * WINDOW]>,
    /// The beginnings of the secrets in the `Debug` form of bytes.
    numbers: Vec<String>,
}

static NEEDLES: LazyLock<Needles> = LazyLock::new(|| {
    let mut needles =
        Needles { begins: vec![false; 1 << 16], windows: HashSet::new(), digits: HashSet::new(), numbers: Vec::new() };
    for secret in [KEY, TOKEN] {
        let hexadecimal = secret.bytes().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        // In base64 the encoding depends on the bytes before.
        let in_base64 = (0..3).map(|shift| STANDARD.encode(format!("{}{secret}", &"000"[..shift]))[4..40].to_owned());
        let basic = STANDARD.encode(format!("{APP_ID}:{secret}"))[24..].trim_end_matches('=').to_owned();
        for spelling in [secret.to_owned(), basic].into_iter().chain(in_base64) {
            for window in spelling.as_bytes().windows(WINDOW) {
                needles.begins[two(window)] = true;
                needles.windows.extend(<[u8; WINDOW]>::try_from(window));
            }
        }
        for window in hexadecimal.as_bytes().windows(2 * WINDOW) {
            needles.begins[two(window)] = true;
            needles.digits.extend(<[u8; 2 * WINDOW]>::try_from(window));
        }
        let numbers: Vec<_> = secret.bytes().take(WINDOW).map(|byte| byte.to_string()).collect();
        needles.numbers.push(numbers.join(", "));
    }
    needles
});

/// Returns the first two bytes as a number.
fn two(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}

/// Returns whether the bytes contain a part of a secret.
pub fn shows(bytes: &[u8]) -> bool {
    let needles = &*NEEDLES;
    let text = String::from_utf8_lossy(bytes);
    needles.numbers.iter().any(|numbers| text.contains(numbers.as_str()))
        || bytes.windows(WINDOW).any(|window| needles.begins[two(window)] && needles.windows.contains(window))
        || bytes.windows(2 * WINDOW).any(|window| needles.begins[two(window)] && needles.digits.contains(window))
}

/// Searches a text, and records the place if it contains a secret.
pub fn search(text: &str, place: impl Into<String>) {
    if shows(text.as_bytes()) {
        note(Place::Other(place.into()));
    }
}

/// Searches all printed forms of an error and its sources.
pub fn search_error(error: &(dyn std::error::Error + 'static), place: &str) {
    let mut next = Some(error);
    while let Some(error) = next {
        search(&format!("{error}\n{error:?}\n{error:#?}"), format!("an error of {place}"));
        next = error.source();
    }
}

fn note(place: Place) {
    FOUND.lock().unwrap_or_else(PoisonError::into_inner).insert(place);
}

/// Returns the places found since the last call.
pub fn take() -> BTreeSet<Place> {
    std::mem::take(&mut FOUND.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Starts to search all logs and spans of the process at their highest level, and its panics.
///
/// # Panics
///
/// If another logger or subscriber is set.
pub fn listen() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        log::set_logger(&Listener).expect("no other logger is set");
        log::set_max_level(log::LevelFilter::Trace);
        tracing::subscriber::set_global_default(Listener).expect("no other subscriber is set");
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            match shows(panic.to_string().as_bytes()) {
                // Not printed, because the output of the tests must not contain the key.
                true => note(Place::Other("a panic".to_owned())),
                false => before(panic),
            }
        }));
    });
}

struct Listener;

impl Listener {
    fn hear(text: &str, target: &str) {
        if shows(text.as_bytes()) {
            note(Place::Log(target.to_owned()));
        }
    }
}

impl log::Log for Listener {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        Self::hear(&record.args().to_string(), record.target());
    }

    fn flush(&self) {}
}

/// Writes the fields of a span or an event as one text.
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, "{}={value:?} ", field.name());
    }
}

impl tracing::Subscriber for Listener {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        let mut fields = Fields(String::new());
        attributes.record(&mut fields);
        Self::hear(&fields.0, attributes.metadata().target());
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        let mut fields = Fields(String::new());
        values.record(&mut fields);
        Self::hear(&fields.0, "a field recorded later");
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut fields = Fields(String::new());
        event.record(&mut fields);
        Self::hear(&fields.0, event.metadata().target());
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log(target) => write!(f, "the log `{target}`"),
            Self::Other(place) => f.write_str(place),
        }
    }
}
