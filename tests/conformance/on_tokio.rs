//! Runs the futures of adapters on one tokio runtime, as a program does.

use std::sync::LazyLock;
use std::time::Duration;

use tokio::runtime::Runtime;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

/// Waits for a future to end.
pub(crate) fn wait_for<F: Future>(future: F) -> F::Output {
    RUNTIME.block_on(future)
}

/// Drops a future after this time. Returns whether it had not ended by then.
pub(crate) fn gives_up<F: Future>(future: F, after: Duration) -> bool {
    RUNTIME.block_on(async { tokio::time::timeout(after, future).await.is_err() })
}
