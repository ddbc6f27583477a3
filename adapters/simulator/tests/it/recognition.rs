//! Recognition by networks: the public models, the vocabulary, training, evaluation, and hostile images.

#![cfg(feature = "vision")]

use clarifai_simulator::core::time::{Instant, Now};
use std::io::Cursor;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clarifai_simulator::{Recognition, Simulator};
use image::{DynamicImage, ExtendedColorType, ImageEncoder as _, ImageFormat};
use serde_json::{Value, json};

use crate::support::{Service, encoded, ids, image_input, plain, tile};

fn service() -> Service {
    Service::of(Simulator::new().with_recognition(Recognition::Network))
}

fn file(name: &str) -> String {
    let path = format!("{}/../../tests/data/images/{name}.jpg", env!("CARGO_MANIFEST_DIR"));
    STANDARD.encode(std::fs::read(path).unwrap())
}

/// Returns the output of a model for an image.
fn predict(service: &Service, model: &str, base64: &str, config: &Value) -> Value {
    let body = json!({"inputs": [{"data": {"image": {"base64": base64}}}],
        "model": {"output_info": {"output_config": config}}});
    service.post(&format!("models/{model}/outputs"), &body)["outputs"][0].clone()
}

fn names(data: &Value) -> Vec<&str> {
    data["concepts"].as_array().unwrap().iter().map(|concept| concept["name"].as_str().unwrap()).collect()
}

#[test]
fn the_general_model_shows_first_what_is_in_the_image() {
    let service = service();
    let output = predict(&service, "general-image-recognition", &file("coffee"), &json!({}));
    let first = names(&output["data"]);
    assert!(first.len() == 20 && first[..4].contains(&"espresso") && first[..4].contains(&"beverage"), "{first:?}");
    let values: Vec<f64> =
        output["data"]["concepts"].as_array().unwrap().iter().map(|one| one["value"].as_f64().unwrap()).collect();
    assert!(values.is_sorted_by(|one, other| one >= other) && values[0] > 0.9, "{values:?}");
    assert!(output["data"]["concepts"][0]["id"].as_str().unwrap().starts_with("ai_"));

    let cat = predict(&service, "aaa03c23b3724a16a56b629203edc62c", &file("chelsea"), &json!({"language": "de"}));
    assert!(names(&cat["data"])[..3].contains(&"Katze"), "{cat}");
    let person = predict(&service, "general-image-recognition", &file("astronaut"), &json!({}));
    let first = names(&person["data"]);
    assert!(first[..3].contains(&"person") && first[..3].contains(&"face"), "{first:?}");

    let select = json!({"select_concepts": [{"name": "beer"}, {"name": "vehicle"}, {"id": "sim_brown"}]});
    let selected = predict(&service, "general-image-recognition", &file("coffee"), &select);
    assert_eq!(selected["data"]["concepts"].as_array().unwrap().len(), 3, "{selected}");
}

#[test]
fn faces_have_boxes_inside_the_image() {
    let service = service();
    let output = predict(&service, "face-detection", &file("astronaut"), &json!({}));
    let region = &output["data"]["regions"][0];
    let edge = |name: &str| region["region_info"]["bounding_box"][name].as_f64().unwrap();
    assert!((edge("left_col") - 0.337).abs() < 0.01 && (edge("bottom_row") - 0.335).abs() < 0.01, "{region}");
    assert_eq!(region["data"]["concepts"][0]["name"], "face");
    assert_eq!(predict(&service, "face-detection", &file("coffee"), &json!({}))["data"], json!({}));
    let embedded = predict(&service, "d02b4508df58432fbb84e800597b8959", &file("astronaut"), &json!({}));
    assert_eq!(embedded["data"]["regions"][0]["data"]["embeddings"][0]["num_dimensions"], 1024);
    let people = predict(&service, "demographics-recognition", &file("astronaut"), &json!({}));
    let data = &people["data"]["regions"][0]["data"];
    assert!(data["face"]["age_appearance"]["concepts"].is_array() && data["concepts"][0]["vocab_id"].is_string());
    let highest = data["concepts"].as_array().unwrap().iter().map(|one| one["value"].as_f64().unwrap());
    assert!(highest.fold(0.0, f64::max) <= 0.05, "what cannot be recognized has low values");
}

