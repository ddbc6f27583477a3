//! The client: everything a program calls, written once for every transport.
//!
//! [`Client`] is asynchronous and takes any [`AsyncTransport`](crate::transport::AsyncTransport);
//! [`blocking::Client`] takes any [`Transport`](crate::transport::Transport). Adapters define an alias of one of them
//! with their own transport, such as `clarifai_ureq::Client`.

use crate::auth::Credentials;
use crate::config::{Config, ConfigBuilder};
use crate::error::Error;

pub mod blocking;
#[cfg(feature = "futures")]
mod nonblocking;

pub use crate::policy::CallOptions;
#[cfg(feature = "futures")]
pub use nonblocking::{Client, Request};

/// Builds a client, or reports the option that is wrong.
///
/// ```
/// # use clarifai_core::{Config, Error, transport::Connect};
/// # struct Mine;
/// # impl Connect for Mine {
/// #     fn connect(_: &Config) -> Result<Self, Error> { Ok(Self) }
/// #     fn variable(_: &str) -> Option<String> { None }
/// # }
/// # impl clarifai_core::transport::Transport for Mine {
/// #     fn now(&self) -> clarifai_core::time::Now { Default::default() }
/// #     fn send(&self, _: http::Request<clarifai_core::transport::Body>)
/// #         -> Result<http::Response<bytes::Bytes>, clarifai_core::transport::TransportError> { unimplemented!() }
/// #     fn wait_until(&self, _: clarifai_core::time::Instant) {}
/// # }
/// # type Client = clarifai_core::client::blocking::Client<Mine>;
///
/// let client = Client::builder().pat("0123456789abcdef").app("me", "holidays").build()?;
/// assert_eq!(client.config().app().expect("an app").app_id(), "holidays");
///
/// let error = Client::builder().pat("0123456789abcdef").base_url("http://example.com").build().err().expect("refused");
/// assert!(error.to_string().contains("base URL"), "{error}");
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
#[must_use = "a builder does nothing before `build` is called"]
pub struct ClientBuilder<T> {
    config: ConfigBuilder,
    client: std::marker::PhantomData<fn() -> T>,
}

/// A client that a [`ClientBuilder`] can build.
pub trait FromConfig: Sized {
    /// Creates a client with the default settings of its transport.
    ///
    /// # Errors
    ///
    /// The cause for which the transport cannot be set up.
    fn from_config(config: Config) -> Result<Self, Error>;
}

impl<T: FromConfig> ClientBuilder<T> {
    fn new() -> Self {
        Self { config: ConfigBuilder::default(), client: std::marker::PhantomData }
    }

    /// Uses a personal access token.
    pub fn pat(mut self, token: impl Into<String>) -> Self {
        self.config = self.config.pat(token);
        self
    }

    /// Uses an API key, which belongs to one app.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.config = self.config.api_key(key);
        self
    }

    /// Uses any other kind of credentials.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.config = self.config.credentials(credentials);
        self
    }

    /// Sets the default app by the IDs of its user and of the app. The user id `me` is the caller.
    pub fn app(mut self, user_id: impl Into<String>, app_id: impl Into<String>) -> Self {
        self.config = self.config.app(user_id, app_id);
        self
    }

    /// Sets the base URL. Default: [`Config::BASE_URL`].
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.config = self.config.base_url(base_url);
        self
    }

    /// Sets when and how often calls are retried.
    pub fn retry(mut self, retry: crate::policy::RetryPolicy) -> Self {
        self.config = self.config.retry(retry);
        self
    }

    /// Limits the rate of all requests.
    pub fn rate_limiter(mut self, limiter: crate::policy::RateLimiter) -> Self {
        self.config = self.config.rate_limiter(limiter);
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::error::ErrorKind::InvalidArgument) names the option that is missing or
    /// wrong.
    pub fn build(self) -> Result<T, Error> {
        T::from_config(self.config.build()?)
    }
}

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
            /// Names the variables it looked for where neither a token nor a key is set, and the variable whose value is
            /// not valid.
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
            pub fn builder() -> ClientBuilder<Self> {
                ClientBuilder::new()
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
    };
}
use common;
