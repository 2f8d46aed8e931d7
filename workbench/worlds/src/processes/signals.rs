//! Signals as something a poll can wait for: a child's death, and the wish to stop.

use mio::unix::pipe::Receiver;
use mio::{Interest, Registry, Token};
use rustix::fd::OwnedFd;
use signal_hook::SigId;
use signal_hook::consts::{
    SIGALRM, SIGCHLD, SIGHUP, SIGINT, SIGPROF, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGVTALRM, SIGXCPU,
    SIGXFSZ,
};
use signal_hook::flag::{register, register_conditional_default};
use signal_hook::low_level::{pipe, unregister};
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// Signals that ask this process to stop, and those that would end it without asking, nodes and all.
const STOP: [i32; 10] =
    [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXCPU, SIGALRM, SIGVTALRM, SIGPROF, SIGUSR1, SIGUSR2];
/// True while no run is listening: then they have their ordinary effect.
static ORDINARY: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// One kind of news that arrives by signals. While it lives, the signals have no other effect on this process.
#[derive(Debug)]
pub(super) struct Signals {
    pipe: Receiver,
    registrations: Vec<SigId>,
}

impl Signals {
    /// A child has exited.
    pub(super) fn child_exits(registry: &Registry, token: Token) -> io::Result<Signals> {
        Signals::new(&[SIGCHLD], registry, token)
    }

    /// Someone wants the run to stop: Ctrl-C, a polite kill, a closed terminal.
    pub(super) fn stop_requests(registry: &Registry, token: Token) -> io::Result<Signals> {
        let signals = Signals::new(&STOP, registry, token)?;
        ordinary()?.store(false, Ordering::SeqCst);
        Ok(signals)
    }

    fn new(signals: &[i32], registry: &Registry, token: Token) -> io::Result<Signals> {
        let (sender, mut receiver) = mio::unix::pipe::new()?;
        registry.register(&mut receiver, token, Interest::READABLE)?;
        let sender = OwnedFd::from(sender);
        let mut this = Signals { pipe: receiver, registrations: Vec::new() };
        for signal in signals {
            this.registrations.push(pipe::register(*signal, sender.try_clone()?)?);
        }
        Ok(this)
    }

    /// Whether a signal came since the last call.
    pub(super) fn take(&mut self) -> bool {
        let mut came = false;
        let mut bytes = [0; 64];
        while matches!(self.pipe.read(&mut bytes), Ok(count) if count > 0) {
            came = true;
        }
        came
    }
}

/// From now on a file that may not grow is an error of the write, and nothing more. (Nodes do not inherit that.)
pub fn survive_limits_of_files() {
    register(SIGXFSZ, Arc::default()).expect("this signal can be handled");
}

/// The switch for the ordinary effect. signal-hook never restores a signal's disposition, so that without it a Ctrl-C
/// after the run, while a long analysis goes on, would do nothing at all.
fn ordinary() -> io::Result<&'static AtomicBool> {
    if let Some(switch) = ORDINARY.get() {
        return Ok(switch);
    }
    let switch = Arc::new(AtomicBool::new(false));
    for signal in STOP {
        register_conditional_default(signal, Arc::clone(&switch))?;
    }
    Ok(ORDINARY.get_or_init(|| switch))
}

impl Drop for Signals {
    fn drop(&mut self) {
        if let Some(switch) = ORDINARY.get() {
            switch.store(true, Ordering::SeqCst);
        }
        for registration in self.registrations.drain(..) {
            unregister(registration);
        }
    }
}
