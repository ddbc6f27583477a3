//! The addresses of images that were sent as bytes. They have the form of the service's; the third part of the path
//! marks them as simulated. The simulator and its server serve the same path.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::state::State;
use crate::state::app_name::AppName;

const HOST: &str = "https://s3.amazonaws.com";
const PATH: &str = "/clarifai-api/img/simulator/";

/// Returns the address of an input's image.
pub(crate) fn url(app: &AppName, id: &str) -> String {
    let [user, app, id] = [&app.user, &app.app, id].map(|part| utf8_percent_encode(part, NON_ALPHANUMERIC));
    format!("{HOST}{PATH}{user}/{app}/{id}")
}

/// Returns whether a URL has the form of these addresses.
pub(crate) fn is_url(url: &str) -> bool {
    url.strip_prefix(HOST).is_some_and(|path| path.starts_with(PATH))
}

fn at_path(state: &State, path: &str) -> Option<Bytes> {
    let mut parts = path.strip_prefix(PATH)?.split('/').map(|part| percent_decode_str(part).decode_utf8().ok());
    let [user, app, id] = [parts.next()??, parts.next()??, parts.next()??];
    let app = AppName { user: user.into_owned(), app: app.into_owned() };
    let input = state.apps.get(&app.key())?.inputs.get(&id)?;
    (parts.next().is_none() && !input.bytes.is_empty()).then(|| input.bytes.clone())
}

/// Returns the response to a request for the path of an address. It needs no key, as at the service.
pub(crate) fn response(state: &State, request: &Request<Bytes>) -> Option<Response<Bytes>> {
    let bytes = at_path(state, request.uri().path()).filter(|_| request.method() == Method::GET)?;
    let format = image::guess_format(&bytes).map_or("application/octet-stream", |format| format.to_mime_type());
    let mut response = Response::new(bytes);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(format));
    Some(response)
}
