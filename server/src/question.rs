//! What a question is.

use std::{fmt, str::FromStr};

use picometer::Label;
use serde::{Deserialize, Serialize};

pub mod generator;
pub mod random;

/// A question with its answer, before it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewQuestion {
    pub question_type: QuestionType,
    pub difficulty: Difficulty,
    /// What is shown first and then hidden; memory questions have one.
    pub stimulus: Option<String>,
    pub text: String,
    /// At least four, all different, the answer among them.
    pub options: Vec<String>,
    pub answer: String,
}

macro_rules! closed_label {
    ($(#[$doc:meta])* $name:ident { $($variant:ident => $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Label, Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum $name { $($variant),+ }

        impl $name {
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl FromStr for $name {
            type Err = Unknown;

            fn from_str(text: &str) -> Result<Self, Unknown> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err(Unknown::new(text)),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

closed_label! {
    /// The faculty a question exercises.
    QuestionType {
        Pattern => "pattern",
        Logic => "logic",
        Spatial => "spatial",
        Math => "math",
        Verbal => "verbal",
        Memory => "memory",
    }
}

closed_label! {
    /// How hard a question is meant to be.
    Difficulty {
        Easy => "easy",
        Medium => "medium",
        Hard => "hard",
    }
}

/// Text that names no known value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a known value")]
pub struct Unknown(String);

impl Unknown {
    pub(crate) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for kind in QuestionType::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        for difficulty in Difficulty::ALL {
            assert_eq!(difficulty.as_str().parse(), Ok(*difficulty));
            assert_eq!(serde_json::to_value(difficulty).unwrap(), difficulty.as_str());
        }
        assert!("Easy".parse::<Difficulty>().is_err());
    }
}
