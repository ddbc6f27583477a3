//! The table of exit codes: each cause with each command that processes many inputs.

use std::net::TcpListener;
use std::process::Stdio;

use clarifai_core::models::ModelRef;
use clarifai_core::workflows::{CreateWorkflow, NewWorkflowNode};
use clarifai_core::{Config, Credentials};
use clarifai_simulator::{Client, Server, Simulator};
use serde_json::Value;

use crate::common::{Cli, CliOutput, kill};

/// The commands that process many inputs.
const COMMANDS: [&[&str]; 3] = [&["predict"], &["inputs", "create"], &["workflows", "predict", "tags"]];

/// A server with a workflow, and a folder.
struct Setup {
    cli: Cli,
    server: Server,
    folder: tempfile::TempDir,
}

impl Setup {
    fn new() -> Self {
        let client = Client::with(Config::new(Credentials::key("k12345").unwrap()), Simulator::new());
        let node = NewWorkflowNode::new("what", ModelRef::public("general-image-recognition"));
        client.call(CreateWorkflow::new("tags").node(node)).unwrap();
        let simulator = Simulator::new().with_rejected_keys(["revoked"]);
        simulator.restore(&client.simulator().save()).unwrap();
        let server = Server::start(simulator, "127.0.0.1:0").unwrap();
        Self { cli: Cli::new(), server, folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn run_at(&self, key: &str, url: &str, arguments: &[&str]) -> CliOutput {
        let output = self.cli.run(&[&["--key", key, "--base-url", url, "--json"], arguments].concat());
        // Whatever happens, standard output contains whole JSON objects.
        assert!(output.json_lines().iter().all(Value::is_object));
        output
    }
}

#[test]
fn every_cause_has_its_exit_code_in_every_command() {
    let setup = Setup::new();
    let (job, other, missing) = (setup.path("job.db"), setup.path("other.txt"), setup.path("missing.jpg"));
    std::fs::write(&other, "a text, not a database").unwrap();
    let photo = crate::common::image("coffee.jpg");
    let list = setup.path("list.txt");
    std::fs::write(&list, (0..200).map(|n| format!("https://example.com/{n}.jpg")).collect::<Vec<_>>().join("\n"))
        .unwrap();
    // A port without a server, because the listener is dropped.
    let closed = format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    let url = setup.server.url();
    for command in COMMANDS {
        let expect = |code: i32, key: &str, url: &str, options: &[&str]| {
            // Every cause starts with a new job file.
            for suffix in ["", "-wal", "-shm"] {
                let _ = std::fs::remove_file(format!("{job}{suffix}"));
            }
            let arguments = [command, options].concat();
            let output = setup.run_at(key, url, &arguments);
            assert_eq!(output.code, code, "{arguments:?}: {output:?}");
            if code != 0 {
                assert!(!output.err.trim().is_empty(), "{arguments:?} failed without a message");
            }
        };
        for with_job in [&[][..], &["--job", &job]] {
            let run =
                |code, key: &str, url: &str, options: &[&str]| expect(code, key, url, &[options, with_job].concat());
            run(0, "k12345", &url, &[&photo]);
            run(1, "k12345", &url, &[&photo, &missing]);
            run(2, "k12345", &url, &[&photo, "--shard", "3/2"]);
            run(2, "k12345", &url, &["--from-file", &missing]);
            run(3, "revoked", &url, &[&photo]);
            run(8, "k12345", &url, &["--from-file", &list, "--jobs", "1", "--max-inputs", "3"]);
            run(8, "k12345", &url, &["--from-file", &list, "--jobs", "1", "--max-requests", "1"]);
        }
        // Without a job file only, because a job waits for the end of an outage.
        expect(5, "k12345", &closed, &[&photo]);
        expect(7, "k12345", &url, &[&photo, "--job", &other]);
    }
}

/// Ctrl-C, and the time limit, while the server does not respond; the job file can be used afterwards.
#[test]
fn interrupts_and_time_limits_have_their_exit_codes_in_every_command() {
    let setup = Setup::new();
    for command in COMMANDS {
        for (signal, code) in [(Some("-INT"), 130), (Some("-TERM"), 130), (None, 6)] {
            // It accepts connections, and never responds.
            let silent = TcpListener::bind("127.0.0.1:0").unwrap();
            let url = format!("http://{}", silent.local_addr().unwrap());
            let job = setup.path(&format!("{}{code}{}.db", command.join("-"), signal.unwrap_or_default()));
            let limit = ["--timeout", "1"];
            let options = ["--key", "k12345", "--base-url", &url, "--json"];
            let options = [&options[..], if signal.is_none() { &limit } else { &[] }, command].concat();
            let options = [&options[..], &["https://example.com/a.jpg", "--job", &job]].concat();
            let mut command = setup.cli.command(&options);
            let mut child = command.stdin(Stdio::null()).spawn().unwrap();
            if let Some(signal) = signal {
                // Once a connection exists, the handlers of signals exist, too.
                let connection = silent.accept().unwrap();
                kill(signal, child.id());
                drop(connection);
            }
            let status = child.wait().unwrap();
            assert_eq!(status.code(), Some(code), "{options:?}");
            setup.cli.run(&["job", "status", &job]).expect_code(0);
        }
    }
}
