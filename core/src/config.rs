//! The configuration of a client: base URL, credentials, default app, policies, and the state shared by its calls.

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::HeaderName;
use http::uri::{Authority, Scheme, Uri};

use crate::credentials::{Credentials, TokenDesk};
use crate::error::{Error, InvalidArgument};
use crate::policy::RateLimiter;
use crate::policy::retry::{Budget, RetryPolicy};
use crate::redact::Redactor;
use crate::target::{AppRef, check_id};

/// The configuration of a client: base URL, credentials, default app, retry policy, rate limiter.
///
/// Cheap to clone. Clones share the retry budget and the access token obtained with an app id and secret.
///
/// ```
/// use clarifai_core::{Config, Credentials, AppRef};
///
/// // With an API key, which belongs to one app.
/// let config = Config::new(Credentials::key("0123456789abcdef")?);
/// // With a personal access token, a default app and the address of a gateway.
/// let config = Config::new(Credentials::personal_access_token("0123456789abcdef")?)
///     .with_app(AppRef::new("me", "holidays"))
///     .with_base_url("https://gateway.example.com/clarifai")?;
/// # Ok::<(), clarifai_core::Error>(())
/// ```
#[doc(alias = "ClarifaiApp")]
#[derive(Clone)]
pub struct Config {
    place: Arc<Place>,
    credentials: Arc<Credentials>,
    retry: RetryPolicy,
    rate_limiter: Option<RateLimiter>,
    shared: Arc<Shared>,
}

#[derive(Clone, Debug)]
struct Place {
    scheme: Scheme,
    authority: Authority,
    /// Percent-encoded path before the resource segments: `/v2`, or `/prefix/v2`.
    root: String,
    scope: Option<AppRef>,
}

/// The state shared by all machines of a configuration.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(crate) token: Arc<TokenDesk>,
    pub(crate) budget: Budget,
    /// Rate limiter of bulk work when the configuration has none.
    bulk: RateLimiter,
    /// Seed of the randomness; 0 means unset.
    seed: AtomicU64,
    /// Number of seeds derived from it.
    drawn: AtomicU64,
}

impl Shared {
    /// Returns a different seed for each machine, derived from the configured seed.
    pub(crate) fn next_seed(&self) -> u64 {
        let drawn = self.drawn.fetch_add(1, Ordering::Relaxed);
        self.seed.load(Ordering::Relaxed).wrapping_add(drawn.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }
}

impl Config {
    /// Default base URL of the service.
    pub const BASE_URL: &'static str = "https://api.clarifai.com";

    /// Name of the header that identifies the client to the service.
    pub const CLIENT_HEADER: HeaderName = HeaderName::from_static("x-clarifai-client");

    /// Value of [`CLIENT_HEADER`](Self::CLIENT_HEADER).
    pub const CLIENT: &'static str = concat!("rust:", env!("CARGO_PKG_VERSION"));

    /// Creates a configuration with the base URL [`BASE_URL`](Self::BASE_URL), no default app, the default retry policy
    /// and no rate limiter.
    pub fn new(credentials: Credentials) -> Self {
        let place = Place {
            scheme: Scheme::HTTPS,
            authority: Authority::from_static("api.clarifai.com"),
            root: "/v2".to_owned(),
            scope: None,
        };
        Self {
            place: Arc::new(place),
            credentials: Arc::new(credentials),
            retry: RetryPolicy::default(),
            rate_limiter: None,
            shared: Arc::default(),
        }
    }

    /// Sets the default app: request paths become `/v2/users/{user}/apps/{app}/…`.
    ///
    /// Required with a personal access token, unnecessary with an API key. Operations on a model can override it for
    /// one call. Default: none, and paths begin with `/v2/…`.
    pub fn with_app(mut self, scope: AppRef) -> Self {
        Arc::make_mut(&mut self.place).scope = Some(scope);
        self
    }

    /// Sets the base URL: a host with optional scheme, port and path prefix. The default scheme is `https`. A version
    /// at the end, as in `https://api.clarifai.com/v2`, is accepted and changes nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::error::ErrorKind::InvalidArgument) if `base` is not a valid base URL, or
    /// if it uses plain `http` to a host other than the local one, because that exposes the credentials on the
    /// network: see [`with_plain_http_base_url`](Self::with_plain_http_base_url).
    pub fn with_base_url(self, base: &str) -> Result<Self, Error> {
        self.place_at(base, false)
    }

