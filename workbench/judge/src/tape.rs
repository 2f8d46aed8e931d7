//! A history that is judged while it is read, and of which nothing is kept but where each operation begins.
//!
//! What checkers of transactions need of an operation is a few numbers. The operations themselves would take ten times the
//! memory; those few that prove something are read again.

use crate::history::{HistoryError, Numbered, Op, Reader};

/// See above. Operations are told by their places in the history.
pub(crate) struct Tape<'t> {
    reader: Reader<'t>,
    positions: Vec<usize>,
    is_renumbered: bool,
}

impl<'t> Tape<'t> {
    /// Goes through a text, some operations at a time: see [`Reader::each_part`].
    pub(crate) fn read<D: Send>(
        text: &'t str,
        new: &(impl Fn() -> D + Sync),
        digest: &(impl Fn(&mut D, &mut Op) + Sync),
        tell: &mut impl FnMut(D, Vec<Numbered>),
    ) -> Result<Tape<'t>, HistoryError> {
        let mut reader = Reader::new(text);
        let (mut positions, mut is_renumbered) = (Vec::new(), false);
        reader.each_part(new, digest, &mut |made, ops| {
            for (_, place, position) in &ops {
                is_renumbered |= place.index != positions.len() as u64;
                positions.push(*position);
            }
            tell(made, ops);
        })?;
        Ok(Tape { reader, positions, is_renumbered })
    }

    pub(crate) fn len(&self) -> usize {
        self.positions.len()
    }

    /// Whether operations have other indices in the text.
    pub(crate) fn is_renumbered(&self) -> bool {
        self.is_renumbered
    }

    /// Reads an operation again.
    pub(crate) fn op(&self, index: usize) -> Op {
        self.reader.again(self.positions[index], index)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Check, Demands, Patience, Workload, check, check_text, history};

    /// Elements in the wrong order, an outcome that nobody knows, and names that are no numbers.
    const TEXT: &str = "; mine\n[{:process :a, :type :invoke, :f :txn, :value [[:append 1 1] [:r 2 nil]]}\n\
        {:process :b, :type :invoke, :f :txn, :value [[:append 1 2]]} {:process :b, :type :info, :error :net-timeout, :f :txn, \
        :value [[:append 1 2]]}\n{:process :a, :type :ok, :f :txn, :value [[:append 1 1] [:r 2 [3]]]}\n\
        {:process 2, :type :invoke, :f :txn, :value [[:r 1 nil]]}\n{:process 2, :type :ok, :f :txn, :value [[:r 1 [2 1]]]}\n\
        {:process 2, :type :invoke, :f :txn, :value [[:r 1 nil]]}\n{:process 2, :type :ok, :f :txn, :value [[:r 1 [1 2]]]}]";

    #[test]
    fn what_is_judged_while_it_is_read_is_judged_the_same() {
        let demands = Demands::new(Workload::TxnListAppend);
        for name in ["list-append", "rw-register"] {
            let check_name = Check::named(name).expect("a check of that name");
            let whole = check(check_name, &demands, &history::read(TEXT).unwrap(), Patience::default());
            let taped = check_text(check_name, &demands, TEXT, Patience::default()).unwrap();
            assert_eq!(taped.results.value, whole.value);
            assert_eq!(taped.results.findings, whole.findings);
            assert_eq!((taped.events, whole.findings.is_empty()), (8, false));
        }
    }
}
