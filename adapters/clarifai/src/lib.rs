#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

#[doc(inline)]
pub use clarifai_core::*;

/// A result whose error is that of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The blocking client.
#[cfg(feature = "ureq")]
pub mod blocking {
    #[doc(inline)]
    pub use clarifai_ureq::{Client, RootCertificates, Ureq, ureq};
}

#[cfg(feature = "reqwest")]
#[doc(inline)]
pub use clarifai_reqwest::{Client, Reqwest, reqwest};

/// Asynchronous clients over any `tower::Service` of HTTP.
#[cfg(feature = "tower")]
pub mod tower {
    #[doc(inline)]
    pub use clarifai_tower::*;
}

/// A stand-in for the service, in process or on a port.
#[cfg(feature = "simulator")]
pub mod simulator {
    #[doc(inline)]
    pub use clarifai_simulator::*;
}
