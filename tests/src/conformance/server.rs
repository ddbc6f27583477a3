//! A server on loopback with planned actions for each connection or request. It records the bytes it receives, and
//! keeps listening after the last expected request, so that an additional one is noticed.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::secrets;

/// An action of a server on a connection.
#[derive(Clone, Debug)]
pub enum Act {
    /// Waits for a request, and continues with the next part of the plan.
    Next,
    /// Reads one request to its end.
    Read,
    /// Reads one request to its end, and keeps only the length of its body.
    Discard,
    /// Reads one request up to its body.
    ReadHead,
    /// Reads this many bytes.
    ReadBytes(usize),
    /// Writes.
    Write(Vec<u8>),
    /// Writes slices of this many bytes, with a pause after each.
    Slowly(Vec<u8>, usize, Duration),
    /// Writes the bytes this many times.
    Repeat(Vec<u8>, u64),
    /// Does nothing for this long.
    Pause(Duration),
    /// Does nothing until the client closes the connection.
    Hang,
    /// Resets the connection.
    Reset,
    /// Closes the socket without `close_notify` of TLS.
    Cut,
    /// Responds with 200 and forwards all bytes to this address, as a proxy does.
    Tunnel(SocketAddr),
}

/// A request as it arrived.
#[derive(Clone, Debug, Default)]
pub struct Arrived {
    /// Request line and headers, up to the empty line.
    pub head: String,
    /// Beginning of the body, or all of it.
    pub body: Vec<u8>,
    /// Number of bytes of the body that arrived.
    pub length: u64,
    /// Whether it arrived completely.
    pub complete: bool,
    /// Number of the connection, from 0.
    pub connection: usize,
}

impl Arrived {
    /// Returns the second word of the request line.
    pub fn target(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    /// Returns the first word of the request line.
    pub fn method(&self) -> &str {
        self.head.split(' ').next().unwrap_or_default()
    }

    /// Returns names, in lower case, and values of the headers, sorted by name.
    pub fn headers(&self) -> Vec<(String, String)> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        let mut headers: Vec<_> =
            lines.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
        headers.sort();
        headers
    }

    /// Returns the value of a header.
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers().into_iter().find(|(own, _)| own == name).map(|(_, value)| value)
    }
}

/// Number of bytes of a body that are kept.
const KEPT: usize = 4 << 20;

/// Longest lifetime of a connection.
const LIFE: Duration = Duration::from_secs(60);

/// Time for which a closing server reads remaining bytes.
const FAREWELL: Duration = Duration::from_secs(5);

struct Shared {
    /// Actions for the next connections, or for the next requests.
    planned: Mutex<VecDeque<Vec<Act>>>,
    /// Actions for all later ones.
    then: Vec<Act>,
    /// Whether the plan is for requests, on any connection.
    by_request: bool,
    tls: Option<Arc<ServerConfig>>,
    arrived: Mutex<Vec<Arrived>>,
    /// All bytes read, if none of them may be secret.
    leaked: AtomicBool,
    connections: AtomicUsize,
    farewells: AtomicUsize,
    bytes: AtomicUsize,
    stop: AtomicBool,
}

impl Shared {
    fn next(&self) -> Vec<Act> {
        lock(&self.planned).pop_front().unwrap_or_else(|| self.then.clone())
    }
}

/// A running server. It stops when it is dropped.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    tls: bool,
}

impl Server {
    /// Starts a server that does the next of `planned` on each connection. Later ones get a response that reports an
    /// excess.
    pub fn start(planned: Vec<Vec<Act>>) -> Self {
        Self::launch(planned, too_many(), false, None)
    }

    /// Starts a server that does the next of `planned` for each request, on a new connection or on a kept one: a client
    /// may open another one because the last one is not back in its pool yet. A response on a connection that stays
    /// open is followed by [`Act::Next`].
    pub fn by_request(planned: Vec<Vec<Act>>) -> Self {
        Self::launch(planned, too_many(), true, None)
    }

