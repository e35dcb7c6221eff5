"""What Millstream does not do yet says so, and is never answered as done."""

import pytest
from botocore.session import Session

from harness.clients import refused
from harness.wire import Wire
from test_days_work import OPERATIONS

MODEL = Session().get_service_model("kinesis")
LATER = sorted(set(MODEL.operation_names) - set(OPERATIONS))


def test_the_rest_of_the_model_is_queues_and_channels():
    assert len(OPERATIONS) == 40
    assert [name for name in LATER if "Queue" not in name and "Channel" not in name] == []


def sample(shape):
    """The least value that a shape allows, good enough to reach the operation."""
    kinds = {"integer": 1, "long": 1, "boolean": True, "blob": "", "timestamp": 1}
    if shape.type_name == "structure":
        return {name: sample(shape.members[name]) for name in shape.required_members}
    if shape.type_name == "list":
        return [sample(shape.member)]
    if shape.type_name == "map":
        return {"a": "b"}
    if shape.type_name == "string":
        if shape.enum:
            return shape.enum[0]
        arn = {"QueueARN": "queue/q/1", "ChannelARN": "channel/c/1", "StreamARN": "stream/orders"}.get(shape.name)
        return f"arn:aws:kinesis:us-east-1:000000000000:{arn}" if arn else "abcd"
    return kinds[shape.type_name]


@pytest.mark.parametrize("operation", LATER)
def test_it_says_so(server, account, operation):
    body = sample(MODEL.operation_model(operation).input_shape) if MODEL.operation_model(operation).input_shape else {}
    answer = Wire(server, account).send(operation, body)
    assert (answer.status, answer.code) == (501, "NotImplementedException"), answer.body
    assert operation in answer.message and "not implemented" in answer.message


def test_boto3_raises_it_as_an_error(kinesis):
    with refused("NotImplementedException", status=501):
        kinesis.list_queues()
