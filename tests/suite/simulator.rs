//! The simulator in place of the service: the same responses and errors, in the process and on a port.

use std::time::Duration;

use bytes::Bytes;
use clarifai_core::concepts::ConceptRef;
use clarifai_core::inputs::{Crop, NewInput};
use clarifai_core::machine::{FindModel, InputsProcessed, IntoMachine as _, ModelCache};
use clarifai_core::models::{GetModel, GetModelOutputInfo, ListModels, ModelRef, Predict, SearchModels};
use clarifai_core::time::{Instant, Now};
use clarifai_core::types::StatusCode;
use clarifai_core::{AppRef, Config, Credentials, Operation as _, Page};
use clarifai_simulator::{Client, Delays, Recognition, Server, Simulator};
use clarifai_tests::photograph;
use http::Request;
use serde_json::{Value, json};

const GENERAL: &str = "general-image-recognition";

#[test]
fn the_same_image_gets_the_same_response() {
    let coffee = photograph("coffee");
    let predict = |client: &Client| {
        client.call(Predict::new(GENERAL).image_bytes(coffee.clone())).unwrap().into_single().unwrap().data.unwrap()
    };
    let client = Client::new();
    let first = predict(&client);
    assert_eq!(first, predict(&client));
    assert_eq!(first, predict(&Client::new()));
    assert_eq!(first.concepts().len(), 20, "the default of the service");
    assert!(first.concepts().iter().all(|concept| (0.0..=1.0).contains(&concept.value())));
}

/// Returns a client of a simulator that measures pixels, whichever features it is built with.
fn measuring(credentials: Credentials) -> Client {
    Client::with(Config::new(credentials), Simulator::new().with_recognition(Recognition::Pixels))
}

#[test]
fn models_are_found_by_every_id_and_name() {
    let client = measuring(Credentials::key("0123456789abcdef").unwrap());
    for model in [GENERAL, "aaa03c23b3724a16a56b629203edc62c"] {
        let output = client.call(Predict::new(model).image_bytes(photograph("coffee"))).unwrap().into_single().unwrap();
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
        let mut find = FindModel::new(name).cached_in(&cache);
        if let Some(model_type) = model_type {
            find = find.model_type(model_type);
        }
        assert_eq!(client.run(find).unwrap().id(), id, "{name} {model_type:?}");
    }
    assert_eq!(cache.len(), 5);
    let error = client.run(FindModel::new("no such model")).unwrap_err();
    assert!(error.is_not_found(), "{error}");
}

#[test]
fn colors_are_those_of_the_image() {
    let client = Client::new();
    let output =
        client.call(Predict::new("color-recognition").image_bytes(photograph("grass"))).unwrap().into_single().unwrap();
    let total: f64 = output.colors().iter().map(clarifai_core::types::Color::share).sum();
    assert!((total - 1.0).abs() < 0.01, "{total}");
    for color in output.colors() {
        let hex = color.hex().unwrap();
        let channel = |at: usize| i32::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap());
        let (red, green, blue) = (channel(1), channel(3), channel(5));
        assert!((red - green).abs() < 8 && (green - blue).abs() < 8, "the texture is gray, not {hex}");
    }
}

#[test]
fn embeddings_of_similar_images_are_close() {
    let client = Client::new();
    let embed = |input: NewInput| {
        let output = client.call(Predict::new("general-image-embedding").input(input)).unwrap().into_single().unwrap();
        output.data.unwrap().embeddings()[0].clone()
    };
    let cat = embed(NewInput::image_bytes(photograph("chelsea")));
    let part = embed(NewInput::image_bytes(photograph("chelsea")).crop(Crop::new(0.05, 0.05, 0.95, 0.95)));
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
    let call =
        |predict: Predict| client.call(predict.image_bytes(photograph("astronaut"))).unwrap().into_single().unwrap();
    let general = || Predict::new(GENERAL);
    assert!(call(general().min_value(0.5)).concepts().iter().all(|concept| concept.value() >= 0.5));
    assert_eq!(call(general().max_concepts(3)).concepts().len(), 3);
    assert_eq!(call(general().max_concepts(0)).concepts().len(), 20);
    let best = call(general()).best().unwrap().clone();
    let selected = call(general().select(ConceptRef::id(&best.id)).select(ConceptRef::name("sharp")));
    assert_eq!(selected.concepts().len(), 2);
    let german = call(general().language("de"));
    assert_ne!(german.concept(&best.id).unwrap().name, best.name, "{best:?}");
}

