"""Applications of Kinesis Data Analytics: made, started, fed and read back."""

import json

from .clients import read_shard, shards_of
from .polling import eventually

ROLE = "arn:aws:iam::{}:role/analytics"
PASS_CODE = """
CREATE OR REPLACE STREAM "DEST" ("ITEM" VARCHAR(16), "PRICE" INTEGER);
CREATE OR REPLACE PUMP "PASS" AS INSERT INTO "DEST"
SELECT STREAM "ITEM", "PRICE" FROM "SOURCE_SQL_STREAM_001" WHERE "PRICE" >= 0;
"""
SCHEMA = {
    "RecordFormat": {
        "RecordFormatType": "JSON",
        "MappingParameters": {"JSONMappingParameters": {"RecordRowPath": "$"}},
    },
    "RecordEncoding": "UTF-8",
    "RecordColumns": [
        {"Name": "ITEM", "Mapping": "$.item", "SqlType": "VARCHAR(16)"},
        {"Name": "PRICE", "Mapping": "$.price", "SqlType": "INTEGER"},
    ],
}


def stream_input(account, stream, parallelism=1):
    """An input that reads a data stream, of the first version of the API."""
    return {
        "NamePrefix": "SOURCE_SQL_STREAM",
        "KinesisStreamsInput": {"ResourceARN": stream, "RoleARN": ROLE.format(account)},
        "InputParallelism": {"Count": parallelism},
        "InputSchema": SCHEMA,
    }


def stream_output(account, stream, name="DEST", form="JSON"):
    """An output into a data stream, of the first version of the API."""
    return {
        "Name": name,
        "KinesisStreamsOutput": {"ResourceARN": stream, "RoleARN": ROLE.format(account)},
        "DestinationSchema": {"RecordFormatType": form},
    }


def wait_for(analytics, status, name="shop", seconds=30):
    """Waits until an application is in a state, and answers its description."""

    def probe():
        detail = analytics.describe_application(ApplicationName=name)["ApplicationDetail"]
        return detail if detail["ApplicationStatus"] == status else None

    return eventually(probe, seconds, every=0.05, what=f"application {name} to become {status}")


def start(analytics, position="TRIM_HORIZON", name="shop", input_id="1.1"):
    """Starts an application of the first version of the API, and waits until it runs."""
    place = {"Id": input_id, "InputStartingPositionConfiguration": {"InputStartingPosition": position}}
    analytics.start_application(ApplicationName=name, InputConfigurations=[place])
    return wait_for(analytics, "RUNNING", name)


def stop(analytics, name="shop"):
    """Stops an application, and waits until it has."""
    analytics.stop_application(ApplicationName=name)
    return wait_for(analytics, "READY", name)


def put_rows(kinesis, rows, stream="orders"):
    """Puts rows as JSON, each with its place among them as partition key."""
    for at in range(0, len(rows), 500):
        entries = [{"Data": json.dumps(row), "PartitionKey": str(at + n)} for n, row in enumerate(rows[at : at + 500])]
        answer = kinesis.put_records(StreamName=stream, Records=entries)
        assert answer["FailedRecordCount"] == 0, answer


def rows_of(kinesis, stream="totals"):
    """All rows in a stream, of all its shards."""
    records = [record for shard in shards_of(kinesis, stream) for record in read_shard(kinesis, stream, shard)]
    return [json.loads(record["Data"]) for record in records]


def wait_for_rows(kinesis, count, stream="totals", seconds=30):
    """Waits until a stream holds so many rows, and answers them."""
    found = eventually(
        lambda: (rows := rows_of(kinesis, stream)) and len(rows) >= count and rows,
        seconds,
        every=0.1,
        what=f"{count} rows in {stream}",
    )
    assert len(found) == count, f"{len(found)} rows in {stream}, and not {count}"
    return found
