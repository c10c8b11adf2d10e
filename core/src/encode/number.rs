//! Numbers as text: the shortest that reads back as the same number.

use crate::encode::Sink;
use crate::visit::{Amount, Metric, Number, Scaled};

pub(crate) fn unsigned<S: Sink>(out: &mut S, value: u64) -> Result<(), S::Error> {
    out.write(itoa::Buffer::new().format(value).as_bytes())
}

pub(crate) fn signed<S: Sink>(out: &mut S, value: i64) -> Result<(), S::Error> {
    if value < 0 {
        out.write(b"-")?;
    }
    unsigned(out, value.unsigned_abs())
}

/// Writes the value of a data point of `M`.
pub(crate) fn number<M: Metric, S: Sink>(out: &mut S, value: Number) -> Result<(), S::Error> {
    match value {
        Number::Unsigned(value) => unsigned(out, value),
        Number::Signed(value) => signed(out, value),
        Number::Float(value) => float_of::<M, S>(out, value, float),
    }
}

/// Writes a sum or a bound of a data point of `M`.
pub(crate) fn amount<M: Metric, S: Sink>(
    out: &mut S,
    value: Amount,
    scaled: impl FnOnce(&mut S, Scaled) -> Result<(), S::Error>,
    float: impl FnOnce(&mut S, f64) -> Result<(), S::Error>,
) -> Result<(), S::Error> {
    match value {
        Amount::Scaled(value) => scaled(out, value),
        Amount::Float(value) => float_of::<M, S>(out, value, float),
    }
}

/// Every float of a data point goes through here, so a program without a metric of floats has no code that writes them.
fn float_of<M: Metric, S: Sink>(
    out: &mut S,
    value: f64,
    float: impl FnOnce(&mut S, f64) -> Result<(), S::Error>,
) -> Result<(), S::Error> {
    // A metric that says that it has no floats and hands one over has no number to show.
    if M::FLOATS { float(out, value) } else { out.write(b"NaN") }
}

pub(crate) fn float<S: Sink>(out: &mut S, value: f64) -> Result<(), S::Error> {
    if value.is_finite() {
        out.write(ryu::Buffer::new().format_finite(value).as_bytes())
    } else if value.is_nan() {
        out.write(b"NaN")
    } else if value > 0.0 {
        out.write(b"+Inf")
    } else {
        out.write(b"-Inf")
    }
}

/// A decimal fraction in full, without the zeros at its end: integers only, since floats are large on a small target.
pub(crate) fn scaled<S: Sink>(out: &mut S, value: Scaled) -> Result<(), S::Error> {
    let divisor = value.divisor();
    unsigned(out, value.value / divisor)?;
    let rest = value.value % divisor;
    if rest == 0 {
        return Ok(());
    }
    // The divisor keeps the zeros in front; its own digit gives way to the point.
    let mut digits = itoa::Buffer::new();
    let digits = digits.format(divisor.get() + rest).trim_end_matches('0');
    out.write(b".")?;
    out.write(digits.as_bytes().get(1..).unwrap_or_default())
}

/// A bound as Go's `%g` has it, which is what Prometheus' own client writes: `0.005`, `1`, `1e+06`. OpenMetrics wants the
/// same, and `.0` behind what would look like an integer (`integer_end`): "Considerations: Canonical Numbers".
///
/// One number has one text, whether it is declared as a float or as a whole number of a smaller unit. Whole numbers above
/// 2^53, not all of which are floats, keep their digits.
pub(crate) fn bound<S: Sink>(out: &mut S, value: Scaled, integer_end: &[u8]) -> Result<(), S::Error> {
    let mut digits = itoa::Buffer::new();
    let digits = digits.format(value.value);
    let exponent = digits.len() as i32 - 1 - i32::from(value.decimals);
    general(out, digits.as_bytes(), if value.value == 0 { 0 } else { exponent }, integer_end)
}

