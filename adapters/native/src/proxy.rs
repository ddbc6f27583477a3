//! The proxies that environment variables specify, by the rules of curl.
//!
//! | variable | used for |
//! |---|---|
//! | `https_proxy`, `HTTPS_PROXY` | base URLs with `https` |
//! | `http_proxy`, `HTTP_PROXY` | base URLs with `http` |
//! | `all_proxy`, `ALL_PROXY` | both, if the others are not set |
//! | `no_proxy`, `NO_PROXY` | hosts that are called directly |
//!
//! The value of a proxy variable is `[http://][user:password@]host[:port]`. `no_proxy` is `*` for all hosts, or a list
//! separated by commas or blanks. An entry is a host name, which includes all of its subdomains (`example.com`,
//! `.example.com` and `*.example.com` are the same), an IP address, or a network such as `10.0.0.0/8`. Any entry can
//! end in a port. `localhost` and loopback addresses are always called directly: for a proxy, they are another machine.

use std::fmt;
use std::net::IpAddr;

use clarifai_core::Config;
use clarifai_core::error::InvalidArgument;
use clarifai_core::transport::is_loopback;
use http::Uri;
use ipnet::IpNet;

/// The proxies of the environment.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    http: Option<Proxy>,
    https: Option<Proxy>,
    exempt: NoProxy,
}

/// A proxy, and the variable that specifies it. `Debug` shows only the variable, because the URL can hold a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    variable: &'static str,
    url: String,
}

impl Proxies {
    /// Reads the environment.
    pub fn from_env() -> Self {
        // A value that is not Unicode is kept, so that it can be reported as unusable.
        Self::from_variables(|name| Some(std::env::var_os(name)?.to_string_lossy().into_owned()))
    }

    /// Reads variables with a function that returns the value of a variable.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let variable = |name: &str| Some(variable(name)?.trim().to_owned()).filter(|value| !value.is_empty());
        let first = |names: &[&'static str]| {
            let proxy = |variable: &'static str, url: String| {
                let url = if url.contains("://") { url } else { format!("http://{url}") };
                Proxy { variable, url }
            };
            names.iter().find_map(|name| Some(proxy(name, variable(name)?)))
        };
        // In a CGI program, `HTTP_PROXY` is a header of the request, which anybody can set.
        let of_http: &[_] = match variable("REQUEST_METHOD") {
            Some(_) => &["http_proxy", "all_proxy", "ALL_PROXY"],
            None => &["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"],
        };
        let exempt = variable("no_proxy").or_else(|| variable("NO_PROXY"));
        Self {
            http: first(of_http),
            https: first(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]),
            exempt: exempt.map(|list| NoProxy::new(&list)).unwrap_or_default(),
        }
    }

    /// Returns the proxy for a URL, or `None` if its host must be called directly.
    pub fn of(&self, url: &Uri) -> Option<&Proxy> {
        let is_https = url.scheme_str() == Some("https");
        let host = url.host()?;
        let port = url.port_u16().unwrap_or(if is_https { 443 } else { 80 });
        let proxy = if is_https { &self.https } else { &self.http };
        proxy.as_ref().filter(|_| !is_loopback(host) && !self.exempt.contains(host, port))
    }

    /// Returns the proxy for the base URL of a configuration, if it can be used. `schemes` lists the schemes of proxies
    /// that the caller supports, such as `http`.
    ///
    /// # Errors
    ///
    /// Names the variable whose value is not the URL of such a proxy.
    pub fn of_config(&self, config: &Config, schemes: &[&str]) -> Result<Option<&Proxy>, InvalidArgument> {
        let proxy = config.origin().parse().ok().and_then(|url| self.of(&url));
        proxy.map(|proxy| proxy.check(schemes).map(|()| proxy)).transpose()
    }
}

