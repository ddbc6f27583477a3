//! The environment of a scenario: the adapter, the servers, and the observed differences.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};

use clarifai_core::{Config, Credentials};

use super::difference::Difference;
use super::driver::{Client, Driver, Settings};
use super::scenario::quick;
use super::secrets;
use super::server::Server;

/// The environment of a scenario.
pub struct Stage {
    driver: Arc<dyn Driver>,
    servers: Mutex<Vec<Kept>>,
    differences: Mutex<BTreeSet<Difference>>,
}

struct Kept {
    server: Arc<Server>,
    /// Number of requests that may arrive until the whole table has ended.
    expected: Option<RangeInclusive<usize>>,
    /// Whether the key may be sent to this host.
    trusted: bool,
}

/// Number of requests that may arrive.
#[derive(Debug)]
pub struct Count(RangeInclusive<usize>);

impl From<usize> for Count {
    fn from(count: usize) -> Self {
        Self(count..=count)
    }
}

impl From<RangeInclusive<usize>> for Count {
    fn from(range: RangeInclusive<usize>) -> Self {
        Self(range)
    }
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stage({})", self.driver.name())
    }
}

impl Stage {
    pub(super) fn new(driver: Arc<dyn Driver>) -> Self {
        Self { driver, servers: Mutex::default(), differences: Mutex::default() }
    }

    /// Returns the adapter.
    pub fn driver(&self) -> &dyn Driver {
        &*self.driver
    }

    /// Keeps a server running until the end of the table, and counts its requests again then.
    pub fn keep(&self, server: Server, expected: impl Into<Count>) -> Arc<Server> {
        self.add(server, Some(expected.into().0), true)
    }

    /// As [`keep`](Self::keep), for a server whose requests the scenario counts itself.
    pub fn keep_uncounted(&self, server: Server) -> Arc<Server> {
        self.add(server, None, true)
    }

    /// Keeps a server that must never receive the key.
    pub fn keep_other(&self, server: Server) -> Arc<Server> {
        self.add(server, None, false)
    }

    fn add(&self, server: Server, expected: Option<RangeInclusive<usize>>, trusted: bool) -> Arc<Server> {
        let server = Arc::new(server);
        let kept = Kept { server: Arc::clone(&server), expected, trusted };
        self.servers.lock().unwrap_or_else(PoisonError::into_inner).push(kept);
        server
    }

    /// Returns a configuration with this base URL and the key of the suite.
    ///
    /// # Panics
    ///
    /// If the URL is invalid.
    pub fn config(&self, base: &str) -> Config {
        let config = Credentials::key(secrets::KEY).and_then(|key| Config::new(key).with_base_url(base));
        config.unwrap_or_else(|error| panic!("{error}")).with_seed(7).with_retry(quick())
    }

    /// Creates a client.
    pub fn client(&self, config: &Config) -> Box<dyn Client> {
        self.driver.client(config.clone(), &Settings::default())
    }

    /// Records a difference of the adapter.
    pub fn differs(&self, difference: Difference) {
        self.differences.lock().unwrap_or_else(PoisonError::into_inner).insert(difference);
    }

    /// Searches the `Debug` output of a value for secrets.
    pub fn search_debug(&self, text: &str) {
        secrets::search(text, "the Debug of a value");
    }

    pub(super) fn differences(&self) -> BTreeSet<Difference> {
        self.differences.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Checks what the servers received.
    pub(super) fn inspect(&self) -> Result<(), String> {
        for kept in self.servers.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let requests = kept.server.arrived();
            if kept.expected.as_ref().is_some_and(|expected| !expected.contains(&requests.len())) {
                return Err(format!("in the end {} requests had arrived", requests.len()));
            }
            if !kept.trusted && kept.server.got_a_secret() {
                return Err("the key went to another host".to_owned());
            }
            for request in requests {
                let elsewhere: Vec<_> = request
                    .head
                    .lines()
                    .filter(|line| !line.to_ascii_lowercase().starts_with("authorization:"))
                    .collect();
                if secrets::shows(elsewhere.join("\n").as_bytes()) || secrets::shows(&request.body) {
                    return Err("the key stood outside its header".to_owned());
                }
            }
        }
        Ok(())
    }
}
