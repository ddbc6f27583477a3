//! The simulator as the service: the same answers, the same errors, in process and on a port.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use bytes::Bytes;
use clarifai_core::concepts::ConceptRef;
use clarifai_core::inputs::{Crop, NewInput};
use clarifai_core::machine::{FindModel, ModelCache, Mono, Now, WaitForUploadsOf};
use clarifai_core::model::StatusCode;
use clarifai_core::models::{GetModel, GetModelOutputInfo, ListModels, ModelRef, Predict, SearchModels};
use clarifai_core::{App, Credentials, Page, Scope};
use clarifai_simulator::{Client, Delays, Server, Simulator};
use clarifai_tests::photograph;
use http::Request;
use serde_json::{Value, json};

const GENERAL: &str = "general-image-recognition";

#[test]
fn the_same_picture_gets_the_same_answer() {
    let coffee = photograph("coffee");
    let look = |client: &Client| {
        client.call(Predict::with(GENERAL).image_bytes(coffee.clone())).unwrap().one().unwrap().data.unwrap()
    };
    let client = Client::new();
    let first = look(&client);
    assert_eq!(first, look(&client));
    assert_eq!(first, look(&Client::new()));
    assert_eq!(first.concepts().len(), 20, "the service's default");
    assert!(first.concepts().iter().all(|concept| (0.0..=1.0).contains(&concept.value())));
}

#[test]
fn every_id_of_a_model_is_understood() {
    let client = Client::new();
    for model in [GENERAL, "aaa03c23b3724a16a56b629203edc62c"] {
        let output = client.call(Predict::with(model).image_bytes(photograph("coffee"))).unwrap().one().unwrap();
        assert!(output.concept("landscape format").unwrap().value() > 0.9, "{model}");
    }
    let cache = ModelCache::new();
    for (name, model_type, id) in [
        ("general-v1.3", None, "aaa03c23b3724a16a56b629203edc62c"),
        ("general-v1.3", Some("embed"), "bbb5f41425b8468d9b7a554ff10f8581"),
        ("general-v1.3", Some("visual-embedder"), "bbb5f41425b8468d9b7a554ff10f8581"),
        ("color", None, "eeed0b6733a644cea07cf4c60f87ebb7"),
        ("color-recognition", None, "color-recognition"),
    ] {
        let mut find = FindModel::new(client.app(), name).cached_in(&cache);
        if let Some(model_type) = model_type {
            find = find.model_type(model_type);
        }
        assert_eq!(client.run(find).unwrap().id(), id, "{name} {model_type:?}");
    }
    assert_eq!(cache.len(), 5);
    let error = client.run(FindModel::new(client.app(), "no such model")).unwrap_err();
    assert!(error.is_not_found(), "{error}");
}

#[test]
fn colours_are_those_of_the_picture() {
    let client = Client::new();
    let output =
        client.call(Predict::with("color-recognition").image_bytes(photograph("grass"))).unwrap().one().unwrap();
    let total: f64 = output.colors().iter().map(clarifai_core::model::Color::share).sum();
    assert!((total - 1.0).abs() < 0.01, "{total}");
    for color in output.colors() {
        let hex = color.hex().unwrap();
        let channel = |at: usize| i32::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap());
        let (red, green, blue) = (channel(1), channel(3), channel(5));
        assert!((red - green).abs() < 8 && (green - blue).abs() < 8, "the texture is grey, and not {hex}");
    }
}

#[test]
fn embeddings_of_similar_pictures_lie_close() {
    let client = Client::new();
    let embed = |input: NewInput| {
        let output = client.call(Predict::with("general-image-embedding").input(input)).unwrap().one().unwrap();
        output.data.unwrap().embeddings()[0].clone()
    };
    let cat = embed(NewInput::image_bytes(photograph("chelsea")));
    let part = embed(NewInput::image_bytes(photograph("chelsea")).with_crop(Crop::new(0.05, 0.05, 0.95, 0.95)));
    let rocket = embed(NewInput::image_bytes(photograph("rocket")));
    assert_eq!(cat.vector().len(), 1024);
    let length: f64 = cat.vector().iter().map(|number| number * number).sum();
    assert!((length - 1.0).abs() < 1e-3, "{length}");
    let (near, far) = (cat.cosine(&part).unwrap(), cat.cosine(&rocket).unwrap());
    assert!(near > 0.9 && near > far + 0.1, "near {near}, far {far}");
}

#[test]
fn options_are_applied() {
    let client = Client::new();
    let ask = |predict: Predict| client.call(predict.image_bytes(photograph("astronaut"))).unwrap().one().unwrap();
    let general = || Predict::with(GENERAL);
    assert!(ask(general().min_value(0.5)).concepts().iter().all(|concept| concept.value() >= 0.5));
    assert_eq!(ask(general().max_concepts(3)).concepts().len(), 3);
    assert_eq!(ask(general().max_concepts(0)).concepts().len(), 20);
    let best = ask(general()).best().unwrap().clone();
    let selected = ask(general().select(ConceptRef::id(&best.id)).select(ConceptRef::name("sharp")));
    assert_eq!(selected.concepts().len(), 2);
    let german = ask(general().language("de"));
    assert_ne!(german.concept(&best.id).unwrap().name, best.name, "{best:?}");
}

