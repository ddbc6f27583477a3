//! Disks that are full or read-only, job files that are in use, truncated or damaged.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use clarifai_simulator::faults::Faults;
use fastrand::Rng;
use rusqlite::{Connection, OpenFlags};

use crate::cases::Count;
use crate::common::{CliOutput, PROGRAM};
use crate::setup::Setup;

fn setup(inputs: usize) -> Setup {
    Setup::new(inputs, Faults::new(0, 0.0))
}

/// Checks that a command ended because of its job file, and printed that in one line.
#[track_caller]
fn expect_job_error(output: &CliOutput, text: &str) {
    assert_eq!(output.code, 7, "{output:?}");
    let errors: Vec<_> = output.err.lines().filter(|line| line.starts_with("error: ")).collect();
    assert!(errors.len() == 1 && errors[0].contains(text), "no `{text}`: {output:?}");
    assert!(!output.err.contains("panicked"), "{output:?}");
}

/// Runs the upload with a limit of the size of files, in blocks of 512 bytes.
fn run_with_file_limit(setup: &Setup, job: &str, blocks: u32) -> CliOutput {
    let command = setup.cli.command(&[]);
    let mut shell = Command::new("sh");
    shell.env_clear();
    for (name, value) in command.get_envs() {
        value.map(|value| shell.env(name, value));
    }
    shell.arg("-c").arg(format!("ulimit -f {blocks}; exec \"$0\" \"$@\"")).arg(PROGRAM).args(setup.upload(job));
    CliOutput::new(&shell.stdin(Stdio::null()).output().unwrap())
}

/// A file system of limited size. It is removed with the value.
struct SmallDisk(String);

impl SmallDisk {
    /// Mounts one, or returns `None` where that is not allowed.
    fn mount(folder: &str, options: &str) -> Option<Self> {
        fs::create_dir_all(folder).unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs", folder]).output();
        mounted.is_ok_and(|output| output.status.success()).then(|| Self(folder.to_owned()))
    }

    fn remount(&self, options: &str) {
        let mut command = Command::new("mount");
        assert!(command.args(["-o", &format!("remount,{options}"), &self.0]).status().unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_stops_the_job_and_it_continues_with_space() {
    let setup = setup(8_000);
    let Some(disk) = SmallDisk::mount(&setup.path("disk"), "size=1m") else {
        println!("file systems cannot be mounted here; the limit of file sizes is tested instead");
        return;
    };
    let job = setup.path("disk/job.db");
    expect_job_error(&setup.run(&setup.upload(&job)), "job.db: cannot be written: no space left");
    let sent = setup.received();
    assert!(sent > 0 && sent < 8_000, "{sent} inputs were sent");
    setup.check_sent(&job).unwrap();
    disk.remount("size=64m");
    assert_eq!(setup.run(&setup.upload(&job)).code, 0);
    setup.check_end(&job).unwrap();
    assert!(setup.received() - 8_000 <= 4 * 128);
}

#[test]
fn a_limit_of_file_sizes_stops_the_job_and_it_continues_without() {
    let setup = setup(8_000);
    let job = setup.path("job.db");
    expect_job_error(&run_with_file_limit(&setup, &job, 1_024), "job.db: cannot be ");
    let sent = setup.received();
    assert!(sent > 0 && sent < 8_000, "{sent} inputs were sent");
    setup.check_sent(&job).unwrap();
    assert_eq!(setup.run(&setup.upload(&job)).code, 0);
    setup.check_end(&job).unwrap();
    assert!(setup.received() - 8_000 <= 4 * 128);
}

#[test]
fn read_only_places_stop_the_job_before_anything_is_sent() {
    let setup = setup(10);
    let job = setup.path("no such folder/job.db");
    expect_job_error(&setup.run(&setup.upload(&job)), "job.db: cannot be opened");
    if let Some(disk) = SmallDisk::mount(&setup.path("disk"), "size=8m") {
        let (old, new) = (setup.path("disk/old.db"), setup.path("disk/new.db"));
        assert_eq!(setup.run(&setup.upload(&old)).code, 0);
        let sent = setup.received();
        disk.remount("ro");
        expect_job_error(&setup.run(&setup.upload(&new)), "new.db: cannot be ");
        expect_job_error(&setup.run(&setup.upload(&old)), "old.db: cannot be ");
        assert_eq!(setup.received(), sent);
    }
}

#[test]
fn two_programs_cannot_work_on_one_job() {
    let setup = setup(10);
    let job = setup.path("job.db");
    let url = setup.server.url();
    let list = ["--key", "k12345", "--base-url", &url, "inputs", "create", "--allow-duplicate-url", "--from-file", "-"];
    // It waits for its list, and has the file meanwhile.
    let mut first = setup.cli.command(&[&list[..], &["--job", &job]].concat()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    let has_started = || {
        let connection = Connection::open_with_flags(&job, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
        connection.query_row("SELECT 1 FROM runs", [], |_| Ok(())).ok()
    };
    while has_started().is_none() {
        assert!(Instant::now() < deadline, "the first program did not create the job file");
        std::thread::sleep(Duration::from_millis(10));
    }
    expect_job_error(&setup.run(&setup.upload(&job)), "job.db: is in use by another program");
    assert_eq!(setup.received(), 0);
    drop(first.stdin.take());
    assert_eq!(first.wait().unwrap().code(), Some(0));
    assert_eq!(setup.run(&setup.upload(&job)).code, 0);
    setup.check_end(&job).unwrap();
}

/// A file that lost its end, or one page of it, is recognized; or nothing that matters was lost.
#[test]
fn truncated_and_damaged_job_files_stop_the_job() {
    const PAGE: usize = 4_096;
    let setup = setup(1_000);
    let job = setup.path("job.db");
    assert_eq!(setup.run(&setup.upload(&job)).code, 0);
    let (whole, sent) = (fs::read(&job).unwrap(), setup.received());
    let mut rng = Rng::with_seed(7);
    let cases = Count { quick: 6, full: 60 }.of("truncated_and_damaged_job_files_stop_the_job");
    let damaged = setup.path("damaged.db");
    for case in 0..cases {
        let mut bytes = whole.clone();
        if case % 2 == 0 {
            bytes.truncate(rng.usize(1..bytes.len()));
        } else {
            let page = rng.usize(..bytes.len() / PAGE);
            bytes[page * PAGE..][..PAGE].fill_with(|| rng.u8(..));
        }
        for suffix in ["-wal", "-shm"] {
            let _ = fs::remove_file(format!("{damaged}{suffix}"));
        }
        fs::write(&damaged, &bytes).unwrap();
        expect_job_error(&setup.run(&setup.upload(&damaged)), "damaged.db: is ");
        assert_eq!(setup.received(), sent, "case {case}");
    }
    // Something else is not taken for a job file either.
    fs::write(&damaged, "a text, not a database").unwrap();
    expect_job_error(&setup.run(&setup.upload(&damaged)), "damaged.db: is not a job file");
    assert_eq!(setup.received(), sent);
}
