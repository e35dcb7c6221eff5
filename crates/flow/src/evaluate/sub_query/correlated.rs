//! A query that is asked with values of the row around it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, BooleanArray, UInt32Array, new_empty_array};

use super::anchor::{Anchor, Met, tuples};
use super::memo::Memo;
use super::prepared::Held;
use super::rewrite::{self, ASKED, Rewritten, anchor_name};
use super::{alone, carried_out, too_many};
use crate::evaluate::Evaluator;
use crate::evaluate::batch::Batch;
use crate::evaluate::values::Values;
use crate::graph::Graph;
use crate::plan::{Expr, ExprKind, Node, NodeKind, Order, Program, Schema, SubQuery, SubQueryForm};
use crate::rows::arrow_type;
use crate::tables::Tables;
use crate::types::DataType;
use crate::{Fault, RowError, Rows, Span};

/// So many rows of tables are looked at together, or as many as one row around it meets.
const PAIRS_MAX: usize = 1 << 16;

/// A query over tables that other rows get other answers from.
#[derive(Debug)]
pub(super) struct Correlated {
    form: SubQueryForm,
    data_type: DataType,
    is_momentary: bool,
    anchors: Vec<Anchor>,
    rest: Rest,
    memo: Mutex<(Memo, Held)>,
}

/// What is done with the rows of the anchors.
#[derive(Debug)]
enum Rest {
    /// One after the other with the rows of the only anchor.
    Stages(Vec<Stage>),
    /// A graph, as it takes operators that keep something.
    Program(Box<Program>, Tables),
}

#[derive(Debug)]
enum Stage {
    Filter(Evaluator),
    Project(Vec<Evaluator>),
}

/// What comes of some rows that ask: each answer by its place.
struct Answers {
    /// Values that rows of the query had.
    lists: Vec<ArrayRef>,
    /// Where the answer of each one is among those.
    places: Vec<Option<(usize, usize)>>,
    truths: Vec<Option<bool>>,
    errors: BTreeMap<usize, RowError>,
    several: BTreeMap<usize, RowError>,
}

impl Correlated {
    pub(super) fn new(query: &SubQuery, data_type: DataType, span: Span, tables: &Tables) -> Result<Self, Fault> {
        let is_momentary = query.query.is_momentary();
        let now = is_momentary.then_some(DataType::Timestamp);
        let types: Vec<DataType> = query.parts().into_iter().map(|one| one.data_type).chain(now).collect();
        let node = compared(query);
        let Rewritten { node, mut anchors } = rewrite::rewritten(&node, &types);
        if let (SubQueryForm::Any(_, value), false, [anchor]) =
            (&query.form, query.query.is_correlated(), &mut anchors[..])
        {
            let is_char = |data_type| matches!(data_type, DataType::Char(_));
            anchor.extremes = Some(is_char(value.data_type) || is_char(query.query.schema.columns[0].data_type));
        }
        let account = tables.prepared().account();
        let anchors: Vec<Anchor> =
            anchors.iter().map(|plan| Anchor::new(plan, account, tables)).collect::<Result<_, _>>()?;
        let rest = match stages(&node, tables)? {
            Some(stages) => Rest::Stages(stages),
            None => {
                let (program, tables) = (alone(&node), tables.inside());
                // What cannot be carried out is known now, and not when the first row asks.
                let none = types.iter().map(|one| new_empty_array(&arrow_type(*one))).collect();
                let met: Vec<Met> = anchors.iter().map(|_| Met::All).collect();
                let none = Rows::new(Vec::new().into(), none);
                Graph::over_tables(&program, &filled(&tables, &anchors, &met, &none, 0..0))?;
                Rest::Program(Box::new(program), tables)
            }
        };
        let memo = Mutex::new((Memo::default(), Held::new(account, span)));
        Ok(Self { form: query.form.clone(), data_type, is_momentary, anchors, rest, memo })
    }

    /// Whether the moment is asked with, behind all else.
    pub(super) fn is_momentary(&self) -> bool {
        self.is_momentary
    }

