//! States, restarts, quotas.

use serde_json::json;

use crate::testing::{PASS, like_aws, simulate, unlimited};

#[test]
fn an_application_is_ready_starting_running_stopping_ready_deleting_gone() {
    simulate(like_aws(), |world| async move {
        world.make_shop(PASS).await;
        assert_eq!(world.status().await, "READY");
        let position = json!({"InputStartingPosition": "NOW"});
        let input = json!({"Id": "1.1", "InputStartingPositionConfiguration": position});
        world.ok("StartApplication", json!({"ApplicationName": "shop", "InputConfigurations": [input]})).await;
        assert_eq!(world.status().await, "STARTING");
        world.pass(15_000).await;
        assert_eq!(world.status().await, "STARTING", "AWS takes its time");
        let name = json!({"ApplicationName": "shop"});
        let refused = world.refused("StopApplication", name.clone()).await;
        assert!(refused.starts_with("ResourceInUseException: "), "{refused}");
        world.until("RUNNING").await;
        let update = json!({"ApplicationCodeUpdate": format!("{PASS} -- new")});
        let update = json!({"ApplicationName": "shop", "CurrentApplicationVersionId": 1, "ApplicationUpdate": update});
        world.ok("UpdateApplication", update).await;
        assert_eq!(world.status().await, "UPDATING");
        world.until("RUNNING").await;
        world.ok("StopApplication", name.clone()).await;
        assert_eq!(world.status().await, "STOPPING");
        world.until("READY").await;
        let created = world.describe().await["CreateTimestamp"].clone();
        world.ok("DeleteApplication", json!({"ApplicationName": "shop", "CreateTimestamp": created})).await;
        assert_eq!(world.status().await, "DELETING");
        world.pass(20_000).await;
        let refused = world.refused("DescribeApplication", name).await;
        assert!(refused.starts_with("ResourceNotFoundException: "), "{refused}");
    });
}

#[test]
fn a_deletion_goes_on_after_a_restart_and_leaves_nothing() {
    simulate(like_aws(), |world| async move {
        world.make_shop(PASS).await;
        world.start("NOW").await;
        let created = world.describe().await["CreateTimestamp"].clone();
        world.ok("DeleteApplication", json!({"ApplicationName": "shop", "CreateTimestamp": created})).await;
        let world = world.restart().await;
        assert_eq!(world.status().await, "DELETING");
        world.pass(21_000).await;
        let versions = crate::records::versions(&world.analytics.store, 0, 0, 10).unwrap();
        let left = crate::records::list(&world.analytics.store, "", None, 10).unwrap();
        assert!(versions.is_empty() && left.is_empty());
        world.make_shop("").await;
    });
}

#[test]
fn fifty_applications_are_enough() {
    simulate(like_aws(), |world| async move {
        for n in 0..50 {
            world.ok("CreateApplication", json!({"ApplicationName": format!("a{n:02}")})).await;
        }
        let refused = world.refused("CreateApplication", json!({"ApplicationName": "b"})).await;
        assert!(refused.starts_with("LimitExceededException: "), "{refused}");
        let page = world.ok("ListApplications", json!({"Limit": 30})).await;
        assert_eq!(page["HasMoreApplications"], true);
        let rest = world.ok("ListApplications", json!({"ExclusiveStartApplicationName": "a29"})).await;
        assert_eq!(rest["ApplicationSummaries"].as_array().unwrap().len(), 20);
        world.analytics.reset().await.unwrap();
        assert_eq!(world.ok("ListApplications", json!({})).await["ApplicationSummaries"], json!([]));
    });
}

#[test]
fn what_cannot_be_read_is_not_started() {
    simulate(unlimited(), |world| async move {
        let mut input = crate::testing::input();
        input["KinesisStreamsInput"]["ResourceARN"] = json!("arn:aws:kinesis:us-east-1:123456789012:stream/none");
        world.ok("CreateApplication", json!({"ApplicationName": "shop", "Inputs": [input]})).await;
        let request = json!({"ApplicationName": "shop", "InputConfigurations": []});
        assert_eq!(
            world.refused("StartApplication", request).await,
            "InvalidApplicationConfigurationException: Application shop cannot be started: \
             there is nothing at arn:aws:kinesis:us-east-1:123456789012:stream/none"
        );
        assert_eq!(world.status().await, "READY");
    });
}

#[test]
fn an_output_of_a_stream_that_nobody_makes_is_not_started() {
    simulate(unlimited(), |world| async move {
        world.make_shop("").await;
        let request = json!({"ApplicationName": "shop", "InputConfigurations": []});
        assert_eq!(
            world.refused("StartApplication", request).await,
            "InvalidApplicationConfigurationException: Application shop cannot be started: \
             output 1.1 is of in-application stream DEST, which is not there"
        );
    });
}
