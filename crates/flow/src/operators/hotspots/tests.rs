//! Regions that are found, and that a saved window goes on as before.

use arrow_array::cast::AsArray;
use arrow_array::{Float64Array, Int64Array};

use super::*;
use crate::operators::Message;

fn rows(points: &[(Option<f64>, i64)]) -> Rows {
    let times = (0..points.len()).map(|time| i64::try_from(time).unwrap()).collect();
    let first: Float64Array = points.iter().map(|(x, _)| *x).collect();
    let second: Int64Array = points.iter().map(|(_, y)| Some(*y)).collect();
    Rows::new(times, vec![Arc::new(first), Arc::new(second)])
}

fn results(operator: &mut Hotspots, rows: Rows) -> Vec<String> {
    let mut context = Context::at(0);
    operator.rows(0, rows, &mut context);
    let Message::Rows(rows) = context.take_messages().remove(0) else { panic!("rows come out for rows") };
    assert_eq!(rows.columns().len(), 3);
    rows.columns()[2].as_string_view().iter().map(|text| text.unwrap().to_owned()).collect()
}

fn hotspots() -> Hotspots {
    Hotspots::new(vec![0, 1], 100, 1.0, 3)
}

#[test]
fn three_close_points_are_a_hotspot() {
    let points = [(Some(0.0), 0), (Some(50.0), 9), (Some(0.5), 0), (None, 0), (Some(0.25), 1), (Some(0.25), 0)];
    let none = r#"{"hotspots":[]}"#;
    let results = results(&mut hotspots(), rows(&points));
    assert_eq!(results[..4], [none; 4]);
    // (0.25, 1) is farther than 1 from both others.
    assert_eq!(results[4], none);
    assert_eq!(results[5], r#"{"hotspots":[{"density":8.0,"minValues":[0.0,0.0],"maxValues":[0.5,1.0]}]}"#);
}

#[test]
fn sides_without_length_do_not_count_for_the_density() {
    let points = [(Some(1.0), 7), (Some(1.25), 7), (Some(1.5), 7)];
    let last = results(&mut hotspots(), rows(&points)).remove(2);
    assert_eq!(last, r#"{"hotspots":[{"density":6.0,"minValues":[1.0,7.0],"maxValues":[1.5,7.0]}]}"#);
    let last = results(&mut hotspots(), rows(&[(Some(1.0), 7); 3])).remove(2);
    assert_eq!(last, r#"{"hotspots":[{"density":3.0,"minValues":[1.0,7.0],"maxValues":[1.0,7.0]}]}"#);
}

#[test]
fn old_points_leave_the_window() {
    let mut points = vec![(Some(0.0), 0); 3];
    points.extend((0..100).map(|far| (Some(f64::from(far) * 10.0 + 100.0), 0)));
    let results = results(&mut hotspots(), rows(&points));
    assert_ne!(results[99], r#"{"hotspots":[]}"#);
    assert_eq!(results[100], r#"{"hotspots":[]}"#);
}

#[test]
fn a_saved_window_goes_on_as_it_would_have() {
    let points: Vec<_> = (0..400_i64).map(|row| (Some((row * 37 % 53) as f64 / 7.0), row * 31 % 11)).collect();
    for cut in [0, 40, 250] {
        let mut whole = hotspots();
        results_or_none(&mut whole, &points[..cut]);
        let mut saver = Saver::default();
        whole.save(&mut saver);
        let bytes = saver.finish();
        let mut loaded = hotspots();
        let mut loader = Loader::new(&bytes);
        loaded.load(&mut loader).unwrap();
        loader.finish().unwrap();
        let expected = results(&mut whole, rows(&points[cut..]));
        assert!(expected.iter().any(|result| result.contains("density")));
        assert_eq!(results(&mut loaded, rows(&points[cut..])), expected);
        assert!(whole.memory() >= 100 * 2 * 8 && whole.memory() < 10_000);
    }
}

fn results_or_none(operator: &mut Hotspots, points: &[(Option<f64>, i64)]) {
    if !points.is_empty() {
        results(operator, rows(points));
    }
}

#[test]
fn the_result_stays_within_its_column() {
    let hotspot = Hotspot { low: vec![-1.234_567_890_123; 30], high: vec![1.234_567_890_123; 30], points: 2 };
    let text = result(&vec![hotspot; 400]);
    assert!(text.len() <= RESULT_CHARACTERS_MAX && text.ends_with("]}]}"), "{}", text.len());
}

/// Numbers between 0 and 1 without an order that one would see.
struct Scatter(u64);

impl Scatter {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as f64 / (1_u64 << 31) as f64
    }
}

/// Clusters by comparing everything with everything.
fn plain(points: &[Vec<f64>], radius: f64, minimum_points: usize) -> Vec<Vec<usize>> {
    let close = |one: usize| {
        let near = |two: &usize| {
            let squares = points[one].iter().zip(&points[*two]).map(|(a, b)| (a - b) * (a - b));
            squares.sum::<f64>() <= radius * radius
        };
        (0..points.len()).filter(near).collect::<Vec<_>>()
    };
    let mut taken = vec![false; points.len()];
    let mut clusters = Vec::new();
    for start in 0..points.len() {
        if taken[start] || close(start).len() < minimum_points {
            continue;
        }
        let mut cluster = vec![start];
        taken[start] = true;
        let mut at = 0;
        while at < cluster.len() {
            let near = close(cluster[at]);
            if near.len() >= minimum_points {
                for point in near {
                    if !std::mem::replace(&mut taken[point], true) {
                        cluster.push(point);
                    }
                }
            }
            at += 1;
        }
        clusters.push(cluster);
    }
    clusters
}

#[test]
fn clusters_equal_those_of_a_plain_search_at_every_row() {
    let mut random = Scatter(3);
    let points: Vec<Vec<f64>> = (0..400)
        .map(|row| {
            let (x, y) = (random.next(), random.next());
            match row % 4 {
                0 => vec![x * 10.0, y * 10.0],
                1 => vec![2.0 + x, 3.0 + y],
                _ => vec![6.0 + x + row as f64 / 300.0, 1.0 + y],
            }
        })
        .collect();
    let mut neighbours = Neighbours::new(2, 130, 0.4);
    for end in 1..=points.len() {
        neighbours.push(&points[end - 1]);
        let window = &points[end.saturating_sub(130)..end];
        let expected: Vec<Hotspot> = plain(window, 0.4, 6)
            .into_iter()
            .map(|cluster| {
                let fold = |dimension: usize, choose: fn(f64, f64) -> f64| {
                    cluster.iter().map(|point| window[*point][dimension]).reduce(choose).unwrap()
                };
                Hotspot {
                    low: vec![fold(0, f64::min), fold(1, f64::min)],
                    high: vec![fold(0, f64::max), fold(1, f64::max)],
                    points: cluster.len(),
                }
            })
            .collect();
        assert_eq!(neighbours.hotspots(6), expected, "after {end} points");
    }
    assert!(!neighbours.hotspots(6).is_empty());
}
