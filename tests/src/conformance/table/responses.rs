//! Responses are returned completely and unchanged, whatever their status.

use std::time::Duration;

use super::super::difference::Difference;
use super::super::reply::{Framing, OK, ok, refusal, response};
use super::super::scenario::{Ended, MAYBE_SENT, Op, Outcome, Scenario, Scene, Seen, run, send};
use super::super::server::{Act, Server};
use super::super::stage::Stage;
use super::{must, plain, sockets};
use clarifai_core::transport::TransportErrorKind::MaybeSent;

const PAGE: &str = "<!DOCTYPE html><html><title>Sign in to the network</title></html>";

#[expect(clippy::too_many_lines, reason = "a table is as long as its rows")]
pub(super) fn scenarios() -> Vec<Scenario> {
    let mut all = vec![
        plain("response", "A response with a `Content-Length` is read.", run(Op::List).gets(ok()).ends(Outcome::Done)),
        plain(
            "response-bytes",
            "The response body is returned byte for byte, whatever bytes it contains.",
            send(Op::List)
                .gets(response(200, every_byte()))
                .ends(Outcome::Status(200))
                .check(|seen| body_is(seen, &every_byte())),
        ),
        plain(
            "headers-twice",
            "All values of a repeated response header are returned.",
            send(Op::List)
                .gets(ok().header("x-a", "1").header("X-A", "2").header("x-empty", ""))
                .ends(Outcome::Status(200))
                .check(|seen| {
                    let headers =
                        seen.ended[0].response().map(|response| response.headers().clone()).unwrap_or_default();
                    let values: Vec<_> = headers.get_all("x-a").iter().map(http::HeaderValue::as_bytes).collect();
                    must(values == [b"1", b"2"] && headers["x-empty"].is_empty(), || format!("{headers:?}"))
                }),
        ),
        plain(
            "chunked",
            "A chunked response is reassembled.",
            run(Op::List).gets(ok().framed(Framing::Chunked(7))).ends(Outcome::Done),
        ),
        plain(
            "chunked-large",
            "A chunked response larger than any buffer is reassembled.",
            send(Op::List)
                .gets(response(200, vec![b'x'; 700_000]).framed(Framing::Chunked(65_537)))
                .ends(Outcome::Status(200))
                .check(|seen| body_is(seen, &[b'x'; 700_000])),
        ),
        sockets(
            "chunked-trailers",
            "Chunk extensions and trailers are ignored.",
            "the mock transport returns complete bodies",
            |stage| {
                let chunks =
                    format!("4;a=b\r\n{}\r\n{:x}\r\n{}\r\n0\r\nx-trailer: 1\r\n\r\n", &OK[..4], OK.len() - 4, &OK[4..]);
                let bytes =
                    format!("HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n{chunks}");
                check_response(stage, bytes.into_bytes(), OK.as_bytes())
            },
        ),
        plain(
            "until-close",
            "A response without a length ends when the connection is closed.",
            run(Op::List).gets(ok().framed(Framing::UntilClose)).ends(Outcome::Done),
        ),
        sockets("http-1-0", "An HTTP/1.0 response is read.", "the mock transport has no HTTP versions", |stage| {
            check_response(stage, format!("HTTP/1.0 200 OK\r\n\r\n{OK}").into_bytes(), OK.as_bytes())
        }),
        sockets(
            "no-reason",
            "A status line without a reason phrase, and header names in capitals, are read.",
            "the mock transport has no status lines",
            |stage| {
                let bytes = format!("HTTP/1.1 200\r\nCONNECTION: close\r\nCONTENT-LENGTH: {}\r\n\r\n{OK}", OK.len());
                check_response(stage, bytes.into_bytes(), OK.as_bytes())
            },
        ),
        plain(
            "one-byte-slices",
            "A response that arrives byte by byte is reassembled.",
            run(Op::List).gets(ok().in_slices(1, Duration::ZERO)).ends(Outcome::Done),
        ),
        plain(
            "status-204",
            "A 204 response has no body, and the client does not wait for one.",
            send(Op::List)
                .gets(response(204, "").framed(Framing::None))
                .ends(Outcome::Status(204))
                .check(|seen| body_is(seen, b"")),
        ),
        plain(
            "status-204-read",
            "A 204 response to a call is an invalid response, and the error reports that it is empty.",
            run(Op::CreateOnce)
                .gets(response(204, "").framed(Framing::None))
                .ends(Outcome::Unreadable)
                .check(|seen| error_contains(seen, "empty")),
        ),
        plain(
            "empty-body",
            "A response of length 0 is an invalid response, and the error reports that it is empty.",
            run(Op::CreateOnce)
                .gets(response(200, ""))
                .ends(Outcome::Unreadable)
                .check(|seen| error_contains(seen, "empty")),
        ),
        plain(
            "status-304",
            "A 304 response is returned.",
            send(Op::List).gets(response(304, "").framed(Framing::None)).ends(Outcome::Status(304)),
        ),
        plain(
            "status-unknown",
            "A response with an unassigned status code is returned.",
            send(Op::List)
                .gets(response(299, OK))
                .ends(Outcome::Status(299))
                .or(MAYBE_SENT, Difference::LosesUnknownStatus)
                .check(|seen| seen.ended[0].response().map_or(Ok(()), |_| body_is(seen, OK.as_bytes()))),
        ),
        plain(
            "gateway-page",
            "An HTML error page of a gateway is reported as an API error with its status.",
            run(Op::CreateOnce)
                .gets(response(502, "<html>Bad Gateway</html>").header("content-type", "text/html"))
                .ends(Outcome::Refused(502)),
        ),
        plain(
            "captive-portal",
            "The page of a captive portal with status 200 is an invalid response, and the advice mentions proxies.",
            run(Op::List)
                .gets(response(200, PAGE).header("content-type", "text/html"))
                .ends(Outcome::Unreadable)
                .check(|seen| {
                    let advice = seen.ended[0].error().and_then(clarifai_core::Error::advice).unwrap_or_default();
                    must(advice.contains("proxy"), || format!("no proxy in the advice: {advice}"))
                }),
        ),
        plain(
            "not-utf8",
            "Bytes that are not UTF-8 cost only the text that contains them.",
            run(Op::List)
                .gets(response(200, &b"{\"status\":{\"code\":10000,\"description\":\"\xff\xfe\"}}"[..]))
                .ends(Outcome::Done),
        ),
        plain(
            "byte-order-mark",
            "A byte order mark before the JSON is skipped.",
            run(Op::List).gets(response(200, format!("\u{feff}{OK}"))).ends(Outcome::Done),
        ),
        plain(
            "redirect-named",
            "A redirect is an API error that contains the address it points to.",
            run(Op::List)
                .gets(response(302, "").header("location", "https://elsewhere.example/v2/?secret=1"))
                .ends(Outcome::Refused(302))
                .check(|seen| error_contains(seen, "https://elsewhere.example/v2/")),
        ),
        plain(
            "quoted-key",
            "If an error response quotes the key, the error does not contain it.",
            run(Op::List)
                .gets(response(
                    401,
                    format!(r#"{{"status":{{"code":11009,"description":"no key {}"}}}}"#, super::super::secrets::KEY),
                ))
                .ends(Outcome::Refused(401))
                .check(|seen| error_contains(seen, "***")),
        ),
        plain(
            "quoted-key-page",
            "If an HTML error page quotes the key, the error does not contain it.",
            run(Op::List)
                .gets(response(403, format!("<p>denied: {}</p>", super::super::secrets::KEY)))
                .ends(Outcome::Refused(403))
                .check(|seen| error_contains(seen, "***")),
        ),
        plain(
            "gzip-unrequested",
            "A compressed response that was not requested is returned as it came.",
            send(Op::List)
                .gets(response(200, gzip(OK.as_bytes())).header("content-encoding", "gzip"))
                .ends(Outcome::Status(200))
                .check(|seen| {
                    let body = seen.ended[0].response().map(|response| response.body().clone()).unwrap_or_default();
                    must(body == gzip(OK.as_bytes()) || body == OK, || format!("{body:?}"))
                }),
        ),
        sockets(
            "gzip-cut",
            "A truncated compressed response is a transport error if the adapter decompresses, never a shorter response.",
            "the mock transport does not decompress",
            gzip_cut,
        ),
        sockets(
            "redirect-same-host",
            "A redirect to the same host is returned and not followed.",
            "it is about a second request",
            |stage| {
                let moved = response(302, "moved").header("location", "/v2/elsewhere");
                let server = stage.keep(Server::always(vec![Act::Read, Act::Write(moved.bytes())]), 1);
                let config = stage.config(&server.url());
                let response =
                    stage.client(&config).send(Op::List.request(&config)).map_err(|failure| format!("{failure:?}"))?;
                must(response.status() == 302 && response.headers()["location"] == "/v2/elsewhere", || {
                    format!("{response:?}")
                })
            },
        ),
        plain(
            "redirect-run",
            "A redirect response to a call is an API error.",
            run(Op::CreateOnce).gets(response(302, "moved").header("location", "/login")).ends(Outcome::Refused(302)),
        ),
        plain(
            "garbage",
            "A server that does not speak HTTP causes a transport error.",
            run(Op::CreateOnce)
                .meets([Act::Read, Act::Write(b"SSH-2.0-OpenSSH_9.9\r\n\r\n\0\0\0".to_vec())], MaybeSent)
                .ends(MAYBE_SENT)
                .check(happened),
        ),
        plain(
            "two-lengths",
            "A response with two different lengths is a transport error.",
            run(Op::CreateOnce)
                .meets(
                    [
                        Act::Read,
                        Act::Write(
                            format!("HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: {}\r\n\r\n{OK}", OK.len())
                                .into(),
                        ),
                    ],
                    MaybeSent,
                )
                .ends(MAYBE_SENT)
                .or(Outcome::Unreadable, Difference::TakesTwoLengths)
                .or(Outcome::Done, Difference::TakesTwoLengths),
        ),
    ];
    for (name, status) in
        [("refusal-400", 400), ("refusal-401", 401), ("refusal-404", 404), ("refusal-500", 500), ("refusal-503", 503)]
    {
        let rule = "The body of a refusal survives, and its code, words and request id stand in the error.";
        let body = refusal(status, 11102);
        all.push(plain(
            name,
            rule,
            send(Op::CreateOnce)
                .gets(body.clone())
                .ends(Outcome::Status(status))
                .run(Op::CreateOnce)
                .gets(body)
                .ends(Outcome::Refused(status))
                .check(|seen| {
                    let error = seen.ended[1].error().ok_or("no error")?;
                    must(error.api_code() == Some(11102) && error.request_id() == Some("r1"), || error.to_string())?;
                    let body = seen.ended[0].response().map(|response| response.body().clone()).unwrap_or_default();
                    must(body.starts_with(b"{\"status\""), || format!("{body:?}"))
                }),
        ));
    }
    let to_another = "is handed back and never followed: no byte goes to the other host.";
    let redirects: [(&str, Scene); 5] = [
        ("redirect-301", |stage| redirect(stage, 301)),
        ("redirect-302", |stage| redirect(stage, 302)),
        ("redirect-303", |stage| redirect(stage, 303)),
        ("redirect-307", |stage| redirect(stage, 307)),
        ("redirect-308", |stage| redirect(stage, 308)),
    ];
    for (name, play) in redirects {
        all.push(sockets(name, to_another, "it is about another host", play));
    }
    all
}

fn every_byte() -> Vec<u8> {
    (0..=255).cycle().take(1000).collect()
}

/// Compresses bytes as servers do.
pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(bytes).and_then(|()| packer.finish()).expect("memory is written to")
}