    /// Sets the base URL like [`with_base_url`](Self::with_base_url), and allows plain `http` to any host. Credentials
    /// are then sent unencrypted.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::error::ErrorKind::InvalidArgument) if `base` is not a valid base URL.
    pub fn with_plain_http_base_url(self, base: &str) -> Result<Self, Error> {
        self.place_at(base, true)
    }

    fn place_at(mut self, base: &str, plain: bool) -> Result<Self, Error> {
        let refuse = |problem: &str| {
            // A base URL can contain a password, so the error does not quote it.
            self::refuse(InvalidArgument::new("base URL", problem))
        };
        let base = base.trim();
        let whole = if base.contains("://") { base.to_owned() } else { format!("https://{base}") };
        let uri: Uri = whole.parse().map_err(|_| refuse("is not a valid URL such as https://api.clarifai.com"))?;
        let parts = uri.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return Err(refuse("has no host"));
        };
        if scheme != Scheme::HTTPS && scheme != Scheme::HTTP {
            return Err(refuse("must begin with https:// or http://"));
        }
        if authority.as_str().contains('@') {
            return Err(refuse("must not contain a user name or password"));
        }
        if authority.host().is_empty() {
            return Err(refuse("has no host"));
        }
        if authority.as_str() != authority.host() && authority.port_u16().is_none() {
            return Err(refuse("has a port that is not a number from 0 to 65535"));
        }
        if scheme == Scheme::HTTP && !plain && !is_loopback(authority.host()) {
            return Err(refuse("must use https for a remote host, because plain http would expose the key"));
        }
        let path = parts.path_and_query.as_ref().map_or("", |path| path.path()).trim_end_matches('/');
        // The address as examples of the API print it. The version is added below.
        let path = path.strip_suffix("/v2").unwrap_or(path).trim_end_matches('/');
        if whole.contains(['?', '#']) {
            return Err(refuse("must not contain a query or a fragment"));
        }
        if path.bytes().any(|byte| !byte.is_ascii_graphic() || byte == b'\\') {
            return Err(refuse("holds a character that must be percent-encoded"));
        }
        let is_dots = |segment: &str| {
            let plain = segment.replace("%2e", ".").replace("%2E", ".");
            !plain.is_empty() && plain.bytes().all(|byte| byte == b'.')
        };
        if path.split('/').any(is_dots) {
            return Err(refuse("must not hold a path segment of dots"));
        }
        let place = Arc::make_mut(&mut self.place);
        place.root = format!("{path}/v2");
        place.scheme = scheme;
        place.authority = authority;
        Ok(self)
    }

    /// Sets the retry policy of all calls. Default: [`RetryPolicy::default`].
    pub fn with_retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// Sets the rate limiter shared by the requests of all machines.
    ///
    /// Default: none. Bulk work is then limited to 15 requests per second, the limit of the service; all other requests
    /// are not limited.
    pub fn with_rate_limiter(mut self, limiter: RateLimiter) -> Self {
        self.rate_limiter = Some(limiter);
        self
    }

    /// Returns the rate limiter, or `None` if none is set.
    pub fn rate_limiter(&self) -> Option<&RateLimiter> {
        self.rate_limiter.as_ref()
    }

    /// Returns a clone for bulk work: without a rate limiter, it gets the default one, at the rate of the service.
    pub(crate) fn paced(&self) -> Self {
        let mut config = self.clone();
        config.rate_limiter.get_or_insert_with(|| self.shared.bulk.clone());
        config
    }

    /// Sets the seed of the random delays between attempts. The same seed gives the same delays, which tests rely on.
    /// 0 counts as 1.
    pub fn with_seed(self, seed: u64) -> Self {
        self.shared.seed.store(seed.max(1), Ordering::Relaxed);
        self.shared.drawn.store(0, Ordering::Relaxed);
        self
    }

    /// Sets the seed of the random delays if none is set. Adapters call this when they receive the configuration:
    /// programs that use the same service must not retry in lockstep.
    pub fn or_seed(self, seed: u64) -> Self {
        let _ = self.shared.seed.compare_exchange(0, seed, Ordering::Relaxed, Ordering::Relaxed);
        self
    }

