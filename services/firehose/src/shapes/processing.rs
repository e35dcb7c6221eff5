//! `ProcessingConfiguration` as it arrives.

use aws::{Constraints, Lenient, ServiceError};
use serde::Deserialize;

use super::{Form, NOT_BLANK, ProcessorParameterName, ProcessorType, is_not_blank, member, require_match};
use crate::configuration::{Parameter, Processing, StepSettings};
use crate::{errors, limits};

/// `ProcessingConfiguration`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct ProcessingConfiguration {
    enabled: Option<bool>,
    processors: Option<Vec<StepIn>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct StepIn {
    #[serde(rename = "Type")]
    kind: Option<Lenient<ProcessorType>>,
    parameters: Option<Vec<ParameterIn>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ParameterIn {
    parameter_name: Option<Lenient<ProcessorParameterName>>,
    parameter_value: Option<String>,
}

impl ProcessingConfiguration {
    pub(crate) fn constraints(&self, check: &mut Constraints) {
        let Some(processors) = &self.processors else { return };
        check.nested("processingConfiguration", |check| {
            check.each("processors", processors, |check, processor| {
                member(check, Form::Whole, "type", &processor.kind).known();
                check.each("parameters", processor.parameters.as_deref().unwrap_or_default(), |check, parameter| {
                    member(check, Form::Whole, "parameterName", &parameter.parameter_name).known();
                    let value = &parameter.parameter_value;
                    member(check, Form::Whole, "parameterValue", value).length(1..=5120);
                    let text = value.as_deref();
                    require_match(check, "parameterValue", text, text.is_some_and(is_not_blank), NOT_BLANK);
                });
            });
        });
    }

    /// The whole of it, if it can be carried out. What is switched off is kept all the same.
    pub(crate) fn into_processing(self) -> Result<Processing, ServiceError> {
        let processors = self.processors.unwrap_or_default().into_iter().map(StepIn::into_step);
        let processing = Processing { enabled: self.enabled.unwrap_or(false), processors: processors.collect() };
        let count = processing.processors.len();
        if count > limits::PROCESSORS_MAX || (processing.enabled && count == 0) {
            return Err(errors::step_count());
        }
        for (at, processor) in processing.processors.iter().enumerate() {
            if processing.processors[..at].iter().any(|other| other.kind == processor.kind) {
                return Err(errors::step_twice(processor.kind));
            }
            if processing.enabled {
                processor.step().map_err(errors::invalid_argument)?;
            }
        }
        Ok(processing)
    }
}

impl StepIn {
    /// The constraints have seen to it that names and values are there.
    fn into_step(self) -> StepSettings {
        let kind = self.kind.expect("constraints refuse processors without a type").known();
        let parameters = self.parameters.unwrap_or_default().into_iter().map(|parameter| Parameter {
            parameter_name: parameter.parameter_name.expect("constraints refuse parameters without a name").known(),
            parameter_value: parameter.parameter_value.unwrap_or_default(),
        });
        StepSettings { kind, parameters: parameters.collect() }
    }
}
