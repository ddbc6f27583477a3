//! The blocking client.

use std::time::Duration;

use bytes::Bytes;
use http::{Request as HttpRequest, Response};

use super::CallOptions;
use crate::body::Body;
use crate::bulk::{self, Bulk, IntoBulk, PredictMany, PredictReport, Progress, Upload, UploadReport};
use crate::config::{Config, ConfigBuilder, FromConfig};
use crate::credentials::Credentials;
use crate::error::{Error, TransportError};
use crate::inputs::NewInput;
use crate::machine::{self, Call, IntoMachine, Items, Machine, StreamCall};
use crate::models::Predict;
use crate::operation::Operation;
use crate::pagination::{IntoPages, Iter};
use crate::policy::RetryPolicy;
use crate::streaming::StreamOperation;
use crate::transport::{Connect, StreamTransport, Transport};

/// A blocking client over the transport `T`.
///
/// It is as cheap to clone as its transport, and can be shared by threads where the transport can.
#[derive(Clone)]
pub struct Client<T> {
    config: Config,
    transport: T,
}

super::common!(Client, Transport);

impl<T: Transport> Client<T> {
    /// Makes one API call, with the retries of the client's policy, and returns its typed result.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub fn call<O: Operation>(&self, operation: O) -> Result<O::Output, Error> {
        self.run(Call::new(&self.config, operation))
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
    pub fn run<M: IntoMachine>(&self, machine: M) -> Result<<M::Machine as Machine>::Output, Error> {
        machine::drive(machine.into_machine(&self.config), &mut &self.transport)
    }

    /// Returns an iterator over all items of a list or a search. Each page is requested when it is needed.
    ///
    /// Takes the operation, or [`Pages`](crate::pagination::Pages) of it with a limit or a filter. The iterator ends
    /// after its first error. A list that changed while it was read ends with an error.
    pub fn pages<L: IntoPages>(&self, list: L) -> Iter<L::List, &T> {
        list.into_pages(&self.config).iter(&self.transport)
    }

    /// Sends one HTTP request as it is, for calls that have no type here. No retry, no credentials added.
    ///
    /// # Errors
    ///
    /// The cause for which there is no response. An HTTP status of 400 or above is a response.
    pub fn send(&self, request: HttpRequest<Body>) -> Result<Response<Bytes>, TransportError> {
        self.transport.send(request)
    }
}

impl<T: StreamTransport> Client<T> {
    /// Makes one API call and returns an iterator over the items of its response, each as soon as it arrives.
    ///
    /// The request is sent when the first item is requested, and retried only before the first item arrives. After an
    /// error the iterator ends; where it ends without an error, the response is complete. Dropping it closes the
    /// connection.
    pub fn stream<O: StreamOperation>(&self, operation: O) -> Items<O, &T> {
        self.request(operation).stream()
    }
}

impl<'a, T: StreamTransport, O: StreamOperation> Request<'a, T, O> {
    /// Makes the call as [`Client::stream`], with these options. The time limit applies until the first item.
    pub fn stream(self) -> Items<O, &'a T> {
        let call = StreamCall::with_options(&self.client.config, self.operation, self.options);
        Items::new(call, &self.client.transport)
    }
}

impl<T: Transport + Sync> Client<T> {
    /// Runs bulk work with up to `concurrency` requests at a time (at least 1), calling `on_progress` after each.
    ///
    /// Each concurrent request has a thread, where the transport has threads. Where the system provides fewer, those
    /// that exist do the work.
    pub fn bulk<W>(
        &self,
        work: W,
        concurrency: usize,
        on_progress: impl FnMut(&Progress) + Send,
    ) -> <W::Bulk as Bulk>::Report
    where
        W: IntoBulk<Bulk: Bulk<Task: Send> + Send>,
    {
        bulk::run_on_threads(work.into_bulk(&self.config), concurrency, &self.transport, on_progress)
    }

    /// Uploads any number of inputs, with up to `concurrency` requests at a time (at least 1), and reports the outcome
    /// of each. For options and progress, pass an [`Upload`] to [`bulk`](Self::bulk).
    pub fn upload<I>(&self, inputs: I, concurrency: usize) -> UploadReport
    where
        I: IntoIterator<Item = NewInput, IntoIter: Send>,
    {
        self.bulk(Upload::new(inputs), concurrency, |_| ())
    }

    /// Runs a model on any number of inputs, with up to `concurrency` requests at a time (at least 1). Inputs that
    /// `predict` has itself are ignored. For options and progress, pass a [`PredictMany`] to [`bulk`](Self::bulk).
    pub fn predict_many<I>(&self, predict: Predict, inputs: I, concurrency: usize) -> PredictReport
    where
        I: IntoIterator<Item = NewInput, IntoIter: Send>,
    {
        self.bulk(PredictMany::new(predict, inputs), concurrency, |_| ())
    }
}

/// One API call with options of its own: see [`Client::request`].
#[derive(Debug)]
#[must_use = "nothing is sent before `send` is called"]
pub struct Request<'a, T, O> {
    client: &'a Client<T>,
    operation: O,
    options: CallOptions,
}

impl<T: Transport, O: Operation> Request<'_, T, O> {
    /// Makes the call and returns its typed result.
    ///
    /// # Errors
    ///
    /// As [`Client::call`], and where the time limit has passed.
    pub fn send(self) -> Result<O::Output, Error> {
        self.client.run(Call::with_options(&self.client.config, self.operation, self.options))
    }
}
