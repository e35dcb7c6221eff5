//! Enums that only the second version has.

use aws::wire_enum;

wire_enum! {
    /// What runs applications; here it is SQL-1_0.
    pub(crate) enum RuntimeEnvironment {
        Sql10 = "SQL-1_0",
        Flink16 = "FLINK-1_6",
        Flink18 = "FLINK-1_8",
        ZeppelinFlink10 = "ZEPPELIN-FLINK-1_0",
        Flink111 = "FLINK-1_11",
        Flink113 = "FLINK-1_13",
        ZeppelinFlink20 = "ZEPPELIN-FLINK-2_0",
        Flink115 = "FLINK-1_15",
        ZeppelinFlink30 = "ZEPPELIN-FLINK-3_0",
        Flink118 = "FLINK-1_18",
        Flink119 = "FLINK-1_19",
        Flink120 = "FLINK-1_20",
        Flink22 = "FLINK-2_2",
        Flink23 = "FLINK-2_3",
    }
}

wire_enum! {
    /// How an application is used.
    pub(crate) enum ApplicationMode {
        Streaming = "STREAMING",
        Interactive = "INTERACTIVE",
    }
}

wire_enum! {
    /// What code comes as.
    pub(crate) enum CodeContentType {
        PlainText = "PLAINTEXT",
        ZipFile = "ZIPFILE",
    }
}

wire_enum! {
    /// Which pages of an application there would be.
    pub(crate) enum UrlType {
        FlinkDashboardUrl = "FLINK_DASHBOARD_URL",
        ZeppelinUiUrl = "ZEPPELIN_UI_URL",
    }
}

wire_enum! {
    /// Where an operation stands.
    pub(crate) enum OperationStatus {
        InProgress = "IN_PROGRESS",
        Cancelled = "CANCELLED",
        Successful = "SUCCESSFUL",
        Failed = "FAILED",
    }
}
