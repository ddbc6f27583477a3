//! The other end: none, a wrong one, one with TLS, one behind a proxy.

use clarifai_core::{Config, Credentials, transport::TransportErrorKind};

use super::super::difference::Difference;
use super::super::driver::Settings;
use super::super::reply::{Framing, OK, ok, response};
use super::super::scenario::{Ended, MAYBE_SENT, NOT_SENT, Op, Outcome, Scenario, UNTRUSTED};
use super::super::secrets;
use super::super::server::{Act, Server};
use super::super::stage::Stage;
use super::super::tls::{self, Flaw};
use super::{must, sockets};

const TLS: &str = "the mock transport has no certificates";
const PROXY: &str = "the mock transport has no proxies";

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        sockets(
            "refused",
            "After a refused connection, nothing was sent.",
            "the mock transport has no ports; a test of core covers it",
            refused,
        ),
        sockets(
            "unknown-host",
            "After a failed name lookup, nothing was sent.",
            "the mock transport resolves no names",
            unknown_host,
        ),
        sockets("tls", "A certificate of a configured private authority is accepted.", TLS, tls_accepted),
        sockets("tls-default", "The same certificate is rejected if the authority is not configured.", TLS, |stage| {
            tls_refused(stage, Flaw::None, false)
        }),
        sockets("tls-wrong-host", "A certificate for another host is rejected.", TLS, |stage| {
            tls_refused(stage, Flaw::WrongHost, true)
        }),
        sockets("tls-expired", "An expired certificate is rejected.", TLS, |stage| {
            tls_refused(stage, Flaw::Expired, true)
        }),
        sockets("tls-not-yet", "A certificate that is not valid yet is rejected.", TLS, |stage| {
            tls_refused(stage, Flaw::NotYetValid, true)
        }),
        sockets("tls-self-signed", "A self-signed certificate is rejected.", TLS, |stage| {
            tls_refused(stage, Flaw::SelfSigned, true)
        }),
        sockets("tls-other-authority", "A certificate of an unknown authority is rejected.", TLS, |stage| {
            tls_refused(stage, Flaw::OtherAuthority, true)
        }),
        sockets(
            "tls-truncated",
            "A response without a length is a transport error if the TLS connection ends without `close_notify`.",
            TLS,
            tls_truncated,
        ),
        sockets(
            "tls-plain-server",
            "A server that does not speak TLS causes a transport error.",
            TLS,
            tls_plain_server,
        ),
        sockets(
            "tls-closed-in-handshake",
            "A server that closes the connection during the handshake causes a transport error.",
            TLS,
            tls_closed_in_handshake,
        ),
        sockets(
            "plain-http",
            "A plain `http` URL of a remote host is rejected before anything is sent, unless explicitly allowed.",
            "it is decided before a transport exists",
            plain_http,
        ),
        sockets("proxy", "A proxy receives the host name, and never the key or the path.", PROXY, proxy),
        sockets(
            "proxy-refuses",
            "A proxy that refuses to connect causes a transport error, and receives no key.",
            PROXY,
            proxy_refuses,
        ),
        sockets("proxy-down", "A proxy that is not reachable causes a transport error.", PROXY, proxy_down),
    ]
}

/// A port on which nothing listens. The system may give a port that was free a moment ago to the next server, but none
/// below 1024.
const NOWHERE: &str = "127.0.0.1:1";

/// Sends a single request, whose outcome must be this one or a listed difference.
fn ends(
    stage: &Stage,
    config: &Config,
    settings: &Settings,
    rule: Outcome,
    or: Option<(Outcome, Difference)>,
) -> Result<(), String> {
    let ended = Ended::Sent(stage.driver().client(config.clone(), settings).send(Op::CreateOnce.request(config)));
    ended.search("a connection");
    match or {
        _ if ended.outcome() == rule => Ok(()),
        Some((outcome, difference)) if ended.outcome() == outcome => {
            stage.differs(difference);
            Ok(())
        }
        _ => Err(format!("it ended as {:?}, not {rule:?}: {ended}", ended.outcome())),
    }
}

fn refused(stage: &Stage) -> Result<(), String> {
    let config = stage.config(&format!("http://{NOWHERE}"));
    ends(stage, &config, &Settings::default(), NOT_SENT, Some((MAYBE_SENT, Difference::RefusedIsMaybeSent)))
}

fn unknown_host(stage: &Stage) -> Result<(), String> {
    let config =
        Credentials::key(secrets::KEY).and_then(|key| Config::new(key).with_base_url("https://no-such-host.invalid"));
    let config = config.map_err(|error| error.to_string())?;
    ends(stage, &config, &Settings::default(), NOT_SENT, Some((MAYBE_SENT, Difference::NoHostIsMaybeSent)))
}

fn trusting() -> Settings {
    Settings { authority: Some(tls::authority()), ..Settings::default() }
}

fn tls_accepted(stage: &Stage) -> Result<(), String> {
    let server = Server::with_tls(vec![vec![Act::Read, Act::Write(ok().bytes())]; 2], tls::server(Flaw::None));
    let server = stage.keep(server, 2);
    let config = stage.config(&server.url());
    let client = stage.driver().client(config.clone(), &trusting());
    client.run(Op::PredictBytes(100_000).machine(&config)).map_err(|error| format!("{error:?}"))?;
    client.run(Op::List.machine(&config)).map_err(|error| format!("{error:?}"))?;
    Ok(())
}

