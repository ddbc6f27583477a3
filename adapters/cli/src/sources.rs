//! Where inputs come from: arguments, folders and lists, read one after the other.

pub(crate) mod path_bytes;
