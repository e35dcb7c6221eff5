"""`millstream sql` in a real terminal, and its programs against servers of every kind."""

import hashlib
import json
import subprocess

import pytest

from harness.clients import client, make_stream
from harness.s3 import new_bucket, s3_client
from harness.server import binary
from harness.terminal import CTRL_C, CTRL_D, TAB, UP, Terminal

KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
PROMPT = r"sql> "


@pytest.fixture
def own(servers):
    """A server of this test's: its streams are listed."""
    return servers().start()


def trades(kinesis, rows, stream="trades"):
    """Puts rows as JSON."""
    records = [{"Data": json.dumps(row), "PartitionKey": str(n)} for n, row in enumerate(rows)]
    assert kinesis.put_records(StreamName=stream, Records=records)["FailedRecordCount"] == 0


def run(server, *flags, url=None, env=None):
    """Runs the program to its end."""
    command = [str(binary()), "sql", "--endpoint", url or server.url, "--until-idle", "--format", "json", *flags]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=env or {}, check=False)


def rows(finished):
    """The rows that it wrote."""
    assert finished.returncode == 0, finished.stderr
    return [json.loads(line) for line in finished.stdout.splitlines()]


def test_a_day_at_the_terminal(own, tmp_path):
    kinesis = client(own, "000000000000")
    make_stream(kinesis, "trades")
    make_stream(kinesis, "returns")
    trades(kinesis, [{"ticker": "AMZN", "price": 10.5}, {"ticker": "WORK", "price": 3.0}])
    state = {"XDG_STATE_HOME": str(tmp_path / "state")}
    command = [str(binary()), "sql", "--endpoint", own.url]
    with Terminal(command, state) as terminal:
        terminal.expect(PROMPT)
        terminal.type("\\streams")
        terminal.expect(r'"returns"\n"trades"\n')
        terminal.expect(PROMPT)
        # Tab: one name fits, and is written out with its quotes.
        terminal.type(b"\\d tr" + TAB)
        terminal.expect(r'\\d "trades"')
        terminal.type("")
        terminal.expect(r'"ticker" +VARCHAR\(1024\)\n"price" +DOUBLE')
        terminal.expect(PROMPT)
        terminal.type("\\d")
        terminal.expect("^nothing is defined here\n")
        terminal.expect(PROMPT)
        # A query that reads no stream is over at once.
        terminal.type("SELECT 6 * 7 AS ANSWER;")
        terminal.expect(r"^[-0-9:. ]+ +42\n+1 row, 0 refused\n")
        terminal.expect(PROMPT)
        # An error, with a caret below the place.
        terminal.type('SELECT STREAM "prize" FROM "trades";')
        terminal.expect(r'^SELECT STREAM "prize" FROM "trades";\n {14}\^{7}\nline 1, column 15: ')
        terminal.expect(PROMPT)
        # A statement over two lines, and rows that come while it runs.
        terminal.type('SELECT STREAM "ticker", "price" * 2 AS "twice"')
        terminal.type('FROM "trades";')
        terminal.expect(r'FROM "trades";')
        put_until_seen(terminal, kinesis)
        terminal.type(CTRL_C)
        terminal.expect(r"\d+ rows?, 0 refused")
        terminal.expect(PROMPT)
        # What was typed before comes back, and runs again.
        terminal.type(UP)
        terminal.expect(r'SELECT STREAM "ticker", "price" \* 2 AS "twice"\s*\n?.*FROM "trades";')
        terminal.type("")
        put_until_seen(terminal, kinesis)
        terminal.type(CTRL_C)
        terminal.expect(r"refused")
        # Definitions are known to later statements and to Tab.
        terminal.expect(PROMPT)
        terminal.type('CREATE VIEW DEAR AS SELECT STREAM * FROM "trades" WHERE "price" > 5;')
        terminal.expect("defined")
        terminal.expect(PROMPT)
        # Ctrl-C at the prompt drops what was typed, Ctrl-D leaves.
        terminal.type(b"SELECT nothing" + CTRL_C)
        terminal.expect(PROMPT)
        terminal.type(CTRL_D)
        assert terminal.end() == 0
    with Terminal(command, state) as terminal:
        terminal.expect(PROMPT)
        terminal.type(UP)
        terminal.expect("CREATE VIEW DEAR")