    /// Creates a configuration from variables. `variable` returns the value of a variable, for example from the
    /// environment; an empty value counts as unset.
    ///
    /// | variable | meaning |
    /// |---|---|
    /// | `CLARIFAI_PAT` | personal access token |
    /// | `CLARIFAI_API_KEY` | API key, used if `CLARIFAI_PAT` is not set |
    /// | `CLARIFAI_USER_ID`, `CLARIFAI_APP_ID` | the default app; the user id defaults to `me` |
    /// | `CLARIFAI_API_BASE` | base URL |
    ///
    /// ```
    /// use clarifai_core::Config;
    ///
    /// let config = Config::from_variables(|name| match name {
    ///     "CLARIFAI_PAT" => Some("0123456789abcdef".to_owned()),
    ///     "CLARIFAI_APP_ID" => Some("holidays".to_owned()),
    ///     _ => None,
    /// })?;
    /// assert_eq!(config.app().map(|app| (app.user_id(), app.app_id())), Some(("me", "holidays")));
    ///
    /// let error = Config::from_variables(|_| None).unwrap_err();
    /// assert!(error.to_string().contains("CLARIFAI_PAT") && error.to_string().contains("CLARIFAI_API_KEY"), "{error}");
    /// # Ok::<(), clarifai_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::error::ErrorKind::InvalidArgument) if neither a token nor a key is set
    /// (the message names both variables), if `CLARIFAI_USER_ID` is set without `CLARIFAI_APP_ID`, or if a value is not
    /// valid.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let variable = |name: &'static str| variable(name).filter(|value| !value.trim().is_empty());
        let mut builder = ConfigBuilder::new();
        builder = match (variable("CLARIFAI_PAT"), variable("CLARIFAI_API_KEY")) {
            (Some(token), _) => builder.pat(token),
            (None, Some(key)) => builder.api_key(key),
            (None, None) => {
                let problem =
                    "are missing: set CLARIFAI_PAT to a personal access token, or CLARIFAI_API_KEY to an API key";
                return Err(refuse(InvalidArgument::new("credentials", problem)));
            }
        };
        match (variable("CLARIFAI_USER_ID"), variable("CLARIFAI_APP_ID")) {
            (user, Some(app)) => builder = builder.app(user.unwrap_or_else(|| "me".to_owned()), app),
            (Some(_), None) => {
                let problem = "is set without CLARIFAI_APP_ID, which names the app of that user";
                return Err(refuse(InvalidArgument::new("CLARIFAI_USER_ID", problem)));
            }
            (None, None) => {}
        }
        if let Some(base_url) = variable("CLARIFAI_API_BASE") {
            builder = builder.base_url(base_url);
        }
        builder.build()
    }

    /// Returns the default app, or `None` if none is set.
    pub fn app(&self) -> Option<&AppRef> {
        self.place.scope.as_ref()
    }

    /// Returns the retry policy.
    pub fn retry(&self) -> &RetryPolicy {
        &self.retry
    }

    /// Returns the scheme, host and port of the base URL, such as `https://api.clarifai.com`.
    pub fn origin(&self) -> String {
        format!("{}://{}", self.place.scheme, self.place.authority)
    }

    /// Returns whether the host of the base URL is `localhost` or a loopback address. Such a host must be called
    /// without a proxy, which would resolve the address to itself.
    pub fn is_loopback(&self) -> bool {
        is_loopback(self.place.authority.host())
    }

    /// Returns the credentials. [`Credentials::secret`] reads the key or token.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Returns what redacts the credentials and tokens of this configuration.
    pub(crate) fn redactor(&self) -> Redactor {
        Redactor::new(Arc::clone(&self.credentials), Arc::clone(&self.shared.token))
    }

    pub(crate) fn scheme(&self) -> &Scheme {
        &self.place.scheme
    }

    pub(crate) fn authority(&self) -> &Authority {
        &self.place.authority
    }

    pub(crate) fn root(&self) -> &str {
        &self.place.root
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }
}

/// A builder of a [`Config`], or of a client that has one, which reports the option that is missing or invalid.
///
/// ```
/// use clarifai_core::ConfigBuilder;
///
/// let config = ConfigBuilder::new().pat("0123456789abcdef").app("me", "holidays").build()?;
/// assert_eq!(config.app().expect("an app").app_id(), "holidays");
///
/// let error = ConfigBuilder::new().pat("0123456789abcdef").base_url("http://example.com").build().unwrap_err();
/// assert!(error.to_string().contains("base URL"), "{error}");
/// # Ok::<(), clarifai_core::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "a builder does nothing before `build` is called"]
pub struct ConfigBuilder<T = Config> {
    credentials: Option<Result<Credentials, Error>>,
    app: Option<AppRef>,
    base_url: Option<String>,
    retry: Option<RetryPolicy>,
    rate_limiter: Option<RateLimiter>,
    built: PhantomData<fn() -> T>,
}