/// Old id, current id, a name, legacy type, and the member of the data of the astronaut's photograph.
const CATALOG: [[&str; 5]; 18] = [
    ["aaa03c23b3724a16a56b629203edc62c", "general-image-recognition", "general-v1.3", "concept", "concepts"],
    ["e0be3b9d6a454f0493ac3a30784001ff", "apparel-recognition", "apparel", "concept", "concepts"],
    ["e466caa0619f444ab97497640cefc4dc", "celebrity-face-recognition", "celeb-v1.3", "concept", "regions"],
    ["eeed0b6733a644cea07cf4c60f87ebb7", "color-recognition", "color", "color", "colors"],
    ["c0c0ac362b03416da06ab3fa36fb58e3", "demographics-recognition", "demographics", "concept", "regions"],
    ["a403429f2ddf4b49b307e318f00e528b", "face-detection", "face", "facedetect", "regions"],
    ["d02b4508df58432fbb84e800597b8959", "face-embedding", "face", "embed", "regions"],
    ["c2cf7cecd8a6427da375b9f35fcd2381", "focus", "focus", "focus", "focus"],
    ["bd367be194cf45149e75f01d59f77ba7", "food-item-recognition", "food-items-v1.0", "concept", "concepts"],
    ["bbb5f41425b8468d9b7a554ff10f8581", "general-image-embedding", "general-v1.3", "embed", "embeddings"],
    ["bec14810deb94c40a05f1f0eb3c91403", "landscape-quality", "landscape*", "concept", "concepts"],
    ["c443119bf2ed4da98487520d01a0b1e3", "logo-detection", "logo", "concept", "regions"],
    ["d16f390eb32cad478c7ae150069bd2c6", "moderation-recognition", "moderation", "concept", "concepts"],
    ["e9576d86d2004ed1a38ba0cf39ecb4b1", "nsfw-recognition", "nsfw-v1.0", "concept", "concepts"],
    ["de9bd05cfdbf4534af151beb2a5d0953", "portrait-quality", "portrait*", "concept", "concepts"],
    ["fbefb47f9fdb410e8ce14f24f54b47ff", "texture-recognition", "texture*", "concept", "concepts"],
    ["eee28c313d69466f836ab83287a54ed9", "travel-recognition", "travel-v1.0", "concept", "concepts"],
    ["c386b7a870114f4a87477c0824499348", "weddings-recognition", "weddings-v1.0", "concept", "concepts"],
];

#[test]
fn all_public_models_are_found_predict_and_list_their_concepts() {
    let service = service();
    let astronaut = file("astronaut");
    for [old, current, name, model_type, member] in CATALOG {
        assert_eq!(service.get(&format!("models/{old}"))["model"]["id"], old);
        let found = service.post("models/searches", &json!({"model_query": {"name": name, "type": model_type}}));
        assert!(ids(&found["models"]).contains(&old), "{name}: {found}");
        for id in [old, current] {
            let output = predict(&service, id, &astronaut, &json!({}));
            assert!(!output["data"][member].is_null(), "{current}: {output}");
        }
        let info = &service.get(&format!("models/{current}/output_info"))["model"];
        assert_eq!(info["output_info"]["type"], model_type, "{current}");
        let version = info["model_version"]["id"].as_str().unwrap();
        let of_version = &service.get(&format!("models/{current}/versions/{version}/output_info"))["model"];
        assert_eq!(of_version["model_version"]["id"], version);
        let listed = info["output_info"]["data"]["concepts"].as_array();
        assert!(listed.is_some_and(|list| !list.is_empty()) || !member.ends_with("concepts"), "{current}");
    }
    assert_eq!(service.get("models")["models"].as_array().unwrap().len(), CATALOG.len());
    let version = service.get("models/general-image-recognition")["model"]["model_version"]["id"].clone();
    assert_eq!(version, "aa9ca48295b37401f8af92ad1af0d91d");
    assert_eq!(ids(&service.get("public_workflows")["workflows"]), ["General", "food-and-general"]);
    let body = json!({"inputs": [{"data": {"image": {"base64": astronaut}}}]});
    let results = service.post("workflows/food-and-general/results", &body);
    assert_eq!(results["results"][0]["outputs"].as_array().unwrap().len(), 2);
}

#[test]
fn the_embedding_has_unit_length_and_finds_similar_images() {
    let service = service();
    let embedding = predict(&service, "general-image-embedding", &file("rocket"), &json!({}));
    let vector: Vec<f64> = serde_json::from_value(embedding["data"]["embeddings"][0]["vector"].clone()).unwrap();
    let length: f64 = vector.iter().map(|number| number * number).sum();
    assert!(vector.len() == 1024 && (length - 1.0).abs() < 1e-4, "{length}");

    let inputs = ["rocket", "coffee", "chelsea"].map(|name| image_input(name, &file(name), &json!({})));
    service.add(&inputs);
    let similar =
        json!([{"output": {"input": {"data": {"image": {"base64": file("chelsea"), "crop": [0.1, 0.1, 0.9, 0.9]}}}}}]);
    assert_eq!(service.search(&similar)[0].0, "chelsea");
    for (concept, first) in [
        (json!({"name": "cat"}), "chelsea"),
        (json!({"id": "ai_mFqxrph2"}), "chelsea"),
        (json!({"name": "beverage"}), "coffee"),
        (json!({"name": "brown"}), "chelsea"),
    ] {
        let hits = service.search(&json!([{"output": {"data": {"concepts": [concept]}}}]));
        assert_eq!(hits[0].0, first, "{concept}");
    }
    // A public concept that no input is annotated with is known, and has no hits.
    assert_eq!(service.search(&json!([{"input": {"data": {"concepts": [{"name": "cat"}]}}}])), []);
}

