//! What the environment says of proxies, and for whom it does not count: in a process of its own.

use std::env;

use clarifai_core::{App, Credentials};

use super::child;
use super::driver::Driver;
use super::reply::ok;
use super::scenario::Op;
use super::secrets;
use super::server::{Act, Server};

/// Where the child finds the server.
const BASE: &str = "CLARIFAI_TEST_BASE";

/// Everything that names a proxy to one library or another.
const PROXIES: [&str; 6] = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

/// A client as the adapter makes it by default calls a base address on this machine directly, whatever proxy the
/// environment names: to a proxy that address is another machine, and the key would go there readable.
///
/// The test that calls this is named `environment`.
///
/// # Panics
///
/// Where the proxy is called.
pub fn hold(driver: &impl Driver) {
    if child::is_here() {
        let base = env::var(BASE).expect("where the server is");
        let app = Credentials::key(secrets::KEY).and_then(|key| App::new(key).with_base(&base)).expect("an app");
        driver.plain(app.clone()).run(Op::List.machine(&app)).expect("an answer");
        return;
    }
    let served = || Server::always(vec![Act::Read, Act::Write(ok().bytes())]);
    let (server, proxy) = (served(), served());
    let named = PROXIES.map(|variable| (variable, proxy.url()));
    // Whatever is exempt where the tests run is not exempt here.
    let exempt = ["no_proxy", "NO_PROXY"].map(|variable| (variable, String::new()));
    child::run("environment", named.into_iter().chain(exempt).chain([(BASE, server.url())]));
    assert_eq!((server.count(), proxy.connections()), (1, 0), "requests to the server, connections to the proxy");
}
