//! The enums of the model, in the order of its lists.

use aws::wire_enum;

wire_enum! {
    /// Where a delivery stream stands in its life.
    pub(crate) enum DeliveryStreamStatus {
        Creating = "CREATING",
        CreatingFailed = "CREATING_FAILED",
        Deleting = "DELETING",
        DeletingFailed = "DELETING_FAILED",
        Active = "ACTIVE",
    }
}

wire_enum! {
    /// Where records come from.
    pub(crate) enum DeliveryStreamType {
        DirectPut = "DirectPut",
        KinesisStreamAsSource = "KinesisStreamAsSource",
        MskAsSource = "MSKAsSource",
        DatabaseAsSource = "DatabaseAsSource",
    }
}

wire_enum! {
    /// Whose key seals buffered records.
    pub(crate) enum KeyType {
        AwsOwnedCmk = "AWS_OWNED_CMK",
        CustomerManagedCmk = "CUSTOMER_MANAGED_CMK",
    }
}

wire_enum! {
    /// Where the encryption of buffered records stands.
    pub(crate) enum EncryptionStatus {
        Enabled = "ENABLED",
        Enabling = "ENABLING",
        EnablingFailed = "ENABLING_FAILED",
        Disabled = "DISABLED",
        Disabling = "DISABLING",
        DisablingFailed = "DISABLING_FAILED",
    }
}

wire_enum! {
    /// How objects are compressed.
    pub(crate) enum CompressionFormat {
        Uncompressed = "UNCOMPRESSED",
        Gzip = "GZIP",
        Zip = "ZIP",
        Snappy = "Snappy",
        HadoopSnappy = "HADOOP_SNAPPY",
    }
}

wire_enum! {
    /// The one way of saying that objects are not encrypted.
    pub(crate) enum NoEncryptionConfig {
        NoEncryption = "NoEncryption",
    }
}

wire_enum! {
    /// Whether source records are backed up; S3 and Redshift.
    pub(crate) enum S3BackupMode {
        Disabled = "Disabled",
        Enabled = "Enabled",
    }
}

wire_enum! {
    /// Which documents are backed up; OpenSearch in its three flavours.
    pub(crate) enum DocumentsBackupMode {
        FailedDocumentsOnly = "FailedDocumentsOnly",
        AllDocuments = "AllDocuments",
    }
}

wire_enum! {
    /// Which events are backed up; Splunk.
    pub(crate) enum EventsBackupMode {
        FailedEventsOnly = "FailedEventsOnly",
        AllEvents = "AllEvents",
    }
}

wire_enum! {
    /// Which data is backed up; HTTP endpoints.
    pub(crate) enum DataBackupMode {
        FailedDataOnly = "FailedDataOnly",
        AllData = "AllData",
    }
}

wire_enum! {
    /// How often the index of documents changes.
    pub(crate) enum IndexRotationPeriod {
        NoRotation = "NoRotation",
        OneHour = "OneHour",
        OneDay = "OneDay",
        OneWeek = "OneWeek",
        OneMonth = "OneMonth",
    }
}

wire_enum! {
    /// Who names documents.
    pub(crate) enum DocumentIdFormat {
        FirehoseDefault = "FIREHOSE_DEFAULT",
        NoDocumentId = "NO_DOCUMENT_ID",
    }
}

wire_enum! {
    /// Which of its two endpoints a Splunk collector is reached by.
    pub(crate) enum HecEndpointType {
        Raw = "Raw",
        Event = "Event",
    }
}

wire_enum! {
    /// Whether requests to HTTP endpoints are compressed.
    pub(crate) enum ContentEncoding {
        None = "NONE",
        Gzip = "GZIP",
    }
}

wire_enum! {
    /// The kinds of processors.
    pub(crate) enum ProcessorType {
        RecordDeAggregation = "RecordDeAggregation",
        Decompression = "Decompression",
        CloudWatchLogProcessing = "CloudWatchLogProcessing",
        Lambda = "Lambda",
        MetadataExtraction = "MetadataExtraction",
        AppendDelimiterToRecord = "AppendDelimiterToRecord",
    }
}

wire_enum! {
    /// What processors may be told.
    pub(crate) enum ProcessorParameterName {
        LambdaArn = "LambdaArn",
        NumberOfRetries = "NumberOfRetries",
        MetadataExtractionQuery = "MetadataExtractionQuery",
        JsonParsingEngine = "JsonParsingEngine",
        RoleArn = "RoleArn",
        BufferSizeInMbs = "BufferSizeInMBs",
        BufferIntervalInSeconds = "BufferIntervalInSeconds",
        SubRecordType = "SubRecordType",
        Delimiter = "Delimiter",
        CompressionFormat = "CompressionFormat",
        DataMessageExtraction = "DataMessageExtraction",
    }
}