/// A value that a [`ConfigBuilder`] builds: a [`Config`], or a client.
pub trait FromConfig: Sized {
    /// Creates the value from a complete configuration.
    ///
    /// # Errors
    ///
    /// The cause for which it cannot be set up.
    fn from_config(config: Config) -> Result<Self, Error>;
}

impl FromConfig for Config {
    fn from_config(config: Config) -> Result<Self, Error> {
        Ok(config)
    }
}

impl ConfigBuilder {
    /// Creates a builder of a [`Config`] without any option set.
    pub fn new() -> Self {
        Self::default()
    }
}

impl<T> Default for ConfigBuilder<T> {
    fn default() -> Self {
        Self { credentials: None, app: None, base_url: None, retry: None, rate_limiter: None, built: PhantomData }
    }
}

impl<T: FromConfig> ConfigBuilder<T> {
    /// Sets a personal access token as the credentials.
    pub fn pat(mut self, token: impl Into<String>) -> Self {
        self.credentials = Some(Credentials::personal_access_token(token));
        self
    }

    /// Sets an API key, which belongs to one app, as the credentials.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.credentials = Some(Credentials::key(key));
        self
    }

    /// Sets credentials of any kind.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(Ok(credentials));
        self
    }

    /// Sets the default app by user id and app id. The user id `me` refers to the owner of the credentials. Default:
    /// none.
    pub fn app(mut self, user_id: impl Into<String>, app_id: impl Into<String>) -> Self {
        self.app = Some(AppRef::new(user_id, app_id));
        self
    }

    /// Sets the base URL, as [`Config::with_base_url`]. Default: [`Config::BASE_URL`].
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = Some(base_url.into());
        self
    }

    /// Sets the retry policy of all calls. Default: [`RetryPolicy::default`].
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Sets the rate limiter of all requests, as [`Config::with_rate_limiter`]. Default: none.
    pub fn rate_limiter(mut self, limiter: RateLimiter) -> Self {
        self.rate_limiter = Some(limiter);
        self
    }

    /// Builds the configuration.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::error::ErrorKind::InvalidArgument) names the option that is missing or
    /// invalid: missing credentials, an empty key, an invalid user id or app id, an invalid base URL.
    pub fn build(self) -> Result<T, Error> {
        let missing = || refuse(InvalidArgument::new("credentials", "are missing: set a token or an API key"));
        let mut config = Config::new(self.credentials.ok_or_else(missing)??);
        if let Some(app) = self.app {
            check_id("user id", app.user_id()).and_then(|()| check_id("app id", app.app_id())).map_err(refuse)?;
            config = config.with_app(app);
        }
        if let Some(base_url) = self.base_url {
            config = config.with_base_url(&base_url)?;
        }
        if let Some(retry) = self.retry {
            config = config.with_retry(retry);
        }
        if let Some(limiter) = self.rate_limiter {
            config = config.with_rate_limiter(limiter);
        }
        T::from_config(config)
    }
}

/// Creates the error for an invalid option of the configuration.
fn refuse(problem: InvalidArgument) -> Error {
    Error::new("configure the client", problem)
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut debug = f.debug_struct("Config");
        debug.field("origin", &self.origin()).field("app", &self.app()).field("credentials", self.credentials());
        debug.finish_non_exhaustive()
    }
}