#[test]
fn failures_have_the_codes_of_the_service() {
    let client = Client::new();
    let batch = client
        .call(
            Predict::new(GENERAL)
                .image_bytes(photograph("coffee"))
                .image_bytes(&b"not an image"[..])
                .image_url("https://example.com/gone.jpg"),
        )
        .unwrap();
    let codes: Vec<_> =
        batch.failures().map(|failure| (failure.index, failure.status.code.unwrap().number().unwrap())).collect();
    assert_eq!(codes, [(1, 30101), (2, 30002)]);
    let predict = Predict::new(GENERAL).image_bytes(&b"not an image"[..]);
    let batch = client.call((&predict).by_item()).unwrap();
    assert_eq!((batch.succeeded().count(), batch.failures().count()), (0, 1));
    assert_eq!(client.call(predict).unwrap_err().api_code(), Some(30101), "nothing succeeded");

    let error = client.call(Predict::new("nonsense").image_bytes(photograph("coffee"))).unwrap_err();
    assert_eq!((error.http_status(), error.api_code()), (Some(404), Some(21200)), "{error}");
    assert!(error.request_id().is_some());
    let version = ModelRef::from(GENERAL).with_version("nonsense");
    assert!(client.call(Predict::new(version).image_bytes(photograph("coffee"))).unwrap_err().is_not_found());

    let picky = Simulator::new().with_keys(["the right key"]);
    let client = Client::with(Config::new(Credentials::key("the-wrong-key").unwrap()), picky);
    let error = client.call(ListModels::new()).unwrap_err();
    assert!(error.is_auth() && error.api_code() == Some(11009), "{error}");
    assert!(!error.to_string().contains("the-wrong-key"));
}

#[test]
fn invalid_requests_are_refused_as_by_the_service() {
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
    let unknown_path = Request::get("/v2/nowhere").header("authorization", "Key 0123").body(Bytes::new()).unwrap();
    let response = simulator.handle(Now::default(), &unknown_path);
    let json: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!((response.status().as_u16(), &json["status"]), (404, &json!("NOT_FOUND")));
    let without_key = Request::get("/v2/models").body(Bytes::new()).unwrap();
    let json: Value = serde_json::from_slice(simulator.handle(Now::default(), &without_key).body()).unwrap();
    assert_eq!((&json["status"]["code"], &json["models"]), (&json!(11009), &json!([])));
}

#[test]
fn public_models_are_only_in_the_public_app() {
    let pat = Credentials::personal_access_token("a-personal-token").unwrap();
    let client = Client::with(Config::new(pat).with_app(AppRef::new("me", "mine")), Simulator::new());
    assert!(client.call(GetModel::new(GENERAL)).unwrap_err().is_not_found());
    assert_eq!(client.call(GetModel::new(ModelRef::public(GENERAL))).unwrap().id, GENERAL);
    let found = client.run(FindModel::new("color").in_app(AppRef::public())).unwrap();
    assert_eq!(found.owner(), Some(&AppRef::public()));
    assert!(client.call(Predict::new(found).image_bytes(photograph("coffee"))).unwrap().is_success());
}

#[test]
fn models_are_listed_searched_and_described() {
    let client = measuring(Credentials::key("0123456789abcdef").unwrap());
    assert_eq!(client.call(ListModels::new()).unwrap().len(), 3);
    assert_eq!(client.call(ListModels::new().page(Page::new(2, 2))).unwrap().len(), 1);
    assert!(client.call(ListModels::new().page(Page::new(9, 20))).unwrap().is_empty());
    assert_eq!(client.call(SearchModels::new().name("general*")).unwrap().len(), 2);
    assert_eq!(client.call(SearchModels::new().model_type("color")).unwrap().len(), 1);
    let model = client.call(GetModelOutputInfo::new(GENERAL)).unwrap();
    assert!(model.concepts().len() >= 40);
}

#[test]
fn tokens_for_an_app_secret_expire() {
    let client = measuring(Credentials::app_secret("id", "secret").unwrap());
    assert_eq!(client.call(ListModels::new()).unwrap().len(), 3);
    assert_eq!(client.call(ListModels::new()).unwrap().len(), 3);
    let later = client.clone().at(Client::START + Duration::from_secs(1_000_000));
    assert_eq!(later.call(ListModels::new()).unwrap().len(), 3, "an expired token is renewed");
}

