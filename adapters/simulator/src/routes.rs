//! The routing table. The routes of each resource are in the file of its name.

mod add_jobs;
mod annotations;
mod apps;
mod concepts;
mod datasets;
mod evaluations;
mod feedback;
mod input_outputs;
mod inputs;
mod model_inputs;
mod model_versions;
mod models;
mod openai;
mod outputs;
mod queries;
mod searches;
mod users;
mod workflow_results;
mod workflows;

use crate::call::Call;
use crate::response::RouteResult;

/// Runs the route of a call. Returns `None` if no route matches.
pub(crate) fn dispatch(call: &Call<'_>, route: &[&str]) -> Option<RouteResult> {
    Some(match (call.request.method().as_str(), route) {
        ("POST", ["concepts"]) => concepts::create(call),
        ("GET", ["concepts"]) => concepts::list(call),
        ("PATCH", ["concepts"]) => concepts::patch(call),
        ("POST", ["concepts", "searches"]) => concepts::search(call),
        ("GET", ["concepts", id]) => concepts::get(call, id),

        ("POST", ["inputs"]) => inputs::create(call),
        ("GET", ["inputs"]) => inputs::list(call),
        ("PATCH", ["inputs"]) => inputs::patch(call),
        ("DELETE", ["inputs"]) => inputs::delete_many(call),
        ("GET", ["inputs", "status"]) => Ok(inputs::counts(call)),
        ("GET", ["inputs", "stream"]) => inputs::stream(call),
        ("GET", ["inputs", "jobs", "add"]) => add_jobs::list(call),
        ("GET", ["inputs", "jobs", "add", id]) => add_jobs::get(call, id),
        ("PATCH", ["inputs", "jobs", "add", id]) => add_jobs::cancel(call, id),
        ("POST", ["searches"]) => searches::search(call),
        ("POST", ["inputs", "searches"]) => queries::of_inputs(call),
        ("POST", ["annotations", "searches"]) => queries::of_annotations(call),
        ("POST", ["searches", "feedback"]) => feedback::of_search(call),
        ("GET", ["inputs", id]) => inputs::get(call, id),
        ("DELETE", ["inputs", id]) if *id != "annotations" => inputs::delete(call, id),
        ("GET", ["inputs", id, "outputs"]) => input_outputs::get(call, id),
        ("PATCH", ["inputs", id, "outputs"]) => input_outputs::patch(call, id),

        ("POST", ["annotations"]) => annotations::create(call),
        ("GET", ["annotations"]) => annotations::list(call),
        ("PATCH", ["annotations"]) => annotations::patch(call),
        ("DELETE", ["annotations"] | ["inputs", "annotations"]) => annotations::delete_many(call),
        ("GET", ["inputs", input, "annotations", id]) => annotations::get(call, input, id),
        ("DELETE", ["inputs", input, "annotations", id]) => annotations::delete(call, input, id),

        ("POST", ["datasets"]) => datasets::create(call),
        ("GET", ["datasets"]) => datasets::list(call),
        ("PATCH", ["datasets"]) => datasets::patch(call),
        ("DELETE", ["datasets"]) => datasets::delete_many(call),
        ("GET", ["datasets", id]) => datasets::get(call, id),
        ("POST", ["datasets", id, "inputs"]) => datasets::add_inputs(call, id),
        ("GET", ["datasets", id, "inputs"]) => datasets::list_inputs(call, id),
        ("DELETE", ["datasets", id, "inputs"]) => datasets::remove_inputs(call, id),

        ("POST", ["models"]) => models::create(call),
        ("GET", ["models"]) => models::list(call),
        ("PATCH", ["models"]) => models::patch(call),
        ("DELETE", ["models"]) => models::delete_many(call),
        ("POST", ["models", "searches"]) => models::search(call),
        ("GET", ["models", id]) => models::get(call, id, None, false),
        ("DELETE", ["models", id]) => models::delete(call, id),
        ("GET", ["models", id, "output_info"]) => models::get(call, id, None, true),
        ("GET", ["models", id, "versions", version, "output_info"]) => models::get(call, id, Some(version), true),
        ("POST", ["models", id, "outputs"]) => outputs::create(call, id, None),
        ("POST", ["models", id, "versions", version, "outputs"]) => outputs::create(call, id, Some(version)),
        ("POST", ["models", id, "feedback"]) => feedback::of_model(call, id, None),
        ("POST", ["models", id, "versions", version, "feedback"]) => feedback::of_model(call, id, Some(version)),
        ("GET", ["models", id, "inputs"]) => model_inputs::list(call, id, None),
        // An old client sends `version` without the `s`.
        ("GET", ["models", id, "versions" | "version", version, "inputs"]) => {
            model_inputs::list(call, id, Some(version))
        }
        ("POST", ["models", id, "versions"]) => model_versions::train(call, id),
        ("GET", ["models", id, "versions"]) => model_versions::list(call, id),
        ("GET", ["models", id, "versions", version]) => model_versions::get(call, id, version),
        ("POST", ["models", id, "versions", version, "metrics"]) => evaluations::create(call, id, version),
        ("GET", ["models", id, "versions", version, "metrics"]) => evaluations::get(call, id, version),
        ("DELETE", ["models", id, "versions", version]) => model_versions::delete(call, id, version),

        ("POST", ["workflows"]) => workflows::create(call),
        ("GET", ["workflows"]) => workflows::list(call),
        ("PATCH", ["workflows"]) => workflows::patch(call),
        ("DELETE", ["workflows"]) => workflows::delete_many(call),
        ("GET", ["public_workflows"]) => workflows::list_public(call),
        ("GET", ["workflows", id]) => workflows::get(call, id),
        ("DELETE", ["workflows", id]) => workflows::delete(call, id),
        ("POST", ["workflows", id, "results"]) => workflow_results::create(call, id),

        ("GET", ["users", id]) => users::get(call, id),
        ("POST", ["users", user, "apps"]) => apps::create(call, user),
        ("GET", ["users", user, "apps"]) => apps::list(call, user),
        ("GET", []) if call.scoped => apps::get(call),
        ("PATCH", []) if call.scoped => apps::patch(call),
        ("DELETE", []) if call.scoped => apps::delete(call),

        ("POST", ["ext", "openai", "v1", "chat", "completions"]) => openai::chat(call),
        ("POST", ["ext", "openai", "v1", "embeddings"]) => openai::embeddings(call),
        ("GET", ["ext", "openai", "v1", "models"]) => Ok(openai::models()),
        _ => return None,
    })
}
