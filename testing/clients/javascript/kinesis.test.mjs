// The JavaScript SDK v3 with its default handler for Kinesis, which speaks HTTP/2, on plain http with prior knowledge.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamConsumerCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  PutRecordCommand,
  PutRecordsCommand,
  RegisterStreamConsumerCommand,
  ResourceNotFoundException,
  SplitShardCommand,
  SubscribeToShardCommand,
  waitUntilStreamExists,
} from "@aws-sdk/client-kinesis";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

import { startServer } from "./server.mjs";

const ACCOUNT = "123456789012";
let server;
let kinesis;
const bytes = (text) => new TextEncoder().encode(text);
const text = (data) => new TextDecoder().decode(data);
const ZERO = "shardId-000000000000";

before(async () => {
  server = await startServer("--limits", "off");
  // Nothing else is configured: endpoint, region and credentials come from the environment, as with AWS.
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: server.url,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: ACCOUNT,
    AWS_SECRET_ACCESS_KEY: "test",
  });
  kinesis = new KinesisClient({ maxAttempts: 1 });
});

after(async () => {
  kinesis?.destroy();
  await server?.stop();
});

async function eventually(probe, seconds = 10) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await probe();
    if (answer) return answer;
    assert.ok(Date.now() < deadline, "the expected state did not come");
    await new Promise((resume) => setTimeout(resume, 20));
  }
}

async function isActive(StreamName) {
  const { StreamDescriptionSummary: summary } = await kinesis.send(new DescribeStreamSummaryCommand({ StreamName }));
  return summary.StreamStatus === "ACTIVE" && summary;
}

async function makeStream(StreamName, ShardCount = 1) {
  await kinesis.send(new CreateStreamCommand({ StreamName, ShardCount }));
  await waitUntilStreamExists({ client: kinesis, maxWaitTime: 20, minDelay: 1, maxDelay: 1 }, { StreamName });
  return eventually(() => isActive(StreamName));
}

async function makeConsumer(StreamARN, ConsumerName) {
  const { Consumer } = await kinesis.send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName }));
  await eventually(async () => {
    const answer = await kinesis.send(new DescribeStreamConsumerCommand({ ConsumerARN: Consumer.ConsumerARN }));
    return answer.ConsumerDescription.ConsumerStatus === "ACTIVE";
  });
  return Consumer.ConsumerARN;
}

async function readAll(StreamName, ShardId) {
  const start = new GetShardIteratorCommand({ StreamName, ShardId, ShardIteratorType: "TRIM_HORIZON" });
  let { ShardIterator } = await kinesis.send(start);
  const records = [];
  while (ShardIterator) {
    const answer = await kinesis.send(new GetRecordsCommand({ ShardIterator }));
    records.push(...answer.Records);
    if (answer.Records.length === 0 && answer.MillisBehindLatest === 0) break;
    ShardIterator = answer.NextShardIterator;
  }
  return records;
}

test("the handler is the native HTTP/2 one", () => {
  assert.equal(kinesis.config.requestHandler.metadata?.handlerProtocol, "h2");
});

test("records go in and come out", async () => {
  await makeStream("plain", 2);
  const put = await kinesis.send(
    new PutRecordCommand({ StreamName: "plain", PartitionKey: "a", Data: bytes("one \u00e4") }),
  );
  assert.equal(put.ShardId, ZERO);
  const entries = Array.from({ length: 100 }, (_, index) => ({ PartitionKey: `key-${index}`, Data: bytes(`${index}`) }));
  const many = await kinesis.send(new PutRecordsCommand({ StreamName: "plain", Records: entries }));
  assert.equal(many.FailedRecordCount, 0);
  const { Shards } = await kinesis.send(new ListShardsCommand({ StreamName: "plain" }));
  assert.equal(Shards.length, 2);
  const read = (await Promise.all(Shards.map((shard) => readAll("plain", shard.ShardId)))).flat();
  assert.equal(read.length, 101);
  const first = read.find((record) => record.SequenceNumber === put.SequenceNumber);
  assert.equal(text(first.Data), "one \u00e4");
  assert.ok(Math.abs(first.ApproximateArrivalTimestamp.getTime() - Date.now()) < 60_000);
  const expected = new Map(many.Records.map((entry, index) => [entry.SequenceNumber, `${index}`]));
  for (const [number, data] of expected) {
    assert.equal(text(read.find((record) => record.SequenceNumber === number).Data), data);
  }
});