fn tls_refused(stage: &Stage, flaw: Flaw, trusted: bool) -> Result<(), String> {
    let server = Server::with_tls(vec![vec![Act::Read, Act::Write(ok().bytes())]], tls::server(flaw));
    let server = stage.keep_other(server);
    let config = stage.config(&server.url());
    let settings = if trusted { trusting() } else { Settings::default() };
    ends(stage, &config, &settings, UNTRUSTED, Some((MAYBE_SENT, Difference::BadCertificateIsMaybeSent)))?;
    must(server.connections() > 0, || "no client connected".to_owned())?;
    // The certificate will not change: a call with all its retries connects once.
    let client = stage.driver().client(config.clone(), &settings);
    let Err(error) = client.run(Op::Predict.machine(&config)) else { return Err("it was accepted".to_owned()) };
    must(!error.may_have_happened(), || error.to_string())?;
    if error.attempts() > 1 {
        stage.differs(Difference::BadCertificateIsMaybeSent);
    }
    must(server.count() == 0, || "a request was sent to it".to_owned())
}

fn tls_truncated(stage: &Stage) -> Result<(), String> {
    let until_close = ok().framed(Framing::UntilClose).bytes();
    let server = Server::with_tls(vec![vec![Act::Read, Act::Write(until_close), Act::Cut]], tls::server(Flaw::None));
    let server = stage.keep(server, 1);
    let config = stage.config(&server.url());
    ends(stage, &config, &trusting(), MAYBE_SENT, Some((Outcome::Status(200), Difference::TakesCutTls)))
}

fn tls_plain_server(stage: &Stage) -> Result<(), String> {
    let server = Server::start(vec![vec![Act::ReadBytes(5), Act::Write(ok().bytes())]; 4]);
    let server = stage.keep_other(server);
    let config = stage.config(&format!("https://localhost:{}", server.address().port()));
    ends(stage, &config, &trusting(), NOT_SENT, Some((MAYBE_SENT, Difference::BadCertificateIsMaybeSent)))
}

fn tls_closed_in_handshake(stage: &Stage) -> Result<(), String> {
    for acts in [vec![Act::ReadBytes(5), Act::Cut], vec![Act::ReadBytes(5), Act::Reset], vec![Act::Cut]] {
        let server = stage.keep_other(Server::start(vec![acts; 4]));
        let config = stage.config(&format!("https://localhost:{}", server.address().port()));
        ends(stage, &config, &trusting(), NOT_SENT, Some((MAYBE_SENT, Difference::BadCertificateIsMaybeSent)))?;
    }
    Ok(())
}

fn plain_http(stage: &Stage) -> Result<(), String> {
    let config = || Credentials::key(secrets::KEY).map(Config::new).map_err(|error| error.to_string());
    for base in
        ["http://example.com", "http://192.0.2.1:8080", "http://localhost.example.com", "http://[2001:db8::1]/v2"]
    {
        let Err(error) = config()?.with_base_url(base) else { return Err(format!("{base} was accepted")) };
        secrets::search_error(&error, base);
        must(!error.may_have_happened(), || error.to_string())?;
        let allowed = config()?.with_plain_http_base_url(base).map_err(|error| error.to_string())?;
        stage.search_debug(&format!("{allowed:?}"));
    }
    // If it is allowed, it works as on loopback.
    let server = stage.keep(Server::start(vec![vec![Act::Read, Act::Write(ok().bytes())]]), 1);
    let config = config()?.with_plain_http_base_url(&server.url()).map_err(|error| error.to_string())?;
    stage.client(&config).run(Op::List.machine(&config)).map(drop).map_err(|error| error.to_string())
}

fn through(proxy: &str) -> Settings {
    Settings { proxy: Some(format!("http://{proxy}")), ..trusting() }
}

fn proxy(stage: &Stage) -> Result<(), String> {
    let server = Server::with_tls(vec![vec![Act::Read, Act::Write(ok().bytes())]], tls::server(Flaw::None));
    let server = stage.keep(server, 1);
    let proxy = stage.keep_other(Server::start(vec![vec![Act::ReadHead, Act::Tunnel(server.address())]]));
    let config = stage.config(&server.url());
    let client = stage.driver().client(config.clone(), &through(&proxy.address().to_string()));
    let response = client.run(Op::Predict.machine(&config)).map_err(|error| format!("{error:?}"))?;
    must(response.body == OK, || "another response came".to_owned())?;
    let seen = proxy.arrived();
    must(seen.len() == 1 && seen[0].method() == "CONNECT", || format!("the proxy got {seen:?}"))?;
    must(seen[0].target() == server.url().trim_start_matches("https://"), || format!("the proxy got {seen:?}"))
}

fn proxy_refuses(stage: &Stage) -> Result<(), String> {
    let refusal = response(407, "who are you?").header("proxy-authenticate", "Basic").bytes();
    let proxy = stage.keep_other(Server::always(vec![Act::ReadHead, Act::Write(refusal)]));
    let config = stage.config("https://localhost:9");
    let difference = Difference::ProxyRefusalIsMaybeSent;
    ends(stage, &config, &through(&proxy.address().to_string()), NOT_SENT, Some((MAYBE_SENT, difference)))?;
    must(proxy.count() > 0, || "the proxy was not called".to_owned())
}

fn proxy_down(stage: &Stage) -> Result<(), String> {
    let config = stage.config("https://localhost:9");
    let difference = Difference::RefusedIsMaybeSent;
    ends(
        stage,
        &config,
        &through(NOWHERE),
        Outcome::Failed(TransportErrorKind::NotSent),
        Some((MAYBE_SENT, difference)),
    )
}
