"""Kinesis Data Analytics for SQL by boto3: applications are made, fed, and their outputs read."""

import json
import urllib.request

import pytest

from harness.analytics import (
    PASS_CODE,
    ROLE,
    SCHEMA,
    put_rows,
    rows_of,
    start,
    stop,
    stream_input,
    stream_output,
    wait_for,
    wait_for_rows,
)
from harness.clients import client, make_stream, refused
from harness.polling import eventually
from harness.s3 import body_of, keys_of, new_bucket, s3_client


@pytest.fixture
def analytics(server, account):
    """A client of the first version of the API."""
    return client(server, account, "kinesisanalytics")


@pytest.fixture
def analytics_v2(server, account):
    """A client of the second version of the API."""
    return client(server, account, "kinesisanalyticsv2")


@pytest.fixture
def streams(kinesis):
    """The ARNs of a stream to read and of one to write."""
    return make_stream(kinesis, "orders", 2), make_stream(kinesis, "totals", 2)


def create(analytics, account, streams, code=PASS_CODE, parallelism=1, outputs=None):
    """Creates the application `shop` with the first version of the API."""
    analytics.create_application(
        ApplicationName="shop",
        Inputs=[stream_input(account, streams[0], parallelism)],
        Outputs=outputs or [stream_output(account, streams[1])],
        ApplicationCode=code,
    )


def test_rows_pass_from_stream_to_stream(analytics, kinesis, account, streams):
    create(analytics, account, streams)
    start(analytics)
    rows = [{"item": f"i{n}", "price": n - 3} for n in range(20)]
    put_rows(kinesis, rows)
    found = wait_for_rows(kinesis, 17)
    expected = [{"ITEM": row["item"], "PRICE": row["price"]} for row in rows if row["price"] >= 0]
    assert sorted(found, key=lambda row: row["PRICE"]) == expected


def test_the_second_version_sees_and_runs_the_same_application(analytics, analytics_v2, kinesis, account, streams):
    source = {"ResourceARN": streams[0]}
    analytics_v2.create_application(
        ApplicationName="shop",
        RuntimeEnvironment="SQL-1_0",
        ServiceExecutionRole=ROLE.format(account),
        ApplicationConfiguration={
            "SqlApplicationConfiguration": {
                "Inputs": [
                    {"NamePrefix": "SOURCE_SQL_STREAM", "KinesisStreamsInput": source, "InputSchema": SCHEMA},
                ],
                "Outputs": [
                    {
                        "Name": "DEST",
                        "KinesisStreamsOutput": {"ResourceARN": streams[1]},
                        "DestinationSchema": {"RecordFormatType": "JSON"},
                    }
                ],
            },
            "ApplicationCodeConfiguration": {
                "CodeContentType": "PLAINTEXT",
                "CodeContent": {"TextContent": PASS_CODE},
            },
        },
    )
    place = {"InputId": "1.1", "InputStartingPositionConfiguration": {"InputStartingPosition": "NOW"}}
    put_rows(kinesis, [{"item": "before", "price": 1}])
    analytics_v2.start_application(ApplicationName="shop", RunConfiguration={"SqlRunConfigurations": [place]})
    wait_for(analytics_v2, "RUNNING")
    put_rows(kinesis, [{"item": "after", "price": 2}])
    assert wait_for_rows(kinesis, 1) == [{"ITEM": "after", "PRICE": 2}]
    detail = analytics.describe_application(ApplicationName="shop")["ApplicationDetail"]
    assert detail["ApplicationStatus"] == "RUNNING"
    assert detail["ApplicationCode"] == PASS_CODE
    analytics.stop_application(ApplicationName="shop")
    detail = wait_for(analytics_v2, "READY")
    analytics_v2.delete_application(ApplicationName="shop", CreateTimestamp=detail["CreateTimestamp"])

    def is_gone():
        return analytics_v2.list_applications()["ApplicationSummaries"] == []

    eventually(is_gone, what="the application to go")
    with refused("ResourceNotFoundException"):
        analytics.describe_application(ApplicationName="shop")


