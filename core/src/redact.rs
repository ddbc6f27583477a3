//! Redaction of credentials and tokens in texts of the service.

use std::sync::Arc;

use serde_json::Value;

use crate::credentials::{Credentials, TokenDesk};
use crate::types::Status;

/// Redacts the credentials of a client, and the tokens obtained with them, in texts that come from outside.
#[derive(Clone, Debug)]
pub(crate) struct Redactor {
    credentials: Arc<Credentials>,
    tokens: Arc<TokenDesk>,
}

impl Redactor {
    pub(crate) fn new(credentials: Arc<Credentials>, tokens: Arc<TokenDesk>) -> Self {
        Self { credentials, tokens }
    }

    /// Redacts the credentials and tokens in `text`, which comes from outside. `cut` states that
    /// `text` was truncated: then a partial secret at its end is redacted too.
    pub(crate) fn redact(&self, text: &str, cut: bool) -> String {
        let mut text = text.to_owned();
        for secret in self.credentials.secrets().into_iter().chain(self.tokens.secrets()) {
            text = text.replace(&secret, "***");
            // The JSON spellings of the secret: some encoders escape slashes, others do not.
            let json = Value::from(secret.as_str()).to_string();
            let escaped = &json[1..json.len() - 1];
            for spelling in [escaped.to_owned(), escaped.replace('/', "\\/")] {
                if spelling != secret {
                    text = text.replace(&spelling, "***");
                }
            }
            let part = secret.char_indices().rev().map(|(end, _)| &secret[..end]);
            if let Some(part) = part.filter(|part| cut && part.len() >= 4).find(|part| text.ends_with(part)) {
                text.truncate(text.len() - part.len());
                text.push_str("***");
            }
        }
        text
    }

    /// Redacts all strings of a status with [`redact`](Self::redact).
    pub(crate) fn redact_status(&self, status: &Status) -> Status {
        let redacted = serde_json::to_value(status).and_then(|mut json| {
            self.redact_json(&mut json);
            serde_json::from_value(json)
        });
        // A status is plain data that was just deserialized, so this cannot fail. If it did, the unredacted text must
        // not be returned, so only the code is kept.
        redacted.unwrap_or_else(|_| Status { code: status.code.clone(), ..Status::default() })
    }

    fn redact_json(&self, json: &mut Value) {
        match json {
            Value::String(text) => *text = self.redact(text, false),
            Value::Array(values) => values.iter_mut().for_each(|value| self.redact_json(value)),
            Value::Object(members) => {
                for (key, mut value) in std::mem::take(members) {
                    self.redact_json(&mut value);
                    members.insert(self.redact(&key, false), value);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor(credentials: Result<Credentials, crate::Error>) -> Redactor {
        Redactor::new(Arc::new(credentials.expect("valid")), Arc::default())
    }

    #[test]
    fn secrets_are_redacted_in_every_spelling() {
        let redactor = redactor(Credentials::personal_access_token("hunter2hunter2"));
        assert_eq!(redactor.redact("invalid key (hunter2hunter2)", false), "invalid key (***)");
        assert_eq!(redactor.redact("invalid key (hunter2hun", true), "invalid key (***", "cut in half");
        assert_eq!(redactor.redact("invalid key (hunter2hun", false), "invalid key (hunter2hun");
        assert!(!format!("{redactor:?}").contains("hunter2"));
    }

    #[test]
    fn json_escapes_of_a_secret_are_redacted() {
        let redactor = redactor(Credentials::bearer("abcd/efgh\"ijkl"));
        for quoted in ["abcd/efgh\"ijkl", r#"abcd/efgh\"ijkl"#, r#"abcd\/efgh\"ijkl"#] {
            assert_eq!(redactor.redact(&format!("bad token <{quoted}>"), false), "bad token <***>", "{quoted}");
        }
    }
}
