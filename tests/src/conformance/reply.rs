//! Responses of a server, as bytes for sockets and as expectations of core's mock transport for virtual time.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use clarifai_core::testing::{ManualClock, MockTransport};
use clarifai_core::transport::TransportErrorKind;
use http::Response;
use http::header::RETRY_AFTER;

use super::server::Act;

/// Reaction of a server to one request.
#[derive(Clone, Debug)]
pub enum Reply {
    /// A response.
    Response(ServerResponse),
    /// Anything else, with the outcome that a correct adapter reports.
    Trouble(Vec<Act>, TransportErrorKind),
}

/// How the end of a body is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// By `Content-Length`.
    Length,
    /// By `Content-Length` with this number, whatever the length of the body.
    Claim(u64),
    /// By chunks of this many bytes.
    Chunked(usize),
    /// By the end of the connection.
    UntilClose,
    /// Not at all, because the status allows no body.
    None,
}

/// A response, which may be malformed in some details.
#[derive(Clone, Debug)]
pub struct ServerResponse {
    status: u16,
    headers: Vec<(String, Vec<u8>)>,
    retry_in: Option<u64>,
    body: Bytes,
    framing: Framing,
    before: Vec<u8>,
    slices: Option<(usize, Duration)>,
    keep: bool,
}

/// Returns a successful response without content.
pub const OK: &str = r#"{"status":{"code":10000,"description":"Ok"}}"#;

/// Returns a successful response.
pub fn ok() -> ServerResponse {
    response(200, OK)
}

/// Returns a response with this status and body.
pub fn response(status: u16, body: impl Into<Bytes>) -> ServerResponse {
    ServerResponse {
        status,
        headers: Vec::new(),
        retry_in: None,
        body: body.into(),
        framing: Framing::Length,
        before: Vec::new(),
        slices: None,
        keep: false,
    }
}

/// Returns a failure of the API with this HTTP status and code.
pub fn refusal(status: u16, code: u32) -> ServerResponse {
    response(status, format!(r#"{{"status":{{"code":{code},"description":"no","req_id":"r1"}}}}"#))
}

impl ServerResponse {
    /// Adds a header.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// Adds `Retry-After` as a date, this many seconds after the response is made.
    pub fn retry_in(mut self, seconds: u64) -> Self {
        self.retry_in = Some(seconds);
        self
    }

    /// Sets how the end of the body is marked.
    pub fn framed(mut self, framing: Framing) -> Self {
        self.framing = framing;
        self
    }

    /// Sends these bytes first.
    pub fn after(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.before = bytes.into();
        self
    }

    /// Sends slices of this many bytes, with a pause after each.
    pub fn in_slices(mut self, bytes: usize, pause: Duration) -> Self {
        self.slices = Some((bytes, pause));
        self
    }

    /// Keeps the connection open.
    pub fn kept(mut self) -> Self {
        self.keep = true;
        self
    }

    /// Returns the bytes on the wire.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.before.clone();
        let mut line = |name: &str, value: &[u8]| {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        };
        line(&format!("HTTP/1.1 {} X", self.status), b"");
        if !self.keep {
            line("connection: ", b"close");
        }
        match self.framing {
            Framing::Length => line("content-length: ", self.body.len().to_string().as_bytes()),
            Framing::Claim(length) => line("content-length: ", length.to_string().as_bytes()),
            Framing::Chunked(_) => line("transfer-encoding: ", b"chunked"),
            Framing::UntilClose | Framing::None => {}
        }
        if let Some(seconds) = self.retry_in {
            let date = SystemTime::now() + Duration::from_secs(seconds);
            line("retry-after: ", httpdate::fmt_http_date(date).as_bytes());
        }
        for (name, value) in &self.headers {
            line(&format!("{name}: "), value);
        }
        bytes.extend_from_slice(b"\r\n");
        match self.framing {
            Framing::Chunked(size) => {
                for chunk in self.body.chunks(size) {
                    bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                    bytes.extend_from_slice(chunk);
                    bytes.extend_from_slice(b"\r\n");
                }
                bytes.extend_from_slice(b"0\r\n\r\n");
            }
            _ => bytes.extend_from_slice(&self.body),
        }
        bytes
    }

    fn act(&self) -> Act {
        match self.slices {
            None => Act::Write(self.bytes()),
            Some((size, pause)) => Act::Slowly(self.bytes(), size, pause),
        }
    }

    /// Returns the outcome that a correct adapter reports.
    fn outcome(&self, max_response: u64, clock: &ManualClock) -> Result<Response<Bytes>, TransportErrorKind> {
        let whole = self.body.len() as u64;
        let (claimed, body) = match self.framing {
            Framing::Claim(length) if length < whole => {
                (length, self.body.slice(..usize::try_from(length).unwrap_or(0)))
            }
            Framing::Claim(length) => (length, self.body.clone()),
            _ => (whole, self.body.clone()),
        };
        if claimed > max_response {
            return Err(TransportErrorKind::TooLarge);
        }
        if claimed > whole {
            return Err(TransportErrorKind::MaybeSent);
        }
        let mut response = Response::builder().status(self.status);
        for (name, value) in &self.headers {
            response = response.header(name, value.as_slice());
        }
        if let Some(seconds) = self.retry_in {
            let date = SystemTime::UNIX_EPOCH + clock.now().unix + Duration::from_secs(seconds);
            response = response.header(RETRY_AFTER, httpdate::fmt_http_date(date));
        }
        response.body(body).map_err(|_| TransportErrorKind::MaybeSent)
    }
}

impl From<ServerResponse> for Reply {
    fn from(response: ServerResponse) -> Self {
        Self::Response(response)
    }
}

impl Reply {
    /// Returns the actions of the server.
    pub fn acts(&self) -> Vec<Act> {
        match self {
            Self::Response(response) if response.keep => vec![Act::Read, response.act(), Act::Next],
            Self::Response(response) => vec![Act::Read, response.act()],
            Self::Trouble(acts, _) => acts.clone(),
        }
    }

    /// Returns whether the next request may arrive on the same connection.
    pub fn keeps(&self) -> bool {
        matches!(self, Self::Response(response) if response.keep)
    }

    /// Adds it to a script, as the response to this request.
    pub fn script(&self, script: MockTransport, method: &str, path: &str, max_response: u64) -> MockTransport {
        let clock = *script.clock();
        let expect = script.expect(method, path);
        let outcome = match self {
            Self::Response(response) => response.outcome(max_response, &clock),
            Self::Trouble(_, kind) => Err(*kind),
        };
        match outcome {
            Ok(response) => expect.reply_with(response),
            Err(kind) => expect.fail(kind),
        }
    }
}