    /// The answers to rows that ask with these values.
    pub(super) fn answers(&self, asked: &[ArrayRef], batch: &Batch<'_>) -> Values {
        if batch.len() == 0 {
            return Values::null(self.data_type);
        }
        let mut memo = self.memo.lock().unwrap_or_else(PoisonError::into_inner);
        let (memo, held) = &mut *memo;
        let rows = memo.ask(asked, batch.len());
        if !rows.new.is_empty() {
            let new = UInt32Array::from(rows.new.clone());
            let take =
                |column: &ArrayRef| arrow_select::take::take(column, &new, None).expect("places lie within the batch");
            let new = Rows::new(vec![0; new.len()].into(), asked.iter().map(take).collect());
            let (answers, errors) = self.compute(&new, batch.now());
            memo.add(answers, errors);
            held.set(memo.memory());
        }
        for (row, error) in memo.errors(&rows) {
            batch.fail(row, error.clone());
        }
        Values::Rows(memo.answers(&rows))
    }

    fn compute(&self, asked: &Rows, now: i64) -> (ArrayRef, BTreeMap<usize, RowError>) {
        let mut answers = Answers::none(asked.len());
        if let Some(error) = self.anchors.iter().find_map(Anchor::failed) {
            answers.errors = (0..asked.len()).map(|one| (one, error.clone())).collect();
            return answers.finish(&self.form, self.data_type);
        }
        let met: Vec<Met> = self.anchors.iter().map(|one| one.met(asked, now, &mut answers.errors)).collect();
        let (mut start, mut pairs) = (0, 0);
        for one in 0..asked.len() {
            let more: usize = self.anchors.iter().zip(&met).map(|(anchor, met)| anchor.count(met, one)).sum();
            if pairs + more > PAIRS_MAX && one > start {
                self.compute_some(asked, &met, start..one, now, &mut answers);
                (start, pairs) = (one, 0);
            }
            pairs += more;
        }
        self.compute_some(asked, &met, start..asked.len(), now, &mut answers);
        answers.finish(&self.form, self.data_type)
    }

    fn compute_some(&self, asked: &Rows, met: &[Met], which: Range<usize>, now: i64, answers: &mut Answers) {
        match &self.rest {
            Rest::Stages(stages) => {
                let mut rows = self.anchors[0].pairs(&met[0], asked, which);
                for stage in stages {
                    rows = stage.through(rows, now, answers);
                }
                answers.take(&rows, &self.form);
            }
            Rest::Program(program, tables) => {
                let filled = filled(tables, &self.anchors, met, asked, which.clone());
                let carried_out = carried_out(program, &filled, now);
                match carried_out.expect("what was bound over tables can be carried out") {
                    Ok(rows) => answers.take(&rows, &self.form),
                    Err(error) if which.len() == 1 => drop(answers.errors.entry(which.start).or_insert(error)),
                    // One by one it comes out whose row failed.
                    Err(_) => {
                        which.for_each(|one| self.compute_some(asked, met, one..one + 1, now, answers));
                    }
                }
            }
        }
    }
}

/// The tables, and beside them some of what is asked and the rows that meet it.
fn filled(tables: &Tables, anchors: &[Anchor], met: &[Met], asked: &Rows, which: Range<usize>) -> Tables {
    let mut filled = tables.beside(ASKED, tuples(asked, which.clone()));
    for (index, (anchor, met)) in anchors.iter().zip(met).enumerate() {
        filled = filled.beside(&anchor_name(index), anchor.pairs(met, asked, which.clone()));
    }
    filled
}

/// The query, with the comparison in place of its column if it is for one.
fn compared(query: &SubQuery) -> Node {
    let SubQueryForm::Any(comparison, value) = &query.form else { return query.query.clone() };
    let (input, span) = (Box::new(query.query.clone()), value.span);
    let value = Expr { kind: ExprKind::Outer(query.outer.len()), order: Order::None, ..(**value).clone() };
    let column = input.schema.columns[0].clone();
    let other = Expr::column(0, column.data_type, span);
    let kind = ExprKind::Compare(*comparison, Box::new(value), Box::new(other));
    let truth = Expr { kind, data_type: DataType::Boolean, nullable: true, order: Order::None, span };
    let schema = Schema { columns: vec![crate::plan::Column { data_type: DataType::Boolean, ..column }] };
    Node { kind: NodeKind::Project { input, values: vec![truth], rowtime: None }, schema, stream: false, span }
}

