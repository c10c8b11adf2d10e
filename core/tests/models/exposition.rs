//! Strict parsers of Prometheus text 0.0.4 and OpenMetrics 1.0, written from their specifications and sharing nothing
//! with the encoders. They keep numbers as text, so that a digit too few shows.

use std::collections::{BTreeMap, BTreeSet};

/// The label of a series for Prometheus, as the OpenTelemetry specification of the translation has it: what is no
/// letter or digit becomes `_`, of several `_` in a row one is left, and a digit does not come first.
pub fn prometheus_name(key: &str) -> String {
    let first_digit = if key.starts_with(|first: char| first.is_ascii_digit()) { "_" } else { "" };
    let mut name = String::new();
    for c in first_digit.chars().chain(key.chars()) {
        let c = if c.is_ascii_alphanumeric() { c } else { '_' };
        if !(c == '_' && name.ends_with('_')) {
            name.push(c);
        }
    }
    name
}

/// What follows one `# TYPE`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Family {
    pub name: String,
    pub kind: String,
    pub help: Option<String>,
    pub unit: Option<String>,
    pub samples: Vec<Sample>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Sample {
    pub name: String,
    /// Unescaped, in the order of their names.
    pub labels: BTreeMap<String, String>,
    pub value: String,
}

impl Sample {
    /// What tells it apart from others: its name and its labels, of which an empty one is none ("a label with an empty
    /// label value is considered equivalent to a label that does not exist", Prometheus' documentation of its data model).
    pub fn series(&self) -> (String, BTreeMap<String, String>) {
        let labels = self.labels.iter().filter(|(_, value)| !value.is_empty());
        (self.name.clone(), labels.map(|(name, value)| (name.clone(), value.clone())).collect())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Text,
    OpenMetrics,
}

impl Format {
    /// # Errors
    /// The first line that breaks a rule, and which.
    pub fn parse(self, bytes: &[u8]) -> Result<Vec<Family>, String> {
        let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
        let mut lines: Vec<&str> = text.split('\n').collect();
        if lines.pop() != Some("") {
            return Err("the last line has no end".into());
        }
        if self == Self::OpenMetrics && lines.pop() != Some("# EOF") {
            return Err("the last line is not # EOF".into());
        }
        let mut families: Vec<Family> = Vec::new();
        let mut names = BTreeSet::new();
        for line in lines {
            self.line(line, &mut families).map_err(|problem| format!("{problem}: {line:?}"))?;
        }
        for family in &families {
            let mut series = BTreeSet::new();
            for sample in &family.samples {
                if !series.insert(sample.series()) {
                    return Err(format!("twice: {:?}", sample.series()));
                }
            }
            if family.kind.is_empty() || !names.insert(family.name.as_str()) {
                return Err(format!("{} has no type, or two", family.name));
            }
        }
        Ok(families)
    }

    fn line(self, line: &str, families: &mut Vec<Family>) -> Result<(), String> {
        let Some(comment) = line.strip_prefix("# ") else { return self.sample(line, families) };
        let (what, rest) = comment.split_once(' ').ok_or("a comment")?;
        let (name, rest) = rest.split_once(' ').ok_or("no text")?;
        if !is_name(name, true) {
            return Err("not a name of a metric".into());
        }
        if families.last().is_none_or(|family| family.name != name) {
            families.push(Family { name: name.into(), ..Family::default() });
        }
        let family = families.last_mut().ok_or("no family")?;
        if !family.samples.is_empty() {
            return Err("metadata behind samples".into());
        }
        match what {
            "HELP" if family.help.is_none() => {
                family.help = Some(unescape(rest, if self == Self::Text { "\\n" } else { "\\n\"" })?);
            }
            "TYPE" if family.kind.is_empty() => rest.clone_into(&mut family.kind),
            "UNIT" if family.unit.is_none() && self == Self::OpenMetrics => {
                if !name.ends_with(&format!("_{rest}")) {
                    return Err("the unit does not end the name".into());
                }
                family.unit = Some(rest.into());
            }
            _ => return Err("unknown, or there twice".into()),
        }
        Ok(())
    }

