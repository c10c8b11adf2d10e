//! Looks variables up and keeps the warnings.

use std::fmt;

use super::variable::{self, Unsupported, VARIABLES, Variable};
use super::{Exporter, Sources, parse};
use crate::export::otlp::{Headers, OtlpConfig, endpoint::redact};

/// As much of a bad value as a warning shows.
const SHOWN: usize = 80;

/// A value in the environment that was not used. The text begins with the variable, says what is wrong and what holds
/// instead.
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
    /// The first variable for which nothing may be pushed over OTLP.
    refused_by: Option<&'static str>,
}

impl<L: Fn(&str) -> Option<String>> Reader<L> {
    pub(super) fn new(lookup: L) -> Self {
        Self { lookup, sources: [None; VARIABLES.len()], warnings: Vec::new(), refused_by: None }
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
                let shown = shown(&text);
                let default = match variable.default {
                    "" => "nothing".into(),
                    default => format!("the default, {default}"),
                };
                self.warn(name, format!("{name}=\"{shown}\" {problem}; using {default}"));
            }
        }
    }

    /// Where metrics are pushed, and whether they are shown to Prometheus for it.
    pub(super) fn exporter(&mut self) -> Option<(Exporter, bool)> {
        let (name, text) = self.set(&variable::EXPORTER)?;
        self.set_source(&variable::EXPORTER, name);
        let parse = if name == variable::EXPORTER.name { parse::exporter } else { parse::exporters };
        Some(utf8(&text).and_then(parse).unwrap_or_else(|problem| {
            self.warn(name, format!("{name}=\"{}\" {problem}; nothing is pushed", shown(&text)));
            (Exporter::Unusable, false)
        }))
    }

    /// The receiver of OTLP, whose endpoint is empty when anything that is said about it cannot be honoured.
    pub(super) fn receiver(&mut self, otlp: &mut OtlpConfig) {
        self.endpoint(&mut otlp.endpoint);
        self.headers(&mut otlp.headers);
        self.insecure(&otlp.endpoint);
        for unsupported in &variable::UNSUPPORTED {
            self.unsupported(unsupported);
        }
        if let Some(name) = self.refused_by {
            otlp.endpoint.clear();
            self.set_source(&variable::ENDPOINT, name);
        }
    }

    fn endpoint(&mut self, target: &mut String) {
        let Some((name, text)) = self.set(&variable::ENDPOINT) else {
            return;
        };
        match utf8(&text).and_then(parse::endpoint) {
            Ok(endpoint) => {
                *target = endpoint;
                self.set_source(&variable::ENDPOINT, name);
            }
            Err(problem) => {
                target.clear();
                self.refuse(name, &format!("{name}=\"{}\" {problem}", shown(&redact(&text))));
            }
        }
    }

    /// One bad entry spoils all: it may hold the credentials, or say whose data this is.
    fn headers(&mut self, target: &mut Headers) {
        let Some((name, text)) = self.set(&variable::HEADERS) else {
            return;
        };
        match utf8(&text).and_then(parse::headers) {
            Ok(headers) => {
                *target = headers;
                self.set_source(&variable::HEADERS, name);
            }
            Err(problem) => self.refuse(name, &format!("{name} {problem} (its value may be secret and is not shown)")),
        }
    }

    /// Values are not shown: a key may stand where the name of its file belongs.
    fn unsupported(&mut self, unsupported: &Unsupported) {
        let Some((name, text)) = self.first_set(unsupported.names) else {
            return;
        };
        if text.eq_ignore_ascii_case(unsupported.harmless) {
            return;
        }
        let problem = format!("{name} does nothing: {}", unsupported.reason);
        if unsupported.refuses {
            self.refuse(name, &problem);
        } else {
            self.warn(name, problem);
        }
    }

    /// The endpoint's scheme decides, as the specification has it. But where TLS is asked for, nothing is sent without
    /// it. An endpoint that cannot be used, and is empty, has no scheme.
    fn insecure(&mut self, endpoint: &str) {
        let Some((name, text)) = self.first_set(&variable::INSECURE).filter(|_| !endpoint.is_empty()) else {
            return;
        };
        match (utf8(&text).and_then(parse::boolean), endpoint.starts_with("https:")) {
            (Ok(true), false) | (Ok(false), true) => {}
            (Ok(true), true) => self.warn(
                name,
                format!("{name} does nothing: the endpoint begins with https, which is TLS; use http for none"),
            ),
            (Ok(false), false) => {
                self.refuse(name, &format!("{name} asks for TLS, and the endpoint has none: use one with https"));
            }
            (Err(problem), _) => self.refuse(name, &format!("{name}=\"{}\" {problem}", shown(&text))),
        }
    }

    pub(super) fn set_source(&mut self, variable: &Variable, name: &'static str) {
        if let Some(at) = VARIABLES.iter().position(|known| known == variable) {
            self.sources[at] = Some(name);
        }
    }

    pub(super) fn finish(self) -> (Sources, Vec<Warning>) {
        (self.sources, self.warnings)
    }

    pub(super) fn is_set(&self, variable: &Variable) -> bool {
        self.set(variable).is_some()
    }

    /// The first of the variable's names that is set to more than blanks, and its value.
    fn set(&self, variable: &Variable) -> Option<(&'static str, String)> {
        let own = self.first_set(&[variable.name]);
        own.or_else(|| self.first_set(variable.also))
    }

    fn first_set(&self, names: &[&'static str]) -> Option<(&'static str, String)> {
        names.iter().find_map(|name| {
            let value = (self.lookup)(name)?;
            let value = value.trim();
            (!value.is_empty()).then(|| (*name, value.to_string()))
        })
    }

    fn refuse(&mut self, variable: &'static str, problem: &str) {
        self.refused_by = self.refused_by.or(Some(variable));
        self.warn(variable, format!("{problem}; nothing is pushed over OTLP"));
    }

    fn warn(&mut self, variable: &'static str, text: String) {
        self.warnings.push(Warning { variable, text });
    }
}

fn utf8(text: &str) -> Result<&str, String> {
    if text.contains(char::REPLACEMENT_CHARACTER) { Err("is not valid UTF-8".into()) } else { Ok(text) }
}

/// The value on one line, shortened.
fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown.escape_debug().to_string()
}
