//! Concepts.

use serde_json::json;

use crate::support::{Service, ids};

#[test]
fn creates_renames_lists_and_searches_concepts() {
    let service = Service::new();
    let made = service.post("concepts", &json!({"concepts": [{"id": "cat"}, {"id": "c2", "name": "cat food"}]}));
    assert_eq!(made["concepts"][0]["name"], "cat", "the default name is the id");
    assert_eq!(made["concepts"][0]["language"], "en");
    assert_eq!(service.get("concepts/c2")["concept"]["name"], "cat food");
    let patched =
        service.patch("concepts", &json!({"concepts": [{"id": "c2", "name": "kibble"}], "action": "overwrite"}));
    assert_eq!(patched["concepts"][0]["name"], "kibble");
    assert_eq!(ids(&service.get("concepts?page=1&per_page=1")["concepts"]), ["cat"]);
    assert_eq!(ids(&service.get("concepts?page=2&per_page=1")["concepts"]), ["c2"]);
    assert!(ids(&service.get("concepts?page=3&per_page=1")["concepts"]).is_empty());
    for path in ["concepts/searches", "concepts/searches/"] {
        let found = service.post(path, &json!({"concept_query": {"name": "kib*"}, "pagination": {"page": 1}}));
        assert_eq!(ids(&found["concepts"]), ["c2"]);
    }
    let red = service.post("concepts/searches", &json!({"concept_query": {"name": "rot", "language": "de"}}));
    assert_eq!((&red["concepts"][0]["language"], &red["concepts"][0]["name"]), (&json!("de"), &json!("rot")));
}

#[test]
fn invalid_calls_change_nothing() {
    let service = Service::new();
    service.post("concepts", &json!({"concepts": [{"id": "cat"}]}));
    let many: Vec<_> = (0..129).map(|n| json!({"id": n.to_string()})).collect();
    for (method, path, body, refusal) in [
        ("POST", "concepts", json!({"concepts": [{"id": "dog"}, {"id": "cat"}]}).to_string(), (400, 40003)),
        ("POST", "concepts", json!({"concepts": [{"name": "no id"}]}).to_string(), (400, 40003)),
        ("POST", "concepts", json!({"concepts": []}).to_string(), (400, 40003)),
        ("POST", "concepts", json!({"concepts": many}).to_string(), (400, 40003)),
        ("POST", "concepts", "{}".to_owned(), (400, 11100)),
        ("POST", "concepts", "[]".to_owned(), (400, 11100)),
        ("POST", "concepts", "{".to_owned(), (400, 11100)),
        ("PATCH", "concepts", json!({"concepts": [{"id": "none", "name": "x"}]}).to_string(), (404, 11101)),
        ("PATCH", "concepts", json!({"concepts": [{"id": "cat"}], "action": "merge"}).to_string(), (400, 40003)),
        ("GET", "concepts/none", String::new(), (404, 11101)),
        ("GET", "concepts?page=0", String::new(), (400, 11102)),
        ("GET", "concepts?per_page=x", String::new(), (400, 11102)),
    ] {
        assert_eq!(service.refusal(method, path, &body), refusal, "{method} {path} {body}");
    }
    assert_eq!(ids(&service.get("concepts")["concepts"]), ["cat"]);
}

#[test]
fn applications_do_not_share_concepts() {
    let service = Service::new();
    let body = json!({"concepts": [{"id": "cat"}]}).to_string();
    for (key, path) in [
        ("one-key", "concepts"),
        ("other-key", "concepts"),
        ("pat", "users/me/apps/a/concepts"),
        ("pat", "users/u/apps/a/concepts"),
    ] {
        assert_eq!(service.send(key, "POST", path, &body).0, 200, "{key} {path}");
    }
    // All callers of one application see the same concepts.
    assert_eq!(service.send("other-pat", "GET", "users/u/apps/a/concepts/cat", "").0, 200);
    assert_eq!(service.send("other-pat", "GET", "users/u/apps/b/concepts/cat", "").0, 404);
}
