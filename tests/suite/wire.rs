//! Wire vectors: recorded requests of the old Python client. This client must send the same, except for the vectors
//! listed with a reason.

#![allow(clippy::result_large_err)]

mod concepts;
mod inputs;
mod models;
mod searches;
mod transport;
mod workflows;

use std::collections::{BTreeMap, BTreeSet};

use clarifai_core::error::ErrorKind;
use clarifai_core::machine::{Call, FindModel, IntoMachine, Machine, drive};
use clarifai_core::models::{ListModels, ModelRef};
use clarifai_core::pagination::{Paged, Pages};
use clarifai_core::policy::RetryPolicy;
use clarifai_core::{Config, Credentials, Error, Operation};
use clarifai_tests::data;
use clarifai_tests::replay::Replay;
use serde_json::Value;

const METRO: &str = "https://samples.clarifai.com/metro-north.jpg";
const DOG: &str = "https://samples.clarifai.com/dog2.jpeg";
const TINY: &[u8] = &[0xff, 0xd8, 0xff, 0xd9];
const TINY_BASE64: &str = "/9j/2Q==";
const GENERAL: &str = "aaa03c23b3724a16a56b629203edc62c";

/// A vector that is replayed: the configuration of the client, and the recording.
struct Vector {
    config: Config,
    replay: Replay,
    /// The result of the old client, for vectors that send nothing.
    result: Value,
}

impl Vector {
    fn run<M: Machine>(&mut self, machine: M) -> Result<M::Output, Error> {
        drive(machine, &mut self.replay)
    }

    fn call<O: Operation>(&mut self, operation: O) -> Result<O::Output, Error> {
        let attempt = Call::new(&self.config, operation);
        self.run(attempt)
    }

    fn find(&mut self, name: &str) -> Result<ModelRef, Error> {
        let find = FindModel::new(name).into_machine(&self.config);
        self.run(find)
    }

    /// Reads all pages of a list or a search.
    fn read<O: Paged>(&mut self, operation: O) -> Result<Vec<O::Item>, Error> {
        let all = Pages::new(operation).into_machine(&self.config);
        self.run(all)
    }

    /// Lists pages of models until one is empty, as the old client did when it started.
    fn list_all(&mut self) -> Result<(), Error> {
        self.read(ListModels::new()).map(drop)
    }

    fn with(mut self, credentials: Credentials) -> Self {
        self.config = Config::new(credentials).with_retry(RetryPolicy::never());
        self
    }
}

/// Outcome of a vector: whether the result was as expected.
type Outcome = Result<Vector, Vector>;

/// Runs the calls of a vector, the last of which must succeed or fail as `success` specifies.
fn expect(mut vector: Vector, calls: impl FnOnce(&mut Vector) -> Result<(), Error>, success: bool) -> Outcome {
    let result = calls(&mut vector);
    match (&result, success) {
        (Ok(()), true) | (Err(_), false) => Ok(vector),
        _ => {
            println!("result: {result:?}");
            Err(vector)
        }
    }
}

/// Waits until the recording ends, with the retries of waits.
fn waits<M: IntoMachine>(vector: Vector, wait: impl FnOnce() -> M) -> Outcome {
    ok(vector, |vector| {
        let wait = wait().into_machine(&vector.config);
        vector.run(wait).map(drop)
    })
}

fn ok(vector: Vector, calls: impl FnOnce(&mut Vector) -> Result<(), Error>) -> Outcome {
    expect(vector, calls, true)
}

/// Checks that an argument is refused before anything is sent.
fn refused(vector: Vector, argument: &str, operation: impl Operation) -> Outcome {
    let argument = argument.to_owned();
    ok(vector, |vector| match vector.call(operation) {
        Err(error) if matches!(error.kind(), ErrorKind::InvalidArgument(invalid) if invalid.argument() == argument) => {
            Ok(())
        }
        Err(error) => Err(error),
        Ok(_) => panic!("the request was sent"),
    })
}

/// Runs the same calls in Rust, chosen by the operation and id of the vector. Returns `None` if there are none.
fn run_vector(operation: &str, id: &str, vector: Vector) -> Option<Outcome> {
    let part = |beginnings: &[&str]| beginnings.iter().any(|beginning| operation.starts_with(beginning));
    match () {
        () if part(&["transport.", "ApiClient.delete_token", "ApiClient.set_token"]) => {
            transport::run_vector(id, vector)
        }
        () if id == "auth-bearer-used-after-token" => transport::run_vector(id, vector),
        () if part(&["Concepts."]) => concepts::run_vector(id, vector),
        () if part(&["Inputs.search", "Inputs.send_search", "InputSearchTerm", "OutputSearchTerm", "SearchQuery"]) => {
            searches::run_vector(id, vector)
        }
        () if part(&["Inputs.", "ClarifaiApp.wait"]) => inputs::run_vector(id, vector),
        () if part(&["Workflow"]) => workflows::run_vector(id, vector),
        () => models::run_vector(id, vector),
    }
}

