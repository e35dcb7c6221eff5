import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ChildShard;
import software.amazon.awssdk.services.kinesis.model.ConsumerStatus;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardRequest;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/** A day's work of the asynchronous Kinesis client of the Java SDK v2: CBOR bodies over HTTP/2 with prior knowledge. */
public final class KinesisDay {
    private static final String ZERO = "shardId-000000000000";
    private static final Set<String> CONTENT_TYPES = ConcurrentHashMap.newKeySet();
    private static int checks;

    private final KinesisAsyncClient kinesis;

    private KinesisDay(KinesisAsyncClient kinesis) {
        this.kinesis = kinesis;
    }

    /** Notes which content types were sent and answered. */
    private static final class Witness implements ExecutionInterceptor {
        @Override
        public void beforeTransmission(Context.BeforeTransmission context, ExecutionAttributes attributes) {
            context.httpRequest().firstMatchingHeader("Content-Type").ifPresent(CONTENT_TYPES::add);
        }
    }

    public static void main(String[] arguments) throws Exception {
        URI endpoint = URI.create(System.getenv("AWS_ENDPOINT_URL"));
        // HTTP/2 is this client's own default; no client factory, protocol or codec is chosen here.
        try (KinesisAsyncClient kinesis = KinesisAsyncClient.builder()
                .endpointOverride(endpoint)
                .overrideConfiguration(settings -> settings
                        .retryStrategy(AwsRetryStrategy.doNotRetry())
                        .addExecutionInterceptor(new Witness()))
                .build()) {
            KinesisDay day = new KinesisDay(kinesis);
            day.putAndGet();
            day.manyAtOnce();
            day.errors();
            day.fanOut();
        }
        check(CONTENT_TYPES.contains("application/x-amz-cbor-1.1"), "CBOR was sent: " + CONTENT_TYPES);
        System.out.println("java: all " + checks + " checks passed");
    }

