//! Lists: (being built)
use super::Unjudgeable;
use super::transaction::Transactions;
use crate::check::anomalies::Anomalies;
use crate::check::context::Context;
use crate::check::cycles::Builder;
pub(super) fn analyze<'a>(
    _context: &Context<'a>,
    _transactions: &Transactions<'a>,
    _anomalies: &mut Anomalies,
    _builder: &mut Builder,
) -> Result<(), Unjudgeable> {
    Ok(())
}
