//! A small prediction over a connection to this machine, against ureq sending and receiving the same bytes.

#[path = "../../../core/benches/limit/mod.rs"]
mod limit;

fn main() {}
