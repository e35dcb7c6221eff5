//! Windows: which rows before the current one are looked at, and which windows a stream cannot have.
//!
//! Source: <https://docs.aws.amazon.com/kinesisanalytics/latest/sqlref/sql-reference-allowed-disallowed-window.html>.

use std::collections::HashMap;

use crate::Fault;
use crate::ast::{Frame, FrameBound, FrameUnit, Name, Window, WindowReference};
use crate::plan::{Extent, JoinWindow, SlidingWindow};

use super::expression::Binder;
use super::{literal, operator, scope};

/// The window that is meant, with what a named one adds.
pub(super) fn resolve(reference: &WindowReference, named: &HashMap<String, Window>) -> Result<Window, Fault> {
    match reference {
        WindowReference::Named(name) => find(name, named).cloned(),
        WindowReference::Written(window) => {
            let Some(base) = &window.base else { return Ok((**window).clone()) };
            let base = find(base, named)?;
            let mut whole = (**window).clone();
            if whole.partition_by.is_empty() {
                whole.partition_by.clone_from(&base.partition_by);
            }
            if whole.order_by.is_empty() {
                whole.order_by.clone_from(&base.order_by);
            }
            if whole.frame.is_none() {
                whole.frame.clone_from(&base.frame);
            }
            Ok(whole)
        }
    }
}

fn find<'w>(name: &Name, named: &'w HashMap<String, Window>) -> Result<&'w Window, Fault> {
    named.get(&name.text).ok_or_else(|| Fault::new(name.span, format!("Window '{name}' not found")))
}

/// A window of an analytic call.
pub(super) fn sliding(binder: &Binder<'_>, window: &Window) -> Result<SlidingWindow, Fault> {
    // AWS: "ORDER BY must not be present", and none of its examples has one, not even by ROWTIME.
    if let Some(item) = window.order_by.first() {
        let message =
            "ORDER BY is not allowed in the window of an aggregate: leave it out, rows come in the order of ROWTIME";
        return Err(Fault::new(item.key.span, message));
    }
    let partition_by = window.partition_by.iter().map(|key| binder.bind(key)).collect::<Result<_, _>>()?;
    let extent = match &window.frame {
        None => Extent::Unbounded,
        Some(frame) => {
            ends_at_current_row(frame, window)?;
            extent(binder, frame, window)?
        }
    };
    Ok(SlidingWindow { partition_by, extent })
}

fn ends_at_current_row(frame: &Frame, window: &Window) -> Result<(), Fault> {
    match frame.end {
        None | Some(FrameBound::CurrentRow) => Ok(()),
        Some(_) => Err(Fault::new(window.span, "A window of a stream must end at the CURRENT ROW")),
    }
}

fn extent(binder: &Binder<'_>, frame: &Frame, window: &Window) -> Result<Extent, Fault> {
    match (&frame.start, frame.unit) {
        (FrameBound::CurrentRow, FrameUnit::Rows) => Ok(Extent::Rows(0)),
        (FrameBound::CurrentRow, FrameUnit::Range) => Ok(Extent::RangeMs(0)),
        (FrameBound::UnboundedPreceding, _) => Ok(Extent::Unbounded),
        (FrameBound::Preceding(size), FrameUnit::Range) => literal::interval_ms(size).map(Extent::RangeMs),
        (FrameBound::Preceding(size), FrameUnit::Rows) => rows(binder, size).map(Extent::Rows),
        (FrameBound::Following(_) | FrameBound::UnboundedFollowing, _) => {
            Err(Fault::new(window.span, "A window of a stream cannot begin behind the current row"))
        }
    }
}

fn rows(binder: &Binder<'_>, size: &crate::ast::Expression) -> Result<u64, Fault> {
    match operator::constant_integer(&binder.bind(size)?) {
        Some(count @ 0..) => Ok(count.unsigned_abs()),
        _ => Err(Fault::new(size.span, "A count of rows is expected")),
    }
}

/// A window of a join's input.
pub(super) fn join(catalog: &super::Catalog, window: &Window) -> Result<JoinWindow, Fault> {
    if let Some(key) = window.partition_by.first() {
        let message = "PARTITION BY is not allowed in the window of a join: leave it out and compare the columns in ON";
        return Err(Fault::new(key.span, message));
    }
    let is_rowtime = |item: &crate::ast::OrderItem| match &item.key.kind {
        crate::ast::ExpressionKind::Column(path) => path.last().is_some_and(|name| name.text == scope::ROWTIME),
        _ => false,
    };
    if let Some(item) = window.order_by.iter().find(|item| !is_rowtime(item) || item.descending) {
        return Err(Fault::new(item.key.span, "The window of a join can only be in the order of ROWTIME"));
    }
    let Some(frame) = &window.frame else { return Ok(JoinWindow::Unbounded) };
    let empty = scope::Scope::default();
    let binder = Binder::plain(catalog, &empty);
    if frame.unit == FrameUnit::Rows {
        ends_at_current_row(frame, window)?;
        return match extent(&binder, frame, window)? {
            Extent::Rows(count) => Ok(JoinWindow::Rows(count)),
            _ => Ok(JoinWindow::Unbounded),
        };
    }
    // Of a range that does not say its end, FOLLOWING begins at the current row.
    let following = match (&frame.start, &frame.end) {
        (FrameBound::Following(size), None) => {
            return Ok(JoinWindow::RangeMs { preceding: 0, following: literal::interval_ms(size)? });
        }
        (_, None | Some(FrameBound::CurrentRow)) => 0,
        (_, Some(FrameBound::Following(size))) => literal::interval_ms(size)?,
        (_, Some(_)) => return Err(Fault::new(window.span, "This window ends before the current row")),
    };
    let preceding = match &frame.start {
        FrameBound::CurrentRow => 0,
        FrameBound::Preceding(size) => literal::interval_ms(size)?,
        FrameBound::UnboundedPreceding if following == 0 => return Ok(JoinWindow::Unbounded),
        _ => return Err(Fault::new(window.span, "This window is not supported")),
    };
    Ok(JoinWindow::RangeMs { preceding, following })
}