def test_a_query_outlives_its_server(own):
    kinesis = client(own, "000000000000")
    make_stream(kinesis, "trades")
    trades(kinesis, [{"ticker": "OLD", "price": 1.5}])
    with Terminal([str(binary()), "sql", "--endpoint", own.url], {}) as terminal:
        terminal.expect(PROMPT)
        terminal.type('SELECT STREAM "ticker", "price" * 2 AS "twice" FROM "trades";')
        put_until_seen(terminal, kinesis)
        own.listen = "{}:{}".format(*own.address)
        own.kill()
        terminal.expect("^the connection broke: .*; trying again")
        own.start()
        # What is put while nobody reads is behind the newest record that was read.
        trades(client(own, "000000000000"), [{"ticker": "NEXT", "price": 4.0}])
        terminal.expect(r"NEXT +8\.0")
        terminal.type(CTRL_C)
        terminal.expect(r"\d+ rows, 0 refused")


def test_programs_of_files_are_told_what_is_wrong_with_them(own, tmp_path):
    kinesis = client(own, "000000000000", region="eu-west-1")
    make_stream(kinesis, "trades")
    trades(kinesis, [{"ticker": "AMZN", "price": 2}, {"ticker": "WORK", "price": 0}])
    # Somebody else's mistake keeps nobody from the other records.
    kinesis.put_record(StreamName="trades", PartitionKey="0", Data=b"no JSON")
    program = tmp_path / "app.sql"
    # The region is the AWS CLI's.
    env = {"AWS_DEFAULT_REGION": "eu-west-1"}

    program.write_text('SELECT STREAM 8 / "price" AS Q FROM "trades";')
    finished = run(own, "--file", str(program), env=env)
    assert rows(finished) == [{"Q": 4}]
    assert "DIVIDE_BY_ZERO" in finished.stderr
    assert finished.stderr.endswith("\n2 rows were refused\n")
    program.write_text('SELECT STREAM 8 / "price" AS Q FROM "trades" WHERE "price" <> 0;')
    finished = run(own, "--file", str(program), env=env)
    assert rows(finished) == [{"Q": 4}]
    assert finished.stderr.endswith("\n1 row was refused\n")

    program.write_text('SELECT STREAM "prize" FROM "trades";')
    finished = run(own, "--file", str(program), env=env)
    lines = ['SELECT STREAM "prize" FROM "trades";', 14 * " " + 7 * "^", "line 1, column 15: Column 'prize' not found"]
    assert finished.returncode == 1
    assert finished.stderr.startswith("\n".join(["millstream:", *lines]))


def put_until_seen(terminal, kinesis):
    """Puts rows until one of them is shown: nobody says when reading has begun behind the newest record."""
    for _ in range(100):
        trades(kinesis, [{"ticker": "NEW", "price": 21.0}])
        try:
            terminal.expect(r"NEW +42", seconds=0.3)
        except AssertionError:
            continue
        return
    terminal.expect(r"NEW +42", seconds=1)


def test_reference_tables_come_from_files_and_objects(own, tmp_path):
    kinesis, s3 = client(own, "000000000000"), s3_client(own, "000000000000")
    make_stream(kinesis, "trades")
    trades(kinesis, [{"ticker": "AMZN", "price": 10.5}, {"ticker": "WORK", "price": 3.0}])
    bucket = new_bucket(s3)
    s3.put_object(Bucket=bucket, Key="of companies/all (1).json", Body=b'[{"code": "WORK", "company": "Slack"}]')
    table = tmp_path / "companies.csv"
    table.write_text("code,company,since\nAMZN,Amazon,1997\n\nNONE,Nobody,1998\n")
    query = tmp_path / "app.sql"
    join = 'FROM "trades" AS T JOIN "companies" AS C ON C."code" = T."ticker"'
    query.write_text(f'SELECT STREAM C."company", T."price" {join};')
    answered = run(own, "--file", str(query), "--reference", f"companies={table}")
    assert rows(answered) == [{"company": "Amazon", "price": 10.5}]
    assert answered.stderr == ""
    answered = run(own, "--file", str(query), "--reference", f"companies=s3://{bucket}/of companies/all (1).json")
    assert rows(answered) == [{"company": "Slack", "price": 3.0}]
    # The headings are no row of these columns, and the texts are cut.
    declared = 'companies("code" VARCHAR(4), "company" VARCHAR(3), "since" SMALLINT)'
    answered = run(own, "--file", str(query), "--reference", f"{declared}={table}")
    assert rows(answered) == [{"company": "Ama", "price": 10.5}]
    assert answered.stderr == ""
    answered = run(own, "--file", str(query), "--reference", f"{declared.replace('SMALLINT', 'TINYINT')}={table}")
    assert rows(answered) == [] and "a row was left out: at byte 19: " in answered.stderr
    assert "byte 0" not in answered.stderr
    for absent in (f"companies=s3://{bucket}/absent", f"companies={tmp_path}/absent"):
        answered = run(own, "--file", str(query), "--reference", absent)
        assert answered.returncode == 1 and "absent" in answered.stderr
    with Terminal([str(binary()), "sql", "--endpoint", own.url, "--position", "trim-horizon"], {}) as terminal:
        terminal.expect(PROMPT)
        terminal.type(f"\\reference companies=s3://{bucket}/of companies/all (1).json")
        terminal.expect(r'"companies" \(1 rows\)')
        terminal.type("\\d companies")
        terminal.expect(r'"code" +VARCHAR\(1024\)')
        terminal.type(query.read_text())
        terminal.expect(r"Slack +3")
        terminal.type(CTRL_C)
        terminal.expect(r"1 row, 0 refused")


