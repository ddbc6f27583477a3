//! Requests about users and apps, against expectations written by hand from the description of the API, and the
//! simulator.

use clarifai_core::apps::{AppOrder, CreateApps, DeleteApp, GetApp, ListApps, NewApp, PatchApp};
use clarifai_core::client::blocking;
use clarifai_core::error::ErrorKind;
use clarifai_core::inputs::{CreateInputs, ListInputs, NewInput};
use clarifai_core::types::Gettable;
use clarifai_core::users::GetUser;
use clarifai_core::{AppRef, Config, Credentials, Exchange, Operation, Page, PatchAction};
use clarifai_simulator::Simulator;
use clarifai_tests::exchanges;
use clarifai_tests::recorded::RecordedClient;
use serde_json::{Value, json};

/// A client with an app of its own, which these requests do not use.
fn config() -> Config {
    Config::new(Credentials::key("0123456789abcdef").unwrap()).with_app(AppRef::new("me", "mine"))
}

fn sends<O: Operation>(operation: O, method: &str, path: &str, body: &Value) {
    let (request, _) = Exchange::new(&config(), operation).unwrap().into_parts();
    let sent = request.uri().path_and_query().unwrap().as_str();
    assert_eq!((request.method().as_str(), sent), (method, &*format!("/v2/{path}")));
    let bytes = request.body().to_bytes();
    exchanges::record(O::SPEC.name, &request.map(|body| body.to_bytes()), None);
    let found = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
    assert_eq!(found, *body, "{method} {path}");
}

#[test]
fn users_and_apps_are_sent_as_the_description_has_them() {
    let none = Value::Null;
    sends(GetUser::me(), "GET", "users/me", &none);
    sends(GetUser::new("a b"), "GET", "users/a%20b", &none);
    let app = NewApp::new("harbors")
        .description("Boats")
        .notes("# Boats")
        .default_language("de")
        .metadata(json!({"season": 1}))
        .visibility(Gettable::PRIVATE)
        .public_workflow("Universal");
    sends(
        CreateApps::new().app(app).app(NewApp::new("b.2_c-d")),
        "POST",
        "users/me/apps",
        &json!({"apps": [
            {"id": "harbors", "description": "Boats", "notes": "# Boats", "default_language": "de",
                "metadata": {"season": 1}, "visibility": {"gettable": 10},
                "default_workflow": {"id": "Universal", "user_id": "clarifai", "app_id": "main"}},
            {"id": "b.2_c-d"}]}),
    );
    sends(
        CreateApps::new().of_user("flora").app(NewApp::new("g")),
        "POST",
        "users/flora/apps",
        &json!({"apps": [{"id": "g"}]}),
    );
    sends(GetApp::new(AppRef::new("flora", "garden")), "GET", "users/flora/apps/garden", &none);
    sends(DeleteApp::new(AppRef::new("me", "garden")), "DELETE", "users/me/apps/garden", &none);
    sends(ListApps::new(), "GET", "users/me/apps?page=1&per_page=20", &none);
    sends(
        ListApps::new()
            .of_user("flora")
            .page(Page::new(2, 5))
            .search("a b")
            .starred_only()
            .descending(AppOrder::ModifiedAt),
        "GET",
        "users/flora/apps?page=2&per_page=5&search=a%20b&starred_only=true&sort_ascending=false&sort_by_modified_at=true",
        &none,
    );
    sends(
        PatchApp::overwrite(NewApp::new("garden").notes("")).of_user("flora"),
        "PATCH",
        "users/flora/apps/garden",
        &json!({"action": "overwrite", "app": {"id": "garden", "notes": ""}}),
    );
    let changes = NewApp::new("garden").metadata(json!({"season": 2}));
    sends(
        PatchApp::new(PatchAction::Merge, changes),
        "PATCH",
        "users/me/apps/garden",
        &json!({"action": "merge", "app": {"id": "garden", "metadata": {"season": 2}}}),
    );
}

#[test]
fn errors_name_the_argument_of_apps_and_users() {
    fn refused<O: Operation>(operation: O) -> String {
        let error = Exchange::new(&config(), operation).map(|_| ()).unwrap_err();
        let ErrorKind::InvalidArgument(invalid) = error.kind() else { panic!("{error}") };
        invalid.argument().to_owned()
    }
    for (found, argument) in [
        (refused(GetUser::new("..")), "user id"),
        (refused(CreateApps::new()), "apps"),
        (refused(CreateApps::new().app(NewApp::new("a")).app(NewApp::new("a/b"))), "apps[1] app id"),
        (refused(CreateApps::new().app(NewApp::new("a").metadata(json!([1])))), "apps[0] metadata"),
        (refused(GetApp::new(AppRef::new("me", ""))), "app id"),
        (refused(PatchApp::overwrite(NewApp::new("a"))), "patch"),
        (refused(ListApps::new().page(Page::new(0, 1))), "page"),
    ] {
        assert_eq!(found, argument);
    }
}

#[test]
fn a_user_creates_uses_changes_and_deletes_apps() {
    let config = Config::new(Credentials::key("0123456789abcdef").unwrap());
    let client = RecordedClient::new(config.clone(), Simulator::new());
    let me = client.call(GetUser::me()).unwrap();
    assert_eq!(client.call(GetUser::new(&*me.id)).unwrap().id, me.id);
    assert!(me.user_detail.is_some_and(|detail| detail.primary_email.is_some()));
    assert!(client.call(GetUser::new("nobody")).unwrap_err().is_not_found());

    let create = CreateApps::new().app(NewApp::new("boats").description("Boats")).app(NewApp::new("cars"));
    let created = client.call(&create).unwrap();
    assert_eq!(created.iter().map(|app| &*app.id).collect::<Vec<_>>(), ["boats", "cars"]);
    let boats = AppRef::from(&created[0]);
    assert_eq!((boats.user_id(), boats.app_id()), (&*me.id, "boats"));
    assert!(client.call(&create).is_err(), "they exist");

    // Each app has its own inputs.
    let at = |app| blocking::Client::with_transport(config.clone().with_app(app), client.transport().clone());
    let in_boats = at(boats.clone());
    let input = NewInput::image_url("https://samples.clarifai.com/metro-north.jpg").id("i");
    assert_eq!(in_boats.call(CreateInputs::new().input(input)).unwrap().succeeded().count(), 1);
    let in_cars = at(AppRef::new("me", "cars"));
    assert_eq!(in_cars.call(ListInputs::new()).unwrap().len(), 0);

    let patched = client.call(PatchApp::overwrite(NewApp::new("boats").description("Ships"))).unwrap();
    assert_eq!(patched.description.as_deref(), Some("Ships"));
    assert_eq!(client.call(GetApp::new(boats.clone())).unwrap().description.as_deref(), Some("Ships"));
    let ids = |apps: Vec<clarifai_core::types::App>| apps.into_iter().map(|app| app.id).collect::<Vec<_>>();
    assert_eq!(ids(client.call(ListApps::new()).unwrap()), ["boats", "cars"]);
    assert_eq!(ids(client.call(ListApps::new().search("ship")).unwrap()), ["boats"]);
    assert_eq!(ids(client.pages(ListApps::new()).map(Result::unwrap).collect()), ["boats", "cars"]);

    client.call(DeleteApp::new(boats.clone())).unwrap();
    assert!(client.call(GetApp::new(boats)).unwrap_err().is_not_found());
    let of_another = client.call(CreateApps::new().of_user("clarifai").app(NewApp::new("x"))).unwrap_err();
    assert_eq!(of_another.http_status(), Some(403));
}
