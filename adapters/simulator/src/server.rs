//! The simulator on a port, for clients of any language.

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
use clarifai_core::machine::{Mono, Now};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::{Sleep, sleep};

use crate::Simulator;
use crate::faults::{Exchange, Fault, Faults};

/// How many bytes of a sliced answer the client has time to read alone.
const SLOWLY: usize = 100;

/// A [`Simulator`] on a port. Dropping it ends it.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    simulator: Arc<Simulator>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Listens at the address; port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// Where the address cannot be listened at.
    pub fn start(simulator: Simulator, address: impl ToSocketAddrs) -> io::Result<Self> {
        Self::start_with_faults(simulator, Faults::new(0, 0.0), address)
    }

    /// Listens at the address, and lets exchanges go wrong. They are numbered from 0 as their requests arrive, over
    /// all connections: clients that ask side by side make the order, and with it the run, their own.
    ///
    /// Answers that come, come as [`Fault`] says, on the real clock: a slow one byte by byte, and a sliced one
    /// likewise: a millisecond for each of its first 100 bytes, and no wait between the others. Where the client shall see a failure the connection is closed: before
    /// the body of the request is read, in the middle of it, after the request was carried out, or after the time-out.
    /// A port that is listened at cannot refuse connections, so [`Fault::ConnectRefused`] is no different from
    /// [`Fault::ResetBefore`] here.
    ///
    /// # Errors
    ///
    /// Where the address cannot be listened at.
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

    /// The address it listens at.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The simulator that is served, to be read or saved while it is.
    pub fn simulator(&self) -> &Simulator {
        &self.simulator
    }

    /// The address as a client wants it, such as `http://127.0.0.1:8080`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves until the process ends.
    pub fn join(mut self) {
        if let Some(thread) = self.thread.take() {
            // A panic in the thread was reported there already.
            let _ = thread.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // `join` keeps the sender, so that the thread goes on.
        let Some(thread) = self.thread.take() else { return };
        drop(self.stop.take());
        let _ = thread.join();
    }
}

/// What all connections share.
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
            // Out of descriptors, or the peer went away: the next one may fare better.
            sleep(Duration::from_millis(20)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let served = Arc::clone(&served);
        tokio::task::spawn(async move {
            let service = service_fn(move |request| answer(Arc::clone(&served), request));
            // A client that breaks off is none of the server's business, and a fault is meant.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// The connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("a fault")]
struct Closed;

async fn answer(served: Arc<Served>, request: Request<Incoming>) -> Result<Response<Paced>, Closed> {
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
    let Ok(body) = Limited::new(body, served.simulator.limits.body_bytes).collect().await else {
        return Ok(empty(StatusCode::PAYLOAD_TOO_LARGE));
    };
    let request = Request::from_parts(parts, body.to_bytes());
    let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = Now::new(Mono::new(served.start.elapsed()), unix);
    let byte = served.faults.byte_time();
    // Looking at pictures takes time, which other connections need not wait for.
    let carry_out = move || served.faults.exchange(&served.simulator, now, number, &request);
    let Ok(Exchange { answer, takes, fault }) = tokio::task::spawn_blocking(carry_out).await else {
        return Ok(empty(StatusCode::INTERNAL_SERVER_ERROR));
    };
    let pace = match fault {
        Some(Fault::SlowAnswer) => Pace::Slow(byte),
        Some(Fault::SlicedAnswer) => Pace::Sliced { slowly: SLOWLY },
        _ => Pace::Whole,
    };
    // A slow answer begins at once.
    if !matches!(pace, Pace::Slow(_)) {
        sleep(takes).await;
    }
    Ok(answer.map_err(|_| Closed)?.map(|left| Paced { left, pace, wait: None, waited: false }))
}

fn empty(status: StatusCode) -> Response<Paced> {
    let mut response = Response::new(Paced { left: Bytes::new(), pace: Pace::Whole, wait: None, waited: false });
    *response.status_mut() = status;
    response
}

/// How an answer comes.
#[derive(Debug)]
enum Pace {
    Whole,
    /// Byte by byte, so long each.
    Slow(Duration),
    /// Byte by byte: the first ones with time for the client to read each alone, the others as they can be sent.
    Sliced {
        slowly: usize,
    },
}

/// The body of an answer, and how it comes.
#[derive(Debug)]
struct Paced {
    left: Bytes,
    pace: Pace,
    wait: Option<Pin<Box<Sleep>>>,
    waited: bool,
}

impl Body for Paced {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        if this.left.is_empty() {
            return Poll::Ready(None);
        }
        let pause = match &mut this.pace {
            Pace::Whole => return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut this.left))))),
            Pace::Slow(byte) => Some(*byte),
            Pace::Sliced { slowly } => (*slowly > 0).then_some(Duration::from_millis(1)),
        };
        if let Some(pause) = pause {
            ready!(this.wait.get_or_insert_with(|| Box::pin(sleep(pause))).as_mut().poll(cx));
            this.wait = None;
        } else {
            // What was given before is sent while this waits.
            this.waited = !this.waited;
            if this.waited {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
        if let Pace::Sliced { slowly } = &mut this.pace {
            *slowly = slowly.saturating_sub(1);
        }
        Poll::Ready(Some(Ok(Frame::data(this.left.split_to(1)))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn slow_and_sliced_answers_come_byte_by_byte() {
        let paces = [
            (Pace::Whole, 1),
            (Pace::Slow(Duration::from_millis(1)), 20),
            (Pace::Sliced { slowly: 5 }, 20),
            (Pace::Sliced { slowly: 100 }, 20),
        ];
        for (pace, expected) in paces {
            let name = format!("{pace:?}");
            let mut body = Paced { left: Bytes::from_static(&[b'x'; 20]), pace, wait: None, waited: false };
            let mut frames = Vec::new();
            while let Some(Ok(frame)) = body.frame().await {
                frames.extend(frame.into_data().ok().map(|data| data.len()));
            }
            assert_eq!((frames.len(), frames.iter().sum::<usize>()), (expected, 20), "{name}");
        }
    }
}
