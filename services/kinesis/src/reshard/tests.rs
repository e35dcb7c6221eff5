//! Plans: what becomes of a set of shards.

use super::*;

fn plan_of(count: u32) -> Plan {
    Plan::new(shard::uniform_ranges(count).into_iter().zip(0..), count)
}

fn parents(plan: &Plan) -> Vec<Vec<u32>> {
    plan.steps.iter().map(|step| step.parents.clone()).collect()
}

#[test]
fn two_become_three_as_aws_was_seen_to_do_it() {
    let mut plan = plan_of(2);
    plan.make_uniform(3);
    assert_eq!(parents(&plan), [vec![0], vec![1], vec![3, 4]]);
    let indexes: Vec<u32> = plan.open.iter().map(|(_, index)| *index).collect();
    assert_eq!(indexes, [2, 6, 5]);
    assert_eq!(additional_shards(&plan.steps), 2);
}

#[test]
fn any_count_is_reached_from_any_other() {
    for from in [1, 2, 3, 4, 7, 10, 32] {
        for to in [1, 2, 3, 5, 8, 20, 31, 64] {
            let mut plan = plan_of(from);
            plan.make_uniform(to);
            let ranges: Vec<HashRange> = plan.open.iter().map(|(range, _)| *range).collect();
            assert_eq!(ranges, shard::uniform_ranges(to), "{from} to {to}");
            let families = plan.steps.iter().map(|step| (step.parents.len(), step.children.len()));
            assert!(families.clone().all(|family| family == (1, 2) || family == (2, 1)), "{from} to {to}");
        }
    }
}

#[test]
fn nothing_is_done_for_the_same_count() {
    let mut plan = plan_of(5);
    plan.make_uniform(5);
    assert!(plan.steps.is_empty());
}

#[test]
fn uneven_shards_become_even() {
    let mut plan = plan_of(1);
    plan.split(0, 1_000);
    plan.split(1, 2_000);
    plan.make_uniform(2);
    let ranges: Vec<HashRange> = plan.open.iter().map(|(range, _)| *range).collect();
    assert_eq!(ranges, shard::uniform_ranges(2));
}

#[test]
fn the_widest_shard_is_split_first() {
    let mut plan = plan_of(3);
    plan.widen_to(5);
    assert_eq!(parents(&plan).len(), 2);
    plan.widen_to(6);
    assert_eq!(plan.open.len(), 6);
    let widths: Vec<u128> = plan.open.iter().map(|(range, _)| range.end - range.start).collect();
    let (least, most) = (widths.iter().min().unwrap(), widths.iter().max().unwrap());
    assert!(most - least <= 2, "{widths:?}");
    let mut tiny = Plan::new([(HashRange { start: 4, end: 5 }, 0)], 1);
    tiny.widen_to(9);
    assert_eq!(tiny.open.len(), 1);
}
