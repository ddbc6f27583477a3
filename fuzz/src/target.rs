//! Any texts as ids, app, base URL, query and key: they give a typed error, or a request to exactly that place.

use arbitrary::{Arbitrary, Unstructured};
use clarifai_core::error::ErrorKind;
use clarifai_core::inputs::NewInput;
use clarifai_core::models::{GetModel, GetModelOutputInfo, ListModels, ModelRef, Predict, SearchModels};
use clarifai_core::{AppRef, Config, Credentials, Error, Exchange, MAX_ID_BYTES, Operation, Page};
use percent_encoding::percent_decode_str;

use crate::check_error;

/// Everything that determines where a call is sent.
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
/// If a request is sent elsewhere: to another scheme, host or port, with more or fewer path segments, or other ids.
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
    assert!(key.bytes().all(|byte| byte.is_ascii_graphic()), "a key that is not valid in a header: {key:?}");
    let config = Config::new(credentials);
    let config = match &place.base {
        Base::Default => Ok(config),
        Base::Prefix(prefix) => config.with_base_url(&format!("https://gateway.example.com:8443/{prefix}")),
        Base::Any(base) => config.with_base_url(base),
    };
    let config = match config {
        Ok(config) => config,
        Err(error) => {
            assert!(matches!(error.kind(), ErrorKind::InvalidArgument(_)), "{error}");
            assert!(!error.to_string().chars().any(char::is_control));
            return;
        }
    };
    let config = match &place.scope {
        Some((user, id)) => config.with_app(AppRef::new(user, id)),
        None => config,
    };
    let mut model = ModelRef::from(&*place.model);
    let mut scope = place.scope.as_ref();
    if let Some(owner) = &place.owner {
        model = model.in_app(AppRef::new(&owner.0, &owner.1));
        scope = Some(owner);
    }
    if let Some(version) = &place.version {
        model = model.with_version(&**version);
    }

    // The expected path segments below the root.
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
            check(&config, GetModel::new(model), &plan, key);
        }
        1 => {
            let mut plan = versioned(plan);
            plan.push("output_info");
            check(&config, GetModelOutputInfo::new(model), &plan, key);
        }
        2 => {
            let mut plan = versioned(plan);
            plan.push("outputs");
            let input = NewInput::image_url(&*place.text).id(&*place.text);
            check(&config, Predict::new(model).input(input).language(&*place.text), &plan, key);
        }
        3 => {
            let mut list = ListModels::new().page(page);
            if let Some((user, id)) = &place.owner {
                list = list.in_app(AppRef::new(user, id));
            }
            check(&config, list, &plan, key);
        }
        _ => {
            plan.push("searches");
            let mut search = SearchModels::new().name(&*place.text).page(page);
            if let Some((user, id)) = &place.owner {
                search = search.in_app(AppRef::new(user, id));
            }
            check(&config, search, &plan, key);
        }
    }
}

fn sendable(id: &str) -> bool {
    !id.is_empty() && !id.bytes().all(|byte| byte == b'.') && id.len() <= MAX_ID_BYTES
}

fn check<O: Operation>(config: &Config, operation: O, plan: &[&str], key: &str) {
    let exchange = match Exchange::new(config, operation) {
        Ok(exchange) => exchange,
        Err(error) => return check_refusal(&error),
    };
    assert!(plan.iter().all(|segment| sendable(segment)), "a segment that is not valid in a URL: {plan:?}");
    let request = exchange.request();
    let uri = request.uri();
    assert_eq!(
        format!("{}://{}", uri.scheme_str().expect("a scheme"), uri.authority().expect("a host")),
        config.origin()
    );
    assert_eq!(request.headers()["authorization"], format!("Key {key}"));
    assert!(!format!("{request:?}").contains(&format!("Key {key}")), "the request shows the key");

    // Both parsers must find the expected host and path.
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
            // One of the two reads `https://0` as `0.0.0.0`. The caller chose that host, and no id may change it.
            let origin = url::Url::parse(&config.origin()).expect("a URL");
            assert_eq!(url.host(), origin.host(), "{text}");
            let port = uri.port_u16().or((url.scheme() == "https").then_some(443)).unwrap_or(80);
            assert_eq!(url.port_or_known_default(), Some(port), "{text}");
        }
        // A host that only one of the two accepts. It comes from the base URL, not from an id.
        Err(error) => {
            let origin = url::Url::parse(&config.origin());
            assert!(origin.is_err(), "{text} is not a URL ({error}), and {origin:?} is");
        }
    }
}

/// Checks that the path ends with the expected segments, each of which decodes to its text.
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
    assert!(matches!(error.kind(), ErrorKind::InvalidArgument(_)), "{error}");
    check_error(error, "\u{0}");
}