/// See [`bound`]. The value is not negative.
pub(crate) fn float_bound<S: Sink>(out: &mut S, value: f64, integer_end: &[u8]) -> Result<(), S::Error> {
    if !value.is_finite() {
        return float(out, value);
    }
    // The shortest digits, which ryu writes as `0.015`, `123.45` or `1.2345e-7`.
    let mut text = ryu::Buffer::new();
    let mut text = text.format_finite(value).bytes();
    let mut digits = [0; DIGITS];
    let mut len = 0_usize;
    // That of the first digit.
    let mut exponent = -1_i32;
    let mut is_whole = true;
    for byte in text.by_ref().take_while(|byte| *byte != b'e') {
        if byte == b'.' {
            is_whole = false;
            continue;
        }
        exponent = exponent.wrapping_add(is_whole.into());
        if len == 0 && byte == b'0' {
            exponent = exponent.wrapping_sub(1);
        } else if let Some(digit) = digits.get_mut(len) {
            *digit = byte;
            len = len.wrapping_add(1);
        }
    }
    let (mut power, mut sign) = (0_i32, 1_i32);
    for byte in text {
        match byte {
            b'-' => sign = -1,
            digit => power = power.wrapping_mul(10).wrapping_add((digit & 0xf).into()),
        }
    }
    let exponent = exponent.wrapping_add(sign.wrapping_mul(power));
    match digits.get(..len) {
        Some(digits) if len > 0 => general(out, digits, exponent, integer_end),
        _ => general(out, b"0", 0, integer_end),
    }
}

/// The most digits that ryu writes: 17, or zeros that fill up to the point, which it does below 10^16.
const DIGITS: usize = 20;