// This SDK's Kinesis client opens a connection for each request.
test("many requests and connections at once are served", async () => {
  await makeStream("busy", 1);
  const one = (index) => new PutRecordCommand({ StreamName: "busy", PartitionKey: "k", Data: bytes(`${index}`) });
  const puts = await Promise.all(Array.from({ length: 200 }, (_, index) => kinesis.send(one(index))));
  assert.equal(new Set(puts.map((put) => put.SequenceNumber)).size, 200);
  assert.equal((await readAll("busy", ZERO)).length, 200);
});

test("large bodies fit through HTTP/2's windows", async () => {
  await makeStream("large", 1);
  const Records = Array.from({ length: 5 }, (_, index) => ({ PartitionKey: "k", Data: new Uint8Array(1_000_000).fill(index) }));
  const put = await kinesis.send(new PutRecordsCommand({ StreamName: "large", Records }));
  assert.equal(put.FailedRecordCount, 0);
  const read = await readAll("large", ZERO);
  assert.deepEqual(read.map((record) => [record.Data.length, record.Data[999_999]]), Records.map((_, index) => [1_000_000, index]));
});

test("errors are the SDK's own classes", async () => {
  const missing = kinesis.send(new DescribeStreamSummaryCommand({ StreamName: "nowhere" }));
  await assert.rejects(missing, (error) => {
    assert.ok(error instanceof ResourceNotFoundException);
    assert.equal(error.message, `Stream nowhere under account ${ACCOUNT} not found.`);
    assert.equal(error.$metadata.httpStatusCode, 400);
    return true;
  });
});

test("a subscription pushes and ends with the children of a split", { timeout: 30_000 }, async () => {
  const { StreamARN } = await makeStream("pushed", 1);
  const ConsumerARN = await makeConsumer(StreamARN, "reader");
  const put = (data) => kinesis.send(new PutRecordCommand({ StreamName: "pushed", PartitionKey: "k", Data: bytes(data) }));
  await put("before");
  const answer = await kinesis.send(
    new SubscribeToShardCommand({ ConsumerARN, ShardId: ZERO, StartingPosition: { Type: "TRIM_HORIZON" } }),
  );
  const got = [];
  let continuation;
  let children;
  for await (const { SubscribeToShardEvent: event } of answer.EventStream) {
    assert.ok(event, "only events are expected");
    got.push(...event.Records.map((record) => text(record.Data)));
    if (event.ContinuationSequenceNumber) continuation = event.ContinuationSequenceNumber;
    if (event.ChildShards?.length) children = event.ChildShards;
    if (got.length === 1 && event.Records.length) await put("live");
    if (got.length === 2 && event.Records.length) {
      await kinesis.send(
        new SplitShardCommand({ StreamName: "pushed", ShardToSplit: ZERO, NewStartingHashKey: String(2n ** 127n) }),
      );
    }
  }
  assert.deepEqual(got, ["before", "live"]);
  assert.ok(BigInt(continuation) > 0n);
  assert.deepEqual(children.map((child) => [child.ShardId, child.ParentShards]), [
    ["shardId-000000000001", [ZERO]],
    ["shardId-000000000002", [ZERO]],
  ]);
  await eventually(() => isActive("pushed"));
  await kinesis.send(new DeleteStreamCommand({ StreamName: "pushed", EnforceConsumerDeletion: true }));
});

test("the caller is who the environment says", async () => {
  const sts = new STSClient({ maxAttempts: 1 });
  const identity = await sts.send(new GetCallerIdentityCommand({}));
  assert.equal(identity.Account, ACCOUNT);
  sts.destroy();
});
