//! What the forest says of series in which something is unusual, and that it goes on as before after it was saved.

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Float64Array, Int32Array, StringViewArray};

use super::point_store::PointStore;
use super::random::Random;
use super::tree::{Place, Tree};
use super::*;
use crate::operators::Message;
use crate::plan::{Column, Order};
use crate::types::DataType;

fn column(name: &str, data_type: DataType) -> Column {
    Column { name: name.to_owned(), data_type, nullable: true, hidden: false, order: Order::None, of_row: None }
}

fn forest(shingle_size: u32, explanation: bool) -> RandomCutForest {
    let columns =
        vec![column("x", DataType::Double), column("NOTE", DataType::Varchar(9)), column("N", DataType::Integer)];
    let function = TableFunction::RandomCutForest {
        columns: vec![0, 2],
        number_of_trees: 12,
        sub_sample_size: 64,
        time_decay: 10_000,
        shingle_size,
        explanation,
        directionality: true,
    };
    RandomCutForest::new(&function, &Schema { columns })
}

fn rows(first: usize, values: &[(f64, i32)]) -> Rows {
    let times = (first..first + values.len()).map(|time| i64::try_from(time).unwrap()).collect();
    let doubles: Float64Array = values.iter().map(|(x, _)| *x).collect::<Vec<_>>().into();
    let notes: StringViewArray = values.iter().map(|_| Some("note")).collect();
    let integers: Int32Array = values.iter().map(|(_, n)| *n).collect::<Vec<_>>().into();
    Rows::new(times, vec![Arc::new(doubles), Arc::new(notes), Arc::new(integers)])
}

fn emitted(operator: &mut RandomCutForest, rows: Rows) -> Rows {
    let mut context = Context::at(0);
    operator.rows(0, rows, &mut context);
    match context.take_messages().remove(0) {
        Message::Rows(rows) => rows,
        Message::Bound(_) => panic!("rows come out for rows"),
    }
}

fn scores(rows: &Rows) -> Float64Array {
    rows.columns()[3].as_primitive::<Float64Type>().clone()
}

/// A sine of 40 rows a period beside a small whole number, with a spike at row 900.
fn series(length: usize) -> Vec<(f64, i32)> {
    let value = |row: usize| {
        let noise = f64::from(u32::try_from(row * 7_919 % 101).unwrap()) / 500.0;
        let sine = (row as f64 * std::f64::consts::TAU / 40.0).sin() * 10.0;
        (if row == 900 { 31.0 } else { sine + noise }, i32::try_from(row % 3).unwrap())
    };
    (0..length).map(value).collect()
}

#[test]
fn a_spike_in_a_sine_has_the_top_score() {
    for shingle_size in [1, 4] {
        let out = emitted(&mut forest(shingle_size, false), rows(0, &series(1_200)));
        let scores = scores(&out);
        assert!((0..64).all(|row| scores.value(row) == 0.0), "the first rows are learned from");
        assert!((64..1_200).all(|row| scores.value(row) > 0.0), "all others are scored");
        let top = (0..1_200).max_by(|one, two| scores.value(*one).total_cmp(&scores.value(*two))).unwrap();
        // With shingles, the spike is in four of them.
        assert!((900..900 + shingle_size as usize).contains(&top), "row {top} of shingles of {shingle_size}");
        let usual = (64..900).map(|row| scores.value(row)).fold(0.0, f64::max);
        assert!(scores.value(top) > 1.5 * usual, "{} against {usual}", scores.value(top));
    }
}

#[test]
fn an_inversion_is_seen_by_shingles_alone() {
    let mut values: Vec<(f64, i32)> = series(800).into_iter().map(|(x, _)| (x, 0)).collect();
    // A rising edge where the series falls: each value is usual, their order is not.
    let rising: Vec<(f64, i32)> = values[30..50].to_vec();
    values.extend_from_slice(&rising);
    values.splice(770..790, rising);
    let out = emitted(&mut forest(8, false), rows(0, &values[..800]));
    let scores = scores(&out);
    let top = (64..800).max_by(|one, two| scores.value(*one).total_cmp(&scores.value(*two))).unwrap();
    assert!((770..800).contains(&top), "row {top}");
}

