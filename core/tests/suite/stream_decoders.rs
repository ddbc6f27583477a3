//! The decoders of streamed bodies: the standard's rules, ends, limits, and that the split into pieces has no effect.

use std::time::Duration;

use clarifai_core::stream::{DecodeFault, Decoder, End, EventDecoder, JsonDecoder};
use proptest::prelude::*;

/// Name, data and id of an event.
type Seen = (String, String, String);

fn events(pieces: &[&[u8]]) -> Result<(Vec<Seen>, EventDecoder), DecodeFault> {
    let mut decoder = EventDecoder::new();
    let mut seen = Vec::new();
    for piece in pieces {
        let mut piece = *piece;
        while let Some(event) = decoder.next(&mut piece)? {
            seen.push((event.name.into(), String::from_utf8_lossy(event.data).into(), event.id.into()));
        }
        assert!(piece.is_empty());
    }
    Ok((seen, decoder))
}

fn data(body: &str) -> Vec<String> {
    events(&[body.as_bytes()]).unwrap().0.into_iter().map(|(_, data, _)| data).collect()
}

#[test]
fn events_follow_the_standard() {
    for (body, expected) in [
        ("data: a\n\n", &["a"][..]),
        ("data:a\n\n", &["a"]),
        ("data:  a\n\n", &[" a"]),
        ("data: a\r\rdata: b\r\n\r\ndata: c\n\n", &["a", "b", "c"]),
        ("data: a\r\n\n", &["a"]),
        ("data: a\ndata: b\n\n", &["a\nb"]),
        ("data\n\n", &[""]),
        ("data\ndata\n\n", &["\n"]),
        ("data:\n\n", &[""]),
        (": comment\n\n:\n\ndata: a\n\n", &["a"]),
        ("\u{feff}data: a\n\n", &["a"]),
        ("\u{feff}\u{feff}data: a\n\n", &[]),
        ("\n\n\ndata: a\n\n\n\n", &["a"]),
        ("database: a\n\n", &[]),
        ("Data: a\n\n", &[]),
        (" data: a\n\n", &[]),
        ("event: x\n\ndata: a\n\n", &["a"]),
        ("data: a", &[]),
        ("data: a\n", &[]),
        ("data: ä\u{2028}b\n\n", &["ä\u{2028}b"]),
        ("", &[]),
    ] {
        assert_eq!(data(body), expected, "{body:?}");
    }
}

#[test]
fn events_have_name_id_and_retry() {
    let body =
        "event: x\nid: 1\ndata: a\n\ndata: b\n\nid: 2\0\ndata: c\n\nid\ndata: d\n\nretry: 250\nretry: 1x\nretry:\n\n";
    let (seen, decoder) = events(&[body.as_bytes()]).unwrap();
    let expected = [("x", "a", "1"), ("", "b", "1"), ("", "c", "1"), ("", "d", "")];
    assert_eq!(seen, expected.map(|(name, data, id)| (name.to_owned(), data.to_owned(), id.to_owned())));
    assert_eq!(decoder.retry(), Some(Duration::from_millis(250)));
    assert_eq!(events(&[b"event: x\n\ndata: a\n\n"]).unwrap().0[0].0, "", "an event without data takes its name along");
}

fn values(pieces: &[&[u8]]) -> Result<(Vec<String>, End), DecodeFault> {
    let mut decoder = JsonDecoder::new();
    let mut seen = Vec::new();
    for piece in pieces {
        let mut piece = *piece;
        while let Some(value) = decoder.next(&mut piece)? {
            seen.push(String::from_utf8_lossy(value).into_owned());
        }
        assert!(piece.is_empty());
    }
    Ok((seen, decoder.finish()))
}

