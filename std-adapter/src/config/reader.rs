//! Looks variables up and keeps the warnings.

use std::fmt;

use super::{Sources, VARIABLES, Variable, parse, variable};
use crate::export::otlp::{Headers, endpoint::redact};

/// As much of a bad value as a warning shows.
const SHOWN: usize = 80;

/// A value in the environment that was not used. The text names the variable, says what is wrong and what holds instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    variable: &'static str,
    text: String,
}

impl Warning {
    /// The variable that was set.
    pub fn variable(&self) -> &'static str {
        self.variable
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

pub(super) struct Reader<L> {
    lookup: L,
    sources: Sources,
    warnings: Vec<Warning>,
}

impl<L: Fn(&str) -> Option<String>> Reader<L> {
    pub(super) fn new(lookup: L) -> Self {
        Self { lookup, sources: [None; VARIABLES.len()], warnings: Vec::new() }
    }

    /// Parses the variable into `target`, which keeps the default that it holds when there is nothing to use.
    pub(super) fn value<T>(
        &mut self,
        variable: &Variable,
        parse: impl FnOnce(&str) -> Result<T, String>,
        target: &mut T,
    ) {
        let Some((name, text)) = self.set(variable) else {
            return;
        };
        match utf8(&text).and_then(parse) {
            Ok(value) => {
                *target = value;
                self.set_source(variable, name);
            }
            Err(problem) => {
                let shown = shown(variable, &text);
                let default = match variable.default {
                    "" => "nothing".into(),
                    default => format!("the default, {default}"),
                };
                self.warn(name, format!("{name}=\"{shown}\" {problem}; using {default}"));
            }
        }
    }

    /// The good headers are kept: one bad entry must not take the credentials away.
    pub(super) fn headers(&mut self, variable: &Variable, target: &mut Headers) {
        let Some((name, text)) = self.set(variable) else {
            return;
        };
        let (headers, problems) = match utf8(&text) {
            Ok(text) => parse::headers(text),
            Err(problem) => (Headers::new(), vec![problem]),
        };
        if !problems.is_empty() {
            let problems = problems.join(", ");
            let instead = if headers.is_empty() { "using no headers, the default" } else { "using the other headers" };
            self.warn(name, format!("{name} {problems}; {instead} (its value may be secret and is not shown)"));
        }
        if !headers.is_empty() {
            self.set_source(variable, name);
        }
        *target = headers;
    }

    pub(super) fn set_source(&mut self, variable: &Variable, name: &'static str) {
        if let Some(at) = VARIABLES.iter().position(|known| known == variable) {
            self.sources[at] = Some(name);
        }
    }

    pub(super) fn finish(self) -> (Sources, Vec<Warning>) {
        (self.sources, self.warnings)
    }

    /// The first of the variable's names that is set to more than blanks, and its value.
    fn set(&self, variable: &Variable) -> Option<(&'static str, String)> {
        std::iter::once(&variable.name).chain(variable.also).find_map(|name| {
            let value = (self.lookup)(name)?;
            let value = value.trim();
            (!value.is_empty()).then(|| (*name, value.to_string()))
        })
    }

    fn warn(&mut self, variable: &'static str, text: String) {
        self.warnings.push(Warning { variable, text });
    }
}

fn utf8(text: &str) -> Result<&str, String> {
    if text.contains(char::REPLACEMENT_CHARACTER) { Err("is not valid UTF-8".into()) } else { Ok(text) }
}

/// The value on one line, shortened, without credentials.
fn shown(variable: &Variable, text: &str) -> String {
    let text = if *variable == variable::ENDPOINT { redact(text) } else { text.into() };
    let mut shown: String = text.chars().take(SHOWN).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown.escape_debug().to_string()
}
