//! Retries, renewed tokens, and error responses.

use clarifai_core::concepts::{CreateConcepts, GetConcept};
use clarifai_core::inputs::{DeleteInput, DeleteInputs};
use clarifai_core::policy::RetryPolicy;

use super::*;

/// Sets the number of attempts that the old client made.
fn three(mut vector: Vector) -> Vector {
    vector.config = vector.config.with_retry(RetryPolicy::default().with_max_attempts(3));
    vector
}

/// Uses an app secret, and adds the request for a token, which the old client had made before the recording began.
fn with_token(vector: Vector) -> Vector {
    let mut vector = three(vector.with(Credentials::app_secret("app-id", "app-secret").unwrap()));
    vector.replay.insert_token("token-1");
    vector
}

/// Runs the calls of a vector, chosen by its id.
pub(crate) fn run_vector(id: &str, v: Vector) -> Option<Outcome> {
    let get = |v| ok(v, |v: &mut Vector| v.call(GetConcept::new("cat")).map(drop));
    let get_fails = |v| expect(v, |v: &mut Vector| v.call(GetConcept::new("cat")).map(drop), false);
    let create_fails = |v| expect(v, |v: &mut Vector| v.call(CreateConcepts::new().concept("cat")).map(drop), false);
    Some(match id {
        "retry-429-once" | "retry-500-once" | "retry-502-503" => get(three(v)),
        "retry-429-thrice" | "retry-503-thrice" | "retry-500-thrice" => get_fails(three(v)),
        "retry-500-delete-is-resent" => ok(three(v), |v| v.call(DeleteInput::new("id")).map(drop)),
        "retry-401-expired-token-refresh" | "auth-bearer-used-after-token" => get(with_token(v)),
        "retry-401-expired-refresh-fails" | "retry-mixed-500-401-429" => get_fails(with_token(v)),
        "auth-delete-token-refetches" => get(three(v.with(Credentials::app_secret("app-id", "app-secret").unwrap()))),
        "error-401-bad-key"
        | "error-502-html-not-retried"
        | "error-403"
        | "error-connection-dropped"
        | "error-200-status-failure" => get_fails(v),
        "error-201-treated-as-error" => ok(v, |v| v.call(CreateConcepts::new().concept("cat")).map(drop)),
        "error-202-treated-as-error" => ok(v, |v| v.call(DeleteInputs::by_withdrawn_flag()).map(drop)),
        "error-400" | "error-413" | "error-json-array" => create_fails(v),
        _ => return None,
    })
}
