//! Concepts: create, get, list, search, rename.

use clarifai_core::Page;
use clarifai_core::concepts::{CreateConcepts, GetConcept, ListConcepts, PatchConcepts, SearchConcepts};

use super::*;

fn list_all(vector: Vector) -> Outcome {
    ok(vector, |vector| vector.read(ListConcepts::new()).map(drop))
}

fn search_all(vector: Vector, name: &str, language: Option<&str>) -> Outcome {
    let search = SearchConcepts::new(name);
    let search = match language {
        Some(language) => search.language(language),
        None => search,
    };
    ok(vector, |vector| vector.read(search).map(drop))
}

/// Runs the calls of a vector, chosen by its id.
pub(crate) fn run_vector(id: &str, v: Vector) -> Option<Outcome> {
    let create = |v, create: CreateConcepts| ok(v, |v| v.call(create).map(drop));
    let patch = |v, patch: PatchConcepts| ok(v, |v| v.call(patch).map(drop));
    let get = |v, id: &str| ok(v, |v| v.call(GetConcept::new(id)).map(drop));
    let list = |v, number, size| ok(v, |v| v.call(ListConcepts::new().page(Page::new(number, size))).map(drop));
    Some(match id {
        "concepts-create-id" => create(v, CreateConcepts::new().concept("cat")),
        "concepts-create-id-name" => create(v, CreateConcepts::new().named("cat", "Cute cat")),
        "concepts-create-unicode" => create(v, CreateConcepts::new().named("狗", "小狗 🐕")),
        "concepts-create-empty-name" => create(v, CreateConcepts::new().named("cat", "")),
        "concepts-create-slash-id" => create(v, CreateConcepts::new().concept("a/b c%d")),
        "concepts-bulk-create-names" => {
            create(v, CreateConcepts::new().named("id1", "cute cat").named("id2", "cute dog"))
        }
        "concepts-bulk-create-none-name" => create(v, CreateConcepts::new().concept("id1").named("id2", "dog")),
        "concepts-bulk-update" => patch(v, PatchConcepts::new().rename("myid1", "name2").rename("myid2", "name3")),
        "concepts-update" => patch(v, PatchConcepts::new().rename("myid1", "new_concept_name2")),
        "concepts-update-overwrite" => patch(v, PatchConcepts::new().rename("狗", "犬")),
        "concepts-get" => get(v, "cat"),
        "concepts-get-unicode" => get(v, "狗"),
        "concepts-get-space" => get(v, "a b"),
        "concepts-get-plus-at-colon" => get(v, "a+b@c:d&e=f"),
        "concepts-get-all" | "concepts-get-all-empty" | "concepts-get-all-three-pages" => list_all(v),
        "concepts-get-by-page-default" => list(v, 1, 20),
        "concepts-get-by-page" => list(v, 2, 10),
        "concepts-get-by-page-kw" => list(v, 1, 2),
        "concepts-search" => search_all(v, "cat", None),
        "concepts-search-wildcard-lang" => search_all(v, "狗*", Some("zh")),
        "concepts-search-nothing" => search_all(v, "zzz", None),
        _ => return None,
    })
}