    fn sample(self, line: &str, families: &mut [Family]) -> Result<(), String> {
        let family = families.last_mut().ok_or("a sample before metadata")?;
        let end = line.find(['{', ' ']).ok_or("no value")?;
        let (name, mut rest) = line.split_at(end);
        let mut labels = BTreeMap::new();
        if let Some(inside) = rest.strip_prefix('{') {
            rest = inside;
            loop {
                let (key, after) = rest.split_once("=\"").ok_or("no label")?;
                if !is_name(key, false) {
                    return Err(format!("{key:?} is not a name of a label"));
                }
                let end = closing_quote(after).ok_or("the value of a label has no end")?;
                if labels.insert(key.to_owned(), unescape(&after[..end], "\\n\"")?).is_some() {
                    return Err(format!("the label {key} is there twice"));
                }
                rest = &after[end + 1..];
                match rest.strip_prefix(',') {
                    Some(after) => rest = after,
                    None => break,
                }
            }
            rest = rest.strip_prefix('}').ok_or("no }")?;
        }
        let value = rest.strip_prefix(' ').ok_or("no blank before the value")?;
        if !is_number(value) {
            return Err("not a number".into());
        }
        if !self.suffixes(&family.kind)?.iter().any(|suffix| Some(*suffix) == name.strip_prefix(&family.name)) {
            return Err(format!("a sample of another name than {}, a {}", family.name, family.kind));
        }
        if family.kind == "histogram" && labels.contains_key("le") != name.ends_with("_bucket") {
            return Err("a bucket has le, and the sum and the count have not".into());
        }
        family.samples.push(Sample { name: name.into(), labels, value: value.into() });
        Ok(())
    }

    fn suffixes(self, kind: &str) -> Result<&'static [&'static str], String> {
        match (self, kind) {
            (Self::Text, "counter") | (_, "gauge") => Ok(&[""]),
            (Self::OpenMetrics, "counter") => Ok(&["_total"]),
            (Self::OpenMetrics, "info") => Ok(&["_info"]),
            (_, "histogram") => Ok(&["_bucket", "_sum", "_count"]),
            _ => Err(format!("{kind:?} is no type")),
        }
    }
}

fn is_name(name: &str, colons: bool) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || (colons && c == ':');
    name.chars().all(is_part) && name.starts_with(|first: char| !first.is_ascii_digit())
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at),
            _ => {}
        }
    }
    None
}

/// Turns `\x` back where x is one of `known`.
fn unescape(text: &str, known: &str) -> Result<String, String> {
    let mut plain = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next() {
                Some('n') if known.contains('n') => plain.push('\n'),
                Some(c @ ('\\' | '"')) if known.contains(c) => plain.push(c),
                other => return Err(format!("\\{other:?} is no escape")),
            },
            '"' if known.contains('"') => return Err("a quote is not escaped".into()),
            c => plain.push(c),
        }
    }
    Ok(plain)
}

fn is_number(text: &str) -> bool {
    ["NaN", "+Inf", "-Inf"].contains(&text)
        || (text.parse::<f64>().is_ok_and(f64::is_finite)
            && !text.starts_with('+')
            && !text.contains(char::is_whitespace))
}

/// A decimal number as a whole number of `10^-decimals`; `None` when it is not one.
pub fn scaled(text: &str, decimals: usize) -> Option<u128> {
    let (digits, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let exponent: i64 = exponent.parse().ok()?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let places = decimals as i64 + exponent - fraction.len() as i64;
    let number: u128 = format!("{whole}{fraction}").parse().ok()?;
    let factor = 10_u128.checked_pow(u32::try_from(places.unsigned_abs()).ok()?)?;
    if places >= 0 { number.checked_mul(factor) } else { number.is_multiple_of(factor).then_some(number / factor) }
}

#[test]
fn what_breaks_a_rule_is_refused() {
    let good = "# HELP a_total A \"b\".\n# TYPE a_total counter\na_total{k=\"\\\\\\\"\\n\",l=\"\"} 1\n";
    let families = Format::Text.parse(good.as_bytes()).unwrap();
    assert_eq!(families[0].samples[0].labels["k"], "\\\"\n");
    for (from, to) in [
        ("\"\\\\", "\"\\a"),
        ("\\\"", "\""),
        ("k=", "1k="),
        (" 1\n", " 1"),
        (" 1\n", " one\n"),
        (" 1\n", "  1\n"),
        ("l=", "k="),
        ("a_total{", "b_total{"),
        ("counter", "count"),
        ("# TYPE a_total counter\n", ""),
        ("\n# TYPE", "\n\n# TYPE"),
    ] {
        let bad = good.replacen(from, to, 1);
        assert!(Format::Text.parse(bad.as_bytes()).is_err(), "{bad}");
    }
    assert!(Format::Text.parse(format!("{good}{good}").as_bytes()).is_err());
    assert!(Format::OpenMetrics.parse(good.as_bytes()).is_err());
}

#[test]
fn decimals_are_read_exactly() {
    assert_eq!(scaled("0.005", 9), Some(5_000_000));
    assert_eq!(scaled("1.5e-05", 9), Some(15_000));
    assert_eq!(scaled("1.8446744073709551615e+19", 0), Some(u64::MAX.into()));
    assert_eq!(scaled("0.0001", 3), None);
}
