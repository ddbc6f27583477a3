//! Tests of the public API of `clarifai-core`, in virtual time and without I/O.
//!
//! They are one program, because each program is linked by itself, which takes longer than most of these tests. Two
//! others need their own process: `../heap.rs` replaces the allocator, and `../tracing_spans.rs` sets a subscriber.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

mod bulk;
mod bulk_drivers;
mod call_options;
mod corpus_roundtrip;
mod delete_all_inputs;
mod find_model;
mod layers;
mod lenient_types;
mod machine_steps;
mod malformed_responses;
mod mock_transport;
mod openai_form;
mod operation_specs;
mod pagination;
mod patience;
mod random_events;
mod random_wait_events;
mod rate_limiting;
mod raw_json;
mod retry_budget_load;
mod scheduler;
mod single_call;
mod stream_calls;
mod stream_decoders;
mod uncertain_uploads;
mod upload_sink;