#[test]
fn failures_are_those_of_the_service() {
    let client = Client::new();
    let batch = client
        .call(
            Predict::with(GENERAL)
                .image_bytes(photograph("coffee"))
                .image_bytes(&b"no picture"[..])
                .image_url("https://example.com/gone.jpg"),
        )
        .unwrap();
    let codes: Vec<_> =
        batch.failures().map(|failure| (failure.index, failure.status.code.unwrap().number().unwrap())).collect();
    assert_eq!(codes, [(1, 30101), (2, 30002)]);
    let batch = client.call(Predict::with(GENERAL).image_bytes(&b"no picture"[..])).unwrap();
    assert_eq!(batch.succeeded().count(), 0);

    let error = client.call(Predict::with("nonsense").image_bytes(photograph("coffee"))).unwrap_err();
    assert_eq!((error.http_status(), error.api_code()), (Some(404), Some(21200)), "{error}");
    assert!(error.request_id().is_some());
    let version = ModelRef::from(GENERAL).with_version("nonsense");
    assert!(client.call(Predict::with(version).image_bytes(photograph("coffee"))).unwrap_err().is_not_found());

    let picky = Simulator::new().with_keys(["the right key"]);
    let client = Client::with(App::new(Credentials::key("the-wrong-key").unwrap()), picky);
    let error = client.call(ListModels::new()).unwrap_err();
    assert!(error.is_auth() && error.api_code() == Some(11009), "{error}");
    assert!(!error.to_string().contains("the-wrong-key"));
}

#[test]
fn requests_that_the_client_would_not_send_are_refused_as_by_the_service() {
    let simulator = Simulator::new();
    let input = json!({"data": {"image": {"url": "https://example.com/a.jpg"}}});
    let mut many = Vec::new();
    many.resize(129, input);
    for (path, body, status, code) in [
        ("/v2/models/aaa03c23b3724a16a56b629203edc62c/outputs", json!({"inputs": many}).to_string(), 400, 40001),
        ("/v2/models/aaa03c23b3724a16a56b629203edc62c/outputs", json!({"inputs": []}).to_string(), 400, 40001),
        ("/v2/models/aaa03c23b3724a16a56b629203edc62c/outputs", "{}".to_owned(), 400, 11100),
        ("/v2/models/aaa03c23b3724a16a56b629203edc62c/outputs", "{".to_owned(), 400, 11100),
        ("/v2/models/none/outputs", "{}".to_owned(), 404, 21200),
    ] {
        let request = Request::post(path).header("authorization", "Key 0123").body(Bytes::from(body)).unwrap();
        let response = simulator.handle(Now::default(), &request);
        let json: Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!((response.status().as_u16(), &json["status"]["code"]), (status, &json!(code)), "{path}: {json}");
    }
    let nowhere = Request::get("/v2/nowhere").header("authorization", "Key 0123").body(Bytes::new()).unwrap();
    let response = simulator.handle(Now::default(), &nowhere);
    let json: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!((response.status().as_u16(), &json["status"]), (404, &json!("NOT_FOUND")));
    let nobody = Request::get("/v2/models").body(Bytes::new()).unwrap();
    let json: Value = serde_json::from_slice(simulator.handle(Now::default(), &nobody).body()).unwrap();
    assert_eq!((&json["status"]["code"], &json["models"]), (&json!(11009), &json!([])));
}

#[test]
fn public_models_are_in_their_own_app_and_nowhere_else() {
    let pat = Credentials::personal_access_token("a-personal-token").unwrap();
    let client = Client::with(App::new(pat).with_scope(Scope::new("me", "mine")), Simulator::new());
    assert!(client.call(GetModel::new(GENERAL)).unwrap_err().is_not_found());
    assert_eq!(client.call(GetModel::new(ModelRef::public(GENERAL))).unwrap().id, GENERAL);
    let found = client.run(FindModel::new(client.app(), "color").of(Scope::public())).unwrap();
    assert_eq!(found.owner(), Some(&Scope::public()));
    assert!(client.call(Predict::with(found).image_bytes(photograph("coffee"))).unwrap().is_complete());
}

#[test]
fn models_are_listed_searched_and_described() {
    let client = Client::new();
    assert_eq!(client.call(ListModels::new()).unwrap().len(), 3);
    assert_eq!(client.call(ListModels::new().page(Page::new(2, 2))).unwrap().len(), 1);
    assert!(client.call(ListModels::new().page(Page::new(9, 20))).unwrap().is_empty());
    assert_eq!(client.call(SearchModels::new().name("general*")).unwrap().len(), 2);
    assert_eq!(client.call(SearchModels::new().model_type("color")).unwrap().len(), 1);
    let model = client.call(GetModelOutputInfo::new(GENERAL)).unwrap();
    assert!(model.concepts().len() >= 40);
}

