//! Functions that make rows of rows: what they take, within which bounds, and which columns they add.
//!
//! Source: the pages of RANDOM_CUT_FOREST, HOTSPOTS, TOP_K_ITEMS_TUMBLING, COUNT_DISTINCT_ITEMS_TUMBLING and GROUP_RANK under
//! <https://docs.aws.amazon.com/kinesisanalytics/latest/sqlref/>.

use crate::ast::{Expression, ExpressionKind, Name};
use crate::plan::{Column, Expr, ExprKind, Node, NodeKind, Order, Schema, TableFunction, Value};
use crate::types::DataType;
use crate::{Fault, Span};

use super::expression::Binder;
use super::query::column;
use super::scope::Scope;
use super::{Catalog, operator, query};

/// The most numeric columns that are looked at.
const NUMERIC_COLUMNS_MAX: usize = 30;

/// The arguments behind the cursor.
struct Settings<'a> {
    function: &'a str,
    values: Vec<Expr>,
    span: Span,
}

impl Settings<'_> {
    fn at_most(&self, most: usize) -> Result<(), Fault> {
        match self.values.get(most) {
            Some(more) => {
                Err(Fault::new(more.span, format!("{} takes a cursor and {most} more arguments", self.function)))
            }
            None => Ok(()),
        }
    }

    fn given(&self, index: usize) -> Result<&Expr, Fault> {
        self.values.get(index).ok_or_else(|| Fault::new(self.span, format!("{} lacks an argument", self.function)))
    }

    /// A whole number between two bounds.
    fn whole(&self, index: usize, name: &str, least: u32, most: u32, default: Option<u32>) -> Result<u32, Fault> {
        if let (None, Some(default)) = (self.values.get(index), default) {
            return Ok(default);
        }
        let given = self.given(index)?;
        let value = operator::constant_integer(given).and_then(|value| u32::try_from(value).ok());
        value
            .filter(|value| (least..=most).contains(value))
            .ok_or_else(|| Fault::new(given.span, format!("{name} must be a whole number between {least} and {most}")))
    }

    fn text(&self, index: usize) -> Result<&str, Fault> {
        let given = self.given(index)?;
        operator::constant_text(given).ok_or_else(|| Fault::new(given.span, "A text must be written out here"))
    }

    /// The place of the column that a text names.
    fn column(&self, index: usize, schema: &Schema) -> Result<usize, Fault> {
        let name = self.text(index)?;
        let found = |wanted: &str| schema.columns.iter().position(|one| !one.hidden && one.name == wanted);
        // Written as an identifier would be: in any case, unless it is quoted within the quotes.
        let place = match name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
            Some(quoted) => found(quoted),
            None => found(name).or_else(|| found(&name.to_uppercase())),
        };
        place.ok_or_else(|| Fault::new(self.values[index].span, format!("Column '{name}' not found in the cursor")))
    }

    fn descending(&self, index: usize) -> Result<bool, Fault> {
        match self.text(index)?.to_ascii_lowercase().as_str() {
            "asc" => Ok(false),
            "desc" => Ok(true),
            _ => Err(Fault::new(self.values[index].span, "'asc' or 'desc' is expected")),
        }
    }
}

