//! Apps: the containers of inputs, concepts, datasets, models and workflows.
//!
//! A personal access token reaches all apps of its owner; an API key belongs to one app and cannot manage apps.

mod create;
mod delete;
mod get;
mod list;
mod new_app;
mod patch;

pub use create::CreateApps;
pub use delete::DeleteApp;
pub use get::GetApp;
pub use list::{AppOrder, ListApps};
pub use new_app::NewApp;
pub use patch::PatchApp;
