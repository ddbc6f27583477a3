//! Faults planted on purpose.
