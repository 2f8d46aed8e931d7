//! How all benches with criterion measure.

use std::time::Duration;

use criterion::Criterion;

/// Not for long, as there are many.
pub(crate) fn criterion() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(40)
        .without_plots()
        .configure_from_args()
}
