//! [`InputCount`]: the number of inputs of an app in each state of processing.

use crate::lenient::record;

record! {
    /// The number of inputs of an app in each state of processing. An absent number counts as 0.
    #[doc(alias = "InputCounts")]
    #[doc(alias = "check_status")]
    pub struct InputCount {
        /// Number of inputs that were processed.
        pub processed: Option<u64>,
        /// Number of inputs waiting to be processed.
        pub to_process: Option<u64>,
        /// Number of inputs whose processing failed.
        pub errors: Option<u64>,
        /// Number of inputs being processed.
        pub processing: Option<u64>,
        /// Number of inputs that were processed again after a change of the app's base workflow.
        pub reindexed: Option<u64>,
        /// Number of inputs waiting to be processed again.
        pub to_reindex: Option<u64>,
        /// Number of inputs that failed when they were processed again.
        pub reindex_errors: Option<u64>,
        /// Number of inputs being processed again.
        pub reindexing: Option<u64>,
    }
}

impl InputCount {
    /// Returns whether no input is waiting or being processed.
    pub fn is_settled(&self) -> bool {
        [self.to_process, self.processing, self.to_reindex, self.reindexing].iter().all(|count| count.unwrap_or(0) == 0)
    }
}
