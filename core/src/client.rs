//! The client: everything a program calls, written once for every transport.
//!
//! [`Client`] is asynchronous and takes any [`AsyncTransport`](crate::transport::AsyncTransport);
//! [`blocking::Client`] takes any [`Transport`](crate::transport::Transport). Adapters define an alias of one of them
//! with their own transport, such as `clarifai_ureq::Client`.

pub mod blocking;
#[cfg(feature = "futures")]
mod nonblocking;

pub use crate::policy::CallOptions;
#[cfg(feature = "futures")]
pub use nonblocking::{Client, Request};

/// The part that both kinds of clients have in common: how they are created, and what they are made of.
macro_rules! common {
    ($client:ident, $transport:ident) => {
        impl<T: Connect + $transport> $client<T> {
            /// Creates a client with the default settings of its transport.
            ///
            /// # Errors
            ///
            /// The cause for which the transport cannot be set up.
            pub fn new(config: Config) -> Result<Self, Error> {
                let transport = T::connect(&config)?;
                Ok(Self::with_transport(config, transport))
            }

            /// Creates a client from the environment.
            ///
            /// | variable | meaning |
            /// |---|---|
            /// | `CLARIFAI_PAT` | personal access token |
            /// | `CLARIFAI_API_KEY` | API key, where there is no `CLARIFAI_PAT` |
            /// | `CLARIFAI_USER_ID`, `CLARIFAI_APP_ID` | the default app; without a user id, `me` |
            /// | `CLARIFAI_API_BASE` | base URL |
            ///
            /// # Errors
            ///
            /// If neither a token nor a key is set, or if a variable is not valid. The error names the variables.
            pub fn from_env() -> Result<Self, Error> {
                Self::new(Config::from_variables(T::variable)?)
            }

            /// Creates a client with a personal access token.
            ///
            /// # Errors
            ///
            /// Where the token is empty or cannot be sent in a header.
            pub fn from_pat(token: impl Into<String>) -> Result<Self, Error> {
                Self::new(Config::new(Credentials::personal_access_token(token)?))
            }

            /// Starts to build a client.
            pub fn builder() -> ConfigBuilder<Self> {
                ConfigBuilder::default()
            }
        }

        impl<T: Connect + $transport> FromConfig for $client<T> {
            fn from_config(config: Config) -> Result<Self, Error> {
                Self::new(config)
            }
        }

        impl<T: $transport> $client<T> {
            /// Creates a client over a transport that is set up already.
            pub fn with_transport(config: Config, transport: T) -> Self {
                Self { config: config.or_seed(transport.seed()), transport }
            }
        }

        impl<T> $client<T> {
            /// Returns the configuration.
            pub fn config(&self) -> &Config {
                &self.config
            }

            /// Returns the transport.
            pub fn transport(&self) -> &T {
                &self.transport
            }
        }

        impl<T: std::fmt::Debug> std::fmt::Debug for $client<T> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct("Client").field("config", &self.config).field("transport", &self.transport).finish()
            }
        }

        impl<T, O> Request<'_, T, O> {
            /// Limits the whole call, with all its attempts and waits.
            pub fn timeout(mut self, timeout: Duration) -> Self {
                self.options.timeout = Some(timeout);
                self
            }

            /// Limits the wait for each next piece of a streamed response. Default: 5 minutes.
            pub fn idle_timeout(mut self, timeout: Duration) -> Self {
                self.options.idle_timeout = Some(timeout);
                self
            }

            /// Sets when and how often this call is retried.
            pub fn retry(mut self, retry: RetryPolicy) -> Self {
                self.options.retry = Some(retry);
                self
            }

            /// Sets the maximum number of attempts of this call, the first one included.
            pub fn max_attempts(mut self, attempts: u32) -> Self {
                self.options.max_attempts = Some(attempts);
                self
            }
        }
    };
}
use common;