    /// Starts a server that does the same on every connection.
    pub fn always(acts: Vec<Act>) -> Self {
        Self::launch(Vec::new(), acts, false, None)
    }

    /// As [`start`](Self::start), behind TLS.
    pub fn with_tls(planned: Vec<Vec<Act>>, config: Arc<ServerConfig>) -> Self {
        Self::launch(planned, too_many(), false, Some(config))
    }

    fn launch(planned: Vec<Vec<Act>>, then: Vec<Act>, by_request: bool, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = listen().expect("a port on loopback");
        let address = listener.local_addr().expect("its address");
        let with_tls = tls.is_some();
        let shared = Arc::new(Shared {
            planned: Mutex::new(planned.into()),
            then,
            by_request,
            tls,
            arrived: Mutex::default(),
            leaked: AtomicBool::new(false),
            connections: AtomicUsize::new(0),
            farewells: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
        });
        let for_thread = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if for_thread.stop.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let number = for_thread.connections.fetch_add(1, Ordering::SeqCst);
                let acts = match for_thread.by_request {
                    true => vec![Act::Next],
                    false => for_thread.next(),
                };
                let shared = Arc::clone(&for_thread);
                thread::spawn(move || Connection::serve(stream, number, acts, &shared));
            }
        });
        Self { address, shared, tls: with_tls }
    }

    /// Returns the address on which it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns its base URL: with `localhost` for TLS, because certificates are for a host name.
    pub fn url(&self) -> String {
        match self.tls {
            true => format!("https://localhost:{}", self.address.port()),
            false => format!("http://{}", self.address),
        }
    }

    /// Returns the requests that arrived, completely or in part.
    pub fn arrived(&self) -> Vec<Arrived> {
        lock(&self.shared.arrived).clone()
    }

    /// Returns the number of requests that arrived, without copying them.
    pub fn count(&self) -> usize {
        lock(&self.shared.arrived).len()
    }

    /// Returns the number of connections that were opened.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Returns the number of bytes that arrived on all connections.
    pub fn bytes(&self) -> usize {
        self.shared.bytes.load(Ordering::SeqCst)
    }

    /// Returns whether any received bytes contain a secret.
    pub fn got_a_secret(&self) -> bool {
        self.shared.leaked.load(Ordering::SeqCst)
            || lock(&self.shared.arrived).iter().any(|request| secrets::shows(&request.body))
    }

    /// Waits, for a limited time, until this many requests arrived.
    pub fn wait_for(&self, requests: usize) {
        wait_until(|| self.count() >= requests);
    }

    /// Waits, for a limited time, until it has closed a connection.
    pub fn wait_for_farewell(&self) {
        wait_until(|| self.shared.farewells.load(Ordering::SeqCst) > 0);
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({}, {} requests)", self.address, self.count())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        // Wakes the listener, so that it reads the flag.
        let _ = TcpStream::connect(self.address);
    }
}

fn wait_until(holds: impl Fn() -> bool) {
    let begin = Instant::now();
    while !holds() && begin.elapsed() < Duration::from_secs(10) {
        thread::sleep(Duration::from_millis(2));
    }
}

/// Binds a free port. After many runs there may be none for a while.
fn listen() -> io::Result<TcpListener> {
    let begin = Instant::now();
    loop {
        match TcpListener::bind("127.0.0.1:0") {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && begin.elapsed() < LIFE => {
                thread::sleep(Duration::from_millis(200));
            }
            other => return other,
        }
    }
}