#[test]
fn the_vocabulary_has_wildcards_and_languages() {
    let service = service();
    let search = |name: &str, language: &str| {
        let query = json!({"concept_query": {"name": name, "language": language}});
        let found = service.post("concepts/searches", &query);
        names(&found).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(search("lab*", "en").first().map(String::as_str), Some("label"));
    assert_eq!(search("lab*", "en").len(), 6);
    assert_eq!(search("狗*", "zh").len(), 3);
    assert_eq!(search("поезд", "ru"), ["поезд"]);
    assert!(search("dog*", "en").len() >= 2 && search("espresso", "tlh").is_empty());
    assert_eq!(service.get("concepts/ai_vhvTrLRT")["concept"]["name"], "affection");
    assert_eq!(service.get("concepts/ai_HLmqFqBf")["concept"]["name"], "train");
}

#[test]
fn models_are_trained_on_the_embedding_and_evaluated_by_cross_validation() {
    let service = service();
    let mut inputs = Vec::new();
    for name in ["brick", "grass", "gravel"] {
        for y in 0..3 {
            let concepts = json!({"concepts": [{"id": name, "value": true}]});
            inputs.push(image_input(&format!("{name}{y}"), &tile(name, 0, y), &concepts));
        }
    }
    service.add(&inputs);
    let concepts = json!({"data": {"concepts": [{"id": "brick"}, {"id": "grass"}, {"id": "gravel"}]}});
    service.post("models", &json!({"model": {"id": "m", "output_info": concepts}}));
    let version = service.post("models/m/versions", &json!({}))["model"]["model_version"]["id"].clone();
    let metrics = format!("models/m/versions/{}/metrics", version.as_str().unwrap());
    assert_eq!(service.refusal("POST", &metrics, "{}"), (400, 21202));
    service.wait(3);
    let output = predict(&service, "m", &tile("gravel", 3, 3), &json!({}));
    assert_eq!(output["data"]["concepts"][0]["id"], "gravel", "{output}");

    let state = |metrics: &Value| metrics["model_version"]["metrics"]["status"]["code"].clone();
    assert_eq!(state(&service.get(&metrics)), 21302);
    assert_eq!(state(&service.post(&metrics, &json!({}))), 21303);
    service.wait(3);
    let evaluated = service.get(&metrics);
    assert_eq!(state(&evaluated), 21300);
    let found = &evaluated["model_version"]["metrics"];
    assert!(found["summary"]["top1_accuracy"].as_f64().unwrap() > 0.8, "{}", found["summary"]);
    assert_eq!(found["confusion_matrix"]["matrix"].as_array().unwrap().len(), 9);
    assert_eq!(found["test_set"].as_array().unwrap().len(), 9);
    assert_eq!(found["binary_metrics"][0]["num_pos"], 3);
    assert_eq!(found["label_counts"]["positive_label_counts"][2]["count"], 3);
}

#[test]
fn a_state_with_the_older_embedding_is_trained_again() {
    let older = Service::new();
    for (id, color) in [("red", [255, 0, 0]), ("blue", [0, 0, 255])] {
        older.add(&[image_input(id, &plain(color), &json!({"concepts": [{"id": id, "value": true}]}))]);
    }
    let concepts = json!({"data": {"concepts": [{"id": "red"}, {"id": "blue"}]}});
    older.post("models", &json!({"model": {"id": "m", "output_info": concepts}}));
    older.post("models/m/versions", &json!({}));
    older.wait(3);
    let mut saved = older.simulator.save().to_string();
    assert!(saved.contains("pixels-1"));
    // States that were saved before embeddings had an id.
    saved = saved.replace("\"embedding\":\"pixels-1\",", "");
    let newer = service();
    newer.simulator.restore(&serde_json::from_str(&saved).unwrap()).unwrap();
    newer.clock.set(older.clock.get());
    assert!(newer.simulator.save().to_string().contains("efficientnet-lite0-1"));
    let output = predict(&newer, "m", &plain([255, 0, 0]), &json!({}));
    assert_eq!(output["data"]["concepts"][0]["id"], "red", "{output}");
}

#[test]
fn images_sent_as_bytes_are_served_at_their_address() {
    let service = service();
    service.add(&[image_input("a b/ü", &plain([1, 2, 3]), &json!({}))]);
    let url = service.get("inputs")["inputs"][0]["data"]["image"]["url"].as_str().unwrap().to_owned();
    assert!(url.starts_with("https://s3.amazonaws.com/clarifai-api/img/simulator/"), "{url}");
    let fetch = |url: &str| {
        let path = url.strip_prefix("https://s3.amazonaws.com").unwrap();
        let request = http::Request::get(path).body(bytes::Bytes::new()).unwrap();
        service.simulator.handle(Now::new(Instant::default(), service.clock.get()), &request)
    };
    let image = fetch(&url);
    assert_eq!((image.status().as_u16(), image.headers()["content-type"].to_str().unwrap()), (200, "image/png"));
    assert_eq!(STANDARD.encode(image.body()), plain([1, 2, 3]));
    assert_eq!(fetch(&format!("{url}x")).status().as_u16(), 404);
}

#[test]
fn rejected_keys_are_refused() {
    let service = Service::of(Simulator::new().with_rejected_keys(["abc", "old-*"]));
    for (key, status) in [("abc", 401), ("old-1", 401), ("abcd", 200), ("my-old-1", 200)] {
        assert_eq!(service.send(key, "GET", "models", "").0, status, "{key}");
    }
}

/// Bytes of images that are unusual, broken or hostile, each with its name.
fn hostile_images() -> Vec<(&'static str, Vec<u8>)> {
    let written = |image: DynamicImage, format| {
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    };
    let jpeg = STANDARD.decode(file("coffee")).unwrap();
    let mut claims = written(DynamicImage::new_rgb8(1, 1), ImageFormat::Png);
    claims[16..24].copy_from_slice(&[0, 0, 0xFF, 0xFF, 0, 0, 0xFF, 0xFF]);
    let mut rotated = vec![0xFF, 0xD8, 0xFF, 0xE1, 0, 34];
    rotated.extend(b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0");
    rotated.extend(&jpeg[2..]);
    let mut cmyk_like = Vec::new();
    image::codecs::tiff::TiffEncoder::new(Cursor::new(&mut cmyk_like))
        .write_image(&[7; 16 * 8], 8, 4, ExtendedColorType::Rgba8)
        .unwrap();
    vec![
        ("one pixel", written(DynamicImage::new_rgb8(1, 1), ImageFormat::Png)),
        ("30,000 by 1", written(DynamicImage::new_rgb8(30_000, 1), ImageFormat::Png)),
        ("1 by 30,000", written(DynamicImage::new_luma8(1, 30_000), ImageFormat::Png)),
        ("transparent", written(DynamicImage::new_rgba8(9, 7), ImageFormat::Png)),
        ("16 bits", written(DynamicImage::new_rgba16(300, 600), ImageFormat::Png)),
        ("four samples", cmyk_like),
        (
            "animated",
            std::fs::read(format!("{}/../../tests/data/red_then_blue.gif", env!("CARGO_MANIFEST_DIR"))).unwrap(),
        ),
        ("rotated by EXIF", rotated),
        ("truncated", jpeg[..jpeg.len() / 3].to_vec()),
        ("header only", jpeg[..200].to_vec()),
        ("huge claims", claims),
        ("no image", b"\x89PNG\r\n\x1a\nnonsense".to_vec()),
        ("nothing", Vec::new()),
    ]
}

#[test]
fn hostile_images_get_a_response_or_a_refusal() {
    let service = service();
    for (name, bytes) in hostile_images() {
        for model in ["general-image-recognition", "face-detection", "focus", "portrait-quality"] {
            let body = json!({"inputs": [{"data": {"image": {"base64": STANDARD.encode(&bytes)}}}]}).to_string();
            let (http, response) = service.send("my-key", "POST", &format!("models/{model}/outputs"), &body);
            let code = response["outputs"][0]["status"]["code"].as_u64();
            assert!(http == 200 && code == Some(10000) || http == 400, "{name}: {response}");
            let broken = ["huge claims", "no image", "nothing", "header only"].contains(&name);
            assert!(broken || http == 200, "{name}: {response}");
        }
    }
}

#[test]
fn an_image_is_recognized_once_in_a_process() {
    let service = service();
    let mut image = crate::support::photograph("gravel");
    image.put_pixel(0, 0, image::Rgb([1, 2, 3]));
    let image = encoded(&image);
    let time = || {
        let start = std::time::Instant::now();
        predict(&service, "face-embedding", &image, &json!({}));
        predict(&service, "general-image-embedding", &image, &json!({}));
        start.elapsed()
    };
    let first = time();
    assert!((0..5).any(|_| time() < first), "decoding alone takes less time");
}