#[test]
fn a_mounted_directory_provides_urls() {
    let directory = std::env::temp_dir().join(format!("clarifai-web-{}", std::process::id()));
    let host = directory.join("samples.clarifai.com");
    std::fs::create_dir_all(&host).unwrap();
    std::fs::write(host.join("metro north.jpg"), photograph("rocket")).unwrap();
    let client = Client::with(Config::new(Credentials::key("key").unwrap()), Simulator::new().mount(&directory));
    let is_found = |url: &str| client.call(Predict::new(GENERAL).image_url(url).by_item()).unwrap().is_success();
    assert!(is_found("https://samples.clarifai.com/metro%20north.jpg"));
    assert!(!is_found("https://samples.clarifai.com/other.jpg"));
    assert!(!is_found("https://samples.clarifai.com/../../etc/hostname"));
    std::fs::remove_dir_all(&directory).unwrap();
}

/// A GIF of two frames of one second: red, then blue.
const RED_THEN_BLUE: &[u8] = include_bytes!("../data/red_then_blue.gif");

#[test]
fn a_video_is_predicted_frame_by_frame() {
    let client = Client::new();
    let video = |sample| {
        let predict = Predict::new("color-recognition").video_bytes(RED_THEN_BLUE).sample_ms(sample);
        client.call(predict).unwrap().into_single().unwrap()
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
fn the_server_responds_like_the_simulator_in_process() {
    let server = Server::start(Simulator::new(), "127.0.0.1:0").unwrap();
    assert_eq!(server.url(), format!("http://{}", server.address()));
    let config =
        Config::new(Credentials::key("any key".replace(' ', "-")).unwrap()).with_base_url(&server.url()).unwrap();
    let client = clarifai_ureq::Client::new(config).unwrap();
    let output = client.call(Predict::new(GENERAL).image_bytes(photograph("coffee"))).unwrap().into_single().unwrap();
    let inside =
        Client::new().call(Predict::new(GENERAL).image_bytes(photograph("coffee"))).unwrap().into_single().unwrap();
    assert_eq!(output.data, inside.data, "the response is the same as in the process");
    drop(server);
    assert!(client.call(ListModels::new()).is_err(), "the server has stopped");
}

#[test]
fn waits_advance_the_clock_of_the_client() {
    use clarifai_core::transport::Transport as _;
    let client = Client::new();
    client.transport().wait_until(Instant::new(Duration::from_secs(3600)));
    assert_eq!(client.transport().now().unix, Client::START + Duration::from_secs(3600));
}

/// Polls read the list, whatever else the app contains, and request an input by its id only if it is not in the list.
#[test]
fn waiting_for_many_uploads_takes_few_requests() {
    let delays = Delays { processing: Duration::from_secs(30), ..Delays::default() };
    let client = Client::with(Config::new(Credentials::key("my-key").unwrap()), Simulator::new().with_delays(delays));
    let address = |id: &String| format!("https://example.com/{id}.jpg");
    let [others, ids] = [("old", 500), ("new", 2500)]
        .map(|(name, count)| (0..count).map(|id| format!("{name}-{id}")).collect::<Vec<_>>());
    for ids in [&others, &ids] {
        let report = client.upload(ids.iter().map(|id| NewInput::image_url(address(id)).id(id)), 2);
        assert!(report.is_success(), "{report:?}");
    }
    let mut wait = InputsProcessed::of(ids.iter().map(String::as_str).chain(["never"])).into_machine(client.config());
    let each = client.run(&mut wait).unwrap();
    assert!(each.iter().map(|input| &input.id).eq(ids.iter().chain([&"never".to_owned()])), "in the order of the ids");
    // These URLs cannot be fetched, so every input has failed with a reason.
    let failed = each
        .iter()
        .filter(|input| input.status.as_ref().is_some_and(|status| status.code == Some(StatusCode::new(30002))));
    assert_eq!((failed.count(), each[ids.len()].missing), (ids.len(), true));
    // Four requests per poll, and one for the missing input; one by one there would be at least 2,501.
    assert!((4..250).contains(&wait.polls()), "{} polls", wait.polls());
}
