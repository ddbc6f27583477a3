//! An HTTP server for the simulator, for clients in any language.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use clarifai_core::time::{Instant as Mono, Now};
use http::header::CONTENT_TYPE;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::{Sleep, sleep};

use crate::cors;
use crate::faults::{Exchange, Fault, Faults};
use crate::response::EVENT_STREAM;
use crate::simulator::Simulator;

/// Number of bytes of a sliced response that are sent with a pause, so that the client reads each one alone.
const PAUSED_BYTES: usize = 100;

/// An HTTP/1.1 server for a [`Simulator`], on its own thread. Dropping it stops the server.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    simulator: Arc<Simulator>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server at an address such as `127.0.0.1:8080`. Port 0 takes a free port.
    ///
    /// # Errors
    ///
    /// Fails if the server cannot listen at the address.
    pub fn start(simulator: Simulator, address: impl ToSocketAddrs) -> io::Result<Self> {
        Self::start_with_faults(simulator, Faults::new(0, 0.0), address)
    }

    /// Starts a server that injects faults. Exchanges are numbered from 0 in the order in which requests arrive over
    /// all connections, so concurrent clients change the order and with it the faults.
    ///
    /// Faults take real time. A [slow response](Fault::SlowResponse) is sent byte by byte at its rate, and a
    /// [sliced response](Fault::SlicedResponse) at one byte per millisecond for its first 100 bytes and without pauses
    /// after them. If the client must see a failure, the server closes the connection: before it reads the body of the
    /// request, while it reads it, after the request was executed, or after the timeout. A listening port cannot refuse
    /// connections, so [`Fault::ConnectRefused`] is the same as [`Fault::ResetBefore`] here.
    ///
    /// # Errors
    ///
    /// Fails if the server cannot listen at the address.
    pub fn start_with_faults(simulator: Simulator, faults: Faults, address: impl ToSocketAddrs) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let simulator = Arc::new(simulator);
        let served =
            Served { simulator: Arc::clone(&simulator), faults, exchanges: AtomicU64::new(0), start: Instant::now() };
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name("clarifai-simulator".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = serve(listener, Arc::new(served)) => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Self { address, simulator, stop: Some(stop), thread: Some(thread) })
    }

    /// Returns the address that the server listens at.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the simulator, for reading or saving its state while the server runs.
    pub fn simulator(&self) -> &Simulator {
        &self.simulator
    }

    /// Returns the base URL for clients, such as `http://127.0.0.1:8080`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves until the process ends.
    pub fn join(mut self) {
        if let Some(thread) = self.thread.take() {
            // A panic in the thread has already been printed by the panic hook.
            let _ = thread.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // `join` has taken the thread and keeps the sender until then, so that the server continues.
        let Some(thread) = self.thread.take() else { return };
        drop(self.stop.take());
        let _ = thread.join();
    }
}

/// The data that all connections share.
#[derive(Debug)]
struct Served {
    simulator: Arc<Simulator>,
    faults: Faults,
    exchanges: AtomicU64,
    start: Instant,
}

async fn serve(listener: std::net::TcpListener, served: Arc<Served>) {
    let listener = match TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => {
            eprintln!("clarifai-simulator: cannot serve: {error}");
            return;
        }
    };
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Too many open files, or the client has disconnected: try the next connection.
            sleep(Duration::from_millis(20)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let served = Arc::clone(&served);
        tokio::task::spawn(async move {
            let service = service_fn(move |request| respond(Arc::clone(&served), request));
            // Errors are clients that disconnect and injected faults: neither must stop the server.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// Closes the connection without a response.
#[derive(Debug, thiserror::Error)]
#[error("injected fault")]
struct Closed;

async fn respond(served: Arc<Served>, request: Request<Incoming>) -> Result<Response<ResponseBody>, Closed> {
    // Not an exchange with the service: no fault is injected, so that the numbers of exchanges do not depend on it.
    if let Some(response) = cors::preflight(&request) {
        return Ok(response.map(ResponseBody::whole));
    }
    let number = served.exchanges.fetch_add(1, Ordering::Relaxed);
    let (parts, mut body) = request.into_parts();
    match served.faults.hit(number) {
        Some(Fault::ConnectRefused | Fault::ResetBefore) => return Err(Closed),
        Some(Fault::ResetDuring) => {
            let _ = body.frame().await;
            return Err(Closed);
        }
        _ => {}
    }
    let Some(body) = read_body(body, served.simulator.world.rules.limits.body_bytes).await else {
        return Ok(empty(StatusCode::PAYLOAD_TOO_LARGE));
    };
    let request = Request::from_parts(parts, body);
    let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = Now::new(Mono::new(served.start.elapsed()), unix);
    let byte = served.faults.byte_time();
    // Analyzing images takes time and must not block other connections.
    let execute = move || served.faults.exchange(&served.simulator, now, number, &request);
    let Ok(Exchange { response, takes, fault }) = tokio::task::spawn_blocking(execute).await else {
        return Ok(empty(StatusCode::INTERNAL_SERVER_ERROR));
    };
    let delivery = match fault {
        Some(Fault::SlowResponse) => Delivery::Slow(byte),
        Some(Fault::SlicedResponse) => Delivery::Sliced { paused: PAUSED_BYTES },
        _ if response.as_ref().is_ok_and(is_event_stream) => Delivery::Events,
        _ => Delivery::Whole,
    };
    // A slow response begins at once.
    if !matches!(delivery, Delivery::Slow(_)) {
        sleep(takes).await;
    }
    let mut response = response.map_err(|_| Closed)?;
    // Also on the responses that faults produce.
    cors::allow(response.headers_mut());
    Ok(response.map(|left| ResponseBody { delivery, ..ResponseBody::whole(left) }))
}

/// Reads a body of at most `limit` bytes. Each part is copied as it arrives, so that a large body is not held twice.
async fn read_body(body: Incoming, limit: usize) -> Option<Bytes> {
    let expected = body.size_hint().lower().min(limit as u64);
    let mut body = Limited::new(body, limit);
    let mut bytes = Vec::with_capacity(usize::try_from(expected).ok()?);
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.ok()?.into_data() {
            bytes.extend_from_slice(&data);
        }
    }
    Some(bytes.into())
}

fn empty(status: StatusCode) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::whole(Bytes::new()));
    *response.status_mut() = status;
    cors::allow(response.headers_mut());
    response
}

