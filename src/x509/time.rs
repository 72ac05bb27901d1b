//! Time in certificates: UTC to the second, and the spans that a ceremony file writes.

use std::fmt;

use der::Tag;
use time::format_description::well_known::Rfc3339;
use time::{Date, Month, OffsetDateTime, Time, UtcOffset};

use super::tlv::{DerError, Element, encode};

/// A moment in UTC, to the second. Displays as `2026-10-03T09:14:07Z`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcTime(i64);

impl UtcTime {
    /// `99991231235959Z`: no well-defined end (RFC 5280 4.1.2.5).
    pub const NO_END: Self = Self(253_402_300_799);
    /// The notBefore that stands in templates: 2000-01-01T00:00:00Z.
    pub const TEMPLATE_START: Self = Self(946_684_800);

    /// Seconds since 1970-01-01T00:00:00Z.
    pub const fn from_unix(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub const fn unix(self) -> i64 {
        self.0
    }

    /// Reads exactly `YYYY-MM-DDTHH:MM:SSZ`.
    pub fn parse(text: &str) -> Option<Self> {
        let parsed = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        let time = Self(parsed.unix_timestamp());
        (time.to_string() == text).then_some(time)
    }

    /// `2026-10-03`
    pub fn date(self) -> String {
        self.to_string().chars().take(10).collect()
    }

    /// `2026-10-03 09:14:07 UTC`, as people read it.
    pub fn readable(self) -> String {
        self.to_string().replace('T', " ").replace('Z', " UTC")
    }

    /// This moment plus a span; calendar spans clamp the day. `None` beyond the year 9999.
    pub fn plus(self, span: Span) -> Option<Self> {
        let moved = match span {
            Span::Seconds(seconds) => self.0.checked_add(i64::try_from(seconds).ok()?)?,
            Span::Months(months) => {
                let start = self.civil();
                let month0 = i64::from(start.year()) * 12 + i64::from(u8::from(start.month())) - 1
                    + i64::from(months);
                let year = i32::try_from(month0.div_euclid(12)).ok()?;
                let month = Month::try_from(u8::try_from(month0.rem_euclid(12)).ok()? + 1).ok()?;
                let day = start.day().min(month.length(year));
                let date = Date::from_calendar_date(year, month, day).ok()?;
                date.with_time(start.time()).assume_utc().unix_timestamp()
            }
        };
        (moved <= Self::NO_END.0).then_some(Self(moved))
    }

    /// Seconds later (or earlier, when negative).
    pub fn offset(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// UTCTime to 2049, GeneralizedTime from 2050 (RFC 5280 4.1.2.5).
    pub fn to_der(self) -> Vec<u8> {
        let digits = self.digits();
        if self.is_utc_time() {
            encode(Tag::UtcTime, &[&digits.as_bytes()[2..]])
        } else {
            encode(Tag::GeneralizedTime, &[digits.as_bytes()])
        }
    }

    /// GeneralizedTime of any year, where a field has no choice (RFC 5280 5.3.2).
    pub fn to_generalized_der(self) -> Vec<u8> {
        encode(Tag::GeneralizedTime, &[self.digits().as_bytes()])
    }

    /// Always UTCTime before 2050 (CMS signingTime, RFC 5652 11.3, has the same rule).
    fn is_utc_time(self) -> bool {
        (1950..2050).contains(&self.civil().year())
    }

    /// Reads UTCTime or GeneralizedTime with seconds and `Z`; each must be the form that the
    /// year asks for.
    pub fn from_der(element: &Element<'_>) -> Result<Self, DerError> {
        let text =
            std::str::from_utf8(element.value).map_err(|_| DerError::new("time: not ASCII"))?;
        let full = match element.tag {
            Tag::UtcTime if text.len() == 13 => {
                let century = if text < "50" { "20" } else { "19" };
                format!("{century}{text}")
            }
            Tag::GeneralizedTime if text.len() == 15 => text.to_owned(),
            _ => {
                return Err(DerError::new(
                    "time: neither YYMMDDHHMMSSZ nor YYYYMMDDHHMMSSZ",
                ));
            }
        };
        let bad = || DerError::new("time: not a date");
        if !full.ends_with('Z') || !full.as_bytes()[..14].iter().all(u8::is_ascii_digit) {
            return Err(bad());
        }
        let number = |from: usize, to: usize| full[from..to].parse::<u16>().map_err(|_| bad());
        let small =
            |from: usize| number(from, from + 2).and_then(|n| u8::try_from(n).map_err(|_| bad()));
        let month = Month::try_from(small(4)?).map_err(|_| bad())?;
        let date = Date::from_calendar_date(i32::from(number(0, 4)?), month, small(6)?)
            .map_err(|_| bad())?;
        let clock = Time::from_hms(small(8)?, small(10)?, small(12)?).map_err(|_| bad())?;
        let time = Self(date.with_time(clock).assume_utc().unix_timestamp());
        if time.is_utc_time() != (element.tag == Tag::UtcTime) {
            return Err(DerError::new(
                "time: UTCTime is for 1950 to 2049, GeneralizedTime for the rest",
            ));
        }
        Ok(time)
    }

    fn digits(self) -> String {
        let civil = self.civil();
        format!(
            "{:04}{:02}{:02}{:02}{:02}{:02}Z",
            civil.year(),
            u8::from(civil.month()),
            civil.day(),
            civil.hour(),
            civil.minute(),
            civil.second()
        )
    }

    fn civil(self) -> OffsetDateTime {
        // Clamped to the years 0000 to 9999, which is all that X.509 can write.
        let seconds = self.0.clamp(-62_167_219_200, Self::NO_END.0);
        OffsetDateTime::from_unix_timestamp(seconds)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
            .to_offset(UtcOffset::UTC)
    }
}

impl fmt::Display for UtcTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let civil = self.civil();
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            civil.year(),
            u8::from(civil.month()),
            civil.day(),
            civil.hour(),
            civil.minute(),
            civil.second()
        )
    }
}