def test_bad_code_is_refused_with_its_place(analytics, account, streams):
    code = 'CREATE STREAM "DEST" (N INTEGER);\nCREATE PUMP P AS INSERT INTO "DEST" SELECT STREAM nothing FROM "SOURCE_SQL_STREAM_001";'
    with refused("CodeValidationException") as seen:
        create(analytics, account, streams, code)
    assert "line 2, column 51" in seen[0]["Error"]["Message"]


def test_bad_records_go_to_the_error_stream(analytics, kinesis, account, streams):
    errors = make_stream(kinesis, "errors")
    outputs = [stream_output(account, streams[1]), stream_output(account, errors, "error_stream")]
    create(analytics, account, streams, outputs=outputs)
    start(analytics)
    put_rows(kinesis, [{"item": "good", "price": 1}, {"item": "bad", "price": "much"}])
    kinesis.put_record(StreamName="orders", PartitionKey="k", Data=b"{no json")
    assert wait_for_rows(kinesis, 1) == [{"ITEM": "good", "PRICE": 1}]
    found = wait_for_rows(kinesis, 2, "errors")
    assert {bytes.fromhex(row["DATA_ROW"]).split(b'"')[-2:][0] for row in found} and all(
        row["ERROR_LEVEL"] and row["MESSAGE"] and row["ERROR_TIME"] for row in found
    )


def test_what_came_while_it_was_stopped_is_read_after_it(analytics, kinesis, account, streams):
    create(analytics, account, streams)
    start(analytics)
    put_rows(kinesis, [{"item": "a", "price": 1}])
    wait_for_rows(kinesis, 1)
    stop(analytics)
    put_rows(kinesis, [{"item": "b", "price": 2}, {"item": "c", "price": 3}])
    start(analytics, "LAST_STOPPED_POINT")
    found = wait_for_rows(kinesis, 3)
    assert sorted(row["PRICE"] for row in found) == [1, 2, 3]
    stop(analytics)
    assert len(rows_of(kinesis)) == 3


def test_new_code_runs_at_once(analytics, kinesis, account, streams):
    create(analytics, account, streams)
    start(analytics)
    put_rows(kinesis, [{"item": "a", "price": 1}])
    wait_for_rows(kinesis, 1)
    update = {"ApplicationCodeUpdate": PASS_CODE.replace('SELECT STREAM "ITEM", "PRICE"', "SELECT STREAM 'new', \"PRICE\"")}
    analytics.update_application(ApplicationName="shop", CurrentApplicationVersionId=1, ApplicationUpdate=update)
    wait_for(analytics, "RUNNING")
    put_rows(kinesis, [{"item": "b", "price": 2}])
    assert sorted(row["ITEM"] for row in wait_for_rows(kinesis, 2)) == ["a", "new"]


def test_shards_are_divided_over_in_application_streams_and_resharding_is_followed(analytics, kinesis, account, streams):
    code = """
    CREATE STREAM "DEST" ("NUMBER" INTEGER, "PRICE" INTEGER);
    CREATE PUMP "P1" AS INSERT INTO "DEST" SELECT STREAM 1, "PRICE" FROM "SOURCE_SQL_STREAM_001";
    CREATE PUMP "P2" AS INSERT INTO "DEST" SELECT STREAM 2, "PRICE" FROM "SOURCE_SQL_STREAM_002";
    """
    create(analytics, account, streams, code, parallelism=2)
    start(analytics)
    put_rows(kinesis, [{"item": "a", "price": n} for n in range(40)])
    found = wait_for_rows(kinesis, 40)
    assert {row["NUMBER"] for row in found} == {1, 2}
    kinesis.update_shard_count(StreamName="orders", TargetShardCount=4, ScalingType="UNIFORM_SCALING")

    def is_active():
        summary = kinesis.describe_stream_summary(StreamName="orders")["StreamDescriptionSummary"]
        return summary["StreamStatus"] == "ACTIVE"

    eventually(is_active, what="the resharding")
    put_rows(kinesis, [{"item": "a", "price": n} for n in range(40, 80)])
    found = wait_for_rows(kinesis, 80)
    assert sorted(row["PRICE"] for row in found) == list(range(80))


