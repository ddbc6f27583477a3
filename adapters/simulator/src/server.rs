//! The simulator on a port, for clients of any language.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use clarifai_core::machine::{Mono, Now};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::Simulator;

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
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let simulator = Arc::new(simulator);
        let served = Arc::clone(&simulator);
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name("clarifai-simulator".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = serve(listener, served) => {}
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

async fn serve(listener: std::net::TcpListener, simulator: Arc<Simulator>) {
    let listener = match TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => {
            eprintln!("clarifai-simulator: cannot serve: {error}");
            return;
        }
    };
    let start = Instant::now();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors, or the peer went away: the next one may fare better.
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let simulator = Arc::clone(&simulator);
        tokio::task::spawn(async move {
            let service = service_fn(move |request| answer(Arc::clone(&simulator), start, request));
            // A client that breaks off is none of the server's business.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(
    simulator: Arc<Simulator>,
    start: Instant,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, simulator.limits.body_bytes).collect().await else {
        let mut response = Response::new(Full::default());
        *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
        return Ok(response);
    };
    let request = Request::from_parts(parts, body.to_bytes());
    let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = Now::new(Mono::new(start.elapsed()), unix);
    // Looking at pictures takes time, which other connections need not wait for.
    let response = tokio::task::spawn_blocking(move || simulator.handle(now, &request)).await;
    Ok(response.map_or_else(
        |_| {
            let mut response = Response::new(Full::default());
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        },
        |response| response.map(Full::new),
    ))
}