    private static void check(boolean holds, String what) {
        checks++;
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    private static void eventually(String what, BooleanSupplier probe) throws InterruptedException {
        Instant deadline = Instant.now().plusSeconds(15);
        while (!probe.getAsBoolean()) {
            check(Instant.now().isBefore(deadline), "waited for " + what);
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    private String makeStream(String name, int shards) throws InterruptedException {
        kinesis.createStream(request -> request.streamName(name).shardCount(shards)).join();
        eventually("stream " + name, () -> kinesis.describeStreamSummary(request -> request.streamName(name)).join()
                .streamDescriptionSummary().streamStatus() == StreamStatus.ACTIVE);
        var summary = kinesis.describeStreamSummary(request -> request.streamName(name)).join()
                .streamDescriptionSummary();
        check(summary.openShardCount() == shards, "open shards");
        check(Duration.between(summary.streamCreationTimestamp(), Instant.now()).abs().toMinutes() < 1, "creation time");
        return summary.streamARN();
    }

    private List<Record> readAll(String name, String shard) {
        String iterator = kinesis.getShardIterator(request -> request.streamName(name).shardId(shard)
                .shardIteratorType(ShardIteratorType.TRIM_HORIZON)).join().shardIterator();
        List<Record> records = new ArrayList<>();
        while (iterator != null) {
            String at = iterator;
            GetRecordsResponse answer = kinesis.getRecords(request -> request.shardIterator(at)).join();
            records.addAll(answer.records());
            if (!answer.hasRecords() || answer.records().isEmpty() && answer.millisBehindLatest() == 0) {
                break;
            }
            iterator = answer.nextShardIterator();
        }
        return records;
    }

    private void putAndGet() throws InterruptedException {
        makeStream("java-plain", 2);
        byte[] data = new byte[256];
        for (int index = 0; index < data.length; index++) {
            data[index] = (byte) index;
        }
        PutRecordResponse put = kinesis.putRecord(request -> request.streamName("java-plain").partitionKey("a")
                .data(SdkBytes.fromByteArray(data))).join();
        check(put.shardId().equals(ZERO), "shard of key a");
        List<PutRecordsRequestEntry> entries = new ArrayList<>();
        for (int index = 0; index < 100; index++) {
            entries.add(PutRecordsRequestEntry.builder().partitionKey("key-" + index)
                    .data(SdkBytes.fromUtf8String("grüße " + index)).build());
        }
        PutRecordsResponse many = kinesis.putRecords(request -> request.streamName("java-plain").records(entries)).join();
        check(many.failedRecordCount() == 0 && many.records().size() == 100, "all entries are accepted");
        List<Shard> shards = kinesis.listShards(request -> request.streamName("java-plain")).join().shards();
        check(shards.size() == 2, "two shards");
        List<Record> records = new ArrayList<>();
        shards.forEach(shard -> records.addAll(readAll("java-plain", shard.shardId())));
        check(records.size() == 101, "101 records come back, not " + records.size());
        Record first = records.stream().filter(record -> record.sequenceNumber().equals(put.sequenceNumber()))
                .findFirst().orElseThrow();
        check(java.util.Arrays.equals(first.data().asByteArray(), data), "bytes as they were");
        check(Duration.between(first.approximateArrivalTimestamp(), Instant.now()).abs().toMinutes() < 1, "arrival time");
        for (int index = 0; index < 100; index++) {
            String number = many.records().get(index).sequenceNumber();
            String expected = "grüße " + index;
            check(records.stream().anyMatch(record -> record.sequenceNumber().equals(number)
                    && record.data().asUtf8String().equals(expected)), "record " + index);
        }
        // A time beyond the tip finds nothing, the beginning of time everything: timestamps travel as milliseconds.
        String iterator = kinesis.getShardIterator(request -> request.streamName("java-plain").shardId(ZERO)
                .shardIteratorType(ShardIteratorType.AT_TIMESTAMP)
                .timestamp(first.approximateArrivalTimestamp())).join().shardIterator();
        check(kinesis.getRecords(request -> request.shardIterator(iterator)).join().records().stream()
                .anyMatch(record -> record.sequenceNumber().equals(put.sequenceNumber())), "found by its time");
    }

    private void manyAtOnce() throws InterruptedException {
        makeStream("java-busy", 1);
        List<CompletableFuture<PutRecordResponse>> puts = new ArrayList<>();
        for (int index = 0; index < 300; index++) {
            SdkBytes data = SdkBytes.fromByteArray(new byte[10_000]);
            puts.add(kinesis.putRecord(request -> request.streamName("java-busy").partitionKey("k").data(data)));
        }
        long distinct = puts.stream().map(CompletableFuture::join).map(PutRecordResponse::sequenceNumber).distinct().count();
        check(distinct == 300, "300 puts at once");
        check(readAll("java-busy", ZERO).size() == 300, "300 records come back");
    }

    private void errors() {
        try {
            kinesis.describeStreamSummary(request -> request.streamName("nowhere")).join();
            check(false, "a missing stream must be refused");
        } catch (CompletionException failure) {
            check(failure.getCause() instanceof ResourceNotFoundException, "its class: " + failure.getCause());
            ResourceNotFoundException error = (ResourceNotFoundException) failure.getCause();
            check(error.awsErrorDetails().errorMessage().matches("Stream nowhere under account \\d{12} not found\\."),
                    "its text: " + error.awsErrorDetails().errorMessage());
            check(error.statusCode() == 400, "its status");
        }
    }

    private void fanOut() throws Exception {
        String stream = makeStream("java-pushed", 1);
        String consumer = kinesis.registerStreamConsumer(request -> request.streamARN(stream).consumerName("reader"))
                .join().consumer().consumerARN();
        eventually("the consumer", () -> kinesis.describeStreamConsumer(request -> request.consumerARN(consumer)).join()
                .consumerDescription().consumerStatus() == ConsumerStatus.ACTIVE);
        put("before");
        List<SubscribeToShardEvent> events = new CopyOnWriteArrayList<>();
        List<String> got = new CopyOnWriteArrayList<>();
        SubscribeToShardResponseHandler handler = SubscribeToShardResponseHandler.builder()
                .subscriber(SubscribeToShardResponseHandler.Visitor.builder().onSubscribeToShardEvent(event -> {
                    events.add(event);
                    event.records().forEach(record -> got.add(record.data().asString(StandardCharsets.UTF_8)));
                }).build())
                .build();
        SubscribeToShardRequest request = SubscribeToShardRequest.builder().consumerARN(consumer).shardId(ZERO)
                .startingPosition(position -> position.type(ShardIteratorType.TRIM_HORIZON)).build();
        CompletableFuture<Void> done = kinesis.subscribeToShard(request, handler);
        eventually("the first record", () -> got.contains("before"));
        put("live");
        eventually("the pushed record", () -> got.contains("live"));
        // The client's read timeout is ten seconds: only heartbeats carry the subscription across this silence.
        int before = events.size();
        Instant quiet = Instant.now();
        eventually("a heartbeat", () -> events.size() > before);
        check(Duration.between(quiet, Instant.now()).toMillis() < 7000, "a heartbeat within seven seconds");
        kinesis.splitShard(split -> split.streamName("java-pushed").shardToSplit(ZERO)
                .newStartingHashKey(java.math.BigInteger.TWO.pow(127).toString())).join();
        done.get(15, TimeUnit.SECONDS);
        SubscribeToShardEvent last = events.get(events.size() - 1);
        List<ChildShard> children = last.childShards();
        check(children.size() == 2 && children.get(0).parentShards().equals(List.of(ZERO)), "children: " + children);
        check(got.equals(List.of("before", "live")), "records in order, once: " + got);
    }

    private void put(String text) {
        kinesis.putRecord(request -> request.streamName("java-pushed").partitionKey("k")
                .data(SdkBytes.fromUtf8String(text))).join();
    }
}
