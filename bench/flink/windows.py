"""The programs of `bench flow` on Flink SQL, in one process with one slot, from memory and from a file of JSON lines.

Rows per second of the JVM's CPU, all its threads counted: what runs beside the task (garbage collection, the compiler)
is part of what a row costs. Every query runs once before it is measured.

    python3 -m venv /tmp/flink && /tmp/flink/bin/pip install apache-flink    # needs a JDK 11 or 17
    /tmp/flink/bin/python bench/flink/windows.py --rows 1000000
"""

import argparse
import os
import pathlib
import random
import shutil
import tempfile

from pyflink.table import EnvironmentSettings, TableEnvironment

START_MS = 1_795_246_200_000
KEYS = 10_000
SECTORS = ["TECHNOLOGY", "HEALTHCARE", "FINANCIAL", "ENERGY", "RETAIL"]

COLUMNS = """ticker STRING, price DOUBLE, quantity INT, sector STRING, order_id BIGINT, note STRING"""

QUERIES = {
    "filter": "INSERT INTO {sink7} SELECT ts, ticker, price, quantity, sector, order_id, note FROM {a} WHERE price >= 50",
    "tumbling": """INSERT INTO {sink4} SELECT ticker, COUNT(*), SUM(price), MAX(price)
        FROM TABLE(TUMBLE(TABLE {a}, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY ticker, window_start, window_end""",
    "sliding": """INSERT INTO {sink4} SELECT ticker, CAST(0 AS BIGINT), AVG(price) OVER w, MAX(price) OVER w FROM {a}
        WINDOW w AS (PARTITION BY ticker ORDER BY ts RANGE BETWEEN INTERVAL '1' MINUTE PRECEDING AND CURRENT ROW)""",
    "join": """INSERT INTO {sink4} SELECT a.ticker, a.order_id, a.price, CAST(b.quantity AS DOUBLE) FROM {a} AS a JOIN {b} AS b
        ON a.order_id = b.order_id AND a.ts BETWEEN b.ts - INTERVAL '10' SECOND AND b.ts + INTERVAL '10' SECOND""",
}
# Rows of a second of stream time, as in `bench flow`.
RATES = {"source": 100_000, "filter": 100_000, "tumbling": 100_000, "sliding": 10_000, "join": 10_000}


def jvm_cpu_seconds():
    """CPU time of the JVM that is our child."""
    ticks = os.sysconf("SC_CLK_TCK")
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            fields = (process / "stat").read_text().rsplit(")", 1)[1].split()
            is_java = (process / "comm").read_text().strip() == "java"
        except OSError:
            continue
        if is_java and int(fields[1]) == os.getpid():
            return (int(fields[11]) + int(fields[12])) / ticks
    raise SystemExit("no JVM was started")


def environment():
    tables = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
    settings = tables.get_config()
    settings.set("parallelism.default", "1")
    settings.set("pipeline.object-reuse", "true")
    return tables


def numbers(tables, name, rows, rate):
    """Rows from memory: 10,000 tickers in a fixed order, times as the rate says."""
    per_ms = rate // 1000
    tables.execute_sql(f"DROP TEMPORARY VIEW IF EXISTS {name}")
    tables.execute_sql(f"DROP TEMPORARY TABLE IF EXISTS {name}_numbers")
    tables.execute_sql(f"""CREATE TEMPORARY TABLE {name}_numbers (number BIGINT,
        ts AS TO_TIMESTAMP_LTZ({START_MS} + number / {per_ms}, 3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen',
        'rows-per-second' = '1000000000', 'number-of-rows' = '{rows}', 'fields.number.kind' = 'sequence',
        'fields.number.start' = '0', 'fields.number.end' = '{rows - 1}')""")
    tables.execute_sql(f"""CREATE TEMPORARY VIEW {name} AS SELECT
        CONCAT('TICK', CAST(10000 + MOD(number * 7919, {KEYS}) AS STRING)) AS ticker,
        CAST(MOD(number * 31, 10000) AS DOUBLE) / 100 AS price, CAST(MOD(number, 1000) AS INT) AS quantity,
        'ENERGY' AS sector, number AS order_id, 'lorem ipsum' AS note, ts FROM {name}_numbers""")


