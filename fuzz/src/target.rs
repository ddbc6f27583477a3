//! Any texts as ids, scope, base address, query and key: a typed error, or a request to just that place.

use arbitrary::{Arbitrary, Unstructured};
use clarifai_core::error::ErrorKind;
use clarifai_core::inputs::NewInput;
use clarifai_core::models::{GetModel, GetModelOutputInfo, ListModels, ModelRef, Predict, SearchModels};
use clarifai_core::{App, Credentials, Error, Exchange, MAX_ID_BYTES, Operation, Page, Scope};
use percent_encoding::percent_decode_str;

use crate::check_error;

/// Everything a caller can say about where a call goes.
#[derive(Arbitrary, Debug)]
struct Place {
    base: Base,
    key: Option<String>,
    scope: Option<(String, String)>,
    owner: Option<(String, String)>,
    model: String,
    version: Option<String>,
    page: (u32, u32),
    text: String,
    which: u8,
}

#[derive(Arbitrary, Debug)]
enum Base {
    Default,
    Prefix(String),
    Any(String),
}

/// Builds a request for any place.
///
/// # Panics
///
/// Where a request goes elsewhere than said: another scheme, host or port, more or fewer segments, other ids.
pub fn target(data: &[u8]) {
    let Ok(place) = Place::arbitrary_take_rest(Unstructured::new(data)) else { return };
    let key = place.key.as_deref().unwrap_or("0123456789abcdef");
    let credentials = match Credentials::key(key) {
        Ok(credentials) => credentials,
        Err(error) => {
            assert!(error.is_auth() && !error.to_string().chars().any(char::is_control), "{error}");
            return;
        }
    };
    assert!(key.bytes().all(|byte| byte.is_ascii_graphic()), "a key that no header can carry: {key:?}");
    let app = App::new(credentials);
    let app = match &place.base {
        Base::Default => Ok(app),
        Base::Prefix(prefix) => app.with_base(&format!("https://gateway.example.com:8443/{prefix}")),
        Base::Any(base) => app.with_base(base),
    };
    let app = match app {
        Ok(app) => app,
        Err(error) => {
            assert!(matches!(error.kind(), ErrorKind::Invalid(_)), "{error}");
            assert!(!error.to_string().chars().any(char::is_control));
            return;
        }
    };
    let app = match &place.scope {
        Some((user, id)) => app.with_scope(Scope::new(user, id)),
        None => app,
    };
    let mut model = ModelRef::from(&*place.model);
    let mut scope = place.scope.as_ref();
    if let Some(owner) = &place.owner {
        model = model.of(Scope::new(&owner.0, &owner.1));
        scope = Some(owner);
    }
    if let Some(version) = &place.version {
        model = model.with_version(&**version);
    }

    // The segments below the root, as planned.
    let mut plan: Vec<&str> = Vec::new();
    if let Some((user, id)) = scope {
        plan.extend(["users", user, "apps", id]);
    }
    plan.push("models");
    let versioned = |mut plan: Vec<_>| {
        plan.push(&*place.model);
        if let Some(version) = &place.version {
            plan.extend(["versions", &**version]);
        }
        plan
    };
    let page = Page::new(place.page.0, place.page.1);
    match place.which % 5 {
        0 => {
            plan.push(&place.model);
            check(&app, GetModel::new(model), &plan, key);
        }
        1 => {
            let mut plan = versioned(plan);
            plan.push("output_info");
            check(&app, GetModelOutputInfo::new(model), &plan, key);
        }
        2 => {
            let mut plan = versioned(plan);
            plan.push("outputs");
            let input = NewInput::image_url(&*place.text).with_id(&*place.text);
            check(&app, Predict::with(model).input(input).language(&*place.text), &plan, key);
        }
        3 => {
            let mut list = ListModels::new().page(page);
            if let Some((user, id)) = &place.owner {
                list = list.of(Scope::new(user, id));
            }
            check(&app, list, &plan, key);
        }
        _ => {
            plan.push("searches");
            let mut search = SearchModels::new().name(&*place.text).page(page);
            if let Some((user, id)) = &place.owner {
                search = search.of(Scope::new(user, id));
            }
            check(&app, search, &plan, key);
        }
    }
}

fn sendable(id: &str) -> bool {
    !id.is_empty() && !id.bytes().all(|byte| byte == b'.') && id.len() <= MAX_ID_BYTES
}

fn check<O: Operation>(app: &App, operation: O, plan: &[&str], key: &str) {
    let exchange = match Exchange::new(app, operation) {
        Ok(exchange) => exchange,
        Err(error) => return check_refusal(&error),
    };
    assert!(plan.iter().all(|segment| sendable(segment)), "a segment that no address can carry: {plan:?}");
    let request = exchange.request();
    let uri = request.uri();
    assert_eq!(format!("{}://{}", uri.scheme_str().expect("a scheme"), uri.authority().expect("a host")), app.origin());
    assert_eq!(request.headers()["authorization"], format!("Key {key}"));
    assert!(!format!("{request:?}").contains(&format!("Key {key}")), "the key shows");

    // Both parsers must see the same host and the same path as was planned.
    let text = uri.to_string();
    assert!(text.bytes().all(|byte| byte.is_ascii_graphic()), "{text}");
    segments(uri.path(), plan);
    match url::Url::parse(&text) {
        Ok(url) => {
            assert_eq!(url.scheme(), uri.scheme_str().expect("a scheme"));
            assert_eq!(url.username(), "");
            assert!(url.fragment().is_none(), "{text}");
            assert_eq!(url.query(), uri.query(), "{text}");
            segments(url.path(), plan);
            assert_eq!(url.path().split('/').count(), uri.path().split('/').count(), "segments collapse in {text}");
            // `https://0` is `0.0.0.0` to one of the two. That is the caller's choice, and no id may change it.
            let origin = url::Url::parse(&app.origin()).expect("a URL");
            assert_eq!(url.host(), origin.host(), "{text}");
            let port = uri.port_u16().or((url.scheme() == "https").then_some(443)).unwrap_or(80);
            assert_eq!(url.port_or_known_default(), Some(port), "{text}");
        }
        // A host that only one of the two takes for one; it came from the base address, not from an id.
        Err(error) => {
            let origin = url::Url::parse(&app.origin());
            assert!(origin.is_err(), "{text} is no URL ({error}), and {origin:?} is");
        }
    }
}

/// The end of the path is the plan, each segment decoding back to its text.
fn segments(path: &str, plan: &[&str]) {
    let (_, below) = path
        .rsplit_once(&format!("/v2/{}", plan[0]))
        .map_or_else(|| panic!("no /v2/{} in {path}", plan[0]), |(root, rest)| (root, format!("{}{rest}", plan[0])));
    let seen: Vec<_> = below
        .split('/')
        .map(|segment| percent_decode_str(segment).decode_utf8().expect("UTF-8").into_owned())
        .collect();
    assert_eq!(seen, plan, "{path}");
}

fn check_refusal(error: &Error) {
    assert!(matches!(error.kind(), ErrorKind::Invalid(_)), "{error}");
    check_error(error, "\u{0}");
}
