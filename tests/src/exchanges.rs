//! Writes exchanges to a file, for the check against the official description of the API (`peers/official.py`).
//!
//! Nothing is written unless `CLARIFAI_EXCHANGES` names a file. Programs append to it, one JSON object a line.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::sync::{Mutex, OnceLock, PoisonError};

use bytes::Bytes;
use http::{Request, Response};
use serde_json::json;

/// Appends one exchange. `operation` is the name of the operation of this client that made the request, or empty for a
/// request that a test wrote itself, which is not checked. `response` is `None` if only the request is of interest.
///
/// # Panics
///
/// If the file cannot be written.
#[expect(clippy::expect_used, reason = "without its file the check would be about nothing")]
#[cfg_attr(test, allow(unreachable_pub, reason = "tests of other crates include this file"))]
pub fn record(operation: &str, request: &Request<Bytes>, response: Option<&Response<Bytes>>) {
    static FILE: OnceLock<Option<Mutex<File>>> = OnceLock::new();
    let open = || {
        let path = std::env::var_os("CLARIFAI_EXCHANGES")?;
        Some(Mutex::new(OpenOptions::new().create(true).append(true).open(path).expect("the file of the exchanges")))
    };
    let Some(file) = FILE.get_or_init(open) else { return };
    let line = json!({
        "operation": operation,
        "method": request.method().as_str(),
        "target": request.uri().path_and_query().map(ToString::to_string),
        "request": String::from_utf8_lossy(request.body()),
        "status": response.map(|response| response.status().as_u16()),
        "response": response.map(|response| String::from_utf8_lossy(response.body())),
    });
    // One write for each line, because several programs may append at the same time.
    let line = format!("{line}\n");
    let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
    file.write_all(line.as_bytes()).expect("the file of the exchanges is written");
}
