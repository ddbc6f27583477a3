//! Test support without a network: a clock that is set by hand, a transport with a list of expected requests and their
//! responses, and a simulation of many machines that share one service.
//!
//! All time is virtual: a machine that backs off for an hour finishes in microseconds, and the log contains the virtual
//! time of each step. Requires the feature `testing`.
//!
//! ```
//! use std::time::Duration;
//!
//! use clarifai_core::{Config, Credentials, machine::Call, models::GetModel, testing::MockTransport};
//! use serde_json::json;
//!
//! let config = Config::new(Credentials::key("0123456789abcdef")?);
//! let mut script = MockTransport::new()
//!     .expect("GET", "/v2/models/m").header("Retry-After", "7").reply(503, json!({"status": {"code": 98004}}))
//!     .expect("GET", "/v2/models/m").reply(200, json!({"status": {"code": 10000}, "model": {"id": "m"}}));
//!
//! let model = script.run(Call::new(&config, GetModel::new("m")))?;
//! assert_eq!(model.id, "m");
//! assert!(script.clock().elapsed() >= Duration::from_secs(7));
//! println!("{}", script.log());
//! script.assert_done();
//! # Ok::<(), clarifai_core::Error>(())
//! ```

mod log;
mod manual_clock;
mod mock_transport;
mod simulation;
mod streams;

pub use log::{Entry, EventKind, Log};
pub use manual_clock::ManualClock;
pub use mock_transport::{ExpectedRequest, MockTransport, UnexpectedRequests};
pub use simulation::{Reply, Simulation};
