//! Looks variables up and keeps the warnings.

use std::fmt;

use super::variable::{self, Unsupported, VARIABLES, Variable};
use super::{Exporter, Refusal, Sources, parse};
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
    refusal: Option<Refusal>,
}

impl<L: Fn(&str) -> Option<String>> Reader<L> {
    pub(super) fn new(lookup: L) -> Self {
        Self { lookup, sources: [None; VARIABLES.len()], warnings: Vec::new(), refusal: None }
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

    /// Where metrics are pushed.
    pub(super) fn exporter(&mut self, target: &mut Exporter) {
        let Some((name, text)) = self.set(&variable::EXPORTER) else {
            return;
        };
        self.set_source(&variable::EXPORTER, name);
        let parse = if name == variable::EXPORTER.name { parse::exporter } else { parse::exporters };
        *target = utf8(&text).and_then(parse).unwrap_or_else(|problem| {
            self.warn(name, format!("{name}=\"{}\" {problem}; nothing is pushed", shown(&text)));
            Exporter::Unusable
        });
    }

    /// Whether metrics are scraped: what the service's own variable says, or else whether the standard list of exporters
    /// names `prometheus`. That list counts for this wherever metrics are pushed.
    pub(super) fn prometheus(&mut self, target: &mut bool) {
        let list = self.first_set(&[variable::METRICS_EXPORTER]);
        if !self.is_set(&variable::PROMETHEUS) && list.is_some_and(|(_, list)| parse::names_prometheus(&list)) {
            *target = true;
            self.set_source(&variable::PROMETHEUS, variable::METRICS_EXPORTER);
        }
        self.value(&variable::PROMETHEUS, parse::boolean, target);
    }

    /// The receiver of OTLP, whose endpoint is empty when anything that is said about it cannot be honoured.
    pub(super) fn receiver(&mut self, otlp: &mut OtlpConfig) {
        self.endpoint(&mut otlp.endpoint);
        self.headers(&mut otlp.headers);
        self.insecure(&otlp.endpoint);
        for unsupported in &variable::UNSUPPORTED {
            self.unsupported(unsupported);
        }
        if let Some(refusal) = &mut self.refusal {
            refusal.endpoint = std::mem::take(&mut otlp.endpoint);
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
                self.set_source(&variable::ENDPOINT, name);
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
            Err(problem) => {
                self.set_source(&variable::HEADERS, name);
                self.refuse(name, &format!("{name} {problem} (its value may be secret and is not shown)"))
                    .are_headers_bad = true;
            }
        }
    }

    fn unsupported(&mut self, unsupported: &Unsupported) {
        let Some((name, text)) = self.first_set(unsupported.names) else {
            return;
        };
        if text.eq_ignore_ascii_case(unsupported.harmless) {
            return;
        }
        self.warn(name, unsupported.text(name));
        if unsupported.refuses {
            self.refusal.get_or_insert(Refusal::by(name));
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
                format!(
                    "{name} asks for no TLS, but the endpoint begins with https, so TLS is used; use http for none"
                ),
            ),
            (Ok(false), false) => {
                self.refuse(name, &format!("{name} asks for TLS, and the endpoint has none: use one with https"));
            }
            (Err(problem), _) => {
                self.refuse(name, &format!("{name}=\"{}\" {problem}", shown(&text)));
            }
        }
    }

    pub(super) fn set_source(&mut self, variable: &Variable, name: &'static str) {
        if let Some(at) = VARIABLES.iter().position(|known| known == variable) {
            self.sources[at] = Some(name);
        }
    }

    pub(super) fn finish(self) -> (Sources, Option<Refusal>, Vec<Warning>) {
        (self.sources, self.refusal, self.warnings)
    }

    fn is_set(&self, variable: &Variable) -> bool {
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

    fn refuse(&mut self, variable: &'static str, problem: &str) -> &mut Refusal {
        self.warn(variable, format!("{problem}; nothing is pushed over OTLP"));
        self.refusal.get_or_insert(Refusal::by(variable))
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