impl Proxy {
    /// Returns the name of the variable.
    pub fn variable(&self) -> &'static str {
        self.variable
    }

    /// Returns the URL. It can hold a password.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Checks that the URL is valid and has one of these schemes. The error does not quote it.
    fn check(&self, schemes: &[&str]) -> Result<(), InvalidArgument> {
        let refuse = |problem: String| Err(InvalidArgument::new(self.variable, problem));
        let form = "is not the address of a proxy such as http://proxy.example:3128";
        let Ok(url) = self.url.parse::<Uri>() else { return refuse(form.to_owned()) };
        let (Some(scheme), Some(authority)) = (url.scheme_str(), url.authority()) else {
            return refuse(form.to_owned());
        };
        let after_user = authority.as_str().rsplit('@').next().unwrap_or_default();
        if authority.host().is_empty() || (after_user != authority.host() && authority.port_u16().is_none()) {
            return refuse(form.to_owned());
        }
        match schemes.iter().any(|known| known.eq_ignore_ascii_case(scheme)) {
            true => Ok(()),
            false => refuse(format!("is a proxy of a kind that is not supported here, only {}", schemes.join(", "))),
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").field("variable", &self.variable).finish_non_exhaustive()
    }
}

/// The hosts that are called directly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct NoProxy {
    all: bool,
    entries: Vec<(Hosts, Option<u16>)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Hosts {
    Network(IpNet),
    /// A domain without a leading dot, in lower case, and its subdomains.
    Domain(String),
}

impl NoProxy {
    fn new(list: &str) -> Self {
        let entries = || list.split([',', ' ', '\t', '\n', '\r']).filter(|entry| !entry.is_empty());
        Self { all: entries().any(|entry| entry == "*"), entries: entries().filter_map(entry).collect() }
    }

    fn contains(&self, host: &str, port: u16) -> bool {
        let host = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase();
        let address = host.parse::<IpAddr>().ok();
        let is_in = |hosts: &Hosts| match (hosts, address) {
            (Hosts::Network(network), Some(address)) => network.contains(&address),
            (Hosts::Domain(domain), None) => {
                host.strip_suffix(domain.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }
            _ => false,
        };
        self.all || self.entries.iter().any(|(hosts, only)| only.is_none_or(|only| only == port) && is_in(hosts))
    }
}

/// Parses an entry of the list.
fn entry(entry: &str) -> Option<(Hosts, Option<u16>)> {
    let network = |text: &str| {
        let bare = text.replace(['[', ']'], "");
        bare.parse::<IpNet>().ok().or_else(|| bare.parse::<IpAddr>().ok().map(IpNet::from)).map(Hosts::Network)
    };
    if let Some(network) = network(entry) {
        return Some((network, None));
    }
    let (host, port) = match entry.rsplit_once(':').map(|(host, port)| (host, port.parse::<u16>())) {
        Some((host, Ok(port))) => (host, Some(port)),
        _ => (entry, None),
    };
    if let Some(network) = network(host) {
        return Some((network, port));
    }
    let domain = host.strip_prefix('*').unwrap_or(host).trim_matches('.').to_ascii_lowercase();
    (!domain.is_empty()).then_some((Hosts::Domain(domain), port))
}

#[cfg(test)]
mod tests {
    use clarifai_core::Credentials;

    use super::*;

