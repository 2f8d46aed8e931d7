//! How many messages the run took (§10.5). The network counts them; this divides them by the operations.

use super::Verdict;
use edn::Value;

/// Counts of the messages of a run, from the first `init` to the last reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NetStats {
    /// All messages.
    pub all: MessageCounts,
    /// Those with a client at either end.
    pub clients: MessageCounts,
    /// Those with a client at neither.
    pub servers: MessageCounts,
}

/// Counts of one class of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MessageCounts {
    /// Times that a message was accepted from its sender.
    pub send: usize,
    /// Times that a message was delivered.
    pub recv: usize,
    /// Distinct messages.
    pub msg: usize,
}

/// `invocations` is how many operations clients began, whatever came of them.
pub(super) fn report(net: &NetStats, invocations: usize) -> Verdict {
    let clients = counts(net.clients);
    let with_ratio = |class: MessageCounts| {
        let mut entries = counts(class);
        if invocations > 0 {
            let ratio = (class.msg as f64 / invocations as f64) as f32;
            entries.push((Value::keyword("msgs-per-op"), Value::single(ratio)));
        }
        Value::Map(entries)
    };
    Verdict::valid(Value::map([
        ("all", with_ratio(net.all)),
        ("clients", Value::Map(clients)),
        ("servers", with_ratio(net.servers)),
        ("valid?", true.into()),
    ]))
}

fn counts(class: MessageCounts) -> Vec<(Value, Value)> {
    let counts = [("send-count", class.send), ("recv-count", class.recv), ("msg-count", class.msg)];
    counts.into_iter().map(|(key, count)| (Value::keyword(key), Value::count(count))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Appendix B, example 10.
    #[test]
    fn an_echo_run_takes_two_messages_an_operation_and_two_to_begin() {
        let class = MessageCounts { send: 26, recv: 26, msg: 26 };
        let net = NetStats { all: class, clients: class, servers: MessageCounts::default() };
        let counted = ":send-count 26, :recv-count 26, :msg-count 26";
        assert_eq!(
            report(&net, 12).value.to_string(),
            format!(
                "{{:all {{{counted}, :msgs-per-op 2.1666667}}, :clients {{{counted}}}, :servers {{:send-count 0, \
                 :recv-count 0, :msg-count 0, :msgs-per-op 0.0}}, :valid? true}}"
            )
        );
    }

    #[test]
    fn without_operations_there_is_no_ratio() {
        let report = report(&NetStats::default(), 0).value;
        assert_eq!(report.get("all").and_then(|all| all.get("msgs-per-op")), None);
    }
}
