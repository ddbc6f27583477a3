//! A small prediction over a connection to this machine, against ureq sending and receiving the same bytes.

#[path = "../../../core/benches/limit/mod.rs"]
mod limit;

use std::hint::black_box;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::thread;

use bytes::Bytes;
use clarifai_ureq::core::{Credentials, Exchange};
use clarifai_ureq::models::Predict;
use clarifai_ureq::{App, Client, ureq};
use http::Request;

use limit::{Bound, Table, in_turns, wanted};

const ANSWER: &str = r#"{"status":{"code":10000,"description":"Ok","req_id":"8c1d3b0f5f2a4c0e9a6b"},"outputs":[{"id":"8c1d3b0f5f2a4c0e9a6b8c1d3b0f5f2a","status":{"code":10000,"description":"Ok"},"created_at":"2019-01-18T16:56:55.382197Z","input":{"id":"a1","data":{"image":{"url":"https://samples.clarifai.com/metro-north.jpg"}}},"data":{"concepts":[{"id":"ai_HLmqFqBf","name":"train","value":0.9989112,"app_id":"main"},{"id":"ai_fvlBqXZR","name":"railway","value":0.9975532,"app_id":"main"}]}}]}"#;

fn main() -> ExitCode {
    let mut table = Table::default();
    let address = serve().expect("a port of this machine");
    let app = App::new(Credentials::key("0123456789abcdef0123456789abcdef").expect("a key"))
        .with_base(&format!("http://{address}"))
        .expect("an address");
    let predict = Predict::with("general-image-recognition").image_url("https://samples.clarifai.com/metro-north.jpg");

    let exchange = Exchange::new(&app, &predict).expect("a request");
    let (parts, ()) = exchange.request().clone().map(drop).into_parts();
    let body = exchange.request().body().to_bytes();
    let agent = ureq::Agent::from(
        ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .build(),
    );
    // Both sides share a connection: how soon the other end is woken differs between connections.
    let client = Client::with_agent(app.clone(), agent.clone());
    let plain = || {
        let request = Request::from_parts(parts.clone(), &body[..]);
        let bytes = agent.run(request).expect("an answer").into_body().read_to_vec().expect("a body");
        assert_eq!(bytes.len(), ANSWER.len());
        black_box(bytes);
    };

    let name = "predict over loopback, bytes, CPU time";
    if wanted(name) {
        let send = || {
            let exchange = Exchange::new(&app, &predict).expect("a request");
            let (request, _) = exchange.into_parts();
            black_box::<Bytes>(client.send(request).expect("an answer").into_body());
        };
        let turns = in_turns(1_000, 10, send, plain);
        table.timed(name, &turns, Bound::AtMost(1.1), Bound::AtMost(1.02));
    }
    let name = "predict over loopback, parsed, CPU time";
    if wanted(name) {
        let call = || drop(black_box(client.call(&predict).expect("an answer")));
        let turns = in_turns(1_000, 10, call, plain);
        Table::shown(name, &turns);
    }
    let name = "predict over loopback, own timeouts, CPU time";
    if wanted(name) {
        let client = Client::new(app.clone());
        let call = || drop(black_box(client.call(&predict).expect("an answer")));
        let turns = in_turns(1_000, 10, call, plain);
        Table::shown(name, &turns);
    }
    table.finish()
}

/// A server that answers every request alike, and keeps connections open.
fn serve() -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || answer(stream));
        }
    });
    Ok(address)
}

fn answer(stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let text = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{ANSWER}",
        ANSWER.len()
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
        reader.get_mut().write_all(text.as_bytes())?;
    }
}
