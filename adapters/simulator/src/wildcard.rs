//! Name patterns in which `*` stands for any text.

/// Returns whether `text` matches `pattern`. `*` stands for any text, including the empty text; case is ignored.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn star_matches_any_text() {
        for (pattern, text, expected) in [
            ("color", "color", true),
            ("Color", "cOLOR", true),
            ("color", "colors", false),
            ("gen*", "general-v1.3", true),
            ("*", "", true),
            ("*v1*", "general-v1.3", true),
            ("g*l*3", "general-v1.3", true),
            ("g*x*3", "general-v1.3", false),
            ("a*a", "a", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} on {text}");
        }
    }
}