fn gzip_cut(stage: &Stage) -> Result<(), String> {
    let mut bytes = gzip(&every_byte());
    bytes.truncate(bytes.len() - 20);
    let acts = vec![Act::Read, Act::Write(response(200, bytes.clone()).header("content-encoding", "gzip").bytes())];
    let server = stage.keep(Server::start(vec![acts]), 1);
    let config = stage.config(&server.url());
    let ended = Ended::Sent(stage.client(&config).send(Op::List.request(&config)));
    match ended.response() {
        Some(response) if response.body() == bytes.as_slice() => {}
        Some(_) => stage.differs(Difference::TakesCutGzip),
        None if ended.outcome() == MAYBE_SENT => stage.differs(Difference::Unpacks),
        None => return Err(ended.to_string()),
    }
    Ok(())
}

fn body_is(seen: &Seen, expected: &[u8]) -> Result<(), String> {
    let body = seen.ended[0].response().map(|response| response.body().clone()).unwrap_or_default();
    must(body == expected, || format!("{} bytes of a body came, not these {}", body.len(), expected.len()))
}

fn error_contains(seen: &Seen, word: &str) -> Result<(), String> {
    let error = seen.ended[0].error().map(ToString::to_string).unwrap_or_default();
    must(error.contains(word), || format!("`{word}` is missing in: {error}"))
}

