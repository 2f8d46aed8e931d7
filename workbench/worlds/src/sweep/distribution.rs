//! How a figure is spread over the runs of a sweep.

/// Of each figure: the least, the one that half of the runs keep to, the one that 99 % keep to, and the greatest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Distribution {
    /// The least.
    pub least: f64,
    /// Half of the runs have no more than this.
    pub median: f64,
    /// 99 % of the runs have no more than this.
    pub high: f64,
    /// The greatest.
    pub greatest: f64,
    /// The first seed with the least.
    pub least_seed: u64,
    /// The first seed with the greatest.
    pub greatest_seed: u64,
}

impl Distribution {
    /// The distribution of these figures, each with the seed of its run; none if there are none.
    pub(super) fn of(mut figures: Vec<(f64, u64)>) -> Option<Distribution> {
        figures.sort_by(|(a, of), (b, other)| a.total_cmp(b).then(of.cmp(other)));
        let (least, least_seed) = *figures.first()?;
        let (greatest, _) = *figures.last()?;
        let first_greatest = figures.iter().find(|(figure, _)| *figure == greatest);
        Some(Distribution {
            least,
            median: quantile(&figures, 50),
            high: quantile(&figures, 99),
            greatest,
            least_seed,
            greatest_seed: first_greatest.map_or(least_seed, |(_, seed)| *seed),
        })
    }
}

/// The smallest figure that so many percent of the figures, which are sorted, do not exceed.
fn quantile(figures: &[(f64, u64)], percent: usize) -> f64 {
    let rank = (figures.len() * percent).div_ceil(100).max(1);
    figures[rank - 1].0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_figures_that_occurred_and_extremes_name_their_first_seeds() {
        let figures = (1..=200).map(|number| (f64::from(number / 2), u64::from(number as u32))).collect();
        let expected = Distribution {
            least: 0.0,
            median: 50.0,
            high: 99.0,
            greatest: 100.0,
            least_seed: 1,
            greatest_seed: 200,
        };
        assert_eq!(Distribution::of(figures), Some(expected));
        let same = Distribution::of(vec![(2.0, 9), (2.0, 4)]).unwrap();
        assert_eq!((same.least_seed, same.greatest_seed, same.median, same.high), (4, 4, 2.0, 2.0));
        assert_eq!(Distribution::of(Vec::new()), None);
    }
}
