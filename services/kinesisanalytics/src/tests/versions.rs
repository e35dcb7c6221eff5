//! Versions and tokens, seen through both versions of the API.

use serde_json::json;

use crate::testing::{PASS, ROLE, TOTALS, output, simulate, unlimited};

#[test]
fn a_version_that_is_not_current_changes_nothing() {
    simulate(unlimited(), |world| async move {
        world.make_shop(PASS).await;
        let add = |version: u64| {
            let output = output("error_stream");
            json!({"ApplicationName": "shop", "CurrentApplicationVersionId": version, "Output": output})
        };
        world.ok("AddApplicationOutput", add(1)).await;
        let refused = world.refused("AddApplicationOutput", add(1)).await;
        assert_eq!(refused, "ConcurrentModificationException: Application shop is at version 2, not 1");
        let outputs = world.describe().await["OutputDescriptions"].clone();
        assert_eq!((&outputs[0]["OutputId"], &outputs[1]["OutputId"]), (&json!("1.1"), &json!("2.1")));
        let world = world.restart().await;
        assert_eq!(world.describe().await["OutputDescriptions"], outputs);
    });
}

#[test]
fn the_versions_of_an_application_are_remembered() {
    simulate(unlimited(), |world| async move {
        world.make_shop(PASS).await;
        let delete = json!({"ApplicationName": "shop", "CurrentApplicationVersionId": 1, "OutputId": "1.1"});
        world.ok("DeleteApplicationOutput", delete).await;
        for (version, count) in [(1, 1), (2, 0)] {
            let request = json!({"ApplicationName": "shop", "ApplicationVersionId": version});
            let detail = world.ok_v2("DescribeApplicationVersion", request).await;
            let sql = &detail["ApplicationVersionDetail"]["ApplicationConfigurationDescription"]["SqlApplicationConfigurationDescription"];
            assert_eq!(sql["OutputDescriptions"].as_array().unwrap().len(), count, "{detail}");
        }
    });
}

#[test]
fn roles_are_the_first_versions_and_the_whole_applications_the_seconds() {
    simulate(unlimited(), |world| async move {
        let create = json!({"ApplicationName": "shop", "RuntimeEnvironment": "SQL-1_0", "ServiceExecutionRole": ROLE});
        world.ok_v2("CreateApplication", create).await;
        let output = json!({
            "Name": "DEST", "KinesisStreamsOutput": {"ResourceARN": TOTALS, "RoleARN": format!("{ROLE}-ignored")},
            "DestinationSchema": {"RecordFormatType": "CSV"},
        });
        let add = json!({"ApplicationName": "shop", "CurrentApplicationVersionId": 1, "Output": output});
        world.ok_v2("AddApplicationOutput", add).await;
        let described = world.ok_v2("DescribeApplication", json!({"ApplicationName": "shop"})).await;
        let described = &described["ApplicationDetail"]["ApplicationConfigurationDescription"];
        let described = &described["SqlApplicationConfigurationDescription"]["OutputDescriptions"][0];
        assert_eq!(described["KinesisStreamsOutputDescription"], json!({"ResourceARN": TOTALS}));
        let log_stream = "arn:aws:logs:us-east-1:123456789012:log-group:g:log-stream:s";
        let add = json!({
            "ApplicationName": "shop", "CurrentApplicationVersionId": 2,
            "CloudWatchLoggingOption": {"LogStreamARN": log_stream},
        });
        world.ok_v2("AddApplicationCloudWatchLoggingOption", add).await;
        // The first version knows roles of parts only, and promises them.
        let described = world.describe().await;
        let output = &described["OutputDescriptions"][0]["KinesisStreamsOutputDescription"];
        assert_eq!(*output, json!({"ResourceARN": TOTALS, "RoleARN": ROLE}));
        assert_eq!(described["CloudWatchLoggingOptionDescriptions"][0]["RoleARN"], ROLE);
    });
}

#[test]
fn a_token_holds_until_the_next_change() {
    simulate(unlimited(), |world| async move {
        world.make_shop(PASS).await;
        let token = |detail: &serde_json::Value| detail["ApplicationDetail"]["ConditionalToken"].clone();
        let before = token(&world.ok_v2("DescribeApplication", json!({"ApplicationName": "shop"})).await);
        let update = json!({"ApplicationName": "shop", "ConditionalToken": before, "ServiceExecutionRoleUpdate": ROLE});
        let after = token(&world.ok_v2("UpdateApplication", update).await);
        assert_ne!(before, after);
        let arn = "arn:aws:kinesisanalytics:us-east-1:123456789012:application/shop";
        world.ok("TagResource", json!({"ResourceARN": arn, "Tags": [{"Key": "a"}]})).await;
        let later = token(&world.ok_v2("DescribeApplication", json!({"ApplicationName": "shop"})).await);
        assert_ne!(after, later);
    });
}