/// Binds `function (CURSOR (…), …)`.
pub(super) fn bind(catalog: &Catalog, name: &Name, arguments: &[Expression], span: Span) -> Result<Node, Fault> {
    let known = [
        "RANDOM_CUT_FOREST",
        "RANDOM_CUT_FOREST_WITH_EXPLANATION",
        "HOTSPOTS",
        "TOP_K_ITEMS_TUMBLING",
        "COUNT_DISTINCT_ITEMS_TUMBLING",
        "GROUP_RANK",
    ];
    if !known.contains(&name.text.as_str()) {
        return Err(Fault::new(name.span, format!("No table function '{name}'")));
    }
    let Some((Expression { kind: ExpressionKind::Cursor(cursor), .. }, rest)) = arguments.split_first() else {
        return Err(Fault::new(span, format!("The first argument of {name} is CURSOR(SELECT STREAM …)")));
    };
    let input = query::bind(catalog, cursor)?.node;
    if !input.stream {
        return Err(Fault::new(cursor.span, "A stream is expected in the CURSOR"));
    }
    let empty = Scope::default();
    let binder = Binder::plain(catalog, &empty);
    let values = rest.iter().map(|one| binder.bind(one)).collect::<Result<_, _>>()?;
    let settings = Settings { function: &name.text, values, span };
    let (function, added) = match name.text.as_str() {
        "RANDOM_CUT_FOREST" => random_cut_forest(&settings, &input, false)?,
        "RANDOM_CUT_FOREST_WITH_EXPLANATION" => random_cut_forest(&settings, &input, true)?,
        "HOTSPOTS" => hotspots(&settings, &input)?,
        "GROUP_RANK" => group_rank(&settings, &input)?,
        tumbling => return items(&settings, input, tumbling == "TOP_K_ITEMS_TUMBLING", span),
    };
    let mut schema = input.schema.clone();
    for column in &mut schema.columns {
        column.order = Order::None;
    }
    schema.columns.extend(added);
    Ok(Node { kind: NodeKind::Function { function, input: Box::new(input) }, schema, stream: true, span })
}

fn added(name: &str, data_type: DataType) -> Column {
    column(name.to_owned(), data_type, true, Order::None)
}

fn numeric_columns(settings: &Settings<'_>, input: &Node) -> Result<Vec<usize>, Fault> {
    let mut all = Vec::new();
    for (index, column) in input.schema.columns.iter().enumerate().filter(|(_, column)| !column.hidden) {
        if matches!(column.data_type, DataType::Decimal { .. }) {
            let message =
                format!("{} does not take the DECIMAL column '{}'; CAST it to DOUBLE", settings.function, column.name);
            return Err(Fault::new(input.span, message));
        }
        if column.data_type.is_numeric() {
            all.push(index);
        }
    }
    if all.is_empty() || all.len() > NUMERIC_COLUMNS_MAX {
        let message = format!("{} takes 1 to {NUMERIC_COLUMNS_MAX} numeric columns", settings.function);
        return Err(Fault::new(input.span, message));
    }
    Ok(all)
}

fn random_cut_forest(
    settings: &Settings<'_>,
    input: &Node,
    explanation: bool,
) -> Result<(TableFunction, Vec<Column>), Fault> {
    settings.at_most(if explanation { 5 } else { 4 })?;
    let columns = numeric_columns(settings, input)?;
    let number_of_trees = settings.whole(0, "numberOfTrees", 1, 1_000, Some(100))?;
    let sub_sample_size = settings.whole(1, "subSampleSize", 10, 1_000, Some(256))?;
    let time_decay = settings.whole(2, "timeDecay", 1, i32::MAX.unsigned_abs(), Some(100_000))?;
    let shingle_size = settings.whole(3, "shingleSize", 1, 30, Some(1))?;
    if sub_sample_size >= time_decay {
        return Err(Fault::new(settings.span, "subSampleSize must be less than timeDecay"));
    }
    let directionality = match settings.values.get(4).map(|value| (&value.kind, value.span)) {
        None => false,
        Some((ExprKind::Literal(Value::Boolean(value)), _)) => *value,
        Some((_, span)) => return Err(Fault::new(span, "withDirectionality is TRUE or FALSE")),
    };
    let mut added_columns = vec![added("ANOMALY_SCORE", DataType::Double)];
    if explanation {
        added_columns.push(added("ANOMALY_EXPLANATION", DataType::Varchar(20_480)));
    }
    let function = TableFunction::RandomCutForest {
        columns,
        number_of_trees,
        sub_sample_size,
        time_decay,
        shingle_size,
        explanation,
        directionality,
    };
    Ok((function, added_columns))
}

fn hotspots(settings: &Settings<'_>, input: &Node) -> Result<(TableFunction, Vec<Column>), Fault> {
    settings.at_most(3)?;
    let columns = numeric_columns(settings, input)?;
    let window_size = settings.whole(0, "windowSize", 100, 1_000, None)?;
    let radius = settings.given(1)?;
    let scan_radius = number(radius).filter(|radius| *radius > 0.0);
    let scan_radius = scan_radius.ok_or_else(|| Fault::new(radius.span, "scanRadius must be a number above 0"))?;
    let minimum_points = settings.whole(2, "minimumNumberOfPointsInAHotspot", 2, window_size, None)?;
    let function = TableFunction::Hotspots { columns, window_size, scan_radius, minimum_points };
    Ok((function, vec![added("HOTSPOTS_RESULT", DataType::Varchar(20_480))]))
}