#[test]
fn an_explanation_names_the_column_and_its_side() {
    let mut values = series(600);
    values[500].0 = -45.0;
    values[550].1 = 60;
    let out = emitted(&mut forest(1, true), rows(0, &values));
    let texts = out.columns()[4].as_string_view();
    assert_eq!(
        texts.value(0),
        r#"{"x":{"DIRECTION":"LOW","STRENGTH":"0.0000","ATTRIBUTION_SCORE":"0.0000"},"N":{"DIRECTION":"LOW","STRENGTH":"0.0000","ATTRIBUTION_SCORE":"0.0000"}}"#
    );
    let number = |text: &str, key: &str| -> f64 {
        let rest = text.split(key).nth(1).unwrap().trim_start_matches("\":\"");
        rest.split('"').next().unwrap().parse().unwrap()
    };
    let scores = scores(&out);
    for row in 64..600 {
        let (x, n) = texts.value(row).split_once(",\"N\"").unwrap();
        let sum = number(x, "ATTRIBUTION_SCORE") + number(n, "ATTRIBUTION_SCORE");
        assert!((sum - scores.value(row)).abs() < 2e-4, "row {row}: {sum} is not {}", scores.value(row));
    }
    let (x, n) = texts.value(500).split_once(",\"N\"").unwrap();
    assert!(x.contains(r#""DIRECTION":"LOW""#), "{x}");
    assert!(number(x, "ATTRIBUTION_SCORE") > 5.0 * number(n, "ATTRIBUTION_SCORE"));
    let (x, n) = texts.value(550).split_once(",\"N\"").unwrap();
    assert!(n.contains(r#""DIRECTION":"HIGH""#), "{n}");
    assert!(number(n, "ATTRIBUTION_SCORE") > 5.0 * number(x, "ATTRIBUTION_SCORE"));
}

#[test]
fn a_saved_forest_goes_on_as_it_would_have() {
    let values = series(1_000);
    for (cut, shingle_size) in [(0, 1), (3, 8), (700, 1), (700, 4)] {
        let mut whole = forest(shingle_size, true);
        emitted(&mut whole, rows(0, &values[..cut.max(1)]));
        let mut saver = Saver::default();
        whole.save(&mut saver);
        let bytes = saver.finish();
        let mut loaded = forest(shingle_size, true);
        let mut loader = Loader::new(&bytes);
        loaded.load(&mut loader).unwrap();
        loader.finish().unwrap();
        let rest = rows(cut, &values[cut.max(1)..]);
        assert_eq!(emitted(&mut whole, rest.clone()), emitted(&mut loaded, rest));
        let (mut one, mut two) = (Saver::default(), Saver::default());
        loaded.save(&mut one);
        forest(shingle_size, true).load(&mut Loader::new(&one.finish())).unwrap();
        whole.save(&mut two);
        forest(shingle_size, true).load(&mut Loader::new(&two.finish())).unwrap();
    }
}

#[test]
fn damaged_state_is_refused() {
    let mut whole = forest(1, false);
    emitted(&mut whole, rows(0, &series(300)));
    let mut saver = Saver::default();
    whole.save(&mut saver);
    let bytes = saver.finish();
    for length in (0..bytes.len()).step_by(1_997) {
        assert_eq!(forest(1, false).load(&mut Loader::new(&bytes[..length])), Err(Damaged));
    }
    for at in (0..bytes.len()).step_by(1_009) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x55;
        let mut other = forest(1, false);
        // Not every change is seen, but none of them makes it panic.
        if other.load(&mut Loader::new(&damaged)).is_ok() {
            emitted(&mut other, rows(300, &series(500)[300..]));
        }
    }
}

#[test]
fn rows_without_a_point_have_no_score_and_equal_rows_have_a_small_one() {
    let mut operator = forest(1, true);
    emitted(&mut operator, rows(0, &[(1.0, 1); 300]));
    let out = emitted(&mut operator, rows(300, &[(f64::NAN, 1), (f64::INFINITY, 1), (-0.0, 1), (1.0, 1), (2.0, 1)]));
    let scores = scores(&out);
    assert!(scores.is_null(0) && scores.is_null(1) && out.columns()[4].is_null(0));
    assert!(scores.value(2) > 5.0 * scores.value(3) && scores.value(4) > 5.0 * scores.value(3));
    assert!(scores.value(3) > 0.0);
}

#[test]
fn memory_stops_growing_when_the_samples_are_full() {
    let mut operator = forest(1, false);
    let values = series(4_000);
    emitted(&mut operator, rows(0, &values[..1_500]));
    let early = operator.memory();
    emitted(&mut operator, rows(1_500, &values[1_500..]));
    assert!(operator.memory() < early + early / 4, "{} after {early}", operator.memory());
    // 12 trees of 64 points in 2 dimensions.
    assert!(early > 12 * 64 * (2 + 4) * 8 && early < 12 * 64 * 400, "{early}");
}

/// The score as its formula says it, without any shortcut.
fn plain_score(tree: &Tree, store: &PointStore, point: &[f64], mass: usize) -> f64 {
    let Some(mut here) = tree.root else { return 0.0 };
    let (mut together, mut total, mut depth) = (1.0, 0.0, 0.0);
    while let Place::Node(node) = here {
        let (low, high) = tree.bounds(store, here);
        let (mut outside, mut sides) = (0.0, 0.0);
        for ((value, low), high) in point.iter().zip(low).zip(high) {
            outside += (value - high).max(0.0) + (low - value).max(0.0);
            sides += high - low;
        }
        if outside > 0.0 {
            let parted = outside / (outside + sides);
            total += together * parted * (1.0 / (depth + 1.0));
            together *= 1.0 - parted;
        }
        here = tree.nodes[node as usize].toward(point).0;
        depth += 1.0;
    }
    let Place::Leaf(leaf) = here else { unreachable!("the way ended at a leaf") };
    let leaf = tree.leaves[leaf as usize];
    let last = if store.get(leaf.point) == point {
        let damp = 1.0 - f64::from(leaf.mass) / (2.0 * mass as f64);
        damp / (depth + (1.0 + f64::from(leaf.mass)).log2())
    } else {
        1.0 / (depth + 1.0)
    };
    (total + together * last) * (1.0 + mass as f64).log2()
}

#[test]
fn scores_are_those_of_the_formula_to_the_last_bit() {
    for dimensions in 1..=6 {
        let mut random = Random::new(dimensions as u64);
        let (mut store, mut tree) = (PointStore::new(dimensions), Tree::default());
        let mut point = || -> Vec<f64> {
            // Few values and huge ones: equal points, and boxes that are flat or overflow.
            let scale = [1.0, 1e-300, 1e308, 3.0][(random.unit() * 4.0) as usize];
            (0..dimensions).map(|_| ((random.unit() * 9.0).floor() - 4.0) / 4.0 * scale).collect()
        };
        let mut cuts = Random::new(9);
        for mass in 1..300 {
            let (learned, asked) = (point(), point());
            let slot = store.add(&learned);
            tree.insert(&store, slot, &mut cuts);
            for point in [&learned, &asked] {
                let (quick, plain) =
                    (score::score(&tree, &store, point, mass), plain_score(&tree, &store, point, mass));
                let is_same = quick.to_bits() == plain.to_bits() || quick.is_nan() && plain.is_nan();
                assert!(is_same, "{quick} is not {plain} of {point:?}");
            }
        }
    }
}