def lines(path, rows, rate):
    """Events of 200 bytes, one a line."""
    chance = random.Random(7)
    with open(path, "w") as file:
        for number in range(rows):
            at = number * 1000 // rate
            time = f"2026-11-21 {7 + at // 3_600_000:02}:{at // 60_000 % 60:02}:{at // 1000 % 60:02}.{at % 1000:03}"
            key, cents = chance.randrange(KEYS), chance.randrange(10_000)
            text = (
                f'{{"event_time":"{time}","ticker":"TICK{key:05}","price":{cents / 100:.2f},'
                f'"quantity":{chance.randrange(1000)},"sector":"{SECTORS[key % 5]}","order_id":{number},"note":"'
            )
            room = 200 - len(text) - 2
            file.write(text + ("lorem ipsum dolor sit amet " * 5)[:room] + '"}\n')


def from_file(tables, name, path):
    tables.execute_sql(f"DROP TEMPORARY TABLE IF EXISTS {name}")
    tables.execute_sql(f"""CREATE TEMPORARY TABLE {name} (event_time TIMESTAMP(3), {COLUMNS}, ts AS event_time,
        WATERMARK FOR event_time AS event_time) WITH ('connector' = 'filesystem', 'path' = 'file://{path}', 'format' = 'json')""")


def sinks(tables, out):
    time = "ts TIMESTAMP_LTZ(3)"
    tables.execute_sql(f"CREATE TEMPORARY TABLE hole7 ({time}, {COLUMNS}) WITH ('connector' = 'blackhole')")
    tables.execute_sql(f"CREATE TEMPORARY TABLE hole7f (ts TIMESTAMP(3), {COLUMNS}) WITH ('connector' = 'blackhole')")
    tables.execute_sql(f"""CREATE TEMPORARY TABLE json7 (ts TIMESTAMP(3), {COLUMNS}) WITH
        ('connector' = 'filesystem', 'path' = 'file://{out}/filter', 'format' = 'json')""")
    four = "ticker STRING, total BIGINT, average DOUBLE, highest DOUBLE"
    tables.execute_sql(f"CREATE TEMPORARY TABLE hole4 ({four}) WITH ('connector' = 'blackhole')")
    tables.execute_sql(f"""CREATE TEMPORARY TABLE json4 ({four}) WITH
        ('connector' = 'filesystem', 'path' = 'file://{out}/tumbling', 'format' = 'json')""")


def measured(tables, query):
    before = jvm_cpu_seconds()
    tables.execute_sql(query).wait()
    return jvm_cpu_seconds() - before


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=4_000_000)
    rows = parser.parse_args().rows
    out = tempfile.mkdtemp(prefix="bench-flink-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
    try:
        tables = environment()
        sinks(tables, out)
        print("rows made in memory, rows per second of CPU")
        for name, query in {"source": "INSERT INTO hole7 SELECT ts, ticker, price, quantity, sector, order_id, note FROM a", **QUERIES}.items():
            for count in (rows // 4, rows):
                numbers(tables, "a", count, RATES[name])
                numbers(tables, "b", count, RATES[name])
                cpu = measured(tables, query.format(a="a", b="b", sink7="hole7", sink4="hole4"))
            inputs = 2 if name == "join" else 1
            print(f"  {name:10} {inputs * rows / cpu:12,.0f}", flush=True)
        print("JSON lines from a file in memory, rows per second of CPU")
        json = {
            "decode": "INSERT INTO hole7f SELECT ts, ticker, price, quantity, sector, order_id, note FROM f",
            "filter": QUERIES["filter"].format(a="f", sink7="json7"),
            "tumbling": QUERIES["tumbling"].replace("DESCRIPTOR(ts)", "DESCRIPTOR(event_time)").format(a="f", sink4="json4"),
        }
        for name, query in json.items():
            for count in (rows // 4, rows):
                path = f"{out}/events-{count}.json"
                if not os.path.exists(path):
                    lines(path, count, RATES["tumbling"])
                from_file(tables, "f", path)
                cpu = measured(tables, query)
            print(f"  {name:10} {rows / cpu:12,.0f}", flush=True)
    finally:
        shutil.rmtree(out)


if __name__ == "__main__":
    main()
