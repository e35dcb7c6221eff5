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