/// Vectors that this client does not send, by the reason: the number of the quirk of the old client, if it has one.
const EXCUSED: &[(&str, &[&str])] = &[
    ("Q53: with a key there is no token to get", &["auth-get-token-api-key"]),
    ("Q58: credentials do not change under a client; make another app", &["auth-set-token-has-no-effect-on-header"]),
    ("Q60: Basic credentials are UTF-8 here, latin-1 there", &["app-new-id-secret-special-chars"]),
    ("Q54: a path in the base address is kept here, thrown away there", &["app-new-base-url-with-path"]),
    ("Q55: no credentials are refused before anything is sent", &["app-new-no-credentials"]),
    ("Q34: an app id without a secret cannot be written down", &["app-new-only-app-id"]),
    (
        "Q08: the id is one encoded segment here, pasted into the path there",
        &[
            "model-get-info-special-id",
            "predict-url-unicode-id",
            "concepts-get-slash",
            "concepts-get-question",
            "concepts-get-hash",
            "concepts-get-dotdot",
            "inputs-delete-slash",
            "inputs-delete-percent-hex",
            "inputs-delete-question",
            "inputs-delete-hash",
            "inputs-get-slash",
            "inputs-get-percent-hex",
            "inputs-get-hash",
            "inputs-get-outputs-special",
            "models-delete-slash-version",
            "model-get-version-slash",
            "train-slash-id-polls-unescaped",
            "workflows-get-slash",
        ],
    ),
    ("Q08: an empty id is an error here, and lists all concepts there", &["concepts-get-empty"]),
    ("Q45: a slash in an id is encoded and sent here, as in all requests", &["create-url-slash-id"]),
    ("Q05: it is sent here, and fails before that there", &["model-get-concept-ids-by-id"]),
    ("Q03: it is sent here, and fails before that there", &["tag-files-model-id"]),
    ("Q09: it is sent without a name here, and fails before that there", &["concepts-bulk-create-no-names"]),
    (
        "Q19: it is sent here, and fails before that there",
        &["workflow-predict-base64", "workflow-predict-base64-options"],
    ),
    ("Q20: base64 is text here, and refused as text there", &["create-base64-str", "search-image-base64-str"]),
    ("Q04: concepts in a model are decoded here, and fail there", &["model-from-item-with-concepts"]),
    (
        "Q46: the service has only one action for names, so no argument selects it here",
        &["concepts-bulk-update-merge", "concepts-update-merge-refused"],
    ),
    (
        "Q47: id and value are one argument here, so lists cannot have different lengths",
        &["concepts-bulk-update-mismatch", "inputs-bulk-delete-concepts-mismatch"],
    ),
    (
        "Q10: each concept has a term here, and only the first one there",
        &[
            "search-annotated-concepts-no-values",
            "search-predicted-concepts-no-values",
            "search-predicted-ids-no-values",
        ],
    ),
    (
        "Q12: the crop is sent here, lost there",
        &["search-image-id-crop", "search-image-url-crop", "search-image-fileobj-bytesio"],
    ),
    ("Q02: it polls until all inputs are processed here, and returns at once there", &["wait-inputs-upload-default"]),
    ("Q59: URLs are trimmed in all requests here", &["search-original-url-whitespace"]),
    (
        "Q28: an image without a URL is omitted here, and sent as null there",
        &["create-image-nothing", "search-feedback", "search-feedback-no-info", "concept-feedback-empty-info"],
    ),
    ("Q30: a face and concepts are both sent here, only the face there", &["region-feedback-face-and-concepts"]),
    ("Q16: geo and regions are sent here, lost there", &["inputs-update-geo-url-regions"]),
    ("Q42: names are not written back as ids here", &["inputs-get-then-update"]),
    ("Q36: corrections without a concept are an error here", &["inputs-merge-outputs-empty"]),
    ("Q37: a patch that changes nothing is an error here", &["model-update-name-empty"]),
    ("Q40: an empty list of ids is an error here, because its meaning is undefined", &["inputs-delete-empty-list"]),
    ("Q44: an input has a location, and no distance", &["create-url-geo-limit"]),
    ("Q07: `versions` here, `version` there", &["model-get-inputs-version", "model-get-inputs-version-page"]),
    (
        "Q06: pages are requested here, and not there",
        &[
            "workflows-get-all",
            "workflows-get-all-public",
            "workflows-get-all-empty",
            "workflows-get-by-page",
            "workflows-get-by-page-public",
        ],
    ),
    ("Q23: a token is renewed once here", &["retry-401-expired-thrice"]),
    ("Q23: a key does not expire, so it is not sent again", &["retry-401-expired-api-key"]),
    (
        "Q23: inputs without ids are not sent again here, because they would be stored twice",
        &["retry-500-post-is-resent"],
    ),
    (
        "Q33: what the documentation shows fails there; here it is a type error",
        &["inputs-bulk-merge-concepts-doc-example", "term-input-doc-example-geo"],
    ),
    (
        "Q41: a term has only one condition here, so arguments cannot conflict",
        &[
            "search-annotated-both-ids",
            "search-annotated-nothing",
            "search-annotated-name-and-id",
            "search-predicted-nothing",
            "term-input-nothing",
            "term-output-url-and-base64",
            "term-output-url-and-concept",
            "term-output-nothing",
        ],
    ),
    (
        "Q56: an input has only one source here, so arguments cannot conflict",
        &["create-image-all-sources", "create-image-url-and-base64"],
    ),
    ("Q57: the caller reads files here, and gets the error for a directory", &["tag-files-directory"]),
    ("no request: a type error too, of a list", &["tag-urls-not-a-list", "tag-files-not-a-list", "predict-not-list"]),
    (
        "no request: a type error, which the compiler finds",
        &[
            "create-url-int-id",
            "create-url-concepts-string",
            "create-url-crop-three",
            "create-url-geo-dict",
            "create-bytes-str",
            "create-image-open-text-mode",
            "create-image-not-image",
            "bulk-create-not-list",
            "inputs-update-bad-action",
            "model-update-bad-action",
            "inputs-bulk-merge-concepts-mismatch",
            "search-annotated-both",
            "search-geo-box-and-point",
            "search-geo-bad-point",
            "search-metadata-string",
            "search-image-two-sources",
            "qb-bad-term",
            "geo-invalid-point-and-box",
            "geo-invalid-nothing",
        ],
    ),
    ("no request: files are read by the caller", &["create-filename-missing"]),
    (
        "no quirk named: a call about nothing is refused here before it is sent",
        &[
            "concepts-bulk-create-empty",
            "bulk-create-empty",
            "inputs-bulk-update-empty",
            "inputs-merge-concepts-empty",
            "inputs-merge-metadata-empty",
            "inputs-update-no-id",
            "model-merge-concepts-empty",
        ],
    ),
    ("no quirk named: a region about nothing is refused here before it is sent", &["region-feedback-no-bbox"]),
    (
        "no quirk named: base64 that is none is refused here before it is sent",
        &["create-base64-invalid", "term-output-base64", "term-output-base64-crop"],
    ),
];

