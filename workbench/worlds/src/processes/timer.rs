//! The next deadline, as something a poll can wait for.
//!
//! A poll's timeout counts whole milliseconds, too coarse for 1000 operations a second. On Linux a timer descriptor
//! in the poll fires to the microsecond; elsewhere the timeout, rounded up, has to do.

use mio::{Registry, Token};
use std::io;
use std::time::Duration;

#[cfg(target_os = "linux")]
pub(super) use descriptor::Timer;
#[cfg(not(target_os = "linux"))]
pub(super) use timeout::Timer;

#[cfg(target_os = "linux")]
mod descriptor {
    use super::*;
    use mio::Interest;
    use mio::unix::SourceFd;
    use rustix::fd::{AsRawFd, OwnedFd};
    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };

    /// A timer descriptor. The poll sees it edge-triggered, so it is never read: setting it anew clears it.
    #[derive(Debug)]
    pub(in super::super) struct Timer {
        descriptor: OwnedFd,
    }

    impl Timer {
        pub(in super::super) fn new(registry: &Registry, token: Token) -> io::Result<Timer> {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            let descriptor = timerfd_create(TimerfdClockId::Monotonic, flags)?;
            registry.register(&mut SourceFd(&descriptor.as_raw_fd()), token, Interest::READABLE)?;
            Ok(Timer { descriptor })
        }

        /// Arms the timer, and says what timeout the poll is to be given.
        pub(in super::super) fn arm(&mut self, wait: Option<Duration>) -> io::Result<Option<Duration>> {
            if wait == Some(Duration::ZERO) {
                return Ok(wait);
            }
            // A value of zero disarms.
            let wait = wait.unwrap_or_default();
            let zero = Timespec { tv_sec: 0, tv_nsec: 0 };
            let value = Timespec {
                tv_sec: i64::try_from(wait.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: wait.subsec_nanos().into(),
            };
            let setting = Itimerspec { it_interval: zero, it_value: value };
            timerfd_settime(&self.descriptor, TimerfdTimerFlags::empty(), &setting)?;
            Ok(None)
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod timeout {
    use super::*;

    /// The poll's own timeout.
    #[derive(Debug)]
    pub(in super::super) struct Timer;

    impl Timer {
        pub(in super::super) fn new(_: &Registry, _: Token) -> io::Result<Timer> {
            Ok(Timer)
        }

        /// Says what timeout the poll is to be given.
        pub(in super::super) fn arm(&mut self, wait: Option<Duration>) -> io::Result<Option<Duration>> {
            Ok(wait)
        }
    }
}
