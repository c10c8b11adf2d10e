//! Every interleaving of the real code, by loom. Run by `ci/loom.sh`.
#![cfg(loom)]

use loom::sync::Arc;
use loom::thread;
use picometer::family::Store;
use picometer::label::{LearnedTable, NumberLabel, words};
use picometer::stripe::Single;
use picometer::visit::{Metric, Number, Point, Standing, Value};
use picometer::{Counter, LabelSet};

/// More interleavings than this many forced switches show nothing new in code this short, and take hours.
fn model(check: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(check);
}

type Table = LearnedTable<2, { words(15) }, 4>;

#[test]
fn two_threads_learn_one_name() {
    model(|| {
        let table = Arc::new(Table::new());
        table.create();
        let other = {
            let table = Arc::clone(&table);
            thread::spawn(move || table.learn("two words").index())
        };
        let here = table.learn("two words").index();
        assert_eq!(other.join().unwrap(), here);
        assert_eq!(table.learned(), 1);
        table.value(here, |value| assert_eq!(value, Value::Text("two words")));
    });
}

#[test]
fn two_threads_learn_two_names() {
    model(|| {
        let table = Arc::new(Table::new());
        table.create();
        let other = {
            let table = Arc::clone(&table);
            thread::spawn(move || table.learn("one").index())
        };
        let here = table.learn("two").index();
        let there = other.join().unwrap();
        assert_ne!(here, there);
        assert_eq!(table.learned(), 2);
        table.value(here, |value| assert_eq!(value, Value::Text("two")));
        table.value(there, |value| assert_eq!(value, Value::Text("one")));
        assert_eq!(table.learn("three").index(), 2, "a full table overflows");
    });
}

#[test]
fn a_name_is_whole_as_soon_as_it_is_found() {
    model(|| {
        let table = Arc::new(Table::new());
        table.create();
        let writer = {
            let table = Arc::clone(&table);
            thread::spawn(move || table.learn("two words"))
        };
        let index = table.learn("two words").index();
        table.value(index, |value| assert_eq!(value, Value::Text("two words")));
        writer.join().unwrap();
    });
}

/// A recording can be seen before the name that it goes with, which then is not shown yet.
#[test]
fn a_name_is_known_only_when_it_is_whole() {
    model(|| {
        let shared = Arc::new((Table::new(), Counter::new()));
        shared.0.create();
        let _ = shared.1.total(); // creates loom's atomics
        let writer = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let index = shared.0.learn("two words").index();
                shared.1.inc();
                index
            })
        };
        let known = if shared.1.total() == 0 { None } else { (0..2).find(|index| shared.0.is_known(*index)) };
        if let Some(index) = known {
            shared.0.value(index, |value| assert_eq!(value, Value::Text("two words")));
        }
        let index = writer.join().unwrap();
        assert!(shared.0.is_known(index) && !shared.0.is_known(1 - index));
    });
}

/// Names that begin alike settle through the same words of the same entry.
#[test]
fn two_threads_learn_names_that_begin_alike() {
    model(|| {
        let table = Arc::new(Table::new());
        table.create();
        let other = {
            let table = Arc::clone(&table);
            thread::spawn(move || table.learn("the same 1").index())
        };
        let here = table.learn("the same 2").index();
        let there = other.join().unwrap();
        assert_ne!(here, there);
        assert_eq!(table.learned(), 2);
        table.value(here, |value| assert_eq!(value, Value::Text("the same 2")));
        table.value(there, |value| assert_eq!(value, Value::Text("the same 1")));
    });
}

/// The name that one thread misses is the one that fills the table.
#[test]
fn the_last_name_is_not_taken_for_one_that_does_not_fit() {
    model(|| {
        let table = Arc::new(LearnedTable::<1, { words(15) }, 2>::new());
        table.create();
        let other = {
            let table = Arc::clone(&table);
            thread::spawn(move || table.learn("last").index())
        };
        assert_eq!(table.learn("last").index(), 0);
        assert_eq!(other.join().unwrap(), 0);
    });
}

#[derive(LabelSet, Clone, Copy)]
#[label_set(max_series = 2)]
struct Size {
    size: NumberLabel<0, 7>,
}

/// What `Family<Size, Counter>` keeps its series in.
type Series = <Size as LabelSet>::Store<Counter, Single>;

fn inc(family: &Series, size: u32) {
    let labels = Size { size: NumberLabel::new(size) };
    Store::<Size, Counter>::cell(family, labels.index()).inc();
}

