//! Users: whom a personal access token belongs to.

mod get;

pub use get::GetUser;
