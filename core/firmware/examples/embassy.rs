//! Metrics of a firmware written with embassy: an interrupt counts, one task records, another reports.
//!
//! The metrics are one `static`: nothing is registered, passed around or locked.

#![no_std]
#![no_main]

use core::convert::Infallible;

use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_rt::exception;
use embassy_executor::Spawner;
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::signal::Signal;
use picometer::encode::text::TextEncoder;
use picometer::{Counter, Family, Gauge, Histogram, Label, LabelSet, MetricSet};
use semihosting::{print, process};

picometer::buckets! {
    /// Recorded in millivolts, exported in volts.
    Volts = thousandths [0.8, 1.6, 2.4];
}

#[derive(Label, Clone, Copy)]
enum Quality {
    Good,
    Clipped,
}

#[derive(LabelSet, Clone, Copy)]
struct Reading {
    quality: Quality,
}

#[derive(MetricSet)]
#[metric_set(scope = "example.embassy")]
struct Sensor {
    /// Ticks of the timer.
    #[metric(name = "sensor.ticks", unit = "{tick}")]
    ticks: Counter,
    /// Readings taken.
    #[metric(name = "sensor.readings", unit = "{reading}")]
    readings: Family<Reading, Counter>,
    /// Voltages read.
    #[metric(name = "sensor.voltage", unit = "V")]
    voltage: Histogram<Volts>,
    /// What is left of the battery.
    #[metric(name = "sensor.battery", unit = "%")]
    battery: Gauge,
}

static SENSOR: Sensor = Sensor::new();

static TICK: Signal<CriticalSectionRawMutex, ()> = Signal::new();
static REPORT: Signal<CriticalSectionRawMutex, ()> = Signal::new();

#[exception]
fn SysTick() {
    SENSOR.ticks.inc();
    TICK.signal(());
}

#[embassy_executor::task]
async fn sample() {
    for reading in (0..10_u32).map(|n| n * 350) {
        TICK.wait().await;
        let quality = if reading < 3000 { Quality::Good } else { Quality::Clipped };
        SENSOR.readings.with(Reading { quality }).inc();
        SENSOR.voltage.record(reading.into());
        SENSOR.battery.set(100 - i64::from(reading) / 50);
    }
    REPORT.signal(());
}

#[embassy_executor::task]
async fn report() {
    REPORT.wait().await;
    let mut serial = |bytes: &[u8]| -> Result<(), Infallible> {
        print!("{}", core::str::from_utf8(bytes).unwrap_or("?"));
        Ok(())
    };
    let Ok(()) = SENSOR.visit(&mut TextEncoder::new(&mut serial));
    process::exit(0);
}

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    if let Some(mut peripherals) = cortex_m::Peripherals::take() {
        peripherals.SYST.set_clock_source(SystClkSource::Core);
        peripherals.SYST.set_reload(100_000);
        peripherals.SYST.clear_current();
        peripherals.SYST.enable_interrupt();
        peripherals.SYST.enable_counter();
    }
    match (sample(), report()) {
        (Ok(sample), Ok(report)) => {
            spawner.spawn(sample);
            spawner.spawn(report);
        }
        _ => process::exit(1),
    }
}
