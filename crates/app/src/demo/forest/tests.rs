//! The plain forest against numbers worked out by hand, and the engine's forest against the plain one.

use std::sync::Arc;

use arrow_array::{Float64Array, Int32Array, cast::AsArray, types::Float64Type};
use flow::Rows;
use flow::bind::{self, Environment, source_column};
use flow::graph::{Entry, Graph, Tap};
use flow::plan::{Schema, Stream};
use flow::tables::Tables;
use flow::types::DataType;

use super::*;

/// Sums are added in another order.
const TOLERANCE: f64 = 1e-12;
/// Rows that are compared under each settings.
const ROWS: usize = 1_200;
/// Of the random numbers that rows are made of.
const ROWS_SEED: u64 = 4;

impl Forest {
    /// What a checkpoint with a fault might do: the first tree has one point less.
    pub(in crate::demo) fn lose_a_point(&mut self) {
        let tree = &mut self.trees[0];
        let (_, gone) = tree.sample.remove(0);
        tree.root = tree.root.take().unwrap().without(&gone);
    }
}

#[test]
fn numbers_are_those_of_the_published_generator() {
    // Source: the test vector of the reference implementation, seed 1234567.
    let mut dice = Dice(1_234_567);
    assert_eq!([dice.number(), dice.number()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
}

#[test]
fn a_cut_is_where_the_number_falls_on_the_sides_laid_end_to_end() {
    let bounds = Bounds(vec![(1.0, 4.0), (7.0, 7.0), (-1.0, 0.0)]);
    for (draw, expected) in [(0.0, (0, 1.0)), (0.5, (0, 3.0)), (0.75, (2, -1.0)), (0.875, (2, -0.5))] {
        assert_eq!(bounds.cut(draw), expected, "{draw}");
    }
}

#[test]
fn scores_of_two_points_are_those_worked_out_by_hand() {
    let points = Tree {
        sample: vec![(0.0, vec![0.0]), (0.0, vec![4.0])],
        root: Some(Node::cut((0, 1.0), Node::leaf(&[0.0]), Node::leaf(&[4.0]))),
    };
    for (point, expected) in [
        // Half of the box around all three is outside of the two: 1/2 · 1/1 + 1/2 · 1/2.
        (8.0, 0.75),
        (-4.0, 0.75),
        // 2/3 · 1/1 + 1/3 · 1/2.
        (12.0, 5.0 / 6.0),
        // Inside, and then a leaf of another point.
        (2.0, 0.5),
        // A leaf of the same point, one of two: (1 − 1/4) / (1 + log2(2)).
        (4.0, 0.375),
    ] {
        let score = points.score(&[point]);
        assert!((score - expected * 3_f64.log2()).abs() < TOLERANCE, "{score} of {point}");
    }
}

#[test]
fn the_first_scores_of_a_forest_are_those_worked_out_by_hand() {
    let settings = Settings { trees: 3, sample: 1, decay: 10.0, shingle: 1 };
    // Each tree holds one point of mass 1: another is parted at once, an equal one is damped by a half.
    for (second, expected) in [(9.0, 1.0), (5.0, 0.5)] {
        let mut forest = Forest::new(settings);
        assert_eq!([forest.take(&[5.0]), forest.take(&[second])], [0.0, expected]);
    }
}

#[test]
fn a_point_that_goes_leaves_nothing_behind() {
    let mut dice = Dice(1);
    let node = |dice: &mut Dice| {
        let points = [[2.0, 1.0], [0.0, 5.0], [2.0, 1.0], [7.0, 7.0]];
        points.iter().fold(Node::leaf(&[4.0, 4.0]), |node, point| node.with(point, dice))
    };
    for point in [[2.0, 1.0], [-3.0, 4.0], [9.0, 9.0]] {
        let (mut one, mut two) = (Dice(7), Dice(7));
        assert_eq!(node(&mut one).with(&point, &mut dice).without(&point), Some(node(&mut two)));
    }
    assert_eq!(Node::leaf(&[1.0]).without(&[1.0]), None);
}

#[test]
fn a_far_point_has_a_higher_score() {
    let mut forest = Forest::new(Settings::DEFAULT);
    let mut dice = Dice(ROWS_SEED);
    let usual: Vec<f64> = (0..1_000).map(|_| forest.take(&[dice.draw(), dice.draw()])).collect();
    assert!(usual[..256].iter().all(|score| *score == 0.0));
    let highest = usual.iter().copied().fold(0.0, f64::max);
    assert!(forest.take(&[9.0, 0.5]) > 1.2 * highest);
}

/// Rows of a few values, so that many are equal, and of some far away; and some without a point.
fn rows() -> Vec<(Option<f64>, Option<i32>)> {
    let mut dice = Dice(ROWS_SEED);
    let mut below = |count: u64| dice.number() % count;
    let row = |_| {
        let x = match below(40) {
            0 => None,
            1 => Some(f64::INFINITY),
            2 => Some(-0.0),
            3 => Some(below(1_000_000) as f64 * 1e140),
            4..20 => Some(below(5) as f64 / 4.0),
            _ => Some(below(1 << 40) as f64 / 1e9),
        };
        let n = match below(40) {
            0 => None,
            1 => Some(i32::MIN),
            _ => i32::try_from(below(4)).ok(),
        };
        (x, n)
    };
    (0..ROWS).map(row).collect()
}

/// What the engine makes of rows.
fn answered(rows: &[(Option<f64>, Option<i32>)], settings: &str) -> Vec<Option<f64>> {
    let columns = vec![source_column("X", DataType::Double), source_column("N", DataType::Integer)];
    let streams = vec![Stream { name: "S".to_owned(), schema: Schema { columns } }];
    let environment = Environment { streams, ..Environment::default() };
    let code = format!(
        "CREATE STREAM O (SCORE DOUBLE); CREATE PUMP P AS INSERT INTO O \
         SELECT STREAM ANOMALY_SCORE FROM TABLE(RANDOM_CUT_FOREST(CURSOR(SELECT STREAM X, N FROM S){settings}));"
    );
    let program = bind::program(&code, &environment).unwrap();
    let tap = [Tap::Stream("O".to_owned())];
    let mut graph = Graph::new(&program, &environment, &Tables::default(), &tap, 1 << 30).unwrap();
    let score = graph.schema(0).columns.iter().position(|column| column.name == "SCORE").unwrap();
    let mut scores = Vec::new();
    for (time, some) in (1..).zip(rows.chunks(77)) {
        let x: Float64Array = some.iter().map(|(x, _)| *x).collect();
        let n: Int32Array = some.iter().map(|(_, n)| *n).collect();
        let rows = Rows::new(vec![time; some.len()].into(), vec![Arc::new(x), Arc::new(n)]);
        let entry = Entry { time, rows: vec![(0, rows)], ..Entry::default() };
        for part in graph.advance(entry).unwrap().taps.iter().flatten() {
            scores.extend(part.columns()[score].as_primitive::<Float64Type>());
        }
    }
    scores
}

#[test]
fn the_engine_scores_as_the_plain_forest_does() {
    let default = Settings::DEFAULT;
    let rows = rows();
    for (text, settings) in [
        ("", default),
        (", 7, 10, 11, 1", Settings { trees: 7, sample: 10, decay: 11.0, shingle: 1 }),
        (", 20, 64, 200, 3", Settings { trees: 20, sample: 64, decay: 200.0, shingle: 3 }),
        (", 1, 1000, 2147483647, 1", Settings { trees: 1, sample: 1_000, decay: 2_147_483_647.0, shingle: 1 }),
        (", 5, 12, 500, 30", Settings { trees: 5, sample: 12, decay: 500.0, shingle: 30 }),
    ] {
        let mut forest = Forest::new(settings);
        let plain =
            rows.iter().map(|(x, n)| Some(forest.take(&[x.filter(|x| x.is_finite())? + 0.0, f64::from((*n)?)])));
        let found = answered(&rows, text);
        assert_eq!(found.len(), rows.len());
        for (row, (found, plain)) in found.into_iter().zip(plain).enumerate() {
            let is_same = match (found, plain) {
                (Some(found), Some(plain)) => (found - plain).abs() < TOLERANCE,
                (found, plain) => found == plain,
            };
            assert!(is_same, "{found:?} is not {plain:?} at row {row} of ({text})");
        }
    }
}
