//! Proxies in the environment, and addresses for which they do not apply. Tested in a separate process.

use std::env;

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

/// Checks that a default client calls a base URL on this machine directly, whatever proxy the environment specifies:
/// for a proxy that address is another machine, to which the key would be sent unencrypted.
///
/// The test that calls this must be named `environment`.
///
/// # Panics
///
/// If the proxy is called.
pub fn hold(driver: &impl Driver) {
    if child::is_here() {
        let base = env::var(BASE).expect("where the server is");
        let config = Credentials::key(secrets::KEY)
            .and_then(|key| Config::new(key).with_base_url(&base))
            .expect("a configuration");
        driver.plain(config.clone()).run(Op::List.machine(&config)).expect("a response");
        return;
    }
    let served = || Server::always(vec![Act::Read, Act::Write(ok().bytes())]);
    let (server, proxy) = (served(), served());
    let named = PROXIES.map(|variable| (variable, proxy.url()));
    // Exceptions in the environment of the tests do not apply.
    let exempt = ["no_proxy", "NO_PROXY"].map(|variable| (variable, String::new()));
    child::run("environment", named.into_iter().chain(exempt).chain([(BASE, server.url())]));
    assert_eq!((server.count(), proxy.connections()), (1, 0), "requests to the server, connections to the proxy");
}