def test_aggregates_of_the_producer_library_are_taken_apart(own):
    kinesis = client(own, "000000000000")
    make_stream(kinesis, "trades")
    users = [json.dumps({"ticker": f"T{n}", "price": n}).encode() for n in range(3)]
    message = b"\x0a\x01k" + b"".join(field(3, b"\x08\x00" + field(3, data)) for data in users)
    aggregate = b"\xf3\x89\x9a\xc2" + message + hashlib.md5(message).digest()
    kinesis.put_record(StreamName="trades", PartitionKey="a", Data=aggregate)
    kinesis.put_record(StreamName="trades", PartitionKey="a", Data=b'{"ticker": "T3", "price": 3}')
    finished = run_text(own, 'SELECT STREAM "ticker", "price", PARTITION_KEY FROM "trades";')
    expected = [{"ticker": f"T{n}", "price": n, "PARTITION_KEY": "a"} for n in range(4)]
    assert rows(finished) == expected


def field(number, data):
    """A length-delimited field of a protocol buffer; lengths below 128 are one byte."""
    assert len(data) < 128
    return bytes([number << 3 | 2, len(data)]) + data


def run_text(server, text, *flags, **more):
    """Runs a program that is a text."""
    file = server.data_dir.parent / "typed.sql"
    file.write_text(text)
    return run(server, "--file", str(file), *flags, **more)


def test_servers_with_certificates_and_keys(servers, tmp_path):
    credentials = tmp_path / "credentials"
    credentials.write_text(f'[[key]]\naccess-key = "{KEY}"\nsecret-key = "{SECRET}"\naccount = "111122223333"\n')
    server = servers("--auth", "keys", "--credentials", str(credentials)).start()
    kinesis, s3 = client(server, KEY, secret=SECRET), s3_client(server, KEY, secret=SECRET)
    make_stream(kinesis, "trades")
    trades(kinesis, [{"ticker": "AMZN", "price": 10.5}])
    bucket = new_bucket(s3)
    s3.put_object(Bucket=bucket, Key="a b/names+.csv", Body=b"AMZN,Amazon,1\n")
    secure = server.url.replace("http://", "https://")
    authority = str(server.data_dir / "tls" / "certificate.pem")
    keys = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
    text = 'SELECT STREAM N.NAME FROM "trades" AS T JOIN NAMES AS N ON N.CODE = T."ticker";'
    table = f"NAMES(CODE VARCHAR(4), NAME VARCHAR(16))=s3://{bucket}/a b/names+.csv"
    for trusted in (["--ca-file", authority], []):
        env = {**keys, **({} if trusted else {"AWS_CA_BUNDLE": authority})}
        answered = run_text(server, text, "--reference", table, *trusted, url=secure, env=env)
        assert rows(answered) == [{"NAME": "Amazon"}]
    by_name = secure.replace("127.0.0.1", "localhost")
    answered = run_text(server, text, "--reference", table, "--ca-file", authority, url=by_name, env=keys)
    assert rows(answered) == [{"NAME": "Amazon"}]
    stranger = run_text(server, text, "--reference", table, url=secure, env=keys)
    assert stranger.returncode == 1 and "--ca-file" in stranger.stderr
    wrong = {**keys, "AWS_SECRET_ACCESS_KEY": "wrong"}
    refused = run_text(server, text, "--reference", table, "--ca-file", authority, url=secure, env=wrong)
    assert refused.returncode == 1 and "SignatureDoesNotMatch" in refused.stderr