fn is_event_stream(response: &Response<Bytes>) -> bool {
    response.headers().get(CONTENT_TYPE).is_some_and(|value| value == EVENT_STREAM)
}

/// Pause before each server-sent event.
const EVENT_PAUSE: Duration = Duration::from_millis(2);

/// How a response is sent.
#[derive(Debug)]
enum Delivery {
    Whole,
    /// One server-sent event after the other, with a pause before each.
    Events,
    /// Byte by byte, with this pause before each.
    Slow(Duration),
    /// Byte by byte: the first `paused` ones with a pause of a millisecond before each, the others without.
    Sliced {
        paused: usize,
    },
}

/// The body of a response, and how it is sent.
#[derive(Debug)]
struct ResponseBody {
    /// The bytes that have not been sent.
    left: Bytes,
    delivery: Delivery,
    /// The current pause.
    wait: Option<Pin<Box<Sleep>>>,
    /// Whether the task has yielded since the last byte.
    waited: bool,
}

impl ResponseBody {
    /// Creates a body that is sent at once.
    fn whole(left: Bytes) -> Self {
        Self { left, delivery: Delivery::Whole, wait: None, waited: false }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        if this.left.is_empty() {
            return Poll::Ready(None);
        }
        let pause = match &mut this.delivery {
            Delivery::Whole => return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut this.left))))),
            Delivery::Events => Some(EVENT_PAUSE),
            Delivery::Slow(byte) => Some(*byte),
            Delivery::Sliced { paused } => (*paused > 0).then_some(Duration::from_millis(1)),
        };
        if let Some(pause) = pause {
            ready!(this.wait.get_or_insert_with(|| Box::pin(sleep(pause))).as_mut().poll(cx));
            this.wait = None;
        } else {
            // Yield once, so that hyper sends the previous byte before it gets the next one.
            this.waited = !this.waited;
            if this.waited {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
        if let Delivery::Sliced { paused } = &mut this.delivery {
            *paused = paused.saturating_sub(1);
        }
        let count = match this.delivery {
            Delivery::Events => event_length(&this.left),
            _ => 1,
        };
        Poll::Ready(Some(Ok(Frame::data(this.left.split_to(count)))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        // A server does not know the length of a stream.
        if matches!(self.delivery, Delivery::Events) {
            return SizeHint::default();
        }
        SizeHint::with_exact(self.left.len() as u64)
    }
}

/// Returns the number of bytes up to the end of the first event.
fn event_length(body: &[u8]) -> usize {
    body.windows(2).position(|end| end == b"\n\n").map_or(body.len(), |at| at + 2)
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn sends_slow_and_sliced_responses_byte_by_byte() {
        let deliveries = [
            (Delivery::Whole, 1),
            (Delivery::Slow(Duration::from_millis(1)), 20),
            (Delivery::Sliced { paused: 5 }, 20),
            (Delivery::Sliced { paused: 100 }, 20),
        ];
        for (delivery, expected) in deliveries {
            let name = format!("{delivery:?}");
            let mut body = ResponseBody { left: Bytes::from_static(&[b'x'; 20]), delivery, wait: None, waited: false };
            let mut frames = Vec::new();
            while let Some(Ok(frame)) = body.frame().await {
                frames.extend(frame.into_data().ok().map(|data| data.len()));
            }
            assert_eq!((frames.len(), frames.iter().sum::<usize>()), (expected, 20), "{name}");
        }
    }
}
