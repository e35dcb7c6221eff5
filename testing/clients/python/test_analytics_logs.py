"""What is wrong with applications is written to the files of their log streams, by both versions of the API."""

import json

from harness.analytics import (
    PASS_CODE,
    ROLE,
    put_rows,
    start,
    stream_input,
    stream_output,
    wait_for,
    wait_for_rows,
)
from harness.clients import client, make_stream
from harness.polling import eventually

LOG_STREAM = "arn:aws:logs:us-east-1:{}:log-group:/aws/kinesis-analytics/shop:log-stream:{}"


def events_of(server, account, name):
    """The events of a log stream, once there are any."""
    group = server.data_dir / "logs" / account / "us-east-1" / "%2Faws%2Fkinesis-analytics%2Fshop"
    path = group / f"{name}.jsonl"
    lines = eventually(lambda: path.exists() and path.read_text().splitlines(), 60, what=f"an event in {path}")
    return [json.loads(line) for line in lines]


def delete_stream(kinesis, name):
    """Deletes a stream, and waits until it is gone."""
    kinesis.delete_stream(StreamName=name)
    eventually(lambda: name not in kinesis.list_streams()["StreamNames"], what=f"{name} to go")


def test_what_is_wrong_is_told_in_the_log_stream_that_is_configured(servers, account):
    server = servers().start()
    kinesis = client(server, account, "kinesis")
    first, second = client(server, account, "kinesisanalytics"), client(server, account, "kinesisanalyticsv2")
    orders, totals = make_stream(kinesis, "orders", 1), make_stream(kinesis, "totals", 1)
    first.create_application(
        ApplicationName="shop",
        Inputs=[stream_input(account, orders)],
        Outputs=[stream_output(account, totals)],
        ApplicationCode=PASS_CODE,
        CloudWatchLoggingOptions=[
            {"LogStreamARN": LOG_STREAM.format(account, "first"), "RoleARN": ROLE.format(account)}
        ],
    )
    application = start(first)["ApplicationARN"]
    put_rows(kinesis, [{"item": "a", "price": 1}])
    wait_for_rows(kinesis, 1)
    assert not (server.data_dir / "logs").exists(), "nothing is wrong"
    # The stream that it reads goes: that is told, once.
    delete_stream(kinesis, "orders")
    [event] = events_of(server, account, "first")
    assert event.pop("timestamp") > 1_700_000_000_000
    assert event.pop("message").endswith("(the data stream orders does not exist)")
    assert event == {
        "applicationARN": application,
        "applicationVersionId": "1",
        "messageType": "ERROR",
        "inputId": "1.1",
        "errorCode": "InputError",
        "messageSchemaVersion": "1",
    }
    # Another log stream takes effect at once, by the second version of the API.
    second.delete_application_cloud_watch_logging_option(
        ApplicationName="shop", CurrentApplicationVersionId=1, CloudWatchLoggingOptionId="1.1"
    )
    wait_for(second, "RUNNING")
    added = second.add_application_cloud_watch_logging_option(
        ApplicationName="shop",
        CurrentApplicationVersionId=2,
        CloudWatchLoggingOption={"LogStreamARN": LOG_STREAM.format(account, "second")},
    )
    assert [option["CloudWatchLoggingOptionId"] for option in added["CloudWatchLoggingOptionDescriptions"]] == ["3.1"]
    [event] = events_of(server, account, "second")
    assert (event["errorCode"], event["applicationVersionId"]) == ("InputError", "3")
    assert len(events_of(server, account, "first")) == 1
    # A stream of that name brings it back to work; where it writes to goes, too.
    make_stream(kinesis, "orders", 1)
    delete_stream(kinesis, "totals")
    put_rows(kinesis, [{"item": "b", "price": 2}])

    def output_error():
        events = events_of(server, account, "second")
        return next((event for event in events if event["errorCode"] == "OutputError"), None)

    assert eventually(output_error, 60, what="an event about the output")["outputId"] == "1.1"
    make_stream(kinesis, "totals", 1)
    assert wait_for_rows(kinesis, 1, seconds=60) == [{"ITEM": "b", "PRICE": 2}]
