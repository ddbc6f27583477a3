//! What several tests share.

pub(crate) mod cases;
mod create_thing;

pub(crate) use create_thing::CreateThing;

/// Defines a test for each kind in a list, so that kinds run side by side: each calls `$check` with the name of its
/// kind.
macro_rules! test_each_kind {
    ($check:path, $kinds:expr; $($kind:ident),+ $(,)?) => {
        $(
            #[test]
            fn $kind() {
                $check(stringify!($kind));
            }
        )+

        #[test]
        fn every_kind_has_a_test() {
            assert_eq!([$(stringify!($kind)),+], $kinds.map(|kind| kind.name));
        }
    };
}
pub(crate) use test_each_kind;