#[test]
fn every_vector_is_equal_or_excused() {
    let text = std::fs::read_to_string(data("wire/vectors.jsonl")).unwrap();
    let mut counts = BTreeMap::new();
    let mut failures = Vec::new();
    let mut seen = BTreeSet::new();
    for line in text.lines() {
        let vector: Value = serde_json::from_str(line).unwrap();
        let (id, operation) = (vector["id"].as_str().unwrap(), vector["op"].as_str().unwrap());
        seen.insert(id.to_owned());
        let config = Config::new(Credentials::key("KEY").unwrap()).with_retry(RetryPolicy::never());
        let replay = Replay::new(vector["exchanges"].as_array().unwrap());
        let excused = EXCUSED.iter().any(|(_, ids)| ids.contains(&id));
        let kind = match run_vector(operation, id, Vector { config, replay, result: vector["result"].clone() }) {
            Some(_) if excused => {
                failures.push(format!("{id}: implemented, but listed as an exception"));
                "wrong"
            }
            Some(Ok(vector)) => {
                let differences = vector.replay.differences();
                failures.extend(differences.iter().map(|difference| format!("{id}: {difference}")));
                if differences.is_empty() { "equal" } else { "different" }
            }
            Some(Err(vector)) => {
                failures.push(format!("{id}: unexpected result; {:?}", vector.replay.differences()));
                "wrong"
            }
            None if excused => "excused",
            None => {
                failures.push(format!("{id} ({operation}): neither implemented nor listed as an exception"));
                "missing"
            }
        };
        *counts.entry(kind).or_insert(0) += 1;
    }
    println!("wire vectors: {counts:?}");
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
    for id in EXCUSED.iter().flat_map(|(_, ids)| *ids) {
        assert!(seen.contains(*id), "the exception {id} is not a vector");
    }
}
