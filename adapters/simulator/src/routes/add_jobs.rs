//! `inputs/jobs/add`: the jobs that add inputs.

use serde_json::{Value, json};

use crate::call::Call;
use crate::response::{Content, Refusal, RouteResult};
use crate::state::Config;
use crate::state::add_job::AddJob;

/// Counts inputs in a job, which is created if it does not exist. Returns the job as JSON.
pub(super) fn add(call: &Call<'_>, app: &mut Config, id: &str, inputs: Vec<String>, refused: usize) -> Value {
    let serial = app.next_serial();
    let job = app.add_jobs.entry(id.to_owned()).or_insert_with(|| AddJob {
        id: id.to_owned(),
        serial,
        inputs: Vec::new(),
        refused: 0,
        canceled: false,
        created: call.now,
        modified: call.now,
    });
    job.inputs.extend(inputs);
    job.refused += refused as u64;
    job.modified = call.now;
    job.json(&app.inputs, call.now)
}

/// Newest first.
pub(super) fn list(call: &Call<'_>) -> RouteResult {
    let page = call.page()?;
    let mut locked = call.lock();
    let app = locked.app();
    let mut jobs: Vec<_> = app.add_jobs.values().collect();
    jobs.sort_by_key(|job| std::cmp::Reverse(job.serial));
    let jobs: Vec<_> = page.of(jobs).map(|job| job.json(&app.inputs, call.now)).collect();
    Ok(Content::ok(json!({"inputs_add_jobs": jobs})))
}

pub(super) fn get(call: &Call<'_>, id: &str) -> RouteResult {
    let mut locked = call.lock();
    let app = locked.app();
    let job = app.add_jobs.get(id).ok_or_else(|| Refusal::missing("inputs_add_job_id", id))?;
    Ok(Content::ok(json!({"inputs_add_job": job.json(&app.inputs, call.now)})))
}

/// Inputs that were added already remain.
pub(super) fn cancel(call: &Call<'_>, id: &str) -> RouteResult {
    let mut locked = call.lock();
    let app = locked.app();
    let job = app.add_jobs.get_mut(id).ok_or_else(|| Refusal::missing("inputs_add_job_id", id))?;
    job.canceled = true;
    job.modified = call.now;
    let json = job.json(&app.inputs, call.now);
    Ok(Content::ok(json!({"inputs_add_job": json})))
}
