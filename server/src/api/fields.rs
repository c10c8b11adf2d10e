//! How fields of a JSON body are read, where serde alone would take other values than the OpenAPI document allows.

use serde::{Deserialize, Deserializer, de};

/// For a field that may be left out, and is not null when it is there: `#[serde(default, deserialize_with = "given")]`.
pub(super) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// For a whole number, which may be written as `3.0` in JSON Schema, and so by clients that have one type of numbers.
pub(super) fn whole<'de, T: TryFrom<i64>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let number = serde_json::Number::deserialize(deserializer)?;
    // Up to 2^53 a float is exactly what was written.
    let exact = |float: &f64| float.fract() == 0.0 && float.abs() <= 9_007_199_254_740_992.0;
    let whole = number.as_i64().or_else(|| number.as_f64().filter(exact).map(|float| float as i64));
    whole
        .and_then(|whole| T::try_from(whole).ok())
        .ok_or_else(|| de::Error::custom(format_args!("invalid value: {number} is not a whole number in range")))
}

/// Like [`whole`], for a field that may also be null or, with `#[serde(default)]`, left out.
pub(super) fn whole_or_null<'de, T: TryFrom<i64>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    #[derive(Deserialize)]
    #[serde(bound = "T: TryFrom<i64>")]
    struct Whole<T>(#[serde(deserialize_with = "whole")] T);
    Ok(Option::<Whole<T>>::deserialize(deserializer)?.map(|Whole(number)| number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize, Debug, PartialEq)]
    struct Fields {
        #[serde(deserialize_with = "whole")]
        id: i64,
        #[serde(default, deserialize_with = "whole_or_null")]
        seconds: Option<u32>,
    }

    fn read(json: &str) -> Option<(i64, Option<u32>)> {
        serde_json::from_str(json).ok().map(|Fields { id, seconds }| (id, seconds))
    }

    #[test]
    fn whole_numbers_are_taken_however_they_are_written() {
        assert_eq!(read(r#"{ "id": 7 }"#), Some((7, None)));
        assert_eq!(read(r#"{ "id": 7.0, "seconds": 30.0 }"#), Some((7, Some(30))));
        assert_eq!(read(r#"{ "id": -7e2, "seconds": null }"#), Some((-700, None)));
        assert_eq!(read(r#"{ "id": 9223372036854775807 }"#), Some((i64::MAX, None)));
        for bad in ["7.5", "1e300", "9007199254740994.0", "9223372036854775808", "null", "\"7\"", "true"] {
            assert_eq!(read(&format!(r#"{{ "id": {bad} }}"#)), None, "{bad}");
        }
        for bad in ["-1", "4294967296", "0.5", "\"\""] {
            assert_eq!(read(&format!(r#"{{ "id": 1, "seconds": {bad} }}"#)), None, "{bad}");
        }
    }
}
