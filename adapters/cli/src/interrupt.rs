//! Ctrl-C, SIGTERM, and the time limit of a command: the program ends within two seconds and prints what is known by
//! then.

use std::io;
use std::process;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crate::exit::Exit;
use crate::terminal;

/// How long a command may take to end by itself. Work that cannot check the flag, such as reading a pipe without a
/// writer, is ended after this time.
const GRACE_PERIOD: Duration = Duration::from_secs(1);

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// The time limit of the command in seconds, once it is reached; 0 before.
static EXPIRED: AtomicU64 = AtomicU64::new(0);

/// Requests the end of the program after this many seconds.
pub(crate) fn set_time_limit(seconds: u64) {
    let expire = move || {
        thread::sleep(Duration::from_secs(seconds));
        EXPIRED.store(seconds, Ordering::Relaxed);
        end_after_grace_period();
    };
    // Without a thread there is no limit, which is reported nowhere: the system is about to fail anyway.
    let _ = thread::Builder::new().spawn(expire);
}

/// Returns why the end of the program was requested, as text, and the exit code.
pub(crate) fn reason() -> (Exit, String) {
    match EXPIRED.load(Ordering::Relaxed) {
        seconds @ 1.. if !REQUESTED.load(Ordering::Relaxed) => {
            (Exit::Timeout, format!("timed out after {seconds} s (--timeout)"))
        }
        _ => (Exit::Interrupted, "interrupted".to_owned()),
    }
}

fn end_after_grace_period() {
    // In steps: if the whole machine is suspended, the command still gets the remaining steps.
    (0..10).for_each(|_| thread::sleep(GRACE_PERIOD / 10));
    terminal::error(format_args!("{}; the outcome of pending requests is unknown", reason().1));
    exit();
}

/// Makes the first signal request the end of the program, and the second one end it at once.
pub(crate) fn install_handler() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let handler = || {
            if REQUESTED.swap(true, Ordering::Relaxed) {
                exit();
            }
            if thread::Builder::new().spawn(end_after_grace_period).is_err() {
                exit();
            }
        };
        // If no handler can be installed, signals end the program at once, as they do by default.
        let _ = on_signal(handler);
    });
}

fn exit() -> ! {
    process::exit(reason().0.code().into())
}

/// Calls the handler for each Ctrl-C and SIGTERM.
#[cfg(unix)]
pub(crate) fn on_signal(handler: impl Fn() + Send + 'static) -> io::Result<()> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])?;
    thread::Builder::new().spawn(move || signals.forever().for_each(|_| handler())).map(drop)
}

/// Calls the handler for each Ctrl-C.
#[cfg(not(unix))]
pub(crate) fn on_signal(handler: impl Fn() + Send + 'static) -> io::Result<()> {
    ctrlc::set_handler(handler).map_err(io::Error::other)
}

/// Whether the end of the program was requested.
pub(crate) fn is_requested() -> bool {
    REQUESTED.load(Ordering::Relaxed) || EXPIRED.load(Ordering::Relaxed) > 0
}
