//! Proxies in the environment, and addresses for which they do not apply. Tested in a separate process.

use std::env;

use clarifai_core::policy::RetryPolicy;
use clarifai_core::{Config, Credentials};

use super::child;
use super::driver::Driver;
use super::reply::ok;
use super::scenario::Op;
use super::secrets;
use super::server::{Act, Server};

/// Variable with the address of the server, for the child.
const BASE: &str = "CLARIFAI_TEST_BASE";

/// Variables that specify a proxy for one library or another.
const PROXIES: [&str; 6] = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

/// A base URL on another machine, whose name does not resolve: a request gets there only through a proxy.
const REMOTE: &str = "https://api.clarifai.invalid";

/// Values of `NO_PROXY`, and whether `REMOTE` is called directly with each, as curl does.
const EXEMPT: [(&str, bool); 7] = [
    ("", false),
    ("other.invalid", false),
    ("larifai.invalid", false),
    ("localhost, api.clarifai.invalid", true),
    ("clarifai.invalid", true),
    (".clarifai.invalid", true),
    ("*", true),
];

/// Checks that a default client calls a base URL on this machine directly, whatever proxy the environment specifies:
/// for a proxy that address is another machine, to which the key would be sent unencrypted. Another base URL is called
/// through the proxy, unless `NO_PROXY` exempts it.
///
/// The test that calls this must be named `environment`.
///
/// # Panics
///
/// If the proxy is called where it must not be, or not called where it must be.
pub fn hold(driver: &impl Driver) {
    if child::is_here() {
        let base = env::var(BASE).expect("where the server is");
        let config = Credentials::key(secrets::KEY)
            .and_then(|key| Config::new(key).with_base_url(&base))
            .expect("a configuration")
            .with_retry(RetryPolicy::default().with_max_attempts(1));
        let ended = driver.plain(config.clone()).run(Op::List.machine(&config));
        assert_eq!(ended.is_ok(), base != REMOTE, "{ended:?}");
        return;
    }
    let served = || Server::always(vec![Act::Read, Act::Write(ok().bytes())]);
    let (server, proxy) = (served(), served());
    let named = PROXIES.map(|variable| (variable, proxy.url()));
    // Exceptions in the environment of the tests do not apply.
    let exempt = ["no_proxy", "NO_PROXY"].map(|variable| (variable, String::new()));
    child::run("environment", named.into_iter().chain(exempt).chain([(BASE, server.url())]));
    assert_eq!((server.count(), proxy.connections()), (1, 0), "requests to the server, connections to the proxy");
    for (list, is_direct) in EXEMPT {
        let proxy = Server::always(vec![Act::Read, Act::Write(b"HTTP/1.1 403 Forbidden\r\n\r\n".to_vec())]);
        let named = PROXIES.map(|variable| (variable, proxy.url()));
        let exempt = ["no_proxy", "NO_PROXY"].map(|variable| (variable, list.to_owned()));
        child::run("environment", named.into_iter().chain(exempt).chain([(BASE, REMOTE.to_owned())]));
        assert_eq!(proxy.connections() == 0, is_direct, "NO_PROXY={list:?}");
    }
}
