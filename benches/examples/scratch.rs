use picometer::family::Keyed;
use picometer::stripe::Striped;
use picometer::{Counter, keyed};
use picometer_benches::Question;
use picometer_benches::workload::{Inputs, Labels, labels, pairs};
use std::hint::black_box;

fn main() {
    static OURS: keyed!(Counter, series = 100, words = 12, stripes = Striped<4>) = Keyed::new();
    let keys: &'static [Labels] = labels(5).leak();
    let inputs: Inputs<&'static Labels> = Inputs::drawn(&keys.iter().collect::<Vec<_>>());
    let one: Inputs<&'static Labels> = Inputs::drawn(&[&keys[0]]);
    let same: Vec<&Labels> = keys.iter().filter(|l| l[0].len() == 3).collect();
    let same: Inputs<&'static Labels> = Inputs::drawn(&same);
    Question::new("scratch")
        .contender("picometer", |step| OURS.with(&pairs(inputs.at(step))).inc())
        .contender("one key", |step| OURS.with(&pairs(one.at(step))).inc())
        .contender("same length", |step| OURS.with(&pairs(same.at(step))).inc())
        .contender("one key no inc", |step| {
            black_box(OURS.with(&pairs(one.at(step))));
        })
        .contender("no inc", |step| {
            black_box(OURS.with(&pairs(inputs.at(step))));
        })
        .contender("same length no inc", |step| {
            black_box(OURS.with(&pairs(same.at(step))));
        })
        .on_threads(&[1])
        .answer();
}
