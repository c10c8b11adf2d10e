//! Numbers as text: the shortest that reads back as the same number.

use crate::encode::Sink;
use crate::visit::{Amount, Number, Scaled};

pub(crate) fn unsigned<S: Sink>(out: &mut S, value: u64) -> Result<(), S::Error> {
    out.write(itoa::Buffer::new().format(value).as_bytes())
}

pub(crate) fn number<S: Sink>(out: &mut S, value: Number) -> Result<(), S::Error> {
    match value {
        Number::Unsigned(value) => unsigned(out, value),
        Number::Signed(value) => out.write(itoa::Buffer::new().format(value).as_bytes()),
        Number::Float(value) => float(out, value),
    }
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

pub(crate) fn amount<S: Sink>(out: &mut S, value: Amount) -> Result<(), S::Error> {
    match value {
        Amount::Scaled(value) => scaled(out, value),
        Amount::Float(value) => float(out, value),
    }
}

/// A decimal fraction in full, without the zeros at its end: integers only, since floats are large on a small target.
pub(crate) fn scaled<S: Sink>(out: &mut S, value: Scaled) -> Result<(), S::Error> {
    let divisor = value.divisor();
    unsigned(out, value.value / divisor)?;
    let mut rest = value.value % divisor;
    if rest == 0 {
        return Ok(());
    }
    out.write(b".")?;
    let mut place = divisor;
    while rest != 0 {
        place /= 10;
        let digit = b'0' + (rest / place.max(1)) as u8;
        out.write(&[digit])?;
        rest %= place.max(1);
    }
    Ok(())
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
