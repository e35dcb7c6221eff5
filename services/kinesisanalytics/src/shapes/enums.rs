//! The enums of the models, in the order of their lists.

use aws::wire_enum;

wire_enum! {
    /// Where an application stands in its life; of the states that only the second version knows, SQL applications reach
    /// none.
    pub(crate) enum ApplicationStatus {
        Deleting = "DELETING",
        Starting = "STARTING",
        Stopping = "STOPPING",
        Ready = "READY",
        Running = "RUNNING",
        Updating = "UPDATING",
    }
}

wire_enum! {
    /// Where an input begins to read.
    pub(crate) enum InputStartingPosition {
        Now = "NOW",
        TrimHorizon = "TRIM_HORIZON",
        LastStoppedPoint = "LAST_STOPPED_POINT",
    }
}

wire_enum! {
    /// What records look like.
    pub(crate) enum RecordFormatType {
        Json = "JSON",
        Csv = "CSV",
    }
}
