//! Code, checked against the streams and tables that a configuration gives it.

use aws::ServiceError;
use flow::bind::Environment;
use flow::plan::{Program, Stream};
use flow::{Fault, Missing};

use crate::configuration::{Configuration, Input, Source};
use crate::{errors, limits, schema};

/// What the code can name.
pub(crate) fn environment(configuration: &Configuration) -> Result<Environment, ServiceError> {
    let mut environment = Environment::default();
    for input in &configuration.inputs {
        let schema = schema::of_input(&input.schema, matches!(input.source, Source::Stream(_)))?;
        let streams = input.stream_names().into_iter().map(|name| Stream { name, schema: schema.clone() });
        environment.streams.extend(streams);
    }
    for reference in &configuration.references {
        let schema = schema::of_table(&reference.schema)?;
        environment.tables.push(Stream { name: reference.table.clone(), schema });
    }
    Ok(environment)
}

/// The program, or why there is none.
pub(crate) fn program(configuration: &Configuration) -> Result<Result<Program, Fault>, ServiceError> {
    let environment = environment(configuration)?;
    Ok(flow::bind::program(&configuration.code, &environment))
}

/// Refuses code that cannot run.
pub(crate) fn require_valid(configuration: &Configuration, is_started: bool) -> Result<(), ServiceError> {
    fault(configuration, is_started)?.map_or(Ok(()), |fault| Err(errors::bad_code(&fault)))
}

/// Refuses tables that the code cannot run with, and to take away those that it needs.
pub(crate) fn require_still_valid(configuration: &Configuration, is_started: bool) -> Result<(), ServiceError> {
    fault(configuration, is_started)?.map_or(Ok(()), |fault| Err(errors::no_longer_valid(&fault)))
}

/// What is wrong with the code. What it misses may still come while the application is not started: the calls that make an
/// application give it its table last, and some its input.
fn fault(configuration: &Configuration, is_started: bool) -> Result<Option<Fault>, ServiceError> {
    let may_come = |missing: &Missing| !is_started && may_come(configuration, missing);
    Ok(program(configuration)?.err().filter(|fault| !fault.missing.as_ref().is_some_and(may_come)))
}

/// Whether a later call can give the application what its code misses: a stream of an input, or a reference table.
fn may_come(configuration: &Configuration, missing: &Missing) -> bool {
    let of_input = configuration.inputs.len() < limits::INPUTS_MAX && Input::is_stream_name(&missing.name);
    of_input || configuration.references.len() < limits::REFERENCES_MAX && !missing.is_stream
}

/// Refuses to start what would come to nothing: code that is not valid, and outputs of streams that nobody makes.
pub(crate) fn require_runnable(name: &str, configuration: &Configuration) -> Result<(), ServiceError> {
    let program = program(configuration)?.map_err(|fault| errors::cannot_start(name, &fault.to_string()))?;
    for output in &configuration.outputs {
        let is_made = program.streams.iter().any(|stream| stream.name == output.name);
        let is_fed = configuration.inputs.iter().any(|input| input.stream_names().contains(&output.name));
        if !is_made && !is_fed && !is_error_stream(&output.name) {
            let reason =
                format!("output {} is of in-application stream {}, which is not there", output.id, output.name);
            return Err(errors::cannot_start(name, &reason));
        }
    }
    Ok(())
}

/// Whether that is the stream of bad rows.
pub(crate) fn is_error_stream(name: &str) -> bool {
    name.eq_ignore_ascii_case("error_stream")
}