/// Checks that the error reports that the call may have been executed.
pub(super) fn happened(seen: &Seen) -> Result<(), String> {
    must(seen.ended[0].error().is_some_and(clarifai_core::Error::may_have_happened), || seen.ended[0].to_string())
}

/// Checks that these bytes of a server are returned as status 200 with this body.
pub(super) fn check_response(stage: &Stage, bytes: Vec<u8>, body: &[u8]) -> Result<(), String> {
    let server = stage.keep(Server::start(vec![vec![Act::Read, Act::Write(bytes)]]), 1);
    let config = stage.config(&server.url());
    let response = stage.client(&config).send(Op::List.request(&config)).map_err(|failure| format!("{failure:?}"))?;
    must(response.status() == 200 && response.body() == body, || format!("{response:?}"))
}

fn redirect(stage: &Stage, status: u16) -> Result<(), String> {
    let other = stage.keep_other(Server::always(vec![Act::Read, Act::Write(ok().bytes())]));
    // By name, so that it is another host, not only another port.
    let location = format!("http://localhost:{}/v2/models", other.address().port());
    let moved = response(status, "moved").header("location", &location).bytes();
    let server = stage.keep(Server::always(vec![Act::Read, Act::Write(moved)]), 4);
    let config = stage.config(&server.url());
    let client = stage.client(&config);
    for op in [Op::List, Op::Predict, Op::PredictBytes(5000), Op::DeleteMany] {
        let response = client.send(op.request(&config)).map_err(|failure| format!("{op:?}: {failure:?}"))?;
        must(response.status() == status, || format!("{op:?}: {response:?}"))?;
        must(response.body() == "moved" && response.headers()["location"] == location, || {
            format!("{op:?}: {response:?}")
        })?;
    }
    must(other.connections() == 0, || "the other host was called".to_owned())
}
