//! The rows of a page: the facts of each input, with a thumbnail.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::findings::{Findings, Names};
use crate::input_source;
use crate::interrupt;
use crate::job::read::JobInput;
use crate::thumbnail::{Problem, Thumbnail};

/// An input on the page. Members without a value are left out.
#[derive(Serialize)]
pub(super) struct PageRow {
    position: u64,
    source: String,
    kind: String,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    media: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<String>,
    attempts: u64,
    #[serde(flatten)]
    findings: Findings,
    #[serde(flatten)]
    pub(super) illustration: Illustration,
}

/// The thumbnail of an input, or the reason why it is missing.
#[derive(Clone, Default, Serialize)]
pub(super) struct Illustration {
    /// A data URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) thumbnail: Option<String>,
    /// Width and height of the image itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<(u32, u32)>,
    /// Whether the size of the file is another one than that of the file that was sent.
    #[serde(skip_serializing_if = "is_false")]
    changed: bool,
    /// `missing` or `unreadable`.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<&'static str>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

impl Illustration {
    pub(super) fn is_missing(&self) -> bool {
        self.problem == Some("missing")
    }

    /// Returns the illustration of an input; `side` is the longer side of its thumbnail.
    fn of(input: &JobInput, side: u32) -> Self {
        let is_video = input.media.as_deref() == Some("video");
        let Some(path) = input.path().filter(|_| side > 0 && !is_video) else { return Self::default() };
        match Thumbnail::read(Path::new(&path), side, side) {
            Ok(thumbnail) => Self {
                thumbnail: thumbnail.jpeg().map(|jpeg| format!("data:image/jpeg;base64,{}", STANDARD.encode(jpeg))),
                size: Some((thumbnail.width, thumbnail.height)),
                changed: input.bytes.is_some_and(|bytes| bytes != thumbnail.file_bytes),
                problem: None,
            },
            Err(Problem::Missing) => Self { problem: Some("missing"), ..Self::default() },
            Err(Problem::Unreadable) => Self { problem: Some("unreadable"), ..Self::default() },
        }
    }
}

/// Returns the rows of these inputs. The thumbnails are made on all processors.
pub(super) fn rows(inputs: Vec<JobInput>, side: u32, names: &mut Names) -> Vec<PageRow> {
    let illustrations = illustrations(&inputs, side);
    inputs.into_iter().zip(illustrations).map(|(input, illustration)| row(input, illustration, names)).collect()
}

fn row(input: JobInput, illustration: Illustration, names: &mut Names) -> PageRow {
    let findings = input.raw.as_ref().map(|raw| Findings::read(raw, names)).unwrap_or_default();
    // Of a data URL only the beginning is shown.
    let source = match &*input.kind {
        "file" => input.path().map(|path| input_source::label(&path)).unwrap_or_default(),
        _ => input_source::label(input.source.as_ref()),
    };
    PageRow {
        position: input.position,
        source,
        kind: input.kind,
        state: input.state.name(),
        media: input.media,
        id: input.input_id,
        outcome: input.outcome,
        error: input.error,
        code: input.code,
        request: input.request_id,
        attempts: input.attempts,
        findings,
        illustration,
    }
}

fn illustrations(inputs: &[JobInput], side: u32) -> Vec<Illustration> {
    let illustrations = Mutex::new(vec![Illustration::default(); inputs.len()]);
    let next = AtomicUsize::new(0);
    let work = || {
        while !interrupt::is_requested() {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(input) = inputs.get(index) else { return };
            let illustration = Illustration::of(input, side);
            if let Some(place) = illustrations.lock().unwrap_or_else(PoisonError::into_inner).get_mut(index) {
                *place = illustration;
            }
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from).min(inputs.len());
    thread::scope(|scope| {
        // This thread is one of them, so that the work is done even if no other can be started.
        for _ in 1..threads {
            let _ = thread::Builder::new().spawn_scoped(scope, work);
        }
        work();
    });
    illustrations.into_inner().unwrap_or_else(PoisonError::into_inner)
}
