//! Destinations as they are told, shown and changed.

use serde_json::{Value, json};

use crate::testing::{World, s3, simulate, unlimited};

const ROLE: &str = "arn:aws:iam::123456789012:role/firehose";

async fn update(world: &World, name: &str, member: &str, change: Value) -> Result<Value, String> {
    let version = world.describe(name).await["VersionId"].clone();
    let request = json!({
        "DeliveryStreamName": name, "CurrentDeliveryStreamVersionId": version,
        "DestinationId": "destinationId-000000000001", member: change,
    });
    world.call("UpdateDestination", request).await
}

#[test]
fn a_plain_bucket_is_shown_with_all_defaults_twice() {
    simulate(unlimited(), |world| async move {
        world.make_stream("d").await;
        let described = world.describe("d").await;
        let destination = json!({
            "RoleARN": ROLE, "BucketARN": "arn:aws:s3:::lake",
            "BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 300}, "CompressionFormat": "UNCOMPRESSED",
            "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
            "CloudWatchLoggingOptions": {"Enabled": false},
        });
        let mut extended = destination.clone();
        extended["S3BackupMode"] = json!("Disabled");
        let destinations = json!([{
            "DestinationId": "destinationId-000000000001", "S3DestinationDescription": destination,
            "ExtendedS3DestinationDescription": extended,
        }]);
        assert_eq!(described["Destinations"], destinations);
        assert_eq!(described["VersionId"], "1");
        assert_eq!(described["DeliveryStreamType"], "DirectPut");
        assert_eq!(described["DeliveryStreamEncryptionConfiguration"], json!({"Status": "DISABLED"}));
        assert!(described.get("LastUpdateTimestamp").is_none() && described["HasMoreDestinations"] == false);
        let after = json!({"DeliveryStreamName": "d", "ExclusiveStartDestinationId": "destinationId-000000000001"});
        let after = world.ok("DescribeDeliveryStream", after).await;
        assert_eq!(after["DeliveryStreamDescription"]["Destinations"], json!([]));
    });
}

