//! `GET /v2/inputs/stream`: lists the inputs of an app by a cursor, past the last page of the other list.

use crate::envelope::{DecodeError, Envelope};
use crate::operation::{Operation, Spec};
use crate::page::Page;
use crate::target::Target;
use crate::types::Input;

/// Lists inputs after a cursor, the id of the last one that was read: `GET /v2/inputs/stream`.
///
/// [`ListInputs`](super::ListInputs) numbers its pages, and the service refuses pages that are too deep. This list has
/// no such limit. [`InputStream`] reads it to its end.
#[derive(Clone, Debug)]
pub struct StreamInputs {
    per_page: u32,
    after: Option<String>,
    by_id: bool,
    descending: bool,
}

impl Default for StreamInputs {
    fn default() -> Self {
        Self { per_page: Page::default().size, after: None, by_id: false, descending: false }
    }
}

impl StreamInputs {
    /// Creates a request for the first 20 inputs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the maximum number of inputs in a response, 1 to [`MAX_PER_PAGE`](crate::MAX_PER_PAGE). Default: 20.
    pub fn per_page(mut self, inputs: u32) -> Self {
        self.per_page = inputs;
        self
    }

    /// Lists the inputs after the one with this id.
    pub fn after(mut self, id: impl Into<String>) -> Self {
        self.after = Some(id.into());
        self
    }

    /// Orders the list by id. Default: by time of creation.
    #[doc(alias = "order_by_id")]
    pub fn by_id(mut self) -> Self {
        self.by_id = true;
        self
    }

    /// Reverses the order.
    pub fn descending(mut self) -> Self {
        self.descending = true;
        self
    }
}

impl Operation for StreamInputs {
    type Output = Vec<Input>;
    // Failed inputs make the status of the list mixed; the list is complete nevertheless.
    const SPEC: Spec = Spec::get("stream inputs").partial();

    fn target(&self, target: &mut Target) {
        target.path("inputs").path("stream");
        target.cursor(self.per_page, self.after.as_deref());
        if self.by_id {
            target.query("order_by_id", true);
        }
        if self.descending {
            target.query("descending", true);
        }
    }

    fn decode(&self, response: &Envelope) -> Result<Vec<Input>, DecodeError> {
        response.list("inputs")
    }
}

/// Reads the list of [`StreamInputs`] to its end.
///
/// Send the request that [`next`](Self::next) returns, and pass its response to [`record`](Self::record). After an empty
/// response there is no next request.
///
/// ```
/// use clarifai_core::{Config, Credentials, inputs::{InputStream, StreamInputs}, testing::MockTransport};
/// use clarifai_core::machine::Call;
/// use serde_json::json;
///
/// let config = Config::new(Credentials::key("0123456789abcdef")?);
/// let page = |ids: &[&str]| json!({"status": {"code": 10000},
///     "inputs": ids.iter().map(|id| json!({"id": id})).collect::<Vec<_>>()});
/// let mut script = MockTransport::new()
///     .expect("GET", "/v2/inputs/stream?per_page=2").reply(200, page(&["a", "b"]))
///     .expect("GET", "/v2/inputs/stream?per_page=2&last_id=b").reply(200, page(&[]));
///
/// let mut stream = InputStream::new(StreamInputs::new().per_page(2));
/// let mut ids = Vec::new();
/// // With a client: client.send(request)
/// while let Some(request) = stream.next() {
///     let inputs = script.run(Call::new(&config, request))?;
///     ids.extend(stream.record(inputs)?.into_iter().map(|input| input.id));
/// }
/// assert_eq!(ids, ["a", "b"]);
/// # Ok::<(), clarifai_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct InputStream {
    request: StreamInputs,
    read: u64,
    ended: bool,
}

impl InputStream {
    /// Creates a reader that begins with this request.
    pub fn new(request: StreamInputs) -> Self {
        Self { request, read: 0, ended: false }
    }

    /// Returns the next request, or `None` at the end of the list. Until [`record`](Self::record) was called it returns
    /// the same request again.
    #[expect(clippy::should_implement_trait, reason = "it needs `record` to advance, so it is not an iterator")]
    pub fn next(&mut self) -> Option<StreamInputs> {
        (!self.ended).then(|| self.request.clone())
    }

    /// Takes the inputs of a response and returns them.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::List`](crate::error::ErrorKind::List) if the cursor does not advance: the last input is the one that
    /// the response before ended with, or has no id. Reading on would never end.
    pub fn record(&mut self, inputs: Vec<Input>) -> Result<Vec<Input>, crate::Error> {
        let Some(last) = inputs.last() else {
            self.ended = true;
            return Ok(inputs);
        };
        if last.id.is_empty() || self.request.after.as_deref() == Some(&*last.id) {
            self.ended = true;
            return Err(crate::Error::new(
                StreamInputs::SPEC.name,
                crate::error::IncompleteList { problem: crate::error::ListProblem::Looping, read: self.read, page: 1 },
            ));
        }
        self.request.after = Some(last.id.clone());
        self.read += inputs.len() as u64;
        Ok(inputs)
    }

    /// Returns the number of inputs read so far.
    pub fn read(&self) -> u64 {
        self.read
    }
}
