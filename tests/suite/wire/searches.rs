//! Searches: terms, queries, feedback.

use clarifai_core::concepts::ConceptRef;
use clarifai_core::inputs::{Crop, NewInput};
use clarifai_core::searches::{SearchInputs, SearchTerm};
use clarifai_core::types::{Distance, GeoBox, GeoPoint};
use clarifai_core::{Exchange, Page};
use clarifai_tests::object;
use serde_json::{Value, json};

use super::*;

/// Searches for these terms, on the first page.
fn by<const N: usize>(vector: Vector, terms: [SearchTerm; N]) -> Outcome {
    page(vector, terms, 1, 20)
}

fn page<const N: usize>(vector: Vector, terms: [SearchTerm; N], number: u32, size: u32) -> Outcome {
    search(vector, terms.into_iter().fold(SearchInputs::new(), SearchInputs::term).page(Page::new(number, size)))
}

fn search(vector: Vector, search: SearchInputs) -> Outcome {
    ok(vector, |vector| vector.call(search).map(drop))
}

/// Compares the query with the one that the old client built, or their only terms.
#[expect(clippy::unnecessary_wraps, reason = "a row of the table like the others")]
fn query(mut vector: Vector, search: SearchInputs) -> Outcome {
    let exchange = Exchange::new(&vector.config, search).unwrap();
    let body: Value = serde_json::from_slice(&exchange.request().body().to_bytes()).unwrap();
    let recorded = vector.result.clone();
    let sent = if recorded.get("ands").is_some() { body["query"].clone() } else { body["query"]["ands"][0].clone() };
    vector.replay.compare("query", &sent, &recorded);
    Ok(vector)
}

