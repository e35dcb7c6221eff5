//! Statements in their order: what exists behind each of them, and what is to be run at the end.

use std::collections::BTreeMap;

use crate::ast::{
    ColumnDefinition, CreateFunction, CreatePump, CreateStream, CreateView, Insert, Name, ObjectKind, Statement,
};
use crate::plan::{Column, Expr, ExprKind, LoneRows, Node, NodeKind, Order, Program, Pump, Schema, Stream, Value};
use crate::types::{self, DataType};
use crate::{Fault, parse};

use super::expression::Binder;
use super::scope::{ROWTIME, Scope};
use super::{Catalog, Relation, literal, operator, query};

/// The name of the stream that bad rows go to.
const ERROR_STREAM: &str = "ERROR_STREAM";
/// The most columns of a stream, so that a row stays a row.
const COLUMNS_MAX: usize = 1_000;

/// What exists before the program does.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// The in-application streams of the input, by their exact names.
    pub streams: Vec<Stream>,
    /// The reference tables, by their exact names.
    pub tables: Vec<Stream>,
    /// Whether queries may stand alone, as in a terminal. An application's code may not hold one.
    pub lone_queries: bool,
    /// Which rows of outer joins come out alone.
    pub lone_rows: LoneRows,
}

/// Checks a program, and says what is to be run.
pub fn program(text: &str, environment: &Environment) -> Result<Program, Fault> {
    let mut building = Building::new(environment);
    for statement in parse::program(text)? {
        building.add(statement)?;
    }
    Ok(building.finish())
}

struct Building {
    catalog: Catalog,
    pumps: BTreeMap<String, Pump>,
    /// In which order pumps were made.
    order: Vec<String>,
    queries: Vec<Node>,
    lone_queries: bool,
}

impl Building {
    fn new(environment: &Environment) -> Self {
        let mut catalog = Catalog { lone_rows: environment.lone_rows, ..Catalog::default() };
        for stream in &environment.streams {
            let relation = Relation::Stream { schema: stream.schema.clone(), made_here: false };
            catalog.relations.insert(stream.name.clone(), relation);
        }
        for table in &environment.tables {
            catalog.relations.insert(table.name.clone(), Relation::Table(table.schema.clone()));
        }
        catalog.relations.insert(ERROR_STREAM.to_owned(), Relation::ErrorStream);
        catalog.relations.insert(ERROR_STREAM.to_lowercase(), Relation::ErrorStream);
        let lone_queries = environment.lone_queries;
        Self { catalog, pumps: BTreeMap::new(), order: Vec::new(), queries: Vec::new(), lone_queries }
    }

    fn add(&mut self, statement: Statement) -> Result<(), Fault> {
        match statement {
            Statement::CreateStream(create) => self.create_stream(create),
            Statement::CreateView(create) => self.create_view(create),
            Statement::CreateFunction(create) => self.create_function(create),
            Statement::CreatePump(create) => self.create_pump(create),
            Statement::Drop(drop) => self.drop(drop.kind, &drop.name),
            Statement::AlterPump(alter) => match self.pumps.get_mut(&alter.name.text) {
                Some(pump) => {
                    pump.started = alter.start;
                    Ok(())
                }
                None => Err(Fault::new(alter.name.span, format!("Pump '{}' not found", alter.name))),
            },
            Statement::Query(query) if self.lone_queries => {
                self.queries.push(query::bind(&self.catalog, &query)?.node);
                Ok(())
            }
            Statement::Query(query) => {
                let message = "A SELECT on its own has nowhere to go; put it into a pump: CREATE PUMP name AS INSERT INTO stream SELECT STREAM …";
                Err(Fault::new(query.span, message))
            }
        }
    }

    /// Makes room for a stream or a view.
    fn claim(&self, name: &Name, or_replace: bool) -> Result<(), Fault> {
        match self.catalog.relations.get(&name.text) {
            None => Ok(()),
            Some(Relation::Stream { made_here: true, .. } | Relation::View(_)) if or_replace => Ok(()),
            Some(Relation::Stream { made_here: true, .. } | Relation::View(_)) => {
                Err(Fault::new(name.span, format!("Object '{name}' already exists")))
            }
            Some(_) => {
                Err(Fault::new(name.span, format!("'{name}' belongs to the application and cannot be replaced")))
            }
        }
    }