fn too_many() -> Vec<Act> {
    let body = "unexpected request";
    let response = format!("HTTP/1.1 500 X\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    vec![Act::Read, Act::Write(response.into_bytes())]
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

trait Stream: Read + Write {}

impl<T: Read + Write> Stream for T {}

struct Connection<'a> {
    stream: Box<dyn Stream>,
    socket: TcpStream,
    number: usize,
    shared: &'a Shared,
    /// Bytes that were read and belong to the next action.
    ahead: Vec<u8>,
    /// Whether the next bytes are the body of a request that was recorded without it.
    in_body: bool,
    until: Instant,
}

impl Connection<'_> {
    fn serve(socket: TcpStream, number: usize, acts: Vec<Act>, shared: &Shared) {
        let _ = socket.set_nodelay(true);
        // Short, so that the flag to stop is read often.
        let _ = socket.set_read_timeout(Some(Duration::from_millis(20)));
        let _ = socket.set_write_timeout(Some(Duration::from_secs(20)));
        let Ok(twin) = socket.try_clone() else { return };
        let stream: Box<dyn Stream> = match &shared.tls {
            None => Box::new(twin),
            Some(config) => match ServerConnection::new(Arc::clone(config)) {
                Ok(tls) => Box::new(StreamOwned::new(tls, twin)),
                Err(_) => return,
            },
        };
        let mut connection = Connection {
            stream,
            socket,
            number,
            shared,
            ahead: Vec::new(),
            in_body: false,
            until: Instant::now() + LIFE,
        };
        // An error means that the client closed the connection; what it sent is recorded.
        let _ = connection.perform(acts);
    }

    fn perform(&mut self, acts: Vec<Act>) -> io::Result<()> {
        let mut acts = VecDeque::from(acts);
        while let Some(act) = acts.pop_front() {
            match act {
                // Not before the first bytes: a connection that is never used takes nothing from the plan.
                Act::Next if self.ahead.is_empty() && !self.more()? => {}
                Act::Next => acts.extend(self.shared.next()),
                Act::Read => self.read_request(Some(KEPT))?,
                Act::Discard => self.read_request(Some(0))?,
                Act::ReadHead => self.read_request(None)?,
                Act::ReadBytes(count) => self.read_bytes(count)?,
                Act::Write(bytes) => self.stream.write_all(&bytes)?,
                Act::Slowly(bytes, slice, pause) => {
                    for slice in bytes.chunks(slice) {
                        self.stream.write_all(slice)?;
                        self.stream.flush()?;
                        self.pause(pause)?;
                    }
                }
                Act::Repeat(bytes, times) => {
                    for _ in 0..times {
                        self.stream.write_all(&bytes)?;
                    }
                }
                Act::Pause(time) => self.pause(time)?,
                Act::Hang => while self.more()? {},
                Act::Reset => {
                    socket2::SockRef::from(&self.socket).set_linger(Some(Duration::ZERO))?;
                    return Ok(());
                }
                Act::Cut => return self.socket.shutdown(Shutdown::Both),
                Act::Tunnel(address) => return self.tunnel(address),
            }
            self.stream.flush()?;
        }
        self.farewell()
    }

    /// Closes this direction and reads remaining bytes, so that no reset overtakes what was written.
    fn farewell(&mut self) -> io::Result<()> {
        self.socket.shutdown(Shutdown::Write)?;
        self.shared.farewells.fetch_add(1, Ordering::SeqCst);
        // A large body that the client still sends ends by itself.
        if !self.in_body {
            self.until = self.until.min(Instant::now() + FAREWELL);
        }
        while self.more()? {
            if self.in_body {
                self.ahead.clear();
            }
        }
        match self.ahead.is_empty() {
            true => Ok(()),
            false => self.read_request(Some(KEPT)),
        }
    }

    /// Waits for more bytes. Returns `false` at their end.
    fn more(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 1 << 14];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(count) => {
                    self.shared.bytes.fetch_add(count, Ordering::SeqCst);
                    self.ahead.extend_from_slice(&buffer[..count]);
                    return Ok(count > 0);
                }
                Err(error) if is_waiting(&error) && self.may_go_on() => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn may_go_on(&self) -> bool {
        Instant::now() < self.until && !self.shared.stop.load(Ordering::SeqCst)
    }

    fn pause(&self, time: Duration) -> io::Result<()> {
        let end = Instant::now() + time;
        while Instant::now() < end {
            if !self.may_go_on() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            thread::sleep(Duration::from_millis(20).min(end - Instant::now()));
        }
        Ok(())
    }

    fn read_bytes(&mut self, count: usize) -> io::Result<()> {
        let result = loop {
            match self.ahead.len() < count {
                true => match self.more() {
                    Ok(true) => {}
                    Ok(false) => break Ok(()),
                    Err(error) => break Err(error),
                },
                false => break Ok(()),
            }
        };
        let bytes = std::mem::take(&mut self.ahead);
        if !bytes.is_empty() {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
            self.note(Arrived {
                head: head.to_owned(),
                body: body.as_bytes().to_vec(),
                length: body.len() as u64,
                complete: false,
                connection: self.number,
            });
        }
        result
    }

    fn note(&self, request: Arrived) {
        if secrets::shows(request.head.as_bytes()) {
            self.shared.leaked.store(true, Ordering::SeqCst);
        }
        lock(&self.shared.arrived).push(request);
    }

    /// Reads a request, and keeps this much of its body.
    fn read_request(&mut self, kept: Option<usize>) -> io::Result<()> {
        let end = loop {
            if let Some(end) = self.ahead.windows(4).position(|window| window == b"\r\n\r\n") {
                break end;
            }
            match self.more() {
                Ok(true) => {}
                other => {
                    self.read_bytes(0)?;
                    return other.and(Err(io::ErrorKind::UnexpectedEof.into()));
                }
            }
        };
        let rest = self.ahead.split_off(end + 4);
        let head = String::from_utf8_lossy(&std::mem::replace(&mut self.ahead, rest)[..end]).into_owned();
        let mut request = Arrived { head, connection: self.number, ..Arrived::default() };
        let Some(kept) = kept else {
            self.in_body = true;
            self.note(request);
            return Ok(());
        };
        if request.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue")) {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
            self.stream.flush()?;
        }
        let result = self.read_body(&mut request, kept);
        request.complete = result.is_ok();
        self.note(request);
        result
    }

    fn read_body(&mut self, request: &mut Arrived, kept: usize) -> io::Result<()> {
        if request.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
            loop {
                let size = self.line()?;
                let size = size.split(';').next().unwrap_or_default().trim();
                let size = u64::from_str_radix(size, 16).map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
                self.take(size, request, kept)?;
                self.line()?;
                if size == 0 {
                    return Ok(());
                }
            }
        }
        let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        self.take(length, request, kept)
    }

    fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = self.ahead.windows(2).position(|window| window == b"\r\n") {
                let rest = self.ahead.split_off(end + 2);
                return Ok(String::from_utf8_lossy(&std::mem::replace(&mut self.ahead, rest)[..end]).into_owned());
            }
            if !self.more()? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    fn take(&mut self, mut count: u64, request: &mut Arrived, kept: usize) -> io::Result<()> {
        while count > 0 {
            if self.ahead.is_empty() && !self.more()? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let now = usize::try_from(count).unwrap_or(usize::MAX).min(self.ahead.len());
            let room = kept.saturating_sub(request.body.len()).min(now);
            request.body.extend_from_slice(&self.ahead[..room]);
            request.length += now as u64;
            count -= now as u64;
            self.ahead.drain(..now);
        }
        Ok(())
    }

    /// Forwards bytes in both directions until both ends close, and searches them for secrets.
    fn tunnel(&mut self, address: SocketAddr) -> io::Result<()> {
        self.stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
        self.stream.flush()?;
        let mut there = TcpStream::connect(address)?;
        let (mut back_from, mut back_to) = (there.try_clone()?, self.socket.try_clone()?);
        thread::spawn(move || {
            let _ = io::copy(&mut back_from, &mut back_to);
            let _ = back_to.shutdown(Shutdown::Write);
        });
        let mut passed = Vec::new();
        loop {
            if !self.ahead.is_empty() {
                there.write_all(&self.ahead)?;
                passed.append(&mut self.ahead);
            }
            if !self.more().unwrap_or(false) {
                break;
            }
        }
        if secrets::shows(&passed) {
            self.shared.leaked.store(true, Ordering::SeqCst);
        }
        there.shutdown(Shutdown::Write)
    }
}

fn is_waiting(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}
