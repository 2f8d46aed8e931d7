//! `broadcast` (Maelstrom behaviour §9.3): tell everybody. Also the neighbours that nodes are told they have.

use super::*;
use crate::generator::{Draft, OncePerThread};
use crate::options::Topology;
use edn::Packer;

/// The broadcast workload.
pub(super) struct Broadcast {
    topology: Value,
    next_message: i64,
    final_reads: OncePerThread,
    reads: Packer,
}

const TOPOLOGY_OK: Schema = Schema::closed("topology_ok", &[]);
const BROADCAST_OK: Schema = Schema::closed("broadcast_ok", &[]);
const READ_OK: Schema = Schema::closed("read_ok", &[("messages", Shape::List)]);

impl Broadcast {
    pub(super) fn new(nodes: &[String], topology: Topology) -> Broadcast {
        let topology = neighbours(nodes, topology);
        Broadcast {
            topology,
            next_message: 0,
            final_reads: OncePerThread::default(),
            reads: Packer::default(),
        }
    }
}

impl Workload for Broadcast {
    fn rules(&self) -> Rules {
        Rules {
            keeps_clients: false,
            timeout: TIMEOUT,
            failures: Failures::Told { harmless: &["read"] },
            has_final_phase: true,
        }
    }

    fn setup(&self) -> Option<Call> {
        let request = Request::new("topology").with("topology", &self.topology);
        Some(Call { request, schema: TOPOLOGY_OK })
    }

    fn draw(&mut self, choice: &mut Choice<'_>) -> Drawn {
        choice.on_any(|rng| {
            if rng.bool() {
                return Draft::new("read", Value::Nil);
            }
            self.next_message += 1;
            Draft::new("broadcast", self.next_message - 1)
        })
    }

    fn draw_last(&mut self, choice: &mut Choice<'_>) -> Drawn {
        self.final_reads.draw(choice, || Draft::new("read", Value::Nil).marked_final())
    }

    fn begin(&mut self, _: u64, op: &Op) -> Step {
        Step::Call(match op.f {
            "read" => Call { request: Request::new("read"), schema: READ_OK },
            _ => Call { request: Request::new("broadcast").with("message", &op.value), schema: BROADCAST_OK },
        })
    }

    fn answer(&mut self, _: u64, op: &Op, reply: Reply) -> Result<Step, Malformed> {
        Ok(Step::Ok(match op.f {
            "read" => self.reads.pack(reply.take("messages")),
            _ => op.value.clone(),
        }))
    }
}

/// The neighbours of each node, as the `topology` message has them.
fn neighbours(nodes: &[String], topology: Topology) -> Value {
    if topology == Topology::Line && nodes.len() < 2 {
        return Value::Map(Vec::new());
    }
    let name = |node: usize| Value::text(&*nodes[node]);
    let of =
        |node: usize| Value::Vector(positions(node, nodes.len(), topology).into_iter().map(name).collect());
    Value::Map((0..nodes.len()).map(|node| (name(node), of(node))).collect())
}

/// The positions of one node's neighbours, in Maelstrom's order.
fn positions(node: usize, size: usize, topology: Topology) -> Vec<usize> {
    let before = node.checked_sub(1);
    let candidates: Vec<Option<usize>> = match topology {
        Topology::Total => (0..size).map(|other| (other != node).then_some(other)).collect(),
        Topology::Line => vec![before, Some(node + 1)],
        Topology::Tree(branches) => {
            let parent = before.map(|before| before / branches);
            let children = (1..=branches).map(|child| Some(node * branches + child));
            std::iter::once(parent).chain(children).collect()
        }
        Topology::Grid => {
            let side = (1..).find(|side| side * side >= size).expect("some square is large enough");
            let right = (node % side + 1 < side).then_some(node + 1);
            let left = before.filter(|_| !node.is_multiple_of(side));
            vec![Some(node + side), node.checked_sub(side), right, left]
        }
    };
    candidates.into_iter().flatten().filter(|other| *other < size).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(size: usize, topology: Topology) -> Vec<Vec<usize>> {
        (0..size).map(|node| positions(node, size, topology)).collect()
    }

    #[test]
    fn a_grid_names_below_above_right_left() {
        assert_eq!(lists(5, Topology::Grid), [vec![3, 1], vec![4, 2, 0], vec![1], vec![0, 4], vec![1, 3]]);
        assert_eq!(lists(25, Topology::Grid)[12], [17, 7, 13, 11]);
        assert_eq!(lists(1, Topology::Grid), [[0; 0]]);
    }

    #[test]
    fn a_line_has_two_ends_and_a_single_node_is_not_even_listed() {
        assert_eq!(lists(3, Topology::Line), [vec![1], vec![0, 2], vec![1]]);
        assert_eq!(neighbours(&["n0".into()], Topology::Line).to_string(), "{}");
        assert_eq!(neighbours(&["n0".into()], Topology::Grid).to_string(), r#"{"n0" []}"#);
    }

    #[test]
    fn a_tree_names_the_parent_first_and_then_the_children() {
        assert_eq!(
            lists(6, Topology::Tree(2)),
            [vec![1, 2], vec![0, 3, 4], vec![0, 5], vec![1], vec![1], vec![2]]
        );
        assert_eq!(lists(6, Topology::Tree(4))[1], [0, 5]);
        assert_eq!(lists(1, Topology::Tree(3)), [[0; 0]]);
    }

    #[test]
    fn in_a_total_topology_everybody_is_a_neighbour() {
        assert_eq!(lists(3, Topology::Total), [vec![1, 2], vec![0, 2], vec![0, 1]]);
    }
}