    fn create_stream(&mut self, create: CreateStream) -> Result<(), Fault> {
        self.claim(&create.name, create.or_replace)?;
        if create.columns.len() > COLUMNS_MAX {
            return Err(Fault::new(create.name.span, format!("A stream has at most {COLUMNS_MAX} columns")));
        }
        let mut columns: Vec<Column> = Vec::new();
        for definition in &create.columns {
            // Some examples list it; every stream has it anyway.
            if definition.name.text == ROWTIME && !definition.name.quoted {
                continue;
            }
            if columns.iter().any(|column| column.name == definition.name.text) {
                let message = format!("Column '{}' is defined twice", definition.name);
                return Err(Fault::new(definition.name.span, message));
            }
            columns.push(stream_column(definition)?);
        }
        let relation = Relation::Stream { schema: Schema { columns }, made_here: true };
        self.catalog.relations.insert(create.name.text, relation);
        Ok(())
    }

    fn create_view(&mut self, create: CreateView) -> Result<(), Fault> {
        self.claim(&create.name, create.or_replace)?;
        let mut node = query::bind(&self.catalog, &create.query)?.node;
        if !create.columns.is_empty() {
            if create.columns.len() != node.schema.columns.iter().filter(|column| !column.hidden).count() {
                return Err(Fault::new(create.name.span, "A view needs a name for each of its query's columns"));
            }
            let visible = node.schema.columns.iter_mut().filter(|column| !column.hidden);
            for (column, name) in visible.zip(create.columns) {
                column.name = name.text;
            }
        }
        self.catalog.relations.insert(create.name.text, Relation::View(node));
        Ok(())
    }

    fn create_function(&mut self, create: CreateFunction) -> Result<(), Fault> {
        check_function(&self.catalog, &create)?;
        let types = |function: &CreateFunction| -> Vec<String> {
            function.parameters.iter().map(|(_, name)| name.name.clone()).collect()
        };
        let overloads = self.catalog.functions.entry(create.name.text.clone()).or_default();
        if let Some(index) = overloads.iter().position(|other| types(other) == types(&create)) {
            if !create.or_replace {
                return Err(Fault::new(create.name.span, format!("Function '{}' already exists", create.name)));
            }
            overloads.remove(index);
        }
        overloads.push(create);
        Ok(())
    }

    fn create_pump(&mut self, create: CreatePump) -> Result<(), Fault> {
        let name = create.name.text.clone();
        if self.pumps.contains_key(&name) {
            if !create.or_replace {
                return Err(Fault::new(create.name.span, format!("Pump '{name}' already exists")));
            }
            self.order.retain(|other| *other != name);
        }
        let input = insert(&self.catalog, &create.insert)?;
        let pump = Pump { name: name.clone(), started: create.started, stream: create.insert.stream.text, input };
        self.pumps.insert(name.clone(), pump);
        self.order.push(name);
        Ok(())
    }

    fn drop(&mut self, kind: ObjectKind, name: &Name) -> Result<(), Fault> {
        let existed = match kind {
            ObjectKind::Pump => {
                self.order.retain(|other| *other != name.text);
                self.pumps.remove(&name.text).is_some()
            }
            ObjectKind::Function => self.catalog.functions.remove(&name.text).is_some(),
            ObjectKind::Stream => {
                let made =
                    matches!(self.catalog.relations.get(&name.text), Some(Relation::Stream { made_here: true, .. }));
                if let Some(pump) = self.pumps.values().find(|pump| pump.stream == name.text) {
                    return Err(Fault::new(name.span, format!("Pump '{}' writes into stream '{name}'", pump.name)));
                }
                made && self.catalog.relations.remove(&name.text).is_some()
            }
            ObjectKind::View => {
                let made = matches!(self.catalog.relations.get(&name.text), Some(Relation::View(_)));
                made && self.catalog.relations.remove(&name.text).is_some()
            }
        };
        if existed { Ok(()) } else { Err(Fault::new(name.span, format!("Object '{name}' not found"))) }
    }

    fn finish(mut self) -> Program {
        let streams = self.catalog.relations.into_iter().filter_map(|(name, relation)| match relation {
            Relation::Stream { schema, made_here: true } => Some(Stream { name, schema }),
            _ => None,
        });
        let pumps = self.order.iter().filter_map(|name| self.pumps.remove(name)).collect();
        Program { streams: streams.collect(), pumps, queries: self.queries }
    }
}

