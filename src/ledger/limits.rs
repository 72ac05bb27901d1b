//! How much one ceremony's folder may hold: whoever reads a whole folder keeps to it, so that a
//! folder of somebody else's making costs no more than these.

use crate::ports::StoreEntry;

/// Bytes of all files together. The largest ceremony is the next CRL after one of 128 MiB:
/// previous one, body, DER and PEM come to less than 600 MiB.
pub const BYTES: u64 = 1 << 30;
/// Files and folders together. A ceremony of two hundred mounts has some two thousand.
pub const ENTRIES: usize = 1 << 16;

/// What was counted of a folder so far.
#[derive(Debug, Default)]
pub struct Measure {
    bytes: u64,
    entries: usize,
}

impl Measure {
    /// Counts one entry; in words why it is one too many.
    pub fn add(&mut self, entry: &StoreEntry) -> Result<(), String> {
        self.entries += 1;
        self.bytes = self.bytes.saturating_add(entry.size);
        if self.entries > ENTRIES {
            return Err(format!(
                "more than {ENTRIES} files and folders, which no ceremony has"
            ));
        }
        if self.bytes > BYTES {
            return Err(format!(
                "its files have more than {BYTES} bytes together, which no ceremony has"
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::EntryKind;

    fn entry(size: u64) -> StoreEntry {
        StoreEntry {
            name: "x".to_owned(),
            kind: EntryKind::File,
            size,
        }
    }

    #[test]
    fn what_is_allowed_fits_and_one_more_does_not() {
        let mut bytes = Measure::default();
        assert_eq!(bytes.add(&entry(BYTES - 1)), Ok(()));
        assert_eq!(bytes.add(&entry(1)), Ok(()));
        assert!(bytes.add(&entry(1)).unwrap_err().contains("1073741824"));
        let mut entries = Measure::default();
        for _ in 0..ENTRIES {
            assert_eq!(entries.add(&entry(0)), Ok(()));
        }
        assert!(entries.add(&entry(0)).unwrap_err().contains("65536"));
        assert!(Measure::default().add(&entry(u64::MAX)).is_err());
    }
}