/// Runs the calls of a vector, chosen by its id.
pub(crate) fn run_vector(id: &str, v: Vector) -> Option<Outcome> {
    let name = |name: &str| ConceptRef::name(name);
    let cid = |id: &str| ConceptRef::id(id);
    let annotated = SearchTerm::annotated;
    let predicted = SearchTerm::predicted;
    let crop = || Crop::new(0.1, 0.2, 0.3, 0.4);
    let near = |distance: fn(f64) -> Distance| SearchTerm::near(GeoPoint::new(30.0, 40.0), distance(10.0));
    let term = |v, term: SearchTerm| query(v, SearchInputs::new().term(term));
    Some(match id {
        "search-annotated-concept" => by(v, [annotated(name("cat"))]),
        "search-annotated-concept-false" => by(v, [annotated(name("cat").negative())]),
        "search-annotated-concepts-values" => {
            by(v, [annotated(name("cat").positive()), annotated(name("dog").negative())])
        }
        "search-annotated-id" => by(v, [annotated(cid("c1"))]),
        "search-annotated-ids-values" => by(v, [annotated(cid("c1").negative()), annotated(cid("c2"))]),
        "search-annotated-id-false" => by(v, [annotated(cid("c1").negative())]),
        "search-annotated-page" => page(v, [annotated(name("狗"))], 2, 5),
        "search-predicted-concept" => by(v, [predicted(name("cat"))]),
        "search-predicted-lang" => search(v, SearchInputs::new().term(predicted(name("狗"))).language("zh")),
        "search-predicted-concepts-values-lang" => {
            let both = SearchInputs::new().term(predicted(name("狗"))).term(predicted(name("猫").negative()));
            search(v, both.language("zh"))
        }
        "search-predicted-id" => by(v, [predicted(cid("c1"))]),
        "search-predicted-ids-values" => page(v, [predicted(cid("c1")), predicted(cid("c2").negative())], 3, 7),
        "search-geo-mile" => by(v, [near(Distance::miles)]),
        "search-geo-kilometer" => by(v, [near(Distance::km)]),
        "search-geo-degree" => by(v, [near(Distance::degrees)]),
        "search-geo-radian" => by(v, [near(Distance::radians)]),
        "search-geo-default-limit" => by(v, [SearchTerm::near(GeoPoint::new(-30.5, 40.25), Distance::miles(10.0))]),
        "search-geo-limit-default-args" => by(v, [near(Distance::miles)]),
        "search-geo-fraction" => page(v, [SearchTerm::near(GeoPoint::new(30.0, 40.0), Distance::km(2.5))], 2, 3),
        "search-geo-box" => {
            by(v, [SearchTerm::within(GeoBox::new(GeoPoint::new(-30.0, -40.0), GeoPoint::new(30.5, 40.5)))])
        }
        "search-geo-box-and-limit" => {
            by(v, [SearchTerm::within(GeoBox::new(GeoPoint::new(1.0, 2.0), GeoPoint::new(3.0, 4.0)))])
        }
        "search-metadata" => by(v, [SearchTerm::metadata(object(json!({"name": "bla"})))]),
        "search-metadata-nested" => {
            let metadata = json!({"my_class1": {"name": "bla", "n": 1.5, "ключ": [true, null]}});
            page(v, [SearchTerm::metadata(object(metadata))], 2, 4)
        }
        "search-original-url" | "search-qb-raw" | "search-207" => {
            let url = if id == "search-original-url" { "http://bla" } else { "http://u" };
            by(v, [SearchTerm::original_url(url)])
        }
        "search-image-id" => by(v, [SearchTerm::similar_to_input("in-1")]),
        "search-image-id-page" => page(v, [SearchTerm::similar_to_input("a/b 犬")], 2, 3),
        "search-image-url" | "search-image-url-raw" => {
            by(v, [SearchTerm::similar_to(NewInput::image_url("http://blabla"))])
        }
        "search-image-url-whitespace" => by(v, [SearchTerm::similar_to(NewInput::image_url("  http://blabla "))]),
        "search-image-bytes" | "search-image-fileobj" | "search-image-filename" | "search-image-image-fileobj" => {
            by(v, [SearchTerm::similar_to(NewInput::image_bytes(TINY))])
        }
        "search-image-base64" => by(v, [SearchTerm::similar_to(NewInput::image_base64(TINY_BASE64))]),
        "search-image-image-url" => by(v, [SearchTerm::similar_to(NewInput::image_url("http://u"))]),
        "search-qb-language-page" => {
            let metadata = object(json!({"a": {"b": 1}}));
            let both = SearchInputs::new().term(predicted(name("狗"))).term(SearchTerm::metadata(metadata));
            search(v, both.language("zh").page(Page::new(2, 5)))
        }
        "search-qb-empty" => search(v, SearchInputs::new()),
        "search-qb-everything" => page(
            v,
            [
                SearchTerm::original_url("http://u"),
                SearchTerm::input_id("in-1"),
                annotated(cid("c1").negative()),
                SearchTerm::near(GeoPoint::new(-40.0, 30.0), Distance::miles(10.0)),
                SearchTerm::within(GeoBox::new(GeoPoint::new(1.0, 2.0), GeoPoint::new(3.0, 4.0))),
                SearchTerm::similar_to(NewInput::image_url("http://u")).crop(crop()),
                SearchTerm::similar_to(NewInput::image_base64("AAAA")).crop(crop()),
                SearchTerm::similar_to_input("in-2").crop(crop()),
                predicted(cid("c2")),
            ],
            1,
            50,
        ),
        "term-input-url" => term(v, SearchTerm::original_url("http://blabla")),
        "term-input-input-id" => term(v, SearchTerm::input_id("site1_bla")),
        "term-input-concept" => term(v, annotated(name("tag1"))),
        "term-input-concept-false" => term(v, annotated(name("tag1").negative())),
        "term-input-concept-id" => term(v, annotated(cid("c1"))),
        "term-input-concept-id-false" => term(v, annotated(cid("c1").negative())),
        "term-input-geo-point" => term(v, SearchTerm::near(GeoPoint::new(-40.0, 30.0), None)),
        "term-input-number-value" => term(v, annotated(name("x").valued(0.5))),
        "term-input-unicode" => term(v, annotated(name("狗"))),
        "term-output-url" => term(v, SearchTerm::similar_to(NewInput::image_url("http://blabla"))),
        "term-output-input-id-crop" => term(v, SearchTerm::similar_to_input("site1_bla").crop(crop())),
        "term-output-concept" => term(v, predicted(name("tag1"))),
        "term-output-concept-false" => term(v, predicted(name("tag1").negative())),
        "term-output-concept-id" => term(v, predicted(cid("c1"))),
        "term-output-concept-id-false" => term(v, predicted(cid("c1").negative())),
        "qb-empty" => query(v, SearchInputs::new()),
        "qb-language" => query(v, SearchInputs::new().language("zh")),
        "qb-two-terms" => query(v, SearchInputs::new().term(annotated(name("a"))).term(predicted(cid("b").negative()))),
        _ => return None,
    })
}