fn values(family: &Series) -> Vec<u64> {
    let live = (0..<Series as Store<Size, Counter>>::POSITIONS)
        .filter(|position| Store::<Size, Counter>::is_live(family, *position));
    let value = |position| {
        Store::<Size, Counter>::point(family, position, |point| match point {
            Point::Number(Number::Unsigned(value)) => value,
            other => panic!("{other:?}"),
        })
    };
    live.filter_map(value).collect()
}

#[test]
fn two_threads_claim_one_series() {
    model(|| {
        let family = Arc::new(<Series as Store<Size, Counter>>::INIT);
        family.create();
        let other = {
            let family = Arc::clone(&family);
            thread::spawn(move || inc(&family, 5))
        };
        inc(&family, 5);
        other.join().unwrap();
        assert_eq!(values(&family), [2]);
    });
}

#[test]
fn two_threads_claim_two_series_each() {
    model(|| {
        let family = Arc::new(<Series as Store<Size, Counter>>::INIT);
        family.create();
        let other = {
            let family = Arc::clone(&family);
            thread::spawn(move || {
                inc(&family, 1);
                inc(&family, 2);
            })
        };
        inc(&family, 2);
        inc(&family, 1);
        other.join().unwrap();
        assert_eq!(values(&family), [2, 2]);
    });
}

#[test]
fn what_does_not_fit_overflows_once() {
    model(|| {
        let family = Arc::new(<Series as Store<Size, Counter>>::INIT);
        family.create();
        let other = {
            let family = Arc::clone(&family);
            thread::spawn(move || {
                inc(&family, 1);
                inc(&family, 3);
            })
        };
        inc(&family, 2);
        other.join().unwrap();
        let mut values = values(&family);
        assert_eq!(values.len(), 2 + usize::from(values.len() == 3), "two series, and the overflow if it was used");
        values.sort_unstable();
        assert_eq!(values.iter().sum::<u64>(), 3);
        assert!(values.iter().all(|value| *value == 1));
    });
}

type Labels = picometer::keyed!(Counter, series = 2, words = 4);

/// Who visits while a key is entered meets the whole key or none.
#[test]
fn a_key_is_visited_whole() {
    struct Whole(usize);
    impl picometer::visit::LabelVisitor for Whole {
        type Error = std::convert::Infallible;
        fn label(&mut self, key: picometer::visit::Key<'_>, value: Value<'_>) -> Result<(), Self::Error> {
            assert_eq!((key.name, value), ("k", Value::Text("12345678")));
            self.0 += 1;
            Ok(())
        }
    }
    model(|| {
        let family = Arc::new(Labels::new());
        family.create();
        let writers = [0, 1].map(|_| {
            let family = Arc::clone(&family);
            thread::spawn(move || family.with(&[("k", "12345678")]).inc())
        });
        for position in 0..2 {
            if Metric::is_live(&*family, position) {
                let mut whole = Whole(0);
                let Ok(()) = family.labels(position, &mut whole);
                assert_eq!(whole.0, 1);
            }
        }
        for writer in writers {
            writer.join().unwrap();
        }
        assert_eq!(family.usage().series, 1);
        assert_eq!(family.with(&[("k", "12345678")]).total(), 2);
    });
}

fn standings(family: &Labels) -> [Standing; 2] {
    family.prepare();
    [0, 1].map(|position| family.standing(position))
}

/// Two visitors find out at once that two series coincide, and show the same one.
#[test]
fn visitors_agree_on_which_series_stands_for_those_that_coincide() {
    model(|| {
        let family = Arc::new(Labels::new());
        family.create();
        family.with(&[("a.b", "1")]).inc();
        family.with(&[("a_b", "1")]).inc();
        let other = {
            let family = Arc::clone(&family);
            thread::spawn(move || standings(&family))
        };
        let here = standings(&family);
        assert!(here.contains(&Standing::Leader) && here.contains(&Standing::Follower), "{here:?}");
        assert_eq!(other.join().unwrap(), here);
    });
}

/// A series that coincides with one is entered while two visitors are at work: none shows both.
#[test]
fn a_series_that_comes_later_is_not_shown_beside_the_one_that_it_coincides_with() {
    model(|| {
        let family = Arc::new(Labels::new());
        family.create();
        family.with(&[("a.b", "1")]).inc();
        let writer = {
            let family = Arc::clone(&family);
            thread::spawn(move || {
                family.with(&[("a_b", "1")]).inc();
                standings(&family)
            })
        };
        let shows = |position: usize, standing: Standing| {
            standing == Standing::Leader || standing == Standing::Alone && family.is_live(position)
        };
        let here = standings(&family);
        assert_eq!([0, 1].into_iter().filter(|position| shows(*position, here[*position])).count(), 1, "{here:?}");
        let after = writer.join().unwrap();
        assert!(after.contains(&Standing::Leader) && after.contains(&Standing::Follower), "{after:?}");
    });
}
