//! Faults in the job file that tests plant, to prove that they would notice them. They exist in debug builds only.

/// A planted fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Rows are durable only after the request was sent.
    RowAfterRequest,
    /// Some rows are not written.
    LostRow,
    /// Some rows are written twice.
    DoubledRow,
}

/// Whether this fault is planted, with the environment variable `CLARIFAI_TEST_PLANTED_FAULT`.
#[cfg(debug_assertions)]
pub(super) fn is(fault: Fault) -> bool {
    use std::sync::OnceLock;
    static PLANTED: OnceLock<Option<Fault>> = OnceLock::new();
    let planted = PLANTED.get_or_init(|| match std::env::var("CLARIFAI_TEST_PLANTED_FAULT").as_deref() {
        Ok("row-after-request") => Some(Fault::RowAfterRequest),
        Ok("lost-row") => Some(Fault::LostRow),
        Ok("doubled-row") => Some(Fault::DoubledRow),
        _ => None,
    });
    *planted == Some(fault)
}

/// Release builds have no planted faults.
#[cfg(not(debug_assertions))]
pub(super) const fn is(_: Fault) -> bool {
    false
}
