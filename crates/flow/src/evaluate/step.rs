//! A compiled expression: what is to be done for a batch, with everything looked up that can be looked up before.

use arrow_array::{Array, ArrayRef, StringViewArray};

use super::batch::{Batch, Evaluation};
use super::values::Values;
use crate::Rows;
use crate::types::DataType;

type Run = Box<dyn Fn(&Batch<'_>) -> Values + Send + Sync>;

/// A compiled expression.
pub(super) struct Step {
    /// The type of its values.
    pub(super) data_type: DataType,
    /// Whether it costs little and never fails, so that it may be evaluated on rows that do not need it.
    pub(super) easy: bool,
    /// Whether it looks at the moment, so that even of constants it makes no constant.
    momentary: bool,
    /// The value that it always has.
    constant: Option<ArrayRef>,
    run: Run,
}

impl std::fmt::Debug for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Step").field("data_type", &self.data_type).field("constant", &self.constant).finish()
    }
}

impl Step {
    /// A step that may fail, or costs much.
    pub(super) fn hard(data_type: DataType, run: impl Fn(&Batch<'_>) -> Values + Send + Sync + 'static) -> Self {
        Self { data_type, easy: false, momentary: false, constant: None, run: Box::new(run) }
    }

    /// A step that never fails and costs little if that is `easy`.
    pub(super) fn of(
        data_type: DataType,
        easy: bool,
        run: impl Fn(&Batch<'_>) -> Values + Send + Sync + 'static,
    ) -> Self {
        Self { easy, ..Self::hard(data_type, run) }
    }

    /// The step, which looks at the moment.
    pub(super) fn momentary(self) -> Self {
        Self { momentary: true, ..self }
    }

    /// The same values under another type that Arrow holds alike.
    pub(super) fn typed(self, data_type: DataType) -> Self {
        Self { data_type, ..self }
    }

    /// A value that every row has.
    pub(super) fn constant(data_type: DataType, value: ArrayRef) -> Self {
        let values = Values::Constant(ArrayRef::clone(&value));
        let run = Box::new(move |_: &Batch<'_>| values.clone());
        Self { data_type, easy: true, momentary: false, constant: Some(value), run }
    }

    pub(super) fn null(data_type: DataType) -> Self {
        Self::constant(data_type, ArrayRef::clone(Values::null(data_type).array()))
    }

    pub(super) fn evaluate(&self, batch: &Batch<'_>) -> Values {
        (self.run)(batch)
    }

    pub(super) fn is_constant(&self) -> bool {
        self.constant.is_some()
    }

    /// The value that it always has, alone in an array.
    pub(super) fn constant_value(&self) -> Option<&ArrayRef> {
        self.constant.as_ref()
    }

    /// The text that it always is.
    pub(super) fn constant_text(&self) -> Option<&str> {
        let array = self.constant.as_ref()?.as_any().downcast_ref::<StringViewArray>()?;
        array.is_valid(0).then(|| array.value(0))
    }

    /// The step as its value, if it can be had without a row. One that fails is left, so that each row fails.
    pub(super) fn folded(self) -> Self {
        if self.momentary {
            return self;
        }
        let row = Rows::new(vec![0].into(), Vec::new());
        let evaluation = Evaluation::at(0);
        let value = self.evaluate(&Batch::whole(&row, &evaluation)).spread(1);
        if evaluation.take_failed().is_empty() { Self::constant(self.data_type, value) } else { self }
    }
}