#[test]
fn an_app_secret_is_traded_for_a_token_that_runs_out() {
    let client = Client::with(App::new(Credentials::app_secret("id", "secret").unwrap()), Simulator::new());
    assert_eq!(client.call(ListModels::new()).unwrap().len(), 3);
    assert_eq!(client.call(ListModels::new()).unwrap().len(), 3);
    let later = client.clone().at(Client::START + Duration::from_secs(1_000_000));
    assert_eq!(later.call(ListModels::new()).unwrap().len(), 3, "a token that ran out is renewed");
}

#[test]
fn a_mounted_folder_is_the_web() {
    let folder = std::env::temp_dir().join(format!("clarifai-web-{}", std::process::id()));
    let host = folder.join("samples.clarifai.com");
    std::fs::create_dir_all(&host).unwrap();
    std::fs::write(host.join("metro north.jpg"), photograph("rocket")).unwrap();
    let client = Client::with(App::new(Credentials::key("key").unwrap()), Simulator::new().mount(&folder));
    let see = |url: &str| client.call(Predict::with(GENERAL).image_url(url)).unwrap().is_complete();
    assert!(see("https://samples.clarifai.com/metro%20north.jpg"));
    assert!(!see("https://samples.clarifai.com/other.jpg"));
    assert!(!see("https://samples.clarifai.com/../../etc/hostname"));
    std::fs::remove_dir_all(&folder).unwrap();
}

/// A GIF of two frames, red then blue, a second each.
const RED_THEN_BLUE: &[u8] = include_bytes!("data/red_then_blue.gif");

#[test]
fn a_video_is_looked_at_frame_by_frame() {
    let client = Client::new();
    let video = |sample| {
        let predict = Predict::with("color-recognition").video_bytes(RED_THEN_BLUE).sample_ms(sample);
        client.call(predict).unwrap().one().unwrap()
    };
    let output = video(1000);
    let seen: Vec<_> = output
        .frames()
        .iter()
        .map(|frame| (frame.time_ms(), frame.data.as_ref().unwrap().colors()[0].name().unwrap().to_owned()))
        .collect();
    assert_eq!(seen, [(0, "Red".to_owned()), (1000, "Blue".to_owned())]);
    assert_eq!(video(5000).frames().len(), 1);
}

#[test]
fn the_server_serves_any_client() {
    let server = Server::start(Simulator::new(), "127.0.0.1:0").unwrap();
    assert_eq!(server.url(), format!("http://{}", server.address()));
    let app = App::new(Credentials::key("any key".replace(' ', "-")).unwrap()).with_base(&server.url()).unwrap();
    let client = clarifai_ureq::Client::new(app);
    let output = client.call(Predict::with(GENERAL).image_bytes(photograph("coffee"))).unwrap().one().unwrap();
    let inside = Client::new().call(Predict::with(GENERAL).image_bytes(photograph("coffee"))).unwrap().one().unwrap();
    assert_eq!(output.data, inside.data, "through a socket it sees the same");
    drop(server);
    assert!(client.call(ListModels::new()).is_err(), "it is gone");
}

#[test]
fn the_clock_of_the_client_jumps_over_waits() {
    use clarifai_core::machine::Driver as _;
    let client = Client::new();
    let mut driver = &client;
    driver.wait_until(Mono::new(Duration::from_secs(3600)));
    assert_eq!(driver.now().unix, Client::START + Duration::from_secs(3600));
}

/// A few looks at the list, whatever else the app holds, and each input asked for by its id only where it is not there.
#[test]
fn many_uploads_are_waited_for_with_few_requests() {
    let delays = Delays { processing: Duration::from_secs(30), ..Delays::default() };
    let client = Client::with(App::new(Credentials::key("my-key").unwrap()), Simulator::new().with_delays(delays));
    let address = |id: &String| format!("https://example.com/{id}.jpg");
    let [others, ids] = [("old", 500), ("new", 2500)]
        .map(|(name, count)| (0..count).map(|id| format!("{name}-{id}")).collect::<Vec<_>>());
    for ids in [&others, &ids] {
        let report = client.upload(ids.iter().map(|id| NewInput::image_url(address(id)).with_id(id)), 2);
        assert!(report.is_complete(), "{report:?}");
    }
    let mut wait = WaitForUploadsOf::new(client.app(), ids.iter().map(String::as_str).chain(["never"]));
    let each = client.run(&mut wait).unwrap();
    assert!(each.iter().map(|input| &input.id).eq(ids.iter().chain([&"never".to_owned()])), "in their order");
    // Nothing is to be had from these addresses, so that each has its reason.
    let failed = each
        .iter()
        .filter(|input| input.status.as_ref().is_some_and(|status| status.code == Some(StatusCode::new(30002))));
    assert_eq!((failed.count(), each[ids.len()].missing), (ids.len(), true));
    // Four requests a look, and one for the input that is not there; one by one they would be 2,501 and more.
    assert!((4..250).contains(&wait.polls()), "{} questions", wait.polls());
}
