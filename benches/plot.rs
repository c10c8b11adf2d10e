//! Draws the plots.

use std::ops::Range;
use std::path::Path;

use picometer_benches::lines::Curves;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Cost against the number of something, both logarithmic. Each curve has its name at its end, in its colour, which is
/// the same in every plot.
pub(crate) fn draw(path: &Path, plot: &str, curves: &Curves) {
    let points = || curves.values().flatten();
    let range = |of: fn(&(f64, f64)) -> f64| {
        let low = points().map(of).fold(f64::INFINITY, f64::min);
        low..points().map(of).fold(low, f64::max)
    };
    let (x, y) = (range(|point| point.0), range(|point| point.1));
    let y = y.start * 0.8..y.end * 1.25;
    let mut places: Vec<f64> = points().map(|point| point.0).collect();
    places.sort_by(f64::total_cmp);
    places.dedup();
    let root = SVGBackend::new(path, (WIDTH, HEIGHT)).into_drawing_area();
    root.fill(&WHITE).expect("it can be drawn");
    let mut chart = ChartBuilder::on(&root)
        .margin(12)
        .margin_right(NAMES)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .caption(format!("Nanoseconds of a recording, by the number of {plot}"), ("sans-serif", 18))
        .build_cartesian_2d(
            x.clone().log_scale().with_key_points(places),
            y.clone().log_scale().with_key_points(ticks(&y)),
        )
        .expect("it can be drawn");
    chart
        .configure_mesh()
        .x_desc(plot)
        .y_desc("ns")
        .x_label_formatter(&|x| format!("{x}"))
        .y_label_formatter(&|y| format!("{y}"))
        .draw()
        .expect("it can be drawn");
    let mut ends = Vec::new();
    for (contender, points) in curves {
        let style = color(contender).stroke_width(if contender.starts_with("picometer") { 3 } else { 1 });
        let line = LineSeries::new(points.iter().copied(), style).point_size(3);
        chart.draw_series(line).expect("it can be drawn");
        if let Some(last) = points.last() {
            ends.push((contender, chart.backend_coord(last)));
        }
    }
    // Where curves end close together, their names move down.
    ends.sort_by_key(|(_, (_, y))| *y);
    let mut free = i32::MIN;
    for (contender, (x, y)) in ends {
        let y = y.max(free);
        free = y + 16;
        let font = ("sans-serif", 13).into_font().color(&color(contender)).pos(Pos::new(HPos::Left, VPos::Center));
        root.draw(&Text::new(contender.as_str(), (x + 10, y), font)).expect("it can be drawn");
    }
    root.present().expect("it can be written");
}

/// The size of a plot, and how much of its width is for the names of the curves.
const WIDTH: u32 = 900;
const HEIGHT: u32 = 480;
const NAMES: u32 = 200;

/// The colour of a contender: ours dark, peers light, and grey what only controls.
fn color(contender: &str) -> RGBColor {
    const COLORS: [(&str, RGBColor); 10] = [
        ("picometer", RGBColor(0x11, 0x55, 0xCC)),
        ("picometer, one stripe", RGBColor(0x66, 0xA3, 0xE0)),
        ("picometer, stripe by thread", RGBColor(0x00, 0x99, 0x88)),
        ("picometer, nothing shared", RGBColor(0x88, 0x88, 0x88)),
        ("prometheus", RGBColor(0xE6, 0x52, 0x2C)),
        ("prometheus-client", RGBColor(0xB8, 0x7A, 0x00)),
        ("metrics", RGBColor(0x9B, 0x30, 0xB0)),
        ("opentelemetry sdk", RGBColor(0xD0, 0x30, 0x70)),
        ("measured", RGBColor(0x5A, 0x8F, 0x1D)),
        ("fastmetrics", RGBColor(0x8C, 0x56, 0x4B)),
    ];
    COLORS.iter().find(|(name, _)| *name == contender).map_or(RGBColor(0x88, 0x88, 0x88), |(_, color)| *color)
}

/// 1, 2 and 5 of each power of ten within a range.
fn ticks(range: &Range<f64>) -> Vec<f64> {
    let powers = range.start.log10().floor() as i32..=range.end.log10().ceil() as i32;
    let ticks = powers.flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * 10_f64.powi(power)));
    ticks.filter(|tick| range.contains(tick)).collect()
}