def test_rows_join_a_reference_table_that_an_update_reads_anew(server, analytics, kinesis, account, streams):
    s3 = s3_client(server, account)
    bucket = new_bucket(s3)
    s3.put_object(Bucket=bucket, Key="items.csv", Body=b"a,Apple\nb,Bear\n")
    code = """
    CREATE STREAM "DEST" ("NAME" VARCHAR(16), "PRICE" INTEGER);
    CREATE PUMP "P" AS INSERT INTO "DEST" SELECT STREAM r."NAME", s."PRICE"
    FROM "SOURCE_SQL_STREAM_001" AS s JOIN "ITEMS" AS r ON s."ITEM" = r."ITEM";
    """
    create(analytics, account, streams)
    table = {
        "TableName": "ITEMS",
        "S3ReferenceDataSource": {
            "BucketARN": f"arn:aws:s3:::{bucket}",
            "FileKey": "items.csv",
            "ReferenceRoleARN": ROLE.format(account),
        },
        "ReferenceSchema": {
            "RecordFormat": {
                "RecordFormatType": "CSV",
                "MappingParameters": {
                    "CSVMappingParameters": {"RecordRowDelimiter": "\n", "RecordColumnDelimiter": ","}
                },
            },
            "RecordColumns": [
                {"Name": "ITEM", "SqlType": "VARCHAR(16)"},
                {"Name": "NAME", "SqlType": "VARCHAR(16)"},
            ],
        },
    }
    analytics.add_application_reference_data_source(
        ApplicationName="shop", CurrentApplicationVersionId=1, ReferenceDataSource=table
    )
    update = {"ApplicationCodeUpdate": code}
    analytics.update_application(ApplicationName="shop", CurrentApplicationVersionId=2, ApplicationUpdate=update)
    start(analytics)
    put_rows(kinesis, [{"item": "a", "price": 1}, {"item": "x", "price": 2}, {"item": "b", "price": 3}])
    found = wait_for_rows(kinesis, 2)
    assert sorted((row["NAME"], row["PRICE"]) for row in found) == [("Apple", 1), ("Bear", 3)]
    s3.put_object(Bucket=bucket, Key="items.csv", Body=b"a,Apricot\n")
    analytics.update_application(ApplicationName="shop", CurrentApplicationVersionId=3, ApplicationUpdate={})
    wait_for(analytics, "RUNNING")
    put_rows(kinesis, [{"item": "a", "price": 4}])
    assert ("Apricot", 4) in {(row["NAME"], row["PRICE"]) for row in wait_for_rows(kinesis, 3)}


def test_rows_go_through_a_delivery_stream_into_a_bucket(server, analytics, kinesis, account, streams):
    s3, firehose = s3_client(server, account), client(server, account, "firehose")
    bucket = new_bucket(s3)
    arn = firehose.create_delivery_stream(
        DeliveryStreamName="lake",
        ExtendedS3DestinationConfiguration={
            "RoleARN": ROLE.format(account),
            "BucketARN": f"arn:aws:s3:::{bucket}",
            "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 0},
        },
    )["DeliveryStreamARN"]
    output = {
        "Name": "DEST",
        "KinesisFirehoseOutput": {"ResourceARN": arn, "RoleARN": ROLE.format(account)},
        "DestinationSchema": {"RecordFormatType": "CSV"},
    }
    create(analytics, account, streams, outputs=[output])
    start(analytics)
    put_rows(kinesis, [{"item": "a", "price": 1}, {"item": "b", "price": 2}])

    def lines():
        bodies = [body_of(s3, bucket, key) for key in keys_of(s3, bucket)]
        found = sorted(b"".join(bodies).decode().split())
        return found if len(found) >= 2 else None

    assert eventually(lines, 60, every=0.2, what="the rows in the bucket") == ["a,1", "b,2"]


