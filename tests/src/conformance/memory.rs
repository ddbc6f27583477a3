//! Scenarios that measure memory, in a process of their own.
