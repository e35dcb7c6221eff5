"""Applications between delivery streams: one is read, others are written, and a kill -9 loses no row."""

import json
import threading

import pytest

from harness.analytics import PASS_CODE, ROLE, SCHEMA, start, stop, wait_for
from harness.clients import client, make_stream, new_account, refused
from harness.polling import eventually
from harness.s3 import body_of, keys_of, new_bucket, s3_client


class Shore:
    """A delivery stream to read, and two to write with buckets behind them."""

    def __init__(self, server, account):
        self.account = account
        self.connect(server)
        self.buckets = {name: new_bucket(self.s3) for name in ("clicks", "json", "csv")}
        self.arns = {name: self.deliver_into(name) for name in self.buckets}

    def connect(self, server):
        """Takes up clients of a server, which may have been started again."""
        self.s3, self.firehose = s3_client(server, self.account), client(server, self.account, "firehose")
        self.analytics = client(server, self.account, "kinesisanalytics")
        self.analytics_v2 = client(server, self.account, "kinesisanalyticsv2")

    def deliver_into(self, name):
        """Makes a delivery stream that delivers at once, and waits for it."""
        arn = self.firehose.create_delivery_stream(
            DeliveryStreamName=name,
            ExtendedS3DestinationConfiguration={
                "RoleARN": ROLE.format(self.account),
                "BucketARN": f"arn:aws:s3:::{self.buckets[name]}",
                "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 0},
            },
        )["DeliveryStreamARN"]

        def probe():
            described = self.firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
            return described["DeliveryStreamStatus"] == "ACTIVE"

        eventually(probe, what=f"the delivery stream {name} to become ACTIVE")
        return arn

    def put(self, rows):
        """Puts rows as JSON."""
        records = [{"Data": json.dumps(row).encode()} for row in rows]
        answer = self.firehose.put_record_batch(DeliveryStreamName="clicks", Records=records)
        assert answer["FailedPutCount"] == 0, answer

    def delivered(self, name):
        """All that was delivered into a bucket."""
        bucket = self.buckets[name]
        return b"".join(body_of(self.s3, bucket, key) for key in keys_of(self.s3, bucket)).decode()

    def create(self):
        """An application that reads the one and writes the others, in both forms."""
        role = ROLE.format(self.account)
        source = {"ResourceARN": self.arns["clicks"], "RoleARN": role}
        self.analytics.create_application(
            ApplicationName="shop",
            Inputs=[{"NamePrefix": "SOURCE_SQL_STREAM", "KinesisFirehoseInput": source, "InputSchema": SCHEMA}],
            Outputs=[
                {
                    "Name": "DEST",
                    "KinesisFirehoseOutput": {"ResourceARN": self.arns[form.lower()], "RoleARN": role},
                    "DestinationSchema": {"RecordFormatType": form},
                }
                for form in ("JSON", "CSV")
            ],
            ApplicationCode=PASS_CODE,
        )

    def prices(self):
        """The prices in both buckets; JSON objects follow each other as Firehose concatenates them."""
        text, prices, at = self.delivered("json"), [], 0
        decoder = json.JSONDecoder()
        while at < len(text):
            row, end = decoder.raw_decode(text, at)
            prices.append(row["PRICE"])
            at = end + (len(text[end:]) - len(text[end:].lstrip()))
        return sorted(prices), sorted(int(line.split(",")[1]) for line in self.delivered("csv").split())

    def wait_for_prices(self, expected, exactly=True):
        """Waits until both buckets have all of them."""

        def probe():
            found = self.prices()
            return found if all(set(one) >= set(expected) for one in found) else None

        found = eventually(probe, 60, every=0.2, what="the rows in both buckets")
        if exactly:
            assert found == (sorted(expected), sorted(expected))
        return found


@pytest.fixture
def shore(server, account):
    """One with a server that others use, too."""
    return Shore(server, account)


def test_rows_pass_from_a_delivery_stream_into_two_others(shore):
    shore.create()
    described = shore.analytics.describe_application(ApplicationName="shop")["ApplicationDetail"]
    assert described["InputDescriptions"][0]["KinesisFirehoseInputDescription"]["ResourceARN"] == shore.arns["clicks"]
    with refused("InvalidArgumentException") as seen:
        start(shore.analytics, "TRIM_HORIZON")
    assert "TRIM_HORIZON is not possible for a Firehose delivery stream" in seen[0]["Error"]["Message"]
    start(shore.analytics, "NOW")
    shore.put([{"item": f"i{n}", "price": n} for n in range(-2, 10)])
    shore.wait_for_prices(range(10))
    assert sorted(shore.delivered("csv").split()) == [f"i{n},{n}" for n in range(10)]
    # The delivery stream delivers as well, to its own destination.
    assert eventually(lambda: shore.delivered("clicks").count("price") >= 12, 30, what="the clicks in their bucket")
    stop(shore.analytics)
    shore.put([{"item": "later", "price": 10}])
    start(shore.analytics, "LAST_STOPPED_POINT")
    shore.wait_for_prices(range(11))


def test_the_schema_of_a_delivery_stream_is_discovered(shore):
    shore.put([{"item": "apple", "price": 3}])
    role = ROLE.format(shore.account)
    # What it has delivered it has no more; what comes meanwhile is looked at.
    ended = threading.Event()

    def feed():
        while not ended.wait(0.05):
            shore.put([{"item": "apple", "price": 3}])

    feeder = threading.Thread(target=feed)
    feeder.start()
    try:
        found = shore.analytics_v2.discover_input_schema(ResourceARN=shore.arns["clicks"], ServiceExecutionRole=role)
    finally:
        ended.set()
        feeder.join()
    assert [column["Name"] for column in found["InputSchema"]["RecordColumns"]] == ["item", "price"]
    assert found["RawInputRecords"][0] == '{"item": "apple", "price": 3}'


def test_a_kill_loses_no_row_between_delivery_streams(servers):
    server = servers().start()
    shore = Shore(server, new_account())
    shore.create()
    start(shore.analytics, "NOW")
    first = 0
    for _ in range(4):
        shore.put([{"item": "i", "price": n} for n in range(first, first + 200)])
        first += 200
        server.kill()
        server.start()
        shore.connect(server)
        wait_for(shore.analytics, "RUNNING")
    # At least once: nobody can look what is in a delivery stream already.
    shore.wait_for_prices(range(first), exactly=False)


def test_a_delivery_stream_that_a_data_stream_feeds_is_refused_at_the_start(shore, server, account):
    role = ROLE.format(account)
    stream = make_stream(client(server, account), "orders")
    fed = shore.firehose.create_delivery_stream(
        DeliveryStreamName="fed",
        DeliveryStreamType="KinesisStreamAsSource",
        KinesisStreamSourceConfiguration={"KinesisStreamARN": stream, "RoleARN": role},
        ExtendedS3DestinationConfiguration={"RoleARN": role, "BucketARN": f"arn:aws:s3:::{shore.buckets['json']}"},
    )["DeliveryStreamARN"]
    source = {"ResourceARN": fed, "RoleARN": role}
    shore.analytics.create_application(
        ApplicationName="shop",
        Inputs=[{"NamePrefix": "SOURCE_SQL_STREAM", "KinesisFirehoseInput": source, "InputSchema": SCHEMA}],
        ApplicationCode=PASS_CODE,
    )
    with refused("InvalidApplicationConfigurationException") as seen:
        shore.analytics.start_application(ApplicationName="shop", InputConfigurations=[])
    assert "takes its records from a data stream" in seen[0]["Error"]["Message"]