/// A number that is written out.
fn number(expr: &Expr) -> Option<f64> {
    match (&expr.kind, expr.data_type) {
        (ExprKind::Literal(Value::Double(value)), _) => Some(*value),
        #[expect(clippy::cast_precision_loss, reason = "a radius needs no more digits than a DOUBLE has")]
        (ExprKind::Literal(Value::Integer(value)), DataType::Decimal { scale, .. }) => {
            Some(*value as f64 / 10_f64.powi(i32::from(scale)))
        }
        #[expect(clippy::cast_precision_loss, reason = "a radius needs no more digits than a DOUBLE has")]
        (ExprKind::Literal(Value::Integer(value)), _) => Some(*value as f64),
        _ => None,
    }
}

fn group_rank(settings: &Settings<'_>, input: &Node) -> Result<(TableFunction, Vec<Column>), Fault> {
    settings.at_most(6)?;
    let column = settings.column(0, &input.schema)?;
    let data_type = input.schema.columns[column].data_type;
    if !data_type.is_integer() && !data_type.is_text() {
        return Err(Fault::new(
            settings.values[0].span,
            format!("GROUP_RANK ranks INTEGER, CHAR and VARCHAR, not {data_type}"),
        ));
    }
    let name = settings.text(1)?.to_owned();
    let descending = settings.descending(2)?;
    let output_descending = if settings.text(3)?.is_empty() { None } else { Some(settings.descending(3)?) };
    let count = |index: usize, name: &str| -> Result<Option<u64>, Fault> {
        let value = settings.whole(index, name, 0, u32::MAX, None)?;
        Ok((value > 0).then_some(u64::from(value)))
    };
    let (idle_max_ms, output_max) = (count(4, "maxIdle")?, count(5, "outputMax")?);
    let function = TableFunction::GroupRank { column, descending, output_descending, idle_max_ms, output_max };
    Ok((function, vec![added(&name, DataType::Integer)]))
}

/// The two tumbling functions, whose rows are not those of the input.
fn items(settings: &Settings<'_>, input: Node, top: bool, span: Span) -> Result<Node, Fault> {
    settings.at_most(if top { 3 } else { 2 })?;
    let counted = settings.column(0, &input.schema)?;
    let (function, columns) = if top {
        let k = settings.whole(1, "K", 1, 100_000, None)?;
        let seconds = settings.whole(2, "windowSizeSeconds", 1, 3_600, None)?;
        let value = Column { order: Order::None, of_row: None, ..input.schema.columns[counted].clone() };
        (
            TableFunction::TopKItems { column: counted, k, seconds },
            vec![value, added("MOST_FREQUENT_VALUES", DataType::BigInt)],
        )
    } else {
        let seconds = settings.whole(1, "windowSizeSeconds", 1, 3_600, None)?;
        let function = TableFunction::CountDistinctItems { column: counted, seconds };
        (function, vec![added("NUMBER_OF_DISTINCT_ITEMS", DataType::BigInt)])
    };
    let kind = NodeKind::Function { function, input: Box::new(input) };
    let found = Node { kind, schema: Schema { columns }, stream: true, span };
    Ok(if top { with_other_names(found) } else { found })
}

/// The items and their counts also under the names that the programs of AWS's guide have for them; its page of the function has others.
fn with_other_names(found: Node) -> Node {
    let (mut schema, span) = (found.schema.clone(), found.span);
    for (index, name) in ["ITEM", "ITEM_COUNT"].into_iter().enumerate() {
        schema.columns.push(Column { name: name.to_owned(), hidden: true, ..schema.columns[index].clone() });
    }
    let values = [0, 1, 0, 1].map(|index| query::reference(&found.schema, index, span)).to_vec();
    let kind = NodeKind::Project { input: Box::new(found), values, rowtime: None };
    Node { kind, schema, stream: true, span }
}