fn stream_column(definition: &ColumnDefinition) -> Result<Column, Fault> {
    let data_type = DataType::named(&definition.data_type)?;
    if data_type == DataType::Interval {
        return Err(Fault::new(definition.data_type.span, "An INTERVAL cannot be the type of a column"));
    }
    let (name, nullable) = (definition.name.text.clone(), !definition.not_null);
    Ok(Column { name, data_type, nullable, hidden: false, order: Order::None, of_row: None })
}

/// Refuses a function whose body could never be used: it is bound once with parameters of its own types.
fn check_function(catalog: &Catalog, create: &CreateFunction) -> Result<(), Fault> {
    let mut parameters = std::collections::HashMap::new();
    for (index, (name, data_type)) in create.parameters.iter().enumerate() {
        let data_type = DataType::named(data_type)?;
        let kind = ExprKind::Column(index);
        let parameter = Expr { kind, data_type, nullable: true, order: Order::None, span: name.span };
        if parameters.insert(name.text.clone(), parameter).is_some() {
            return Err(Fault::new(name.span, format!("Parameter '{name}' is given twice")));
        }
    }
    let scope = Scope::default();
    let binder = Binder { parameters: Some(&parameters), ..Binder::plain(catalog, &scope) };
    let body = binder.bind(&create.body)?;
    let returns = DataType::named(&create.returns)?;
    if !types::assignable(body.data_type, returns) {
        let message = format!("The function returns {returns}, and its body is {}", body.data_type);
        return Err(Fault::new(create.body.span, message));
    }
    Ok(())
}

/// The rows of an INSERT, with the columns of the stream they go into.
fn insert(catalog: &Catalog, insert: &Insert) -> Result<Node, Fault> {
    let name = &insert.stream;
    let target = match catalog.relations.get(&name.text) {
        Some(Relation::Stream { schema, made_here: true }) => schema,
        Some(_) => return Err(Fault::new(name.span, format!("'{name}' cannot be inserted into"))),
        // What is written into, the program makes itself.
        None => return Err(Fault::new(name.span, catalog.not_found(name).message)),
    };
    let input = query::bind(catalog, &insert.query)?.node;
    if !input.stream {
        return Err(Fault::new(insert.query.span, "A pump moves rows of a stream: SELECT STREAM … FROM a stream"));
    }
    let listed = insert.columns.iter().filter(|column| column.text != ROWTIME || column.quoted);
    let places: Vec<usize> = if insert.columns.is_empty() {
        (0..target.columns.len()).collect()
    } else {
        listed.map(|column| place(target, column)).collect::<Result<_, _>>()?
    };
    let visible: Vec<usize> =
        (0..input.schema.columns.len()).filter(|index| !input.schema.columns[*index].hidden).collect();
    if places.len() != visible.len() {
        let message = format!("{} columns are inserted into, and the query has {}", places.len(), visible.len());
        return Err(Fault::new(insert.query.span, message));
    }
    let mut values: Vec<Option<Expr>> = vec![None; target.columns.len()];
    for (from, to) in visible.into_iter().zip(places) {
        let (value, wanted) = (query::reference(&input.schema, from, insert.query.span), &target.columns[to]);
        // AWS's guide puts the number that W3C_LOG_PARSE makes of %b into a VARCHAR.
        let is_written = value.data_type.is_integer() && wanted.data_type.is_text();
        if !is_written && !types::assignable(value.data_type, wanted.data_type) {
            let message =
                format!("Column '{}' is {}, and the query gives {}", wanted.name, wanted.data_type, value.data_type);
            return Err(Fault::new(insert.query.span, message));
        }
        if values[to].replace(operator::cast(value, wanted.data_type)).is_some() {
            return Err(Fault::new(insert.query.span, format!("Column '{}' is given twice", wanted.name)));
        }
    }
    let null = |column: &Column| literal::constant(Value::Null, column.data_type, insert.query.span);
    let values = values.into_iter().zip(&target.columns).map(|(value, column)| value.unwrap_or_else(|| null(column)));
    let (values, schema, span) = (values.collect(), target.clone(), insert.query.span);
    Ok(Node { kind: NodeKind::Project { input: Box::new(input), values, rowtime: None }, schema, stream: true, span })
}

fn place(target: &Schema, column: &Name) -> Result<usize, Fault> {
    let found = target.columns.iter().position(|one| one.name == column.text);
    found.ok_or_else(|| Fault::new(column.span, format!("Unknown target column '{column}'")))
}