#[test]
fn updates_merge_and_count_only_what_changed() {
    simulate(unlimited(), |world| async move {
        world.make_stream("u").await;
        let change = json!({"Prefix": "p/", "CompressionFormat": "GZIP"});
        assert_eq!(update(&world, "u", "ExtendedS3DestinationUpdate", change.clone()).await, Ok(json!({})));
        let described = world.describe("u").await;
        assert_eq!(described["VersionId"], "2");
        let stamp = described["LastUpdateTimestamp"].clone();
        assert!(stamp.is_f64());
        world.pass(5_000).await;
        update(&world, "u", "S3DestinationUpdate", change).await.unwrap();
        let described = world.describe("u").await;
        assert_eq!((&described["VersionId"], &described["LastUpdateTimestamp"]), (&json!("2"), &stamp));
        let hints = json!({"BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 60}});
        update(&world, "u", "ExtendedS3DestinationUpdate", hints).await.unwrap();
        let s3 = world.describe("u").await["Destinations"][0]["S3DestinationDescription"].clone();
        assert_eq!((&s3["Prefix"], &s3["BufferingHints"]["IntervalInSeconds"]), (&json!("p/"), &json!(60)));
    });
}

#[test]
fn updates_are_refused_in_the_words_of_aws() {
    simulate(unlimited(), |world| async move {
        world.make_stream("u").await;
        let request = |version: &str, destination: &str, change: Value| {
            let mut request = json!({
                "DeliveryStreamName": "u", "CurrentDeliveryStreamVersionId": version, "DestinationId": destination,
            });
            request.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            request
        };
        let id = "destinationId-000000000001";
        let s3 = json!({"ExtendedS3DestinationUpdate": {"Prefix": "p"}});
        for (request, expected) in [
            (
                request("7", id, s3.clone()),
                "ConcurrentModificationException: Cannot update firehose: u since the current version id: 1 and specified \
                 version id: 7 do not match",
            ),
            (request("1", "destinationId-2", s3), "InvalidArgumentException: Destination Id destinationId-2 not found"),
            (
                request("1", id, json!({})),
                "InvalidArgumentException: At least one destination or source configuration update must be provided",
            ),
            (
                request("1", id, json!({"S3DestinationUpdate": {}, "SplunkDestinationUpdate": {}})),
                "InvalidArgumentException: Exactly one destination configuration is supported for a Firehose",
            ),
            (
                request("1", id, json!({"HttpEndpointDestinationUpdate": {}})),
                "InvalidArgumentException: EndpointConfiguration must be specified.",
            ),
            (
                request("1", id, json!({"ElasticsearchDestinationUpdate": {}})),
                "InvalidArgumentException: Switching between Amazon OpenSearch Service and other destination types is not \
                 supported.",
            ),
            (
                request("1", id, json!({"S3DestinationUpdate": {"BufferingHints": {"SizeInMBs": 1}}})),
                "InvalidArgumentException: BufferingHints must specify both SizeInMBs and IntervalInSeconds, or neither.",
            ),
        ] {
            assert_eq!(world.refused("UpdateDestination", request).await, expected);
        }
    });
}

#[test]
fn a_backup_begins_later_and_never_ends() {
    simulate(unlimited(), |world| async move {
        world.make_stream("b").await;
        let on = json!({"S3BackupMode": "Enabled"});
        assert_eq!(
            update(&world, "b", "ExtendedS3DestinationUpdate", on.clone()).await.unwrap_err(),
            "InvalidArgumentException: S3BackupConfiguration must be specified when S3BackupMode is Enabled."
        );
        let on = json!({"S3BackupMode": "Enabled", "S3BackupUpdate": s3()});
        update(&world, "b", "ExtendedS3DestinationUpdate", on).await.unwrap();
        assert_eq!(
            update(&world, "b", "ExtendedS3DestinationUpdate", json!({"S3BackupMode": "Disabled"})).await.unwrap_err(),
            "InvalidArgumentException: Disabling S3 backup is not currently supported."
        );
        let extended = world.describe("b").await["Destinations"][0]["ExtendedS3DestinationDescription"].clone();
        assert_eq!(extended["S3BackupMode"], "Enabled");
        assert_eq!(extended["S3BackupDescription"]["BucketARN"], "arn:aws:s3:::lake");
    });
}

#[test]
fn another_type_replaces_everything() {
    simulate(unlimited(), |world| async move {
        world.make_stream("t").await;
        let http = json!({
            "EndpointConfiguration": {"Url": "http://127.0.0.1:9/in", "Name": "mine", "AccessKey": "hush"},
            "RequestConfiguration": {
                "ContentEncoding": "GZIP", "CommonAttributes": [{"AttributeName": "a", "AttributeValue": "1"}],
            },
            "S3Update": s3(),
        });
        update(&world, "t", "HttpEndpointDestinationUpdate", http).await.unwrap();
        let destination = world.describe("t").await["Destinations"][0].clone();
        let shown = &destination["HttpEndpointDestinationDescription"];
        assert_eq!(shown["EndpointConfiguration"], json!({"Url": "http://127.0.0.1:9/in", "Name": "mine"}));
        assert_eq!(shown["RetryOptions"], json!({"DurationInSeconds": 300}));
        assert_eq!(shown["S3BackupMode"], "FailedDataOnly");
        assert_eq!(shown["RequestConfiguration"]["CommonAttributes"][0]["AttributeValue"], "1");
        assert!(destination.get("S3DestinationDescription").is_none());
        update(&world, "t", "S3DestinationUpdate", s3()).await.unwrap();
        let destination = world.describe("t").await["Destinations"][0].clone();
        assert!(destination.get("HttpEndpointDestinationDescription").is_none());
    });
}

#[test]
fn the_other_destinations_have_their_defaults() {
    simulate(unlimited(), |world| async move {
        let url = "jdbc:redshift://localhost:5439/dev";
        let redshift = json!({
            "RoleARN": ROLE, "ClusterJDBCURL": url, "CopyCommand": {"DataTableName": "t"}, "Username": "u",
            "Password": "secret!", "S3Configuration": s3(),
        });
        let splunk = json!({
            "HECEndpoint": "http://localhost:8088", "HECEndpointType": "Event", "HECToken": "t", "S3Configuration": s3(),
        });
        let search = json!({
            "RoleARN": ROLE, "ClusterEndpoint": "http://localhost:9200", "IndexName": "i", "S3Configuration": s3(),
        });
        let serverless = json!({
            "RoleARN": ROLE, "CollectionEndpoint": "https://x.example", "IndexName": "i", "S3Configuration": s3(),
        });
        for (kind, settings, expected) in [
            ("RedshiftDestination", redshift, json!({"RetryOptions": {"DurationInSeconds": 3600}, "Username": "u"})),
            (
                "SplunkDestination",
                splunk,
                json!({"HECAcknowledgmentTimeoutInSeconds": 180, "S3BackupMode": "FailedEventsOnly"}),
            ),
            (
                "ElasticsearchDestination",
                search.clone(),
                json!({"IndexRotationPeriod": "OneDay", "S3BackupMode": "FailedDocumentsOnly"}),
            ),
            (
                "AmazonopensearchserviceDestination",
                search,
                json!({"DocumentIdOptions": {"DefaultDocumentIdFormat": "FIREHOSE_DEFAULT"}}),
            ),
            ("AmazonOpenSearchServerlessDestination", serverless, json!({"RetryOptions": {"DurationInSeconds": 300}})),
        ] {
            let name = kind.to_lowercase();
            world.make_stream_with(&name, json!({format!("{kind}Configuration"): settings})).await;
            let destination = world.describe(&name).await["Destinations"][0].clone();
            let shown = &destination[format!("{kind}Description")];
            for (member, value) in expected.as_object().unwrap() {
                assert_eq!(&shown[member], value, "{kind} {member} in {destination}");
            }
            assert!(shown.get("Password").is_none());
            assert_eq!(shown["S3DestinationDescription"]["BucketARN"], "arn:aws:s3:::lake", "{kind}");
        }
    });
}

#[test]
fn dynamic_partitioning_is_decided_at_the_beginning() {
    simulate(unlimited(), |world| async move {
        let query = json!([
            {"ParameterName": "MetadataExtractionQuery", "ParameterValue": "{customer: .customer}"},
            {"ParameterName": "JsonParsingEngine", "ParameterValue": "JQ-1.6"},
        ]);
        let processors = |query: Value| json!({"Enabled": true, "Processors": [{"Type": "MetadataExtraction", "Parameters": query}]});
        let mut s3 = s3();
        s3["Prefix"] = json!("c=!{partitionKeyFromQuery:customer}/");
        s3["ErrorOutputPrefix"] = json!("errors/");
        s3["DynamicPartitioningConfiguration"] = json!({"Enabled": true});
        let create = |s3: &Value| json!({"DeliveryStreamName": "p", "ExtendedS3DestinationConfiguration": s3});
        assert_eq!(
            world.refused("CreateDeliveryStream", create(&s3)).await,
            "InvalidArgumentException: A MetadataExtraction processor is required when partitionKeyFromQuery is used in \
             Prefix."
        );
        let mut bad = query.clone();
        bad[0]["ParameterValue"] = json!("{customer: .customer");
        s3["ProcessingConfiguration"] = processors(bad);
        let refused = world.refused("CreateDeliveryStream", create(&s3)).await;
        assert!(refused.starts_with("InvalidArgumentException: MetadataExtractionQuery is not"), "{refused}");
        s3["ProcessingConfiguration"] = processors(query);
        world.ok("CreateDeliveryStream", create(&s3)).await;
        world.settle().await;
        let shown = world.describe("p").await["Destinations"][0]["ExtendedS3DestinationDescription"].clone();
        assert_eq!(shown["BufferingHints"], json!({"SizeInMBs": 64, "IntervalInSeconds": 300}));
        let partitioning = json!({"Enabled": true, "RetryOptions": {"DurationInSeconds": 300}});
        assert_eq!(shown["DynamicPartitioningConfiguration"], partitioning);
        let off = json!({"DynamicPartitioningConfiguration": {"Enabled": false}, "Prefix": "p/"});
        assert_eq!(
            update(&world, "p", "ExtendedS3DestinationUpdate", off).await.unwrap_err(),
            "InvalidArgumentException: Dynamic partitioning cannot be disabled once it is enabled."
        );
        let small = json!({"BufferingHints": {"SizeInMBs": 63, "IntervalInSeconds": 60}});
        assert_eq!(
            update(&world, "p", "ExtendedS3DestinationUpdate", small).await.unwrap_err(),
            "InvalidArgumentException: BufferingHints.SizeInMBs must be at least 64 when Dynamic Partitioning is enabled."
        );
        world.make_stream("plain").await;
        let on = json!({"DynamicPartitioningConfiguration": {"Enabled": true}});
        assert_eq!(
            update(&world, "plain", "ExtendedS3DestinationUpdate", on).await.unwrap_err(),
            "InvalidArgumentException: Dynamic partitioning can be enabled only when a Firehose is created."
        );
    });
}

#[test]
fn what_is_not_there_is_refused_by_name() {
    simulate(unlimited(), |world| async move {
        let with = |member: &str, value: Value| {
            let mut s3 = s3();
            s3[member] = value;
            json!({"ExtendedS3DestinationConfiguration": s3})
        };
        let processor = |kind: &str, parameters: Value| json!({"Enabled": true, "Processors": [{"Type": kind, "Parameters": parameters}]});
        let lambda = json!([{"ParameterName": "LambdaArn", "ParameterValue": "arn:aws:lambda:us-east-1:1:function:f"}]);
        for (request, expected) in [
            (
                with("DataFormatConversionConfiguration", json!({})),
                "DataFormatConversionConfiguration is not supported",
            ),
            (
                with("ProcessingConfiguration", processor("Lambda", lambda)),
                "Processors of type Lambda are not supported",
            ),
            (
                with("ProcessingConfiguration", processor("RecordDeAggregation", json!([]))),
                "Processor of type RecordDeAggregation must have the parameter SubRecordType.",
            ),
            (with("ProcessingConfiguration", json!({"Enabled": true})), "ProcessingConfiguration must have between 1"),
            (with("S3BackupMode", json!("Enabled")), "S3BackupConfiguration must be specified"),
            (with("Prefix", json!("!{nobody:x}/")), "Prefix has an unknown expression: !{nobody:x}."),
            (with("Prefix", json!("!{timestamp:yyyy}/")), "ErrorOutputPrefix must be given"),
            (with("CustomTimeZone", json!("Mars/Olympus")), "CustomTimeZone"),
            (with("CloudWatchLoggingOptions", json!({"Enabled": true})), "LogGroupName and LogStreamName"),
            (json!({"IcebergDestinationConfiguration": {}}), "IcebergDestinationConfiguration is not supported"),
            (json!({"SnowflakeDestinationConfiguration": {}}), "SnowflakeDestinationConfiguration is not supported"),
            (json!({"MSKSourceConfiguration": {}}), "MSKSourceConfiguration is not supported"),
            (json!({"DatabaseSourceConfiguration": {}}), "DatabaseSourceConfiguration is not supported"),
            (json!({}), "Exactly one destination configuration"),
            (
                json!({"S3DestinationConfiguration": s3(), "ExtendedS3DestinationConfiguration": s3()}),
                "Exactly one destination configuration",
            ),
            (
                json!({"S3DestinationConfiguration": s3(), "DeliveryStreamType": "KinesisStreamAsSource"}),
                "The source configuration does not match DeliveryStreamType KinesisStreamAsSource.",
            ),
        ] {
            let mut request = request;
            request["DeliveryStreamName"] = json!("x");
            let shown = request.to_string();
            let refused = world.refused("CreateDeliveryStream", request).await;
            let sentence = refused.strip_prefix("InvalidArgumentException: ");
            assert!(sentence.is_some_and(|sentence| sentence.starts_with(expected)), "{shown}: {refused}");
        }
    });
}
