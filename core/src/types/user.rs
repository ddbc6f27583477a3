//! [`User`]: the owner of apps and of credentials.

use serde_json::Value;

use super::{Timestamp, Visibility};
use crate::lenient::record;

record! {
    /// A user or an organization.
    #[doc(alias = "resources_pb2.User")]
    pub struct User {
        /// User id.
        pub id: String,
        /// First name.
        pub first_name: Option<String>,
        /// Last name.
        pub last_name: Option<String>,
        /// Name of the company.
        pub company_name: Option<String>,
        /// Title of the job.
        pub job_title: Option<String>,
        /// Time the account was created.
        pub created_at: Option<Timestamp>,
        /// Who may see the user.
        pub visibility: Option<Visibility>,
        /// What only the user itself may see.
        pub user_detail: Option<UserDetail>,
    }
}

record! {
    /// What only the user itself may see.
    pub struct UserDetail {
        /// Email address for signing in.
        pub primary_email: Option<String>,
        /// Further email addresses, as free-form JSON.
        pub email_addresses: Option<Value>,
        /// Free-form JSON attached by the user.
        pub metadata: Option<Value>,
    }
}
