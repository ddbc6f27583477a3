//! Requests arrive at the server as core built them.

use clarifai_core::inputs::DeleteInput;
use clarifai_core::models::GetModel;
use clarifai_core::{AppRef, transport::Body};
use http::{Request, Uri};
use url::Url;

use super::super::difference::Difference;
use super::super::reply::{OK, ok};
use super::super::scenario::{Op, Outcome, Scenario, Seen, request, run, send, unsent};
use super::super::server::{Act, Server};
use super::super::stage::Stage;
use super::{must, plain, sockets};

/// Ids and names that URL parsers tend to change.
const NASTY: [&str; 18] = [
    "plain",
    "a/b",
    "a b",
    "50%",
    "%2F",
    "%2e%2e",
    "../x",
    "..%2f..",
    "a?b#c&d=e",
    "a+b",
    "犬",
    "é\u{301}",
    "\r\nx: y",
    "nul\0nul",
    "a\\b",
    "user@host:80",
    "[::1]",
    "~a-b._c;d,e!f$g'h(i)j*k",
];

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        sockets(
            "path-bytes",
            "Each id becomes one path segment and arrives byte for byte; `http::Uri` and `url::Url` agree.",
            "a URL that is not written to a socket cannot be changed",
            path_bytes,
        ),
        sockets(
            "query-bytes",
            "Names in the query string arrive byte for byte.",
            "a URL that is not written to a socket cannot be changed",
            query_bytes,
        ),
        sockets(
            "base-path",
            "The request path begins with the path of the base URL and the app.",
            "the mock transport has one base URL",
            base_path,
        ),
        sockets(
            "headers-get",
            "A GET request has the expected headers, and none that announces a body.",
            "the transport sets `Host`",
            headers_of_get,
        ),
        sockets(
            "headers-post",
            "A POST request has the expected headers, including its exact `Content-Length`.",
            "the transport sets `Host` and `Content-Length`",
            headers_of_post,
        ),
        plain(
            "body-json",
            "A JSON body arrives byte for byte.",
            send(Op::Predict).gets(ok()).ends(Outcome::Status(200)).check(same_body),
        ),
        plain(
            "body-encoded",
            "An image that is encoded while it is sent arrives byte for byte.",
            send(Op::PredictBytes(300_001)).gets(ok()).ends(Outcome::Status(200)).check(same_body),
        ),
        plain(
            "body-encoded-small",
            "An image of a single byte arrives unchanged, too.",
            send(Op::PredictBytes(1)).gets(ok()).ends(Outcome::Status(200)).check(same_body),
        ),
        plain(
            "patch",
            "A PATCH request arrives with its body.",
            run(Op::Patch).gets(ok()).ends(Outcome::Done).check(same_body),
        ),
        plain(
            "delete-with-body",
            "A DELETE request arrives with its body.",
            run(Op::DeleteMany).gets(ok()).ends(Outcome::Done).check(same_body),
        ),
        sockets(
            "delete-without-body",
            "A DELETE request without a body is sent without one.",
            "the mock transport sets no `Content-Length`",
            |stage| no_body(stage, |base, stage| request(&stage.config(base), DeleteInput::new("a"))),
        ),
        sockets(
            "post-without-body",
            "A POST request without a body has the length 0, and does not wait for a body.",
            "the mock transport sets no `Content-Length`",
            |stage| {
                no_body(stage, |base, _| {
                    let request = Request::post(format!("{base}/v2/models")).body(Body::empty());
                    request.expect("a request")
                })
            },
        ),
    ]
}

fn path_bytes(stage: &Stage) -> Result<(), String> {
    let server = stage.keep(Server::always(vec![Act::Read, Act::Write(ok().bytes())]), NASTY.len());
    let config = stage.config(&server.url());
    let client = stage.client(&config);
    for (number, id) in NASTY.iter().enumerate() {
        let request = request(&config, GetModel::new(*id));
        let uri: Uri = request.uri().clone();
        client.send(request).map_err(|failure| format!("{id:?}: {failure:?}"))?;
        server.wait_for(number + 1);
        let arrived = server.arrived()[number].target().to_owned();
        must(arrived == uri.path(), || format!("{id:?}: {arrived} arrived, `http::Uri` has {}", uri.path()))?;
        let url = Url::parse(&uri.to_string()).map_err(|error| format!("{id:?}: {error}"))?;
        must(url.path() == uri.path(), || format!("{id:?}: `url::Url` makes {} of {uri}", url.path()))?;
        let segments: Vec<_> = url.path_segments().into_iter().flatten().collect();
        let decoded = percent_encoding::percent_decode_str(segments.last().copied().unwrap_or_default()).decode_utf8();
        must(segments.len() == 3 && decoded.as_deref() == Ok(*id), || {
            format!("{id:?}: the segments are {segments:?}")
        })?;
    }
    Ok(())
}

