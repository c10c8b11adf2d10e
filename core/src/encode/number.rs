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
        Number::Float(value) => float_of::<M, S>(out, value),
    }
}

/// Writes a sum or a bound of a data point of `M`, a decimal fraction as `scaled` does.
pub(crate) fn amount<M: Metric, S: Sink>(
    out: &mut S,
    value: Amount,
    scaled: impl FnOnce(&mut S, Scaled) -> Result<(), S::Error>,
) -> Result<(), S::Error> {
    match value {
        Amount::Scaled(value) => scaled(out, value),
        Amount::Float(value) => float_of::<M, S>(out, value),
    }
}

/// Every float of a data point goes through here, so a program without a metric of floats has no code that writes them.
fn float_of<M: Metric, S: Sink>(out: &mut S, value: f64) -> Result<(), S::Error> {
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

/// A decimal fraction as Go's `%g` has it, and with `.0` behind what would look like an integer: `0.005`, `1.0`, `1e+06`.
/// This is the rendering that OpenMetrics wants of bounds, "Considerations: Canonical Numbers".
pub(crate) fn canonical<S: Sink>(out: &mut S, value: Scaled) -> Result<(), S::Error> {
    let mut all = itoa::Buffer::new();
    let all = all.format(value.value);
    let exponent = all.len() as i32 - 1 - i32::from(value.decimals);
    if value.value == 0 || (-4..6).contains(&exponent) {
        scaled(out, value)?;
        return if value.value.is_multiple_of(value.divisor().get()) { out.write(b".0") } else { Ok(()) };
    }
    let (first, rest) = all.trim_end_matches('0').split_at_checked(1).unwrap_or_default();
    out.write(first.as_bytes())?;
    if !rest.is_empty() {
        out.write(b".")?;
        out.write(rest.as_bytes())?;
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
            assert_eq!(written(|out| canonical(out, Scaled { value, decimals }).unwrap()), expected);
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
