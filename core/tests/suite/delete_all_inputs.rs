//! Deleting all inputs of an app: everything is listed first, and deleted in batches.

use clarifai_core::machine::{DeleteAllInputs, IntoMachine as _, drive};
use clarifai_core::testing::MockTransport;
use clarifai_core::{Config, Credentials};
use serde_json::{Value, json};

fn config() -> Config {
    Config::new(Credentials::key("0123456789abcdef").unwrap())
}

fn page(ids: impl Iterator<Item = u32>) -> Value {
    let inputs: Vec<_> = ids.map(|id| json!({"id": format!("i{id}")})).collect();
    json!({"status": {"code": 10000}, "inputs": inputs})
}

fn ids(ids: impl Iterator<Item = u32>) -> Value {
    json!({"ids": ids.map(|id| format!("i{id}")).collect::<Vec<_>>()})
}

const PAGE: [&str; 3] =
    ["/v2/inputs?page=1&per_page=1000", "/v2/inputs?page=2&per_page=1000", "/v2/inputs?page=3&per_page=1000"];

#[test]
fn inputs_of_all_pages_are_deleted_128_at_a_time() {
    let done = json!({"status": {"code": 10000}});
    let mut script = MockTransport::new()
        .expect("GET", PAGE[0])
        .reply(200, page(0..200))
        .expect("GET", PAGE[1])
        // The list grew in front, so one input comes again.
        .reply(200, page(199..300))
        .expect("GET", PAGE[2])
        .reply(200, page(0..0));
    for from in [0, 128, 256] {
        script = script.expect("DELETE", "/v2/inputs").body(ids(from..300.min(from + 128))).reply(200, done.clone());
    }
    assert_eq!(script.run(DeleteAllInputs::new().into_machine(&config())).unwrap(), 300);
    script.assert_done();
}

#[test]
fn an_empty_app_needs_no_deletion() {
    let mut script = MockTransport::new().expect("GET", PAGE[0]).reply(200, page(0..0));
    assert_eq!(script.run(DeleteAllInputs::new().into_machine(&config())).unwrap(), 0);
    script.assert_done();
}

#[test]
fn nothing_is_deleted_unless_the_whole_list_was_read() {
    let refused = json!({"status": {"code": 11102, "description": "Invalid request"}});
    let mut script = MockTransport::new()
        .expect("GET", PAGE[0])
        .reply(200, page(0..1000))
        .expect("GET", PAGE[1])
        .reply(400, refused);
    let mut machine = DeleteAllInputs::new().into_machine(&config());
    assert_eq!(drive(&mut machine, &mut script).unwrap_err().api_code(), Some(11102));
    assert_eq!((machine.found(), machine.deleted()), (1000, 0));
    script.assert_done();
}

#[test]
fn a_failed_deletion_reports_how_many_were_requested() {
    let refused = json!({"status": {"code": 11007, "description": "Not allowed"}});
    let mut script = MockTransport::new()
        .expect("GET", PAGE[0])
        .reply(200, page(0..200))
        .expect("GET", PAGE[1])
        .reply(200, page(0..0))
        .expect("DELETE", "/v2/inputs")
        .body(ids(0..128))
        .reply(200, json!({"status": {"code": 10000}}))
        .expect("DELETE", "/v2/inputs")
        .body(ids(128..200))
        .reply(403, refused);
    let mut machine = DeleteAllInputs::new().into_machine(&config());
    assert_eq!(drive(&mut machine, &mut script).unwrap_err().api_code(), Some(11007));
    assert_eq!((machine.found(), machine.deleted()), (200, 128));
    assert!(drive(&mut machine, &mut script).is_err(), "it has ended");
    script.assert_done();
}
