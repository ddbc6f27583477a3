//! The asynchronous client.

use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use http::{Request as HttpRequest, Response};

use super::CallOptions;
use crate::body::Body;
use crate::bulk::{self, Bulk, IntoBulk, PredictMany, PredictReport, Progress, Upload, UploadReport};
use crate::config::{Config, ConfigBuilder, FromConfig};
use crate::credentials::Credentials;
use crate::error::{Error, TransportError};
use crate::inputs::NewInput;
use crate::machine::{self, Call, IntoMachine, Machine, StreamCall};
use crate::models::Predict;
use crate::operation::Operation;
use crate::pagination::{self, IntoPages, Paged};
use crate::policy::RetryPolicy;
use crate::streaming::StreamOperation;
use crate::transport::{AsyncStreamTransport, AsyncTransport, Connect};

/// An asynchronous client over the transport `T`.
///
/// It is as cheap to clone as its transport. Its futures can be sent to other threads where those of the transport can.
/// Dropping a future cancels the call, and proves nothing about what the service did.
#[derive(Clone)]
pub struct Client<T> {
    config: Config,
    transport: T,
}

super::common!(Client, AsyncTransport);

impl<T: AsyncTransport> Client<T> {
    /// Makes one API call, with the retries of the client's policy, and returns its typed result.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn call<O: Operation>(&self, operation: O) -> Result<O::Output, Error> {
        self.run(Call::new(&self.config, operation)).await
    }

    /// Prepares one API call with options of its own: a time limit, other retries. Nothing is sent before
    /// [`send`](Request::send).
    pub fn request<O: Operation>(&self, operation: O) -> Request<'_, T, O> {
        Request { client: self, operation, options: CallOptions::default() }
    }

    /// Runs a machine to its end: waiting for a condition, training, finding a model by its name.
    ///
    /// # Errors
    ///
    /// Those of the machine.
    pub async fn run<M: IntoMachine>(&self, machine: M) -> Result<<M::Machine as Machine>::Output, Error> {
        machine::drive_async(machine.into_machine(&self.config), &self.transport).await
    }

    /// Returns a stream of all items of a list or a search. Each page is requested when it is needed.
    ///
    /// Takes the operation, or [`Pages`](pagination::Pages) of it with a limit or a filter. The stream ends after its
    /// first error. A list that changed while it was read ends with an error.
    pub fn pages<L: IntoPages>(
        &self,
        list: L,
    ) -> impl futures_util::Stream<Item = Result<<L::List as Paged>::Item, Error>> + use<T, L>
    where
        T: Clone,
    {
        pagination::stream(list.into_pages(&self.config), self.transport.clone())
    }

    /// Runs bulk work with up to `concurrency` requests at a time (at least 1), calling `on_progress` after each.
    ///
    /// Dropping the future ends the work where it is; the outcome of requests in flight is uncertain then.
    pub async fn bulk<W: IntoBulk>(
        &self,
        work: W,
        concurrency: usize,
        on_progress: impl FnMut(&Progress),
    ) -> <W::Bulk as Bulk>::Report {
        bulk::run_async(work.into_bulk(&self.config), concurrency, &self.transport, on_progress).await
    }

    /// Uploads any number of inputs, with up to `concurrency` requests at a time (at least 1), and reports the outcome
    /// of each. For options and progress, pass an [`Upload`] to [`bulk`](Self::bulk).
    pub async fn upload(&self, inputs: impl IntoIterator<Item = NewInput>, concurrency: usize) -> UploadReport {
        self.bulk(Upload::new(inputs), concurrency, |_| ()).await
    }

    /// Runs a model on any number of inputs, with up to `concurrency` requests at a time (at least 1). Inputs that
    /// `predict` has itself are ignored. For options and progress, pass a [`PredictMany`] to [`bulk`](Self::bulk).
    pub async fn predict_many(
        &self,
        predict: Predict,
        inputs: impl IntoIterator<Item = NewInput>,
        concurrency: usize,
    ) -> PredictReport {
        self.bulk(PredictMany::new(predict, inputs), concurrency, |_| ()).await
    }

    /// Sends one HTTP request as it is, for calls that have no type here. No retry, no credentials added.
    ///
    /// # Errors
    ///
    /// The cause for which there is no response. An HTTP status of 400 or above is a response.
    pub async fn send(&self, request: HttpRequest<Body>) -> Result<Response<Bytes>, TransportError> {
        self.transport.send(request).await
    }
}

impl<T: AsyncStreamTransport + Clone> Client<T> {
    /// Makes one API call and returns a stream of the items of its response, each as soon as it arrives.
    ///
    /// The request is sent when the stream is polled first, and retried only before the first item arrives. After an
    /// error the stream ends; where it ends without an error, the response is complete. Dropping it closes the
    /// connection.
    pub fn stream<O: StreamOperation>(
        &self,
        operation: O,
    ) -> Pin<Box<impl Stream<Item = Result<O::Item, Error>> + use<T, O>>> {
        self.request(operation).stream()
    }
}

impl<T: AsyncStreamTransport + Clone, O: StreamOperation> Request<'_, T, O> {
    /// Makes the call as [`Client::stream`], with these options. The time limit applies until the first item.
    pub fn stream(self) -> Pin<Box<impl Stream<Item = Result<O::Item, Error>> + use<T, O>>> {
        let call = StreamCall::with_options(&self.client.config, self.operation, self.options);
        Box::pin(machine::stream_items(call, self.client.transport.clone()))
    }
}

/// One API call with options of its own: see [`Client::request`].
#[derive(Debug)]
#[must_use = "nothing is sent before the future of `send` is polled"]
pub struct Request<'a, T, O> {
    client: &'a Client<T>,
    operation: O,
    options: CallOptions,
}

impl<T: AsyncTransport, O: Operation> Request<'_, T, O> {
    /// Makes the call and returns its typed result.
    ///
    /// # Errors
    ///
    /// As [`Client::call`], and where the time limit has passed.
    pub async fn send(self) -> Result<O::Output, Error> {
        self.client.run(Call::with_options(&self.client.config, self.operation, self.options)).await
    }
}
