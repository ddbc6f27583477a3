//! Recognizes images and videos by the first bytes of their content.

/// The kind of a medium.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Medium {
    Image,
    Video,
}

impl Medium {
    /// Returns the name in job files.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
        }
    }
}

/// Number of bytes that are enough to recognize a medium.
pub(super) const PREFIX: usize = 192;

/// Brands of the container of MP4 files that are images.
const IMAGE_BRANDS: [&[u8]; 8] = [b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1"];

/// Returns the medium that begins with these bytes, or `None` if it is neither an image nor a video.
pub(crate) fn medium_of(start: &[u8]) -> Option<Medium> {
    let at = |offset: usize, bytes: &[u8]| start.get(offset..).is_some_and(|rest| rest.starts_with(bytes));
    let image = at(0, b"\xff\xd8\xff")
        || at(0, b"\x89PNG\r\n\x1a\n")
        || at(0, b"GIF87a")
        || at(0, b"GIF89a")
        || at(0, b"II*\0")
        || at(0, b"MM\0*")
        || (at(0, b"RIFF") && at(8, b"WEBP"))
        // The reserved bytes tell a bitmap from a text that begins with BM.
        || (at(0, b"BM") && at(6, &[0; 4]))
        || (at(4, b"ftyp") && IMAGE_BRANDS.iter().any(|brand| at(8, brand)));
    let video = at(4, b"ftyp")
        || (at(4, b"moov") || at(4, b"mdat"))
        || (at(0, b"RIFF") && at(8, b"AVI "))
        || at(0, b"\x1a\x45\xdf\xa3")
        || at(0, b"\0\0\x01\xba")
        || at(0, b"\0\0\x01\xb3")
        || at(0, b"FLV\x01")
        || at(0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11")
        || (at(0, b"OggS") && at(28, b"\x80theora"))
        || (at(0, b"\x47") && at(188, b"\x47"));
    match (image, video) {
        (true, _) => Some(Medium::Image),
        (_, true) => Some(Medium::Video),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_are_recognized_by_their_first_bytes() {
        for (start, expected) in [
            (&b"\xff\xd8\xff\xe0"[..], Some(Medium::Image)),
            (b"\x89PNG\r\n\x1a\n", Some(Medium::Image)),
            (b"GIF89a", Some(Medium::Image)),
            (b"RIFF\0\0\0\0WEBPVP8 ", Some(Medium::Image)),
            (b"BM\0\0\0\0\0\0\0\0", Some(Medium::Image)),
            (b"BM is a text", None),
            (b"\0\0\0\x18ftypheic", Some(Medium::Image)),
            (b"\0\0\0\x18ftypmp42", Some(Medium::Video)),
            (b"\0\0\0\x14ftypqt  ", Some(Medium::Video)),
            (b"RIFF\0\0\0\0AVI LIST", Some(Medium::Video)),
            (b"\x1a\x45\xdf\xa3", Some(Medium::Video)),
            (b"%PDF-1.4", None),
            (b"", None),
            (b"G is a text", None),
        ] {
            assert_eq!(medium_of(start), expected, "{start:?}");
        }
        let mut stream = [0; 200];
        (stream[0], stream[188]) = (0x47, 0x47);
        assert_eq!(medium_of(&stream), Some(Medium::Video));
    }
}