def test_the_schema_of_a_stream_is_discovered(analytics, kinesis, account, streams):
    put_rows(kinesis, [{"item": "apple", "price": 1.5, "count": 3}, {"item": "pear", "price": 2, "count": 4}])
    found = analytics.discover_input_schema(
        ResourceARN=streams[0],
        RoleARN=ROLE.format(account),
        InputStartingPositionConfiguration={"InputStartingPosition": "TRIM_HORIZON"},
    )
    schema = found["InputSchema"]
    assert schema["RecordFormat"]["RecordFormatType"] == "JSON"
    types = {column["Name"]: column["SqlType"] for column in schema["RecordColumns"]}
    # `count` is a word of the language.
    assert types == {"item": "VARCHAR(8)", "price": "DOUBLE", "COL_count": "INTEGER"}
    assert len(found["ParsedInputRecords"]) == 2
    # What is discovered can be used as it stands.
    analytics.create_application(
        ApplicationName="shop", Inputs=[{**stream_input(account, streams[0]), "InputSchema": schema}]
    )


def test_the_schema_of_an_object_is_discovered(server, analytics, account):
    s3 = s3_client(server, account)
    bucket = new_bucket(s3)
    s3.put_object(Bucket=bucket, Key="t.csv", Body=b"AK,1,2.5\nWY,2,3.5\n")
    place = {"RoleARN": ROLE.format(account), "BucketARN": f"arn:aws:s3:::{bucket}", "FileKey": "t.csv"}
    found = analytics.discover_input_schema(S3Configuration=place)
    columns = [column["SqlType"] for column in found["InputSchema"]["RecordColumns"]]
    assert columns == ["VARCHAR(4)", "INTEGER", "DOUBLE"]
    assert found["ParsedInputRecords"] == [["AK", "1", "2.5"], ["WY", "2", "3.5"]]
    with refused("InvalidArgumentException"):
        analytics.discover_input_schema(S3Configuration={**place, "FileKey": "none"})


@pytest.mark.parametrize("version", ["kinesisanalytics", "kinesisanalyticsv2"])
def test_records_without_a_schema_are_shown(server, account, kinesis, streams, version):
    kinesis.put_record(StreamName="orders", PartitionKey="k", Data=bytes(range(128, 160)))
    role = {"kinesisanalytics": "RoleARN", "kinesisanalyticsv2": "ServiceExecutionRole"}[version]
    place = {"ResourceARN": streams[0], role: ROLE.format(account)}
    place["InputStartingPositionConfiguration"] = {"InputStartingPosition": "TRIM_HORIZON"}
    with refused("UnableToDetectSchemaException") as seen:
        client(server, account, version).discover_input_schema(**place)
    assert seen[0]["Error"]["Message"]
    assert len(seen[0]["RawInputRecords"]) == 1 and seen[0]["ProcessedInputRecords"] == seen[0]["RawInputRecords"]


def test_what_runs_is_measured(server, analytics, kinesis, account, streams):
    create(analytics, account, streams)
    start(analytics)
    put_rows(kinesis, [{"item": "a", "price": 1}])
    wait_for_rows(kinesis, 1)
    metrics = urllib.request.urlopen(f"{server.url}/metrics").read().decode()
    labels = f'account="{account}",region="us-east-1",application="shop"'
    assert f"aws_kinesisanalytics_kpus{{{labels}}} 1" in metrics
    assert f'aws_kinesisanalytics_records_total{{{labels},flow="Input",id="1.1"}} 1' in metrics
    assert f'aws_kinesisanalytics_records_total{{{labels},flow="Output",id="1.1"}} 1' in metrics
    assert f"aws_kinesisanalytics_millis_behind_latest{{{labels}}} 0" in metrics
    assert json.loads(urllib.request.urlopen(f"{server.url}/health").read())["services"].count("kinesisanalytics") == 1
