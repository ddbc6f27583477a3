//! Lenient decoding: a member that is null, missing, of a wrong type, a number as text, or unknown does not lose the
//! rest.

use clarifai_core::types::{
    Cluster, Concept, Data, EnumValue, Hit, Image, Input, InputCount, Model, ModelVersion, Output, Point, Status,
    WorkflowResult,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Decodes each `given` as a `T`, encodes it again, and compares.
fn table<T: DeserializeOwned + Serialize>(rows: &[(Value, Value)]) {
    for (given, expected) in rows {
        let read: T = serde_json::from_str(&given.to_string()).unwrap_or_else(|error| panic!("{given}: {error}"));
        assert_eq!(serde_json::to_value(&read).expect("plain data"), *expected, "from text: {given}");
        let read: T = serde_json::from_value(given.clone()).unwrap_or_else(|error| panic!("{given}: {error}"));
        assert_eq!(serde_json::to_value(&read).expect("plain data"), *expected, "from a value: {given}");
    }
}

#[test]
fn ids_and_names() {
    table::<Concept>(&[
        (json!({}), json!({})),
        (json!({"id": null, "name": null}), json!({})),
        (json!({"id": "", "name": ""}), json!({})),
        (json!({"id": 12, "name": 0.5}), json!({"id": "12", "name": "0.5"})),
        (json!({"id": true, "name": -1}), json!({"id": "true", "name": "-1"})),
        (json!({"id": ["x"], "name": {"x": 1}, "app_id": "main"}), json!({"app_id": "main"})),
    ]);
}

#[test]
fn numbers() {
    table::<Concept>(&[
        (json!({"value": 1}), json!({"value": 1.0})),
        (json!({"value": 0}), json!({"value": 0.0})),
        (json!({"value": "0.5"}), json!({"value": 0.5})),
        (json!({"value": true}), json!({"value": 1.0})),
        (json!({"value": false}), json!({"value": 0.0})),
        (json!({"value": "high"}), json!({})),
        (json!({"value": [1]}), json!({})),
        (json!({"value": {"x": [1, {"y": 2}]}, "name": "after"}), json!({"name": "after"})),
    ]);
    table::<InputCount>(&[
        (json!({"processed": 3}), json!({"processed": 3})),
        (json!({"processed": "3"}), json!({"processed": 3})),
        (json!({"processed": 3.0, "errors": "4.0"}), json!({"processed": 3, "errors": 4})),
        (json!({"processed": 3.5, "errors": -1, "processing": 1e300}), json!({})),
        (json!({"processed": true, "errors": ""}), json!({})),
        (json!({"processed": "18446744073709551615"}), json!({"processed": u64::MAX})),
    ]);
    table::<Data>(&[
        (json!({"int_value": "9007199254740993"}), json!({"int_value": 9_007_199_254_740_993_i64})),
        (json!({"int_value": i64::MIN}), json!({"int_value": i64::MIN})),
        (json!({"int_value": "9223372036854775808"}), json!({})),
        (json!({"float_value": 7, "bool_value": "true"}), json!({"float_value": 7.0, "bool_value": true})),
        (json!({"bool_value": 0}), json!({"bool_value": false})),
        (json!({"bool_value": 2}), json!({})),
    ]);
}

#[test]
fn objects() {
    table::<Output>(&[
        (json!({"id": "o", "status": "NOT_FOUND", "data": [], "model": 5}), json!({"id": "o"})),
        (json!({"id": "o", "data": null}), json!({"id": "o"})),
        (json!({"data": {}}), json!({"data": {}})),
        (json!({"unheard_of": {"deep": [1, {"er": null}]}, "id": "o"}), json!({"id": "o"})),
        (json!(null), json!({})),
        (json!("text"), json!({})),
        (json!([1, 2]), json!({})),
    ]);
    table::<Image>(&[(
        json!({"hosted_image_info": {"small": {"width": "5"}, "odd": 7, "none": null}}),
        json!({"hosted_image_info": {"small": {"width": 5}}}),
    )]);
    table::<Model>(&[
        (
            json!({"metadata": null, "presets": {"a": null}, "workflow_recommended": "false", "license_type": "NEW"}),
            json!({"presets": {"a": null}, "workflow_recommended": false, "license_type": "NEW"}),
        ),
        (
            json!({"output_info": {"type": "concept", "kind": "ignored"}, "import_info": {}}),
            json!({"output_info": {"type": "concept"}, "import_info": {}}),
        ),
    ]);
}

#[test]
fn lists() {
    table::<Data>(&[
        (json!({"concepts": null}), json!({})),
        (json!({"concepts": []}), json!({"concepts": []})),
        (json!({"concepts": {}}), json!({})),
        (json!({"concepts": "none"}), json!({})),
        (
            json!({"concepts": [null, {"id": "a"}, "x", 5, [], {"id": "b"}]}),
            json!({"concepts": [{"id": "a"}, {"id": "b"}]}),
        ),
        (json!({"frames": [{"frame_info": {"time": "40"}}]}), json!({"frames": [{"frame_info": {"time": 40}}]})),
    ]);
    table::<Input>(&[(json!({"dataset_ids": ["a", null, 7, {}]}), json!({"dataset_ids": ["a", "7"]}))]);
    // In a list of numbers the positions matter, so a missing number stays one. JSON encodes NaN as null.
    table::<Cluster>(&[(json!({"projection": [0.5, null, "2", {}]}), json!({"projection": [0.5, null, 2.0, null]}))]);
}

#[test]
fn times_and_enumerations() {
    table::<ModelVersion>(&[
        (json!({"created_at": "0001-01-01T00:00:00Z"}), json!({"created_at": "0001-01-01T00:00:00Z"})),
        (json!({"created_at": 5, "completed_at": {}, "modified_at": null}), json!({})),
    ]);
    table::<Status>(&[
        (json!({"code": "BRAND_NEW", "details": ""}), json!({"code": "BRAND_NEW", "details": ""})),
        (json!({"code": 99999, "redirect_info": {"url": "x"}}), json!({"code": 99999, "redirect_info": {"url": "x"}})),
        (json!({"code": {}, "description": "Ok"}), json!({"description": "Ok"})),
    ]);
    table::<Point>(&[(json!({"visibility": 2.0, "z": "1e-3"}), json!({"visibility": 2, "z": 0.001}))]);
    assert_eq!(EnumValue::Name("NEW".into()).as_number(), None);
}

#[test]
fn nesting() {
    table::<WorkflowResult>(&[(
        json!({"outputs": [{"data": {"regions": [{"data": {"regions": [{"id": 7}]}}, 3]}}], "status": []}),
        json!({"outputs": [{"data": {"regions": [{"data": {"regions": [{"id": "7"}]}}]}}]}),
    )]);
    table::<Hit>(&[(
        json!({"score": "0.9", "input": {"id": "i", "data": {"hits": [{"input": {"id": "j"}}]}}}),
        json!({"score": 0.9, "input": {"id": "i", "data": {"hits": [{"input": {"id": "j"}}]}}}),
    )]);
}

#[test]
fn nesting_depth_is_limited() {
    let nested = |depth| {
        let open = r#"{"data": {"regions": ["#.repeat(depth);
        format!("{open}{}", "]}}".repeat(depth))
    };
    assert!(serde_json::from_str::<Output>(&nested(40)).is_ok());
    assert!(serde_json::from_str::<Output>(&nested(10_000)).is_err());
}

#[test]
fn the_last_of_two_equal_members_is_used() {
    let concept: Concept = serde_json::from_str(r#"{"id": "a", "id": "b", "value": 1, "value": 0.5}"#).expect("JSON");
    assert_eq!((concept.id.as_str(), concept.value()), ("b", 0.5));
}

#[test]
fn a_missing_concept_value_is_zero() {
    assert!(Concept::default().value().abs() < f64::EPSILON);
}

#[test]
fn malformed_json_is_an_error() {
    for text in ["", "{", r#"{"id": }"#, r#"{"data": {"concepts": [{]}}"#, r#"{"id": "a",}"#] {
        assert!(serde_json::from_str::<Output>(text).is_err(), "{text}");
    }
}

/// A batch contains thousands of these values, so raise a limit only for a reason.
#[test]
fn types_of_a_batch_stay_small() {
    for (name, size, limit) in [
        ("Concept", size_of::<Concept>(), 288),
        ("Data", size_of::<Data>(), 512),
        ("Output", size_of::<Output>(), 896),
        ("Model", size_of::<Model>(), 768),
    ] {
        assert!(size <= limit, "{name} takes {size} bytes, more than {limit}");
    }
}