/// Returns whether `host` is `localhost` or a loopback address, with or without brackets. Such a host must be called
/// without a proxy, which would resolve the address to itself.
pub fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::{Exchange, models::GetModel};

    fn config() -> Config {
        Config::new(Credentials::key("key").expect("valid"))
    }

    #[test]
    fn builder_names_the_option_that_is_missing_or_wrong() {
        let pat = || ConfigBuilder::new().pat("0123456789abcdef");
        for (builder, argument) in [
            (ConfigBuilder::new(), "credentials"),
            (ConfigBuilder::new().pat(""), "credentials"),
            (ConfigBuilder::new().api_key("two words"), "credentials"),
            (pat().app("", "holidays"), "user id"),
            (pat().app("me", ".."), "app id"),
            (pat().base_url("ftp://example.com"), "base URL"),
        ] {
            let error = builder.build().expect_err(argument);
            let ErrorKind::InvalidArgument(invalid) = error.kind() else { panic!("{argument}: {error}") };
            assert_eq!(invalid.argument(), argument, "{error}");
        }
        assert!(pat().app("me", "holidays").base_url("https://example.com").build().is_ok());
    }

    #[test]
    fn variables_are_read_in_the_documented_order() {
        let read = |set: &[(&str, &str)]| {
            let find = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            Config::from_variables(find)
        };
        let pat = ("CLARIFAI_PAT", "0123456789abcdef");
        let config = read(&[pat, ("CLARIFAI_API_KEY", "fedcba9876543210")]).expect("a token");
        assert!(format!("{config:?}").contains("PersonalAccessToken"), "{config:?}");
        let config = read(&[("CLARIFAI_PAT", " "), ("CLARIFAI_API_KEY", "fedcba9876543210")]).expect("a key");
        assert!(format!("{config:?}").contains("Credentials::Key"), "{config:?}");
        let config = read(&[pat, ("CLARIFAI_USER_ID", "flora"), ("CLARIFAI_APP_ID", "garden")]).expect("an app");
        assert_eq!(config.app().map(|app| (app.user_id(), app.app_id())), Some(("flora", "garden")));
        for (set, word) in [
            (&[][..], "CLARIFAI_API_KEY"),
            (&[pat, ("CLARIFAI_USER_ID", "flora")], "CLARIFAI_USER_ID"),
            (&[pat, ("CLARIFAI_API_BASE", "ftp://example.com")], "base URL"),
        ] {
            let error = read(set).expect_err(word);
            assert!(error.to_string().contains(word), "{error}");
        }
    }

    #[test]
    fn base_addresses() {
        for (base, expected) in [
            ("api.clarifai.com", "https://api.clarifai.com/v2/models/m"),
            ("https://api.clarifai.com/", "https://api.clarifai.com/v2/models/m"),
            ("https://h:8443", "https://h:8443/v2/models/m"),
            ("https://api.clarifai.com/v2", "https://api.clarifai.com/v2/models/m"),
            ("https://api.clarifai.com/v2/", "https://api.clarifai.com/v2/models/m"),
            ("api.clarifai.com//v2//", "https://api.clarifai.com/v2/models/m"),
            ("https://h/prefix/v2", "https://h/prefix/v2/models/m"),
            ("https://h/prefixv2", "https://h/prefixv2/v2/models/m"),
            ("https://h/v2/prefix", "https://h/v2/prefix/v2/models/m"),
            ("https://h/pre/fix/", "https://h/pre/fix/v2/models/m"),
            ("h:8443/prefix", "https://h:8443/prefix/v2/models/m"),
            (" http://127.0.0.1:8080 ", "http://127.0.0.1:8080/v2/models/m"),
            ("http://localhost", "http://localhost/v2/models/m"),
            ("http://[::1]:9", "http://[::1]:9/v2/models/m"),
        ] {
            let config = config().with_base_url(base).unwrap_or_else(|error| panic!("{base}: {error}"));
            let exchange = Exchange::new(&config, GetModel::new("m")).expect("valid");
            assert_eq!(exchange.request().uri().to_string(), expected, "{base}");
        }
    }

    #[test]
    fn invalid_base_urls_are_rejected_without_being_quoted() {
        for (base, word) in [
            ("", "valid URL"),
            ("https://", "valid URL"),
            ("http://example.com", "plain http"),
            ("http://127.0.0.1.example.com", "plain http"),
            ("ftp://h", "https://"),
            ("https://user:hunter2@h", "user name"),
            ("https://h/a?b=hunter2", "query"),
            ("https://h/#hunter2", "fragment"),
            ("https://h/a/../b", "dots"),
            ("https://h/a/%2e%2E/b", "dots"),
            ("https://h/ä", "percent-encoded"),
            ("https://h/a\\..\\b", "percent-encoded"),
            ("https://h x", "valid URL"),
            ("https://h:99999", "port"),
            ("https://h:", "port"),
        ] {
            let error = config().with_base_url(base).expect_err(base).to_string();
            assert!(error.contains(word) && !error.contains("hunter2"), "{base}: {error}");
        }
        assert!(config().with_plain_http_base_url("http://example.com").is_ok());
    }
}
