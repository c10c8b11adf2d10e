//! The models, on what proptest thinks of. The fuzz targets check the same ones for longer.

mod models;

use models::{config, endpoint, headers, resource, statement};
use proptest::collection::vec;
use proptest::prelude::*;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-zA-Z0-9_.-]{0,8}",
        2 => "[ab%=,;:/@?#\\[\\] \t]{0,8}",
        1 => "[*/'\"`\n-]{0,6}",
        1 => any::<String>(),
    ]
}

proptest! {
    // What is found becomes a test of its own, and no file beside this one.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_environment_is_read_as_documented(settings in vec((any::<u8>(), 0_u8..48, text()), 0..8)) {
        config::check(&settings);
    }

    #[test]
    fn headers_are_kept_and_their_values_hidden(list in vec((text(), text(), any::<bool>()), 0..4), any in text()) {
        headers::check(&list, &any);
    }

    #[test]
    fn endpoints_are_normalised_or_explained(any in text(), parts: (u8, u8, u16), texts in (text(), text(), text())) {
        endpoint::check(&any, &(parts.0, parts.1, parts.2, texts.0, texts.1, texts.2));
    }

    #[test]
    fn the_resource_is_a_map(name in text(), attributes in vec((text(), text()), 0..6)) {
        resource::check(&name, &attributes);
    }

    #[test]
    fn statements_are_told_however_they_are_written(
        sql in text(),
        words in vec((any::<u8>(), any::<u8>(), text(), any::<u8>()), 0..12),
        name in text(),
    ) {
        statement::check(&sql, &words, &name);
    }
}