#[test]
fn json_values_in_every_framing() {
    for (body, expected, end) in [
        ("{}", &["{}"][..], End::Finished),
        ("{}{}", &["{}", "{}"], End::Finished),
        ("{}\n{}\r\n", &["{}", "{}"], End::Finished),
        ("[{},\n{}]\n", &["{}", "{}"], End::Finished),
        ("[]", &[], End::Finished),
        ("[{}][{}]", &["{}", "{}"], End::Finished),
        ("[[1],[2]]", &["[1]", "[2]"], End::Finished),
        (r#"{"a":"}\"]{"}{"b":[{"c":"\\"}]}"#, &[r#"{"a":"}\"]{"}"#, r#"{"b":[{"c":"\\"}]}"#], End::Finished),
        ("[{}", &["{}"], End::Within),
        ("[{},", &["{}"], End::Within),
        ("{}{", &["{}"], End::Within),
        (r#"{"a":"#, &[], End::Within),
        (r#"{"a":""#, &[], End::Within),
        ("", &[], End::Finished),
    ] {
        let (seen, ended) = values(&[body.as_bytes()]).unwrap();
        assert_eq!((seen.as_slice(), ended), (&expected.iter().map(|&v| v.to_owned()).collect::<Vec<_>>()[..], end));
    }
}

#[test]
fn bytes_that_are_not_json_are_refused() {
    for (body, before) in
        [("{} x", 1), ("null", 0), ("{},{}", 1), ("[{}{}]", 1), ("[,{}]", 0), ("[{},]", 1), ("}", 0), ("[{}]]", 1)]
    {
        let mut decoder = JsonDecoder::new();
        let mut piece = body.as_bytes();
        let mut count = 0;
        let fault = loop {
            match decoder.next(&mut piece) {
                Ok(Some(_)) => count += 1,
                Ok(None) => panic!("{body} was accepted"),
                Err(fault) => break fault,
            }
        };
        assert!(matches!(fault, DecodeFault::NotJson(_)), "{body}: {fault}");
        assert_eq!(count, before, "{body}");
    }
}

#[test]
fn elements_over_the_limit_are_refused_before_they_are_held() {
    for (body, limit) in [("data: 0123456789\n\n", 12), ("{\"a\":\"0123456789\"}", 12), (": 0123456789", 4)] {
        for step in 1..=body.len() {
            let mut decoder = Decoder::with_limit(limit);
            let fault = body.as_bytes().chunks(step).find_map(|mut piece| decoder.next(&mut piece).err());
            assert_eq!(fault, Some(DecodeFault::TooLarge(limit)), "{body} by {step}");
        }
    }
    let mut decoder = EventDecoder::with_limit(20);
    let mut piece = &b"data: 0123456789\ndata: 0123456789\n\n"[..];
    assert_eq!(decoder.next(&mut piece), Err(DecodeFault::TooLarge(20)), "the data of one event counts as a whole");
}

fn elements(pieces: &[&[u8]]) -> (Vec<Seen>, Result<End, DecodeFault>) {
    let mut decoder = Decoder::with_limit(1 << 16);
    let mut seen = Vec::new();
    for piece in pieces {
        let mut piece = *piece;
        loop {
            match decoder.next(&mut piece) {
                Ok(Some(element)) => {
                    seen.push((element.name.into(), String::from_utf8_lossy(element.json).into(), String::new()));
                }
                Ok(None) => break,
                Err(fault) => return (seen, Err(fault)),
            }
        }
    }
    (seen, Ok(decoder.finish()))
}

#[test]
fn finished_differs_from_cut_off() {
    for (body, count, end) in [
        ("data: {}\n\ndata: [DONE]\n\n", 1, End::Finished),
        ("data: {}\n\ndata: [DONE]\n\ndata: {}\n\nrubbish", 1, End::Finished),
        ("data: {}\n\ndata: [DONE]\n", 1, End::Finished),
        ("data: {}\n\ndata: [DONE]", 1, End::Finished),
        ("data: {}\n\n", 1, End::Unmarked),
        ("data: {}\n\n: keep alive\n\n", 1, End::Unmarked),
        ("data: {}\n\ndata: {}\n", 1, End::Within),
        ("data: {}\n\ndata: {", 1, End::Within),
        ("data: {}\n\nda", 1, End::Within),
        (" \n[{},{}]", 2, End::Finished),
        ("\n{}\n{}\n", 2, End::Finished),
        ("[{},", 1, End::Within),
        ("", 0, End::Unmarked),
        ("  \n", 0, End::Unmarked),
    ] {
        let (seen, ended) = elements(&[body.as_bytes()]);
        assert_eq!((seen.len(), ended), (count, Ok(end)), "{body:?}");
    }
}

/// Bodies made of the parts that matter to the decoders, in any order.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let parts = prop::sample::select(vec![
        "data: ",
        "data:",
        "data",
        "event: x",
        "id: 1",
        "retry: 5",
        ":",
        "\n",
        "\r",
        "\r\n",
        "\n\n",
        "\u{feff}",
        "{",
        "}",
        "[",
        "]",
        ",",
        "\"",
        "\\",
        "{\"a\":\"}\\\"\"}",
        "ä",
        "[DONE]",
        " ",
        "x",
        "\0",
    ]);
    prop::collection::vec(parts, 0..40).prop_map(|parts| parts.concat().into_bytes())
}

/// Splits bytes at these places.
fn split(body: &[u8], at: &[prop::sample::Index]) -> Vec<Vec<u8>> {
    let mut places: Vec<_> = at.iter().map(|index| index.index(body.len() + 1)).collect();
    places.push(body.len());
    places.sort_unstable();
    let mut from = 0;
    places.into_iter().map(|to| body[std::mem::replace(&mut from, to)..to].to_vec()).collect()
}

proptest! {
    #[test]
    fn any_split_gives_the_same_elements(body in body(), at in prop::collection::vec(any::<prop::sample::Index>(), 0..12)) {
        let pieces = split(&body, &at);
        let pieces: Vec<_> = pieces.iter().map(Vec::as_slice).collect();
        let single: Vec<_> = body.chunks(1).collect();
        let whole = without_text(elements(&[&body]));
        prop_assert_eq!(&without_text(elements(&pieces)), &whole);
        prop_assert_eq!(&without_text(elements(&single)), &whole);
        let (seen, decoder) = events(&[&body]).unwrap();
        let (split_seen, split_decoder) = events(&pieces).unwrap();
        prop_assert_eq!(seen, split_seen);
        prop_assert_eq!((decoder.rest().is_some(), decoder.retry()), (split_decoder.rest().is_some(), split_decoder.retry()));
    }
}

/// The text in an error shows the rest of the piece, which depends on the split.
fn without_text(result: (Vec<Seen>, Result<End, DecodeFault>)) -> (Vec<Seen>, Result<End, bool>) {
    (result.0, result.1.map_err(|fault| matches!(fault, DecodeFault::NotJson(_))))
}
