//! Ctrl-C and SIGTERM: the program ends within two seconds, with what is known so far.

use std::io;
use std::process;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::exit::Exit;
use crate::output;

/// How long the work may take to come to its end. What does not look at the flag, such as a file that nobody writes
/// to or a reader that does not read, must not hold the program for longer.
const GRACE: Duration = Duration::from_secs(1);

static ASKED: AtomicBool = AtomicBool::new(false);

/// From here on a signal asks the program to end, rather than ending it. A second one ends it at once.
pub(crate) fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let handler = || {
            if ASKED.swap(true, Ordering::Relaxed) {
                process::exit(Exit::Interrupted as i32);
            }
            let end = || {
                // In steps: where the whole machine stood still, the work has the rest of them left.
                (0..10).for_each(|_| thread::sleep(GRACE / 10));
                output::error("interrupted, while something could not be: what became of the rest is not known");
                process::exit(Exit::Interrupted as i32);
            };
            if thread::Builder::new().spawn(end).is_err() {
                process::exit(Exit::Interrupted as i32);
            }
        };
        // Where that is impossible a signal ends the program as it always did.
        let _ = on_signal(handler);
    });
}

/// Has this done at each Ctrl-C and SIGTERM.
#[cfg(unix)]
pub(crate) fn on_signal(handler: impl Fn() + Send + 'static) -> io::Result<()> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])?;
    thread::Builder::new().spawn(move || signals.forever().for_each(|_| handler())).map(drop)
}

/// Has this done at each Ctrl-C.
#[cfg(not(unix))]
pub(crate) fn on_signal(handler: impl Fn() + Send + 'static) -> io::Result<()> {
    ctrlc::set_handler(handler).map_err(io::Error::other)
}

/// Whether the program was asked to end.
pub(crate) fn asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}