    fn proxies(set: &[(&str, &str)]) -> Proxies {
        Proxies::from_variables(|name| {
            set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn no_proxy_is_read_as_curl_reads_it() {
        for (list, url, direct) in [
            ("", "https://api.example.com", false),
            ("api.example.com", "https://api.example.com", true),
            ("localhost, api.example.com", "https://api.example.com", true),
            ("localhost api.example.com", "https://api.example.com", true),
            (" \tapi.example.com\t,", "https://api.example.com", true),
            ("localhost,,api.example.com", "https://api.example.com", true),
            ("example.com", "https://api.example.com", true),
            (".example.com", "https://api.example.com", true),
            ("*.example.com", "https://api.example.com", true),
            (".example.com", "https://example.com", true),
            ("example.com.", "https://api.example.com", true),
            ("example.com", "https://api.example.com.", true),
            ("EXAMPLE.com", "https://API.Example.COM", true),
            ("ample.com", "https://api.example.com", false),
            ("api.example.com", "https://example.com", false),
            ("api.example.com", "https://other.api.example.com", true),
            ("com", "https://api.example.com", true),
            ("*", "https://api.example.com", true),
            ("localhost, *", "https://api.example.com", true),
            ("api.*", "https://api.example.com", false),
            ("api.example.com:443", "https://api.example.com", true),
            ("api.example.com:8443", "https://api.example.com", false),
            ("api.example.com:8443", "https://api.example.com:8443", true),
            ("10.0.0.0/8", "https://10.1.2.3", true),
            ("10.0.0.0/8", "https://11.1.2.3", false),
            ("10.1.2.3", "https://10.1.2.3:8443", true),
            ("10.1.2.3/32", "https://10.1.2.3", true),
            ("10.0.0.0/40", "https://10.1.2.3", false),
            ("10.1.2", "https://10.1.2.3", false),
            ("2001:db8::/32", "https://[2001:db8::7]", true),
            ("[2001:db8::7]", "https://[2001:db8::7]", true),
            ("2001:db8::7", "https://[2001:db8::8]", false),
            ("", "https://localhost:8080", true),
            ("", "https://127.0.0.1", true),
            ("", "https://[::1]:8080", true),
        ] {
            let proxies = proxies(&[("https_proxy", "http://proxy.example:3128"), ("NO_PROXY", list)]);
            assert_eq!(proxies.of(&url.parse().expect(url)).is_none(), direct, "NO_PROXY={list:?} {url}");
        }
    }

    #[test]
    fn each_scheme_has_its_variables() {
        for (set, url, expected) in [
            (&[("HTTPS_PROXY", "p:1")][..], "https://h", Some(("HTTPS_PROXY", "http://p:1"))),
            (&[("HTTPS_PROXY", "p:1")], "http://h", None),
            (&[("HTTP_PROXY", "p:1")], "https://h", None),
            (&[("HTTP_PROXY", "p:1")], "http://h", Some(("HTTP_PROXY", "http://p:1"))),
            (&[("HTTP_PROXY", "p:1"), ("REQUEST_METHOD", "GET")], "http://h", None),
            (&[("https_proxy", "a"), ("HTTPS_PROXY", "b")], "https://h", Some(("https_proxy", "http://a"))),
            (&[("https_proxy", " "), ("HTTPS_PROXY", "b")], "https://h", Some(("HTTPS_PROXY", "http://b"))),
            (&[("ALL_PROXY", "socks5://p")], "https://h", Some(("ALL_PROXY", "socks5://p"))),
            (&[("all_proxy", "a"), ("https_proxy", "b")], "https://h", Some(("https_proxy", "http://b"))),
            (&[("https_proxy", "a"), ("no_proxy", "h"), ("NO_PROXY", "x")], "https://h", None),
            (&[("https_proxy", "a"), ("no_proxy", ""), ("NO_PROXY", "h")], "https://h", None),
        ] {
            let proxies = proxies(set);
            let found = proxies.of(&url.parse().expect(url)).map(|proxy| (proxy.variable(), proxy.url()));
            assert_eq!(found, expected, "{set:?} {url}");
        }
    }

    #[test]
    fn unusable_proxies_are_named_without_their_value() {
        let config = Config::new(Credentials::key("0123456789abcdef").expect("valid"));
        for (value, usable) in [
            ("proxy.example:3128", true),
            ("http://user:hunter2@proxy.example:3128", true),
            ("HTTP://proxy.example", true),
            ("http://", false),
            ("http://:3128", false),
            ("http://hunter2@proxy.example:port", false),
            ("http://proxy.example:99999", false),
            ("socks5://hunter2@proxy.example", false),
            ("ftp://hunter2.example", false),
            ("http://proxy hunter2", false),
        ] {
            let proxies = proxies(&[("HTTPS_PROXY", value)]);
            let checked = proxies.of_config(&config, &["http"]);
            assert_eq!(checked.is_ok(), usable, "{value}");
            if let Err(error) = checked {
                assert!(error.argument() == "HTTPS_PROXY" && !error.to_string().contains("hunter2"), "{error}");
            }
            assert!(!format!("{proxies:?}").contains("hunter2"));
        }
        let exempt = proxies(&[("HTTPS_PROXY", "nonsense://"), ("NO_PROXY", "clarifai.com")]);
        assert!(exempt.of_config(&config, &["http"]).is_ok(), "a proxy that is not used needs not be usable");
    }
}
