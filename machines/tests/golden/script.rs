//! Scripts: what is done, and what comes of it.

use std::time::Duration;

use crate::world::World;

/// The line between commands and what came of them.
const RULE: &str = "----";

/// The script again, with what comes of its commands now. Fails with the line that makes no sense, and why.
pub(crate) fn retell(script: &str) -> Result<String, String> {
    let mut world = None;
    let mut told = String::new();
    let mut lines = script.lines().zip(1..).peekable();
    while let Some((line, number)) = lines.next() {
        told.push_str(line);
        told.push('\n');
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        carry_out(&mut world, line).map_err(|wrong| format!("line {number}: {wrong}"))?;
        if lines.peek().is_some_and(|(next, _)| !next.is_empty() && *next != RULE) {
            continue;
        }
        while lines.next_if(|(old, _)| !old.is_empty()).is_some() {}
        told.push_str(RULE);
        told.push('\n');
        told.push_str(&world.as_mut().map(World::take_account).unwrap_or_default());
    }
    Ok(told)
}

fn carry_out(world: &mut Option<World>, command: &str) -> Result<(), String> {
    let words: Vec<&str> = command.split(' ').collect();
    if let ["cluster", machine, rest @ ..] = &*words {
        *world = Some(cluster(machine, rest)?);
        return Ok(());
    }
    let world = world.as_mut().ok_or("the first command is `cluster`")?;
    match &*words {
        ["start"] => world.start_all(),
        ["start" | "restart", node] => world.start(node),
        ["wait", time] => world.wait(duration(time)?),
        ["settle"] => world.settle(),
        ["cut", one, other] => world.set_cut(one, other, true),
        ["mend", one, other] => world.set_cut(one, other, false),
        ["lose", from, "->", to] => world.lose(from, to),
        ["repeat", from, "->", to] => world.repeat(from, to),
        ["hold", from, "->", to] => world.hold(from, to),
        ["release", from, "->", to] => world.release(from, to),
        [from, "->", to, ..] => {
            let body = command.splitn(4, ' ').nth(3).ok_or("a message has a body")?;
            world.say(from, to, body)
        }
        _ => Err(format!("`{command}` is no command")),
    }
}

fn cluster(machine: &str, rest: &[&str]) -> Result<World, String> {
    let (settings, nodes): (Vec<&str>, Vec<&str>) = rest.iter().partition(|word| word.contains('='));
    let (mut latency, mut pace) = (Duration::ZERO, Vec::new());
    for setting in settings {
        match setting.split_once('=').ok_or("a setting has a value")? {
            ("latency", time) => latency = duration(time)?,
            (name, value) => pace.push((name, value)),
        }
    }
    World::new(machine, &nodes, latency, &pace)
}

/// `400ms` or `2s`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let number = |digits: &str| digits.parse().map_err(|_| format!("`{text}` is no time"));
    match text.strip_suffix("ms") {
        Some(digits) => Ok(Duration::from_millis(number(digits)?)),
        None => Ok(Duration::from_secs(number(text.strip_suffix('s').unwrap_or(""))?)),
    }
}