/// Writes `d.ddd * 10^exponent`, of these digits: with an exponent if it is below -4 or above 5.
fn general<S: Sink>(out: &mut S, digits: &[u8], exponent: i32, integer_end: &[u8]) -> Result<(), S::Error> {
    let used = digits.iter().rposition(|digit| *digit != b'0').map_or(1, |last| last.saturating_add(1));
    let (digits, _) = digits.split_at_checked(used).unwrap_or_default();
    if (-4..0).contains(&exponent) {
        let zeros = (exponent.unsigned_abs() as usize).saturating_sub(1);
        out.write(b"0.")?;
        out.write(b"000".get(..zeros).unwrap_or_default())?;
        return out.write(digits);
    }
    let is_fixed = (0..6).contains(&exponent);
    let point = if is_fixed { (exponent as usize).saturating_add(1) } else { 1 };
    let (whole, fraction) = digits.split_at_checked(point).unwrap_or((digits, b""));
    out.write(whole)?;
    if is_fixed && fraction.is_empty() {
        out.write(b"00000".get(..point.saturating_sub(whole.len())).unwrap_or_default())?;
        return out.write(integer_end);
    }
    if !fraction.is_empty() {
        out.write(b".")?;
        out.write(fraction)?;
    }
    if is_fixed {
        return Ok(());
    }
    out.write(if exponent < 0 { b"e-" } else { b"e+" })?;
    if exponent.unsigned_abs() < 10 {
        out.write(b"0")?;
    }
    unsigned(out, exponent.unsigned_abs().into())
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::encode::Buffer;

    fn written(write: impl FnOnce(&mut Buffer<'_>)) -> std::string::String {
        let mut bytes = [0; 64];
        let mut buffer = Buffer::new(&mut bytes);
        write(&mut buffer);
        core::str::from_utf8(buffer.written()).unwrap().into()
    }

    #[test]
    fn decimals_are_exact_and_short() {
        for (value, decimals, expected) in [
            (0, 9, "0"),
            (5_000_000, 9, "0.005"),
            (1_000_000_000, 9, "1"),
            (10_500_000_001, 9, "10.500000001"),
            (u64::MAX, 9, "18446744073.709551615"),
            (42, 0, "42"),
            (1, 18, "0.000000000000000001"),
        ] {
            assert_eq!(written(|out| scaled(out, Scaled { value, decimals }).unwrap()), expected);
        }
    }

    #[test]
    fn canonical_numbers_are_those_of_the_specification() {
        for (value, decimals, expected) in [
            (0, 0, "0.0"),
            (0, 9, "0.0"),
            (1, 0, "1.0"),
            (1, 3, "0.001"),
            (5_000_000, 9, "0.005"),
            (10_000_000_000, 9, "10.0"),
            (2_500_000_000, 9, "2.5"),
            (100_000, 0, "100000.0"),
            (1_000_000, 0, "1e+06"),
            (1_234_567, 0, "1.234567e+06"),
            (10_000_000_000, 0, "1e+10"),
            (100_000, 9, "0.0001"),
            (10_000, 9, "1e-05"),
            (15_000, 9, "1.5e-05"),
            (1, 10, "1e-10"),
            (u64::MAX, 0, "1.8446744073709551615e+19"),
        ] {
            assert_eq!(written(|out| bound(out, Scaled { value, decimals }, b".0").unwrap()), expected);
            // The same without what makes a float of an integer.
            let short = expected.strip_suffix(".0").unwrap_or(expected);
            assert_eq!(written(|out| bound(out, Scaled { value, decimals }, b"").unwrap()), short);
        }
    }

    /// Go's `strconv.FormatFloat(value, 'g', -1, 64)`, from Rust's shortest digits.
    fn as_go_has_it(value: f64) -> std::string::String {
        let text = std::format!("{value:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap();
        let exponent: i32 = exponent.parse().unwrap();
        if (-4..6).contains(&exponent) {
            return std::format!("{value}");
        }
        std::format!("{mantissa}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
    }

    #[test]
    fn float_bounds_are_what_go_writes() {
        let mut step = 0x9e37_79b9_7f4a_7c15_u64;
        let anywhere = core::iter::repeat_with(|| {
            step = step.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1);
            f64::from_bits(step >> 1)
        });
        let powers = (-30..30).map(|power| std::format!("1e{power}").parse().unwrap());
        let special =
            [0.0, 0.3, 123_456.0, 1_234_567.0, 999_999.5, 9_007_199_254_740_993.0, 5e-324, f64::MAX, 1.7, 100.25];
        for value in special.into_iter().chain(powers).chain(anywhere.filter(|value| value.is_finite()).take(50_000)) {
            let text = written(|out| float_bound(out, value, b"").unwrap());
            assert_eq!(text.parse(), Ok(value));
            // Of two shortest texts that are as near, either will do.
            let expected = as_go_has_it(value);
            let same = |a: u8, b: u8| a == b || a.is_ascii_digit() && b.is_ascii_digit();
            let is_same = text == expected
                || text.len() == expected.len()
                    && text.len() > 17
                    && text.bytes().zip(expected.bytes()).all(|(a, b)| same(a, b));
            assert!(is_same, "{text} is not {expected}");
            let whole = if text.contains(['.', 'e']) { "" } else { ".0" };
            assert_eq!(written(|out| float_bound(out, value, b".0").unwrap()), text + whole);
        }
    }

    #[test]
    fn a_bound_has_one_text_however_it_is_declared() {
        for value in (0..100_000).chain((1..20).map(|power| 10_u64.pow(power.min(15)))) {
            for decimals in [0, 3, 9] {
                let scaled = Scaled { value, decimals };
                let float = written(|out| float_bound(out, scaled.to_f64(), b".0").unwrap());
                assert_eq!(written(|out| bound(out, scaled, b".0").unwrap()), float, "{scaled:?}");
            }
        }
    }

    #[test]
    fn floats_read_back_as_themselves() {
        for value in [0.1, 1e300, -2.5e-308, f64::MIN_POSITIVE, 123_456_789.125, -0.0] {
            let text = written(|out| float(out, value).unwrap());
            assert_eq!(text.parse::<f64>().unwrap().to_bits(), value.to_bits(), "{text}");
        }
        assert_eq!(written(|out| float(out, f64::NAN).unwrap()), "NaN");
        assert_eq!(written(|out| float(out, f64::INFINITY).unwrap()), "+Inf");
        assert_eq!(written(|out| float(out, f64::NEG_INFINITY).unwrap()), "-Inf");
    }
}
