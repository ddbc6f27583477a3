//! The server of the benchmarks: reads complete requests, and sends the same response to all.

#![allow(unreachable_pub, reason = "a module of one benchmark")]

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

pub const RESPONSE: &str = r#"{"status":{"code":10000,"description":"Ok","req_id":"8c1d3b0f5f2a4c0e9a6b"},"outputs":[{"id":"8c1d3b0f5f2a4c0e9a6b8c1d3b0f5f2a","status":{"code":10000,"description":"Ok"},"created_at":"2019-01-18T16:56:55.382197Z","input":{"id":"a1","data":{"image":{"url":"https://samples.clarifai.com/metro-north.jpg"}}},"data":{"concepts":[{"id":"ai_HLmqFqBf","name":"train","value":0.9989112,"app_id":"main"},{"id":"ai_fvlBqXZR","name":"railway","value":0.9975532,"app_id":"main"}]}}]}"#;

/// Starts a server that sends the same response `delay` after each request, and keeps connections open.
pub fn serve(delay: Duration) -> io::Result<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || respond(stream, delay));
        }
    });
    Ok(format!("http://{address}"))
}

fn respond(stream: TcpStream, delay: Duration) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let text = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{RESPONSE}",
        RESPONSE.len()
    );
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    let mut body = Vec::new();
    loop {
        let mut length = 0;
        loop {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if line == "\r\n" {
                break;
            }
            let Some((name, value)) = line.split_once(':') else { continue };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        body.resize(length, 0);
        reader.read_exact(&mut body)?;
        if !delay.is_zero() {
            thread::sleep(delay);
        }
        reader.get_mut().write_all(text.as_bytes())?;
    }
}
