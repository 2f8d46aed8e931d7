//! What all plots have: axes over time, faults shaded, and a legend.

use super::canvas::Canvas;
use crate::faults::Fault;
use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::Shift;
use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use std::error::Error;
use std::path::Path;

const SIZE: (u32, u32) = (900, 400);
const FAULT: RGBColor = RGBColor(0xE9, 0xDC, 0xA0);
const FAULT_OPACITY: f64 = 0.6;

pub(super) type Drawn = Result<(), Failure>;
pub(super) type Failure = Box<dyn Error + Send + Sync>;
pub(super) type Root = DrawingArea<Canvas, Shift>;
pub(super) type Chart<'a, Y> = ChartContext<'a, Canvas, Cartesian2d<RangedCoordf64, Y>>;

/// A stretch of time, and what was broken in it.
pub(super) struct Frame<'a> {
    faults: &'a [Fault],
    pub(super) seconds: f64,
}

impl<'f> Frame<'f> {
    /// From the beginning to this moment.
    pub(super) fn new(faults: &'f [Fault], end_us: i64) -> Frame<'f> {
        Frame { faults, seconds: (end_us as f64 / 1e6).max(1.0) }
    }

    /// Axes, with the faults shaded.
    pub(super) fn chart<'a, Y>(
        &self,
        root: &'a Root,
        title: &str,
        y: impl AsRangedCoord<CoordDescType = Y, Value = f64>,
    ) -> Result<Chart<'a, Y>, Failure>
    where
        Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
    {
        root.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(root)
            .margin(12)
            .margin_right(24)
            .x_label_area_size(36)
            .y_label_area_size(64)
            .build_cartesian_2d(0.0..self.seconds, y)?;
        let (bottom, top) =
            (chart.as_coord_spec().y_spec().range().start, chart.as_coord_spec().y_spec().range().end);
        let shaded = self.faults.iter().map(|fault| {
            let at = |us: i64| (us as f64 / 1e6).clamp(0.0, self.seconds);
            let corners = [(at(fault.from_us), bottom), (at(fault.to_us), top)];
            Rectangle::new(corners, FAULT.mix(FAULT_OPACITY).filled())
        });
        chart.draw_series(shaded)?;
        let label = ("sans-serif", 13);
        chart
            .configure_mesh()
            .x_desc("time (s)")
            .y_desc(title)
            .label_style(label)
            .light_line_style(WHITE.mix(0.0))
            .bold_line_style(BLACK.mix(0.08))
            .draw()?;
        Ok(chart)
    }
}

/// A picture to draw on.
pub(super) fn root(path: &Path) -> Root {
    Canvas::new(path.to_owned(), SIZE).into_drawing_area()
}

/// What is what, and out.
pub(super) fn finish<'a, Y: Ranged<ValueType = f64>>(chart: &mut Chart<'a, Y>, root: &Root) -> Drawn {
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .label_font(("sans-serif", 12))
        .background_style(WHITE.mix(0.85))
        .draw()?;
    root.present()?;
    Ok(())
}
