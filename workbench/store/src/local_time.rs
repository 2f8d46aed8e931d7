//! Local time as it appears in names and logs. The moment and its offset from UTC are given: nothing here asks a clock.

/// A moment as people near it read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalTime {
    /// Milliseconds since 1970, UTC.
    pub unix_ms: u64,
    /// Minutes that local time is ahead of UTC.
    pub offset_minutes: i32,
}

impl LocalTime {
    /// The moment `millis` ms later.
    pub fn plus_millis(self, millis: u64) -> LocalTime {
        LocalTime { unix_ms: self.unix_ms.saturating_add(millis), ..self }
    }

    /// The name of the directory of a run that begins now: `20230305T112642.178-0500`, or `…Z` at offset zero as Java
    /// has it.
    pub fn directory_name(self) -> String {
        let Parts { year, month, day, hour, minute, second, milli } = self.parts();
        let offset = self.offset();
        format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}.{milli:03}{offset}")
    }

    /// `2023-03-05 11:26:42,178`, as the console shows it.
    pub fn console(self) -> String {
        let Parts { year, month, day, hour, minute, second, milli } = self.parts();
        format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02},{milli:03}")
    }

    fn offset(self) -> String {
        if self.offset_minutes == 0 {
            return "Z".to_owned();
        }
        let sign = if self.offset_minutes < 0 { '-' } else { '+' };
        let minutes = self.offset_minutes.unsigned_abs();
        format!("{sign}{:02}{:02}", minutes / 60, minutes % 60)
    }

    fn parts(self) -> Parts {
        let local_ms = i128::from(self.unix_ms) + i128::from(self.offset_minutes) * 60_000;
        let days = local_ms.div_euclid(86_400_000);
        let milli_of_day = local_ms.rem_euclid(86_400_000);
        let (year, month, day) = civil(days);
        Parts {
            year,
            month,
            day,
            hour: milli_of_day / 3_600_000,
            minute: milli_of_day / 60_000 % 60,
            second: milli_of_day / 1000 % 60,
            milli: milli_of_day % 1000,
        }
    }
}

struct Parts {
    year: i128,
    month: i128,
    day: i128,
    hour: i128,
    minute: i128,
    second: i128,
    milli: i128,
}

/// Year, month and day of the day that is `days` after 1970-01-01, in the Gregorian calendar. Years are counted from March,
/// so that the leap day is the last of its year, and the lengths of the months before any month are a linear formula.
fn civil(days: i128) -> (i128, i128, i128) {
    const DAYS_PER_ERA: i128 = 146_097; // 400 years
    let days = days + 719_468; // since 0000-03-01
    let era = days.div_euclid(DAYS_PER_ERA);
    let day_of_era = days.rem_euclid(DAYS_PER_ERA);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_era + era * 400 + i128::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_read_as_calendars_have_them() {
        let name = |unix_ms, offset_minutes| LocalTime { unix_ms, offset_minutes }.directory_name();
        assert_eq!(name(0, 0), "19700101T000000.000Z");
        assert_eq!(name(0, -1), "19691231T235900.000-0001");
        assert_eq!(name(951_782_400_000, 0), "20000229T000000.000Z");
        assert_eq!(name(1_709_251_199_999, 330), "20240301T052959.999+0530");
        assert_eq!(name(4_107_542_400_000, 0), "21000301T000000.000Z");
    }

    #[test]
    fn the_console_shows_local_time() {
        let moment = LocalTime { unix_ms: 1_678_033_602_178, offset_minutes: -300 };
        assert_eq!(moment.console(), "2023-03-05 11:26:42,178");
    }
}
