//! The channels of the embedding that the compact embedding keeps.

/// Number of dimensions of [`Classification::compact_embedding`](crate::Classification::compact_embedding).
pub const COMPACT_EMBEDDING_LEN: usize = 1024;

static LEFT_OUT: &str = include_str!("../data/channels_left_out.txt");

/// Returns the kept channels of an embedding.
pub(crate) fn compact(embedding: &[f32]) -> Vec<f32> {
    let mut left_out = LEFT_OUT.split_ascii_whitespace().filter_map(|channel| channel.parse::<usize>().ok()).peekable();
    let kept = |(channel, number): (usize, &f32)| {
        let is_left_out = left_out.next_if_eq(&channel).is_some();
        (!is_left_out).then_some(*number)
    };
    embedding.iter().enumerate().filter_map(kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_1024_channels_in_their_order() {
        let channels: Vec<f32> = (0..1280_u16).map(f32::from).collect();
        let kept = compact(&channels);
        assert!(kept.len() == COMPACT_EMBEDDING_LEN && kept.is_sorted());
    }
}
