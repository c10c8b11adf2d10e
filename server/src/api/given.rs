//! A field that may be left out, and is not null when it is there. serde alone takes null for a field that was left out.

use serde::{Deserialize, Deserializer};

/// For `#[serde(default, deserialize_with = "given")]`.
pub(super) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
