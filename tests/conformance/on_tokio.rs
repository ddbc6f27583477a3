//! Runs the futures of adapters on tokio, all on one runtime, as a program does.

use std::sync::LazyLock;
use std::time::Duration;

use tokio::runtime::Runtime;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

/// Waits for the end of a future.
pub(crate) fn wait_for<F: Future>(future: F) -> F::Output {
    RUNTIME.block_on(future)
}

/// Drops a future in the middle, after so long. It must not have ended by then.
pub(crate) fn gives_up<F: Future>(future: F, after: Duration) -> bool {
    RUNTIME.block_on(async { tokio::time::timeout(after, future).await.is_err() })
}
