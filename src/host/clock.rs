//! The system's clocks and random numbers.

use std::time::Duration;

use rustix::io::Errno;
use rustix::rand::GetRandomFlags;
use rustix::time::{ClockId, clock_gettime};

use crate::ports::{Clock, Entropy};
use crate::x509::time::UtcTime;

/// `CLOCK_REALTIME` for the date; `CLOCK_BOOTTIME` (which also counts a closed lid) for the
/// order of things.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&mut self) -> UtcTime {
        UtcTime::from_unix(clock_gettime(ClockId::Realtime).tv_sec)
    }

    fn monotonic_ms(&mut self) -> u64 {
        let since_boot = clock_gettime(ClockId::Boottime);
        let seconds = u64::try_from(since_boot.tv_sec).unwrap_or(0);
        let nanos = u64::try_from(since_boot.tv_nsec).unwrap_or(0);
        seconds
            .saturating_mul(1000)
            .saturating_add(nanos / 1_000_000)
    }

    fn pause(&mut self) {
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// `getrandom(2)`, blocking until the kernel's generator is seeded.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    /// Returns only when all of `out` is filled. A system that has no `getrandom` (Linux
    /// before 3.17) or denies it makes this wait for ever: a ceremony that stands still is
    /// seen, one that goes on with weak numbers is not.
    fn fill(&mut self, out: &mut [u8]) {
        let mut filled = 0;
        while let Some(rest) = out.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match rustix::rand::getrandom(rest, GetRandomFlags::empty()) {
                Ok(count) => filled += count,
                Err(Errno::INTR) => {}
                Err(_) => std::thread::sleep(Duration::from_millis(100)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clocks_go_forward() {
        let mut clock = SystemClock;
        assert!(clock.now() > UtcTime::parse("2026-01-01T00:00:00Z").unwrap());
        let before = clock.monotonic_ms();
        std::thread::sleep(Duration::from_millis(5));
        assert!(clock.monotonic_ms() >= before + 5);
    }

    #[test]
    fn all_of_a_long_buffer_is_filled() {
        let mut buffer = vec![0u8; 1 << 20];
        SystemEntropy.fill(&mut buffer);
        for block in buffer.chunks(64) {
            assert!(block.iter().any(|&byte| byte != 0));
        }
        SystemEntropy.fill(&mut []);
    }
}