impl serde::Serialize for UtcTime {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Debug for UtcTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A length of time as a ceremony file writes it. `y` and `mo` are calendar, `d` and `h` exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// Calendar months (a year is twelve).
    Months(u32),
    /// Exact seconds.
    Seconds(u64),
}

impl Span {
    /// Reads `20y`, `6mo`, `90d`, `43800h`: a whole number above zero and its unit.
    pub fn parse(text: &str) -> Option<Self> {
        let split = text.find(|c: char| !c.is_ascii_digit())?;
        let (digits, unit) = text.split_at(split);
        if digits.starts_with('0') || digits.len() > 7 {
            return None;
        }
        let count: u32 = digits.parse().ok()?;
        match unit {
            "y" => Some(Self::Months(count.checked_mul(12)?)),
            "mo" => Some(Self::Months(count)),
            "d" => Some(Self::Seconds(u64::from(count) * 86_400)),
            "h" => Some(Self::Seconds(u64::from(count) * 3_600)),
            _ => None,
        }
    }

    /// Rough length in seconds, to compare spans of different kinds.
    pub fn approximate_seconds(self) -> u64 {
        match self {
            Self::Months(months) => u64::from(months) * 2_629_746,
            Self::Seconds(seconds) => seconds,
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Months(months) if months % 12 == 0 => write!(f, "{}y", months / 12),
            Self::Months(months) => write!(f, "{months}mo"),
            Self::Seconds(seconds) if seconds % 86_400 == 0 => write!(f, "{}d", seconds / 86_400),
            Self::Seconds(seconds) => write!(f, "{}h", seconds / 3_600),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::tlv::elements;
    use proptest::prelude::*;

    fn time(text: &str) -> UtcTime {
        UtcTime::parse(text).unwrap()
    }

    #[test]
    fn calendar_spans_clamp_the_day() {
        let leap = time("2024-02-29T12:00:00Z");
        assert_eq!(
            leap.plus(Span::parse("1y").unwrap()).unwrap(),
            time("2025-02-28T12:00:00Z")
        );
        assert_eq!(
            leap.plus(Span::parse("4y").unwrap()).unwrap(),
            time("2028-02-29T12:00:00Z")
        );
        let august = time("2026-08-31T00:00:00Z");
        assert_eq!(
            august.plus(Span::parse("6mo").unwrap()).unwrap(),
            time("2027-02-28T00:00:00Z")
        );
        assert_eq!(
            august.plus(Span::parse("1d").unwrap()).unwrap(),
            time("2026-09-01T00:00:00Z")
        );
        assert_eq!(
            time("9999-01-01T00:00:00Z").plus(Span::parse("1y").unwrap()),
            None
        );
    }

    #[test]
    fn spans_read_strictly() {
        assert_eq!(Span::parse("20y"), Some(Span::Months(240)));
        for bad in [
            "",
            "y",
            "0y",
            "05y",
            "1.5y",
            "-1y",
            "1w",
            "20 y",
            "99999999d",
            "1Y",
        ] {
            assert_eq!(Span::parse(bad), None, "{bad}");
        }
        for good in ["20y", "6mo", "90d", "25h"] {
            assert_eq!(Span::parse(good).unwrap().to_string(), good);
        }
    }

    #[test]
    fn the_year_2050_changes_the_type() {
        let last = time("2049-12-31T23:59:59Z");
        assert_eq!(last.to_der(), b"\x17\x0d491231235959Z");
        assert_eq!(last.offset(1).to_der(), b"\x18\x0f20500101000000Z");
        assert_eq!(UtcTime::NO_END.to_der(), b"\x18\x0f99991231235959Z");
        assert_eq!(
            time("1950-01-01T00:00:00Z").to_der(),
            b"\x17\x0d500101000000Z"
        );
    }

    #[test]
    fn wrong_forms_are_refused() {
        for bad in [
            &b"\x17\x0b2601010000Z"[..],
            b"\x17\x0d260230000000Z",
            b"\x17\x0d26010100000+Z",
            b"\x18\x0f20260101000000Z",
            b"\x18\x1120500101000000.5Z",
            b"\x18\x0f2050010100000\xc3\xa9",
        ] {
            let element = elements(bad).unwrap()[0];
            assert!(UtcTime::from_der(&element).is_err(), "{bad:02x?}");
        }
    }

    proptest! {
        #[test]
        fn der_and_text_round_trip(seconds in -631_152_000i64..=253_402_300_799) {
            let time = UtcTime::from_unix(seconds);
            let der = time.to_der();
            prop_assert_eq!(UtcTime::from_der(&elements(&der).unwrap()[0]).unwrap(), time);
            prop_assert_eq!(UtcTime::parse(&time.to_string()), Some(time));
        }
    }
}