fn query_bytes(stage: &Stage) -> Result<(), String> {
    let server = stage.keep(Server::always(vec![Act::Read, Act::Write(ok().bytes())]), NASTY.len());
    let config = stage.config(&server.url());
    let client = stage.client(&config);
    for (number, name) in NASTY.iter().enumerate() {
        let mut request = Op::List.request(&config);
        let own = Url::parse_with_params(&format!("{}/v2/models", server.url()), [("name", name)])
            .map_err(|error| error.to_string())?;
        let encoded: String = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC).collect();
        let target = format!("/v2/models?name={encoded}&page=1");
        *request.uri_mut() = format!("{}{target}", server.url()).parse().map_err(|error| format!("{error}"))?;
        client.send(request).map_err(|failure| format!("{name:?}: {failure:?}"))?;
        server.wait_for(number + 1);
        let arrived = server.arrived()[number].target().to_owned();
        must(arrived == target, || format!("{name:?}: {arrived} arrived, not {target}"))?;
        let url = Url::parse(&format!("{}{arrived}", server.url())).map_err(|error| error.to_string())?;
        must(url.query_pairs().next() == own.query_pairs().next(), || format!("{name:?}: `url::Url` reads {url}"))?;
    }
    Ok(())
}

fn base_path(stage: &Stage) -> Result<(), String> {
    let server = stage.keep(Server::always(vec![Act::Read, Act::Write(ok().bytes())]), 1);
    let config = stage.config(&format!("{}/pre%20fix/x/", server.url())).with_app(AppRef::new("me/you", "app 1"));
    stage.search_debug(&format!("{config:?}"));
    stage.client(&config).send(Op::Get("m").request(&config)).map_err(|failure| format!("{failure:?}"))?;
    server.wait_for(1);
    let arrived = server.arrived()[0].target().to_owned();
    let expected = "/pre%20fix/x/v2/users/me%2Fyou/apps/app%201/models/m";
    must(arrived == expected, || format!("{arrived} arrived, not {expected}"))
}

/// Headers that core and HTTP require. Each other one must be listed as a difference.
fn own_headers(stage: &Stage, headers: &[(String, String)], expected: &[(&str, String)]) -> Result<(), String> {
    for (name, value) in expected {
        let found: Vec<_> = headers.iter().filter(|(own, _)| own == name).map(|(_, value)| value).collect();
        must(found == [value], || format!("the header {name} is {found:?}, not {value}"))?;
    }
    for (name, value) in headers.iter().filter(|(name, _)| expected.iter().all(|(own, _)| own != name)) {
        // Without the version, because the README would have to follow it.
        let header = if name == "user-agent" { name.clone() } else { format!("{name}: {value}") };
        stage.differs(Difference::AddsHeader(header));
    }
    Ok(())
}

fn headers_of_get(stage: &Stage) -> Result<(), String> {
    let server = stage.keep(Server::always(vec![Act::Read, Act::Write(ok().bytes())]), 1);
    let config = stage.config(&server.url());
    stage.client(&config).send(Op::Get("m").request(&config)).map_err(|failure| format!("{failure:?}"))?;
    server.wait_for(1);
    own_headers(
        stage,
        &server.arrived()[0].headers(),
        &[
            ("authorization", format!("Key {}", super::super::secrets::KEY)),
            ("x-clarifai-client", clarifai_core::Config::CLIENT.to_owned()),
            ("host", server.address().to_string()),
        ],
    )
}

fn headers_of_post(stage: &Stage) -> Result<(), String> {
    let server = stage.keep(Server::always(vec![Act::Read, Act::Write(ok().bytes())]), 1);
    let config = stage.config(&server.url());
    let request = Op::PredictBytes(5000).request(&config);
    let length = request.body().len();
    stage.client(&config).send(request).map_err(|failure| format!("{failure:?}"))?;
    server.wait_for(1);
    let arrived = &server.arrived()[0];
    must(arrived.length == length, || format!("{} bytes of a body arrived, not {length}", arrived.length))?;
    own_headers(
        stage,
        &arrived.headers(),
        &[
            ("authorization", format!("Key {}", super::super::secrets::KEY)),
            ("x-clarifai-client", clarifai_core::Config::CLIENT.to_owned()),
            ("host", server.address().to_string()),
            ("content-type", "application/json".to_owned()),
            ("content-length", length.to_string()),
        ],
    )
}

fn same_body(seen: &Seen) -> Result<(), String> {
    let config = unsent();
    let first = &seen.arrived[0];
    let candidates = [Op::Predict, Op::PredictBytes(300_001), Op::PredictBytes(1), Op::Patch, Op::DeleteMany];
    let bodies = candidates.iter().map(|op| op.request(&config).body().to_bytes());
    must(bodies.into_iter().any(|body| body == first.body), || {
        format!("another body arrived: {} bytes in {}", first.body.len(), first.head)
    })?;
    must(first.complete && first.length == first.body.len() as u64, || "the body broke off".to_owned())?;
    must(first.header("transfer-encoding").is_none(), || format!("it came in chunks: {}", first.head))
}

fn no_body(stage: &Stage, make: fn(&str, &Stage) -> Request<Body>) -> Result<(), String> {
    let server = stage.keep(Server::always(vec![Act::Read, Act::Write(ok().bytes())]), 1);
    let request = make(&server.url(), stage);
    let response =
        stage.client(&stage.config(&server.url())).send(request).map_err(|failure| format!("{failure:?}"))?;
    must(response.body() == OK, || "another response came".to_owned())?;
    let arrived = &server.arrived()[0];
    must(arrived.length == 0 && arrived.complete, || format!("a body came: {arrived:?}"))?;
    must(arrived.header("transfer-encoding").is_none(), || format!("it came in chunks: {}", arrived.head))?;
    let length = arrived.header("content-length");
    must(length.as_deref().is_none_or(|length| length == "0"), || format!("its length is {length:?}"))?;
    Ok(())
}
