//! The operator of each table function.

use crate::plan::{Schema, TableFunction};

use super::Operator;
use super::count_distinct_items::CountDistinctItems;
use super::group_rank::GroupRank;
use super::hotspots::Hotspots;
use super::random_cut_forest::RandomCutForest;
use super::top_k_items::TopKItems;

/// The operator that carries out a table function on rows with the columns of `input`.
pub fn table_function(function: &TableFunction, input: &Schema) -> Box<dyn Operator> {
    match function {
        TableFunction::RandomCutForest { .. } => Box::new(RandomCutForest::new(function, input)),
        TableFunction::Hotspots { columns, window_size, scan_radius, minimum_points } => {
            Box::new(Hotspots::new(columns.clone(), *window_size, *scan_radius, *minimum_points))
        }
        TableFunction::TopKItems { column, k, seconds } => Box::new(TopKItems::top(*column, *k, *seconds)),
        TableFunction::CountDistinctItems { column, seconds } => Box::new(CountDistinctItems::count(*column, *seconds)),
        TableFunction::GroupRank { column, descending, output_descending, idle_max_ms, output_max } => {
            Box::new(GroupRank::new(*column, *descending, *output_descending, *idle_max_ms, *output_max))
        }
    }
}

/// What a table function is called.
pub fn table_function_name(function: &TableFunction) -> &'static str {
    match function {
        TableFunction::RandomCutForest { explanation: false, .. } => "RANDOM_CUT_FOREST",
        TableFunction::RandomCutForest { .. } => "RANDOM_CUT_FOREST_WITH_EXPLANATION",
        TableFunction::Hotspots { .. } => "HOTSPOTS",
        TableFunction::TopKItems { .. } => "TOP_K_ITEMS_TUMBLING",
        TableFunction::CountDistinctItems { .. } => "COUNT_DISTINCT_ITEMS_TUMBLING",
        TableFunction::GroupRank { .. } => "GROUP_RANK",
    }
}