/// What is done with the rows of the only anchor, if that needs no operator that keeps something.
fn stages(node: &Node, tables: &Tables) -> Result<Option<Vec<Stage>>, Fault> {
    let (input, stage) = match &node.kind {
        NodeKind::Table(name) => return Ok((name != ASKED).then(Vec::new)),
        NodeKind::Filter { input, predicate } => (input, Stage::Filter(Evaluator::new(predicate, tables)?)),
        NodeKind::Project { input, values, .. } => {
            let values = values.iter().map(|value| Evaluator::new(value, tables)).collect::<Result<_, _>>()?;
            (input, Stage::Project(values))
        }
        _ => return Ok(None),
    };
    let Some(mut stages) = stages(input, tables)? else { return Ok(None) };
    stages.push(stage);
    Ok(Some(stages))
}

impl Stage {
    /// The rows behind it. What asked for a row that fails, fails.
    fn through(&self, rows: Rows, now: i64, answers: &mut Answers) -> Rows {
        match self {
            Self::Filter(predicate) => {
                let (truths, failed) = predicate.predicate(&rows, now);
                answers.fail(&rows, failed);
                rows.filter(&truths)
            }
            Self::Project(values) => {
                let (columns, failed) = Evaluator::evaluate_all(values, &rows, now);
                answers.fail(&rows, failed);
                rows.with_columns(columns)
            }
        }
    }
}

impl Answers {
    fn none(count: usize) -> Self {
        Self {
            lists: Vec::new(),
            places: vec![None; count],
            truths: vec![Some(false); count],
            errors: BTreeMap::new(),
            several: BTreeMap::new(),
        }
    }

    fn fail(&mut self, rows: &Rows, failed: Vec<(usize, RowError)>) {
        let numbers = numbers(rows);
        for (row, error) in failed {
            self.errors.entry(numbers[row]).or_insert(error);
        }
    }

    /// Takes rows of the rewritten query: its own columns, then the tags.
    fn take(&mut self, rows: &Rows, form: &SubQueryForm) {
        for (row, number) in numbers(rows).into_iter().enumerate() {
            match form {
                SubQueryForm::Exists => self.truths[number] = Some(true),
                SubQueryForm::Any(..) => {
                    let truths = rows.columns()[0].as_boolean();
                    let truth = truths.is_valid(row).then(|| truths.value(row));
                    // TRUE for one is TRUE for all.
                    if self.truths[number] != Some(true) && truth != Some(false) {
                        self.truths[number] = truth;
                    }
                }
                SubQueryForm::Value => {
                    if self.places[number].replace((self.lists.len(), row)).is_some() {
                        self.several.entry(number).or_insert_with(too_many);
                    }
                }
            }
        }
        if *form == SubQueryForm::Value {
            self.lists.push(Arc::clone(&rows.columns()[0]));
        }
    }

    fn finish(mut self, form: &SubQueryForm, data_type: DataType) -> (ArrayRef, BTreeMap<usize, RowError>) {
        // An error of the query comes before it is counted what it has.
        self.several.append(&mut self.errors);
        if *form != SubQueryForm::Value {
            return (Arc::new(BooleanArray::from(self.truths)), self.several);
        }
        let null = Values::null(data_type);
        let lists: Vec<&dyn Array> = [null.array()].into_iter().chain(&self.lists).map(AsRef::as_ref).collect();
        let place = |place: &Option<(usize, usize)>| place.map_or((0, 0), |(list, row)| (list + 1, row));
        let places: Vec<(usize, usize)> = self.places.iter().map(place).collect();
        let values = arrow_select::interleave::interleave(&lists, &places).expect("values are of one type");
        // Texts are kept without what else lies beside them.
        let values = Rows::new(vec![0; places.len()].into(), vec![values]).compacted();
        (Arc::clone(&values.columns()[0]), self.several)
    }
}

/// Which of all that is asked each row belongs to.
fn numbers(rows: &Rows) -> Vec<usize> {
    let last = rows.columns().last().expect("tags stand at the end").as_primitive::<Int64Type>();
    last.values().iter().map(|number| usize::try_from(*number).expect("places are not negative")).collect()
}
