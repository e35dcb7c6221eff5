-- Programs that are refused, each behind a line that says where and why. The streams are those of taken.sql.

-- # names
-- 1:15 Column 'NOTHING' not found in any table
SELECT STREAM nothing FROM S;
-- 1:15 Table 'X' not found
SELECT STREAM x.qty FROM S;
-- 1:24 Object 'NOWHERE' not found
SELECT STREAM qty FROM nowhere;
-- 1:15 No match found for function signature NOFUNCTION
SELECT STREAM NOFUNCTION(qty) FROM S;
-- 1:29 Window 'W' not found
SELECT STREAM SUM(qty) OVER w FROM S;
-- 1:59 Object 'B' not found
CREATE STREAM A (a INTEGER); CREATE PUMP P AS INSERT INTO B SELECT STREAM qty FROM S;
-- 1:62 Unknown target column 'B'
CREATE STREAM A (a INTEGER); CREATE PUMP P AS INSERT INTO A (b) SELECT STREAM qty FROM S;
-- 1:13 Object 'NOWHERE' not found
DROP STREAM nowhere;
-- 1:11 Object 'NOWHERE' not found
DROP PUMP nowhere;
-- 1:11 Object 'NOWHERE' not found
DROP VIEW nowhere;
-- 1:15 Object 'NOWHERE' not found
DROP FUNCTION nowhere;
-- 1:12 Pump 'NOWHERE' not found
ALTER PUMP nowhere START;
-- 1:29 Column 'A' is defined twice
CREATE STREAM A (a INTEGER, a INTEGER);
-- 1:44 Object 'A' already exists
CREATE STREAM A (a INTEGER); CREATE STREAM A (a INTEGER);
-- 1:15 'S' belongs to the application and cannot be replaced
CREATE STREAM S (a INTEGER);
-- 1:99 Pump 'P' already exists
CREATE STREAM A (a INTEGER); CREATE PUMP P AS INSERT INTO A SELECT STREAM qty FROM S; CREATE PUMP P AS INSERT INTO A SELECT STREAM qty FROM S;
-- 1:22 The error stream cannot be read by a program; give it an output
SELECT STREAM * FROM error_stream;
-- 1:15 'ERROR_STREAM' belongs to the application and cannot be replaced
CREATE STREAM error_stream (a INTEGER);
-- 1:62 'A' stands twice in FROM; give one of them another name with AS
SELECT STREAM a.qty FROM S OVER (ROWS 1 PRECEDING) AS a JOIN S AS a ON a.qty = a.qty;
-- 1:15 Column 'QTY' is ambiguous
SELECT STREAM qty FROM S OVER (ROWS 1 PRECEDING) AS a JOIN S AS b ON a.qty = b.qty;

-- # types
-- 1:23 Encountered 'DOW' where YEAR, MONTH, DAY, HOUR, MINUTE or SECOND was expected
SELECT STREAM EXTRACT(DOW FROM event_time) FROM S;
-- 1:57 Encountered 'STRICTLY' where ';' was expected
SELECT STREAM qty FROM S WHERE (event_time, event_time) STRICTLY EQUALS (event_time, event_time);
-- 1:15 INTEGER and VARCHAR(4) do not go together
SELECT STREAM qty + ticker FROM S;
-- 1:25 A text is expected, not INTEGER
SELECT STREAM ticker || qty FROM S;
-- 1:32 A condition is expected, not INTEGER
SELECT STREAM qty FROM S WHERE qty;
-- 1:32 VARCHAR(4) and TIMESTAMP do not go together
SELECT STREAM qty FROM S WHERE ticker = event_time;
-- 1:19 A number is expected, not VARCHAR(4)
SELECT STREAM ABS(ticker) FROM S;
-- 1:21 A text is expected, not INTEGER
SELECT STREAM UPPER(qty) FROM S;
-- 1:19 A number for SUM is expected, not VARCHAR(4)
SELECT STREAM SUM(ticker) OVER (ROWS 1 PRECEDING) FROM S;
-- 1:21 An instant is expected, not VARCHAR(4)
SELECT STREAM FLOOR(ticker TO DAY) FROM S;
-- 1:15 A text is expected, not INTEGER
SELECT STREAM qty LIKE 'a' FROM S;
-- 1:45 INTEGER and CHAR(1) do not go together
SELECT STREAM CASE WHEN qty > 1 THEN 1 ELSE 'x' END FROM S;
-- 1:15 INTEGER cannot be cast to DATE
SELECT STREAM CAST(qty AS DATE) FROM S;
-- 1:15 The difference of two instants needs a unit: (a - b) SECOND, or TSDIFF(a, b)
SELECT STREAM event_time - event_time FROM S;
-- 1:29 INTEGER and VARCHAR(4) do not go together
SELECT STREAM COALESCE(qty, ticker) FROM S;
-- 1:15 POWER takes 2 arguments, not 1
SELECT STREAM POWER(qty) FROM S;
-- 1:61 Column 'A' is INTEGER, and the query gives VARCHAR(4)
CREATE STREAM A (a INTEGER); CREATE PUMP P AS INSERT INTO A SELECT STREAM ticker FROM S;
-- 1:61 1 columns are inserted into, and the query has 2
CREATE STREAM A (a INTEGER); CREATE PUMP P AS INSERT INTO A SELECT STREAM qty, qty FROM S;
-- 1:20 An INTERVAL cannot be the type of a column
CREATE STREAM A (a INTERVAL DAY TO SECOND);
-- 1:20 The length of a VARCHAR is between 1 and 65535
CREATE STREAM A (a VARCHAR(70000));
-- 1:20 A DECIMAL has 1 to 19 digits, and no more behind the point
CREATE STREAM A (a DECIMAL(20,2));
-- 1:20 Unknown type 'NOTHING'
CREATE STREAM A (a NOTHING);
-- 1:53 The function returns INTEGER, and its body is CHAR(1)
CREATE FUNCTION f(x INTEGER) RETURNS INTEGER RETURN 'a';
-- 1:83 No match found for function signature F(DOUBLE)
CREATE FUNCTION f(x INTEGER) RETURNS INTEGER CONTAINS SQL RETURN x; SELECT STREAM f(price) FROM S;
-- 1:15 ROWTIME is a TIMESTAMP, not INTEGER
SELECT STREAM qty AS ROWTIME, qty FROM S;
-- 1:36 The inputs of a UNION ALL must have the same number of columns
SELECT STREAM qty FROM S UNION ALL SELECT STREAM qty, price FROM S;
-- 1:36 Column 'QTY' is INTEGER in one input of the UNION ALL and VARCHAR(4) in another
SELECT STREAM qty FROM S UNION ALL SELECT STREAM ticker FROM S;
-- 1:26 Streams can be joined with UNION ALL only
SELECT STREAM qty FROM S UNION SELECT STREAM qty FROM S;

-- # grouping
-- 1:48 GROUP BY on a stream needs a monotonic expression, such as STEP(s.ROWTIME BY INTERVAL '60' SECOND)
SELECT STREAM ticker, COUNT(*) FROM S GROUP BY ticker;
-- 1:40 GROUP BY on a stream needs a monotonic expression, such as STEP(s.ROWTIME BY INTERVAL '60' SECOND)
SELECT STREAM COUNT(*) FROM S GROUP BY FLOOR(event_time TO MINUTE);
-- 1:40 GROUP BY on a stream needs a monotonic expression, such as STEP(s.ROWTIME BY INTERVAL '60' SECOND)
SELECT STREAM COUNT(*) FROM S GROUP BY 5;
-- 1:15 COUNT needs GROUP BY, WINDOWED BY or OVER: a stream has no end at which it could be computed
SELECT STREAM COUNT(*) FROM S;
-- 1:15 Expression 'QTY' is not being grouped
SELECT STREAM qty, COUNT(*) FROM S GROUP BY FLOOR(S.ROWTIME TO MINUTE);
-- 1:36 HAVING needs GROUP BY or WINDOWED BY
SELECT STREAM ticker FROM S HAVING COUNT(*) > 1;
-- 1:32 The aggregate COUNT may not stand here
SELECT STREAM qty FROM S WHERE COUNT(*) > 1;
-- 1:15 * cannot stand in a grouped select list; name the columns
SELECT STREAM * FROM S GROUP BY FLOOR(S.ROWTIME TO MINUTE);
-- 1:40 GROUP BY on a stream needs a monotonic expression, such as STEP(s.ROWTIME BY INTERVAL '60' SECOND)
SELECT STREAM COUNT(*) FROM S GROUP BY UNIX_TIMESTAMP(S.ROWTIME) * qty;
-- 1:19 The aggregate COUNT may not stand here
SELECT STREAM SUM(COUNT(*)) FROM S GROUP BY FLOOR(S.ROWTIME TO MINUTE);

-- # distinct
-- 1:15 COUNT(DISTINCT …) is not supported on streams; use COUNT_DISTINCT_ITEMS_TUMBLING or SELECT STREAM DISTINCT in a sub-query
SELECT STREAM COUNT(DISTINCT ticker) FROM S GROUP BY FLOOR(S.ROWTIME TO MINUTE);
-- 1:15 SUM(DISTINCT …) is not supported on streams; use COUNT_DISTINCT_ITEMS_TUMBLING or SELECT STREAM DISTINCT in a sub-query
SELECT STREAM SUM(DISTINCT qty) FROM S GROUP BY FLOOR(S.ROWTIME TO MINUTE);
-- 1:15 COUNT(DISTINCT …) is not supported on streams; use COUNT_DISTINCT_ITEMS_TUMBLING or SELECT STREAM DISTINCT in a sub-query
SELECT STREAM COUNT(DISTINCT ticker) OVER (ROWS 3 PRECEDING) FROM S;
-- 1:15 COUNT(DISTINCT …) is not supported on streams; use COUNT_DISTINCT_ITEMS_TUMBLING or SELECT STREAM DISTINCT in a sub-query
SELECT STREAM COUNT(DISTINCT ticker) FROM S WINDOWED BY STAGGER (PARTITION BY ticker RANGE INTERVAL '1' MINUTE);
-- 1:1 SELECT STREAM DISTINCT needs a monotonic column, such as FLOOR(s.ROWTIME TO MINUTE)
SELECT STREAM DISTINCT ticker FROM S;

-- # windows
-- 1:29 A window of a stream cannot begin behind the current row
SELECT STREAM AVG(qty) OVER (ROWS UNBOUNDED FOLLOWING) FROM S;
-- 1:29 A window of a stream must end at the CURRENT ROW
SELECT STREAM AVG(qty) OVER (ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING) FROM S;
-- 1:29 A window of a stream must end at the CURRENT ROW
SELECT STREAM AVG(qty) OVER (ROWS BETWEEN CURRENT ROW AND 3 FOLLOWING) FROM S;
-- 1:35 A count of rows is expected
SELECT STREAM AVG(qty) OVER (ROWS -1 PRECEDING) FROM S;
-- 1:36 The interval must not be negative
SELECT STREAM AVG(qty) OVER (RANGE INTERVAL '-1' MINUTE PRECEDING) FROM S;
-- 1:36 An interval such as INTERVAL '1' MINUTE is expected
SELECT STREAM AVG(qty) OVER (RANGE 5 PRECEDING) FROM S;
-- 1:39 ORDER BY is not allowed in the window of an aggregate: leave it out, rows come in the order of ROWTIME
SELECT STREAM AVG(qty) OVER (ORDER BY qty ROWS 3 PRECEDING) FROM S;
-- 1:59 ORDER BY is not allowed in the window of an aggregate: leave it out, rows come in the order of ROWTIME
SELECT STREAM LAG(qty) OVER (PARTITION BY ticker ORDER BY ROWTIME RANGE INTERVAL '1' MINUTE PRECEDING) FROM S;
-- 1:60 ORDER BY is not allowed in the window of an aggregate: leave it out, rows come in the order of ROWTIME
SELECT STREAM AVG(qty) OVER w FROM S WINDOW w AS (ORDER BY S.ROWTIME ROWS 3 PRECEDING);
-- 1:15 'UPPER' is not an aggregate or analytic function
SELECT STREAM UPPER(ticker) OVER (ROWS 3 PRECEDING) FROM S;
-- 1:15 LAG needs OVER
SELECT STREAM LAG(qty) FROM S GROUP BY FLOOR(S.ROWTIME TO MINUTE);
-- 1:47 PARTITION BY is not allowed in the window of a join: leave it out and compare the columns in ON
SELECT STREAM a.qty FROM S OVER (PARTITION BY ticker ROWS 1 PRECEDING) AS a JOIN S AS b ON a.qty = b.qty;
-- 1:43 The window of a join can only be in the order of ROWTIME
SELECT STREAM a.qty FROM S OVER (ORDER BY qty ROWS 1 PRECEDING) AS a JOIN S AS b ON a.qty = b.qty;
-- 1:26 A join of two streams needs a window: name OVER (RANGE INTERVAL '1' MINUTE PRECEDING)
SELECT STREAM a.qty FROM S AS a JOIN S AS b ON a.qty = b.qty;
-- 1:1 OVER behind a single input has no meaning; windows of aggregates stand in the select list
SELECT STREAM qty FROM S OVER (ROWS 3 PRECEDING);
-- 1:31 A reference table has no window
SELECT STREAM qty FROM S JOIN "CompanyName" OVER (ROWS 1 PRECEDING) AS c ON c."Ticker" = ticker;
-- 1:39 A stagger window must be longer than nothing
SELECT STREAM ticker, COUNT(*) FROM S WINDOWED BY STAGGER (PARTITION BY ticker RANGE INTERVAL '0' SECOND);
-- 1:23 Expression 'QTY' is not being grouped
SELECT STREAM ticker, qty FROM S WINDOWED BY STAGGER (PARTITION BY ticker RANGE INTERVAL '1' MINUTE);

-- # order
-- 1:15 The first key of a streaming ORDER BY must be monotonic, such as FLOOR(s.ROWTIME TO MINUTE)
SELECT STREAM qty FROM S ORDER BY qty;
-- 1:35 The first key of a streaming ORDER BY must be monotonic, such as FLOOR(s.ROWTIME TO MINUTE)
SELECT STREAM qty FROM S ORDER BY FLOOR(S.ROWTIME TO MINUTE) DESC;
-- 1:35 There is no column 7 to order by
SELECT STREAM qty FROM S ORDER BY 7;
-- 1:58 ORDER BY … WITHIN cannot be descending
SELECT STREAM event_time AS ROWTIME, qty FROM S ORDER BY event_time DESC WITHIN INTERVAL '1' MINUTE;
-- 1:1 ORDER BY … WITHIN needs its key in the select list AS ROWTIME
SELECT STREAM event_time, qty FROM S ORDER BY event_time WITHIN INTERVAL '1' MINUTE;
-- 1:57 ROWTIME is in order already; name a column
SELECT STREAM S.ROWTIME AS ROWTIME, qty FROM S ORDER BY S.ROWTIME WITHIN INTERVAL '1' MINUTE;

-- # table functions
-- 1:28 No table function 'NOTHING'
SELECT STREAM * FROM TABLE(NOTHING(CURSOR(SELECT STREAM * FROM S)));
-- 1:53 RANDOM_CUT_FOREST takes 1 to 30 numeric columns
SELECT STREAM * FROM TABLE(RANDOM_CUT_FOREST(CURSOR(SELECT STREAM ticker FROM S)));
-- 1:53 RANDOM_CUT_FOREST does not take the DECIMAL column 'D'; CAST it to DOUBLE
SELECT STREAM * FROM TABLE(RANDOM_CUT_FOREST(CURSOR(SELECT STREAM CAST(qty AS DECIMAL(5,2)) AS d FROM S)));
-- 1:80 numberOfTrees must be a whole number between 1 and 1000
SELECT STREAM * FROM TABLE(RANDOM_CUT_FOREST(CURSOR(SELECT STREAM qty FROM S), 1001));
-- 1:85 subSampleSize must be a whole number between 10 and 1000
SELECT STREAM * FROM TABLE(RANDOM_CUT_FOREST(CURSOR(SELECT STREAM qty FROM S), 100, 9));
-- 1:22 subSampleSize must be less than timeDecay
SELECT STREAM * FROM TABLE(RANDOM_CUT_FOREST(CURSOR(SELECT STREAM qty FROM S), 100, 256, 256));
-- 1:96 shingleSize must be a whole number between 1 and 30
SELECT STREAM * FROM TABLE(RANDOM_CUT_FOREST(CURSOR(SELECT STREAM qty FROM S), 100, 256, 1000, 31));
-- 1:71 windowSize must be a whole number between 100 and 1000
SELECT STREAM * FROM TABLE(HOTSPOTS(CURSOR(SELECT STREAM qty FROM S), 99, 1, 2));
-- 1:76 scanRadius must be a number above 0
SELECT STREAM * FROM TABLE(HOTSPOTS(CURSOR(SELECT STREAM qty FROM S), 100, 0, 2));
-- 1:79 minimumNumberOfPointsInAHotspot must be a whole number between 2 and 100
SELECT STREAM * FROM TABLE(HOTSPOTS(CURSOR(SELECT STREAM qty FROM S), 100, 1, 101));
-- 1:91 K must be a whole number between 1 and 100000
SELECT STREAM * FROM TABLE(TOP_K_ITEMS_TUMBLING(CURSOR(SELECT STREAM * FROM S), 'TICKER', 0, 60));
-- 1:81 Column 'NOTHING' not found in the cursor
SELECT STREAM * FROM TABLE(TOP_K_ITEMS_TUMBLING(CURSOR(SELECT STREAM * FROM S), 'NOTHING', 5, 60));
-- 1:100 windowSizeSeconds must be a whole number between 1 and 3600
SELECT STREAM * FROM TABLE(COUNT_DISTINCT_ITEMS_TUMBLING(CURSOR(SELECT STREAM * FROM S), 'TICKER', 3601));
-- 1:71 GROUP_RANK ranks INTEGER, CHAR and VARCHAR, not DOUBLE
SELECT STREAM * FROM TABLE(GROUP_RANK(CURSOR(SELECT STREAM * FROM S), 'PRICE', 'r', 'asc', 'asc', 0, 0));
-- 1:83 'asc' or 'desc' is expected
SELECT STREAM * FROM TABLE(GROUP_RANK(CURSOR(SELECT STREAM * FROM S), 'QTY', 'r', 'up', 'asc', 0, 0));

-- # patterns
-- 1:33 Date pattern 'yyyy-bb': the letter 'b' means nothing
SELECT STREAM CHAR_TO_TIMESTAMP('yyyy-bb', ticker) FROM S;
-- 1:37 Regular expression '(?<=a+)b': look-behind needs a limit to how far it looks
SELECT STREAM REGEX_REPLACE(ticker, '(?<=a+)b', '') FROM S;
-- 1:37 Regular expression '\2(a)': group 2 does not end before what refers to it
SELECT STREAM REGEX_REPLACE(ticker, '\2(a)', '') FROM S;
-- 1:37 Regular expression '\Ga': \G is not supported
SELECT STREAM REGEX_REPLACE(ticker, '\Ga', '') FROM S;
-- 1:37 Regular expression '(?u)a': the flag 'u' is not supported
SELECT STREAM REGEX_REPLACE(ticker, '(?u)a', '') FROM S;
-- 1:37 Regular expression 'a**': nothing stands before *
SELECT STREAM REGEX_REPLACE(ticker, 'a**', '') FROM S;
-- 1:37 Regular expression '(?!(a))b': a group that may match nothing cannot be repeated, and none can stand in a part that is looked at, atomic or possessive, and may be left out: write (?:…)
SELECT STREAM REGEX_REPLACE(ticker, '(?!(a))b', '') FROM S;
-- 1:37 Regular expression '(?:a?|b)*': what may match nothing before it matches something cannot be repeated
SELECT STREAM SUBSTRING(ticker FROM '(?:a?|b)*') FROM S;
-- 1:37 Pattern 'a' must have three parts, with #" between them
SELECT STREAM SUBSTRING(ticker FROM 'a' FOR '#') FROM S;
-- 1:39 Regular expression '(a': a parenthesis is not closed
SELECT STREAM REGEX_LOG_PARSE(ticker, '(a') AS r FROM S;
-- 1:44 Pattern 'a': it has no group
SELECT STREAM FAST_REGEX_LOG_PARSE(ticker, 'a') AS r FROM S;
-- 1:37 Log format '%Q': the specifier %Q is not known
SELECT STREAM W3C_LOG_PARSE(ticker, '%Q') AS r FROM S;
-- 1:44 Pattern 'a!b': the escape character stands before something that needs none
SELECT STREAM qty FROM S WHERE ticker LIKE 'a!b' ESCAPE '!';
-- 1:50 Pattern '[a': a bracket is not closed
SELECT STREAM qty FROM S WHERE ticker SIMILAR TO '[a';
-- 1:46 Column 'A' needs START n, and perhaps FOR n
SELECT STREAM FIXED_COLUMN_LOG_PARSE(ticker, 'A TYPE INTEGER') AS r FROM S;

-- # statements
-- 1:1 Rows of a stream are selected with SELECT STREAM
SELECT ticker FROM S;
-- 1:1 SELECT STREAM needs a stream; a table has an end
SELECT STREAM "Ticker" FROM "CompanyName";
-- 1:1 Encountered 'SELCT' where SELECT, CREATE STREAM, CREATE PUMP, CREATE VIEW, CREATE FUNCTION, DROP or ALTER PUMP was expected; did you mean SELECT?
SELCT STREAM * FROM S;
-- 1:1 Encountered 'CRAETE' where SELECT, CREATE STREAM, CREATE PUMP, CREATE VIEW, CREATE FUNCTION, DROP or ALTER PUMP was expected; did you mean CREATE?
CRAETE STREAM A (a INTEGER);
-- 1:24 Encountered 'S' where ';' was expected; did you mean FROM instead of 'FORM'?
SELECT STREAM qty FORM S;
-- 1:32 Encountered 'QTY' where ';' was expected; did you mean WHERE instead of 'WEHRE'?
SELECT STREAM qty FROM S WEHRE qty > 1;
-- 1:8 Encountered 'STREM' where STREAM, PUMP, VIEW or FUNCTION was expected; did you mean STREAM?
CREATE STREM A (a INTEGER);
-- 1:15 Column 'TICKR' not found in any table; did you mean "TICKER"?
SELECT STREAM tickr FROM S;
-- 1:15 Column 'TICKR' not found in table 'T'; did you mean "TICKER"?
SELECT STREAM t.tickr FROM S AS t;
-- 1:27 Object 'CompnayName' not found; did you mean "CompanyName"?
SELECT STREAM qty FROM S, "CompnayName";
-- 1:8 Encountered 'TABLE' where STREAM, PUMP, VIEW or FUNCTION was expected
CREATE TABLE t (a INTEGER);
-- 1:1 INSERT stands only in a pump: CREATE PUMP name AS INSERT INTO …
INSERT INTO S SELECT STREAM * FROM S;
-- 1:47 Encountered 'SELECT' where INSERT was expected
CREATE STREAM A (a INTEGER); CREATE PUMP P AS SELECT STREAM qty FROM S;
-- 1:40 EXISTS takes a query over reference tables; streams need a join
SELECT STREAM qty FROM S WHERE EXISTS (SELECT STREAM qty FROM S);
-- 1:43 IN takes a query over reference tables; streams need a join
SELECT STREAM qty FROM S WHERE ticker IN (SELECT STREAM ticker FROM S);
-- 1:376 Sub-queries are nested more than 8 deep
SELECT STREAM qty FROM S WHERE EXISTS (SELECT 1 FROM "CompanyName" WHERE EXISTS (SELECT 1 FROM "CompanyName" WHERE EXISTS (SELECT 1 FROM "CompanyName" WHERE EXISTS (SELECT 1 FROM "CompanyName" WHERE EXISTS (SELECT 1 FROM "CompanyName" WHERE EXISTS (SELECT 1 FROM "CompanyName" WHERE EXISTS (SELECT 1 FROM "CompanyName" WHERE EXISTS (SELECT 1 FROM "CompanyName" WHERE EXISTS (SELECT 1 FROM "CompanyName" WHERE S.ticker = "Ticker")))))))));
-- 1:16 An expression takes a query over reference tables; streams need a join
SELECT STREAM (SELECT STREAM MAX(qty) FROM S GROUP BY FLOOR(S.ROWTIME TO MINUTE)) FROM S;
-- 1:43 ANY takes a query over reference tables; streams need a join
SELECT STREAM qty FROM S WHERE qty = ANY (SELECT STREAM qty FROM S);
-- 1:43 ALL takes a query over reference tables; streams need a join
SELECT STREAM qty FROM S WHERE qty < ALL (SELECT STREAM qty FROM S);
-- 1:16 An expression takes a query with one column, and this one has 2
SELECT STREAM (SELECT * FROM "CompanyName") FROM S;
-- 1:43 IN takes a query with one column, and this one has 2
SELECT STREAM qty FROM S WHERE ticker IN (SELECT * FROM "CompanyName");
-- 1:32 DOUBLE and VARCHAR(20) do not go together
SELECT STREAM qty FROM S WHERE price = ANY (SELECT "Company" FROM "CompanyName");
-- 1:74 Column 'SECTORS' not found in any table
SELECT STREAM qty FROM S WHERE EXISTS (SELECT 1 FROM "CompanyName" WHERE sectors = "Company");
-- 1:79 Column 'SECTORS' not found in table 'T'; did you mean "SECTOR"?
SELECT STREAM qty FROM S AS t WHERE EXISTS (SELECT 1 FROM "CompanyName" WHERE t.sectors = "Company");
-- 1:79 Table 'U' not found
SELECT STREAM qty FROM S AS t WHERE EXISTS (SELECT 1 FROM "CompanyName" WHERE u.sector = "Company");
-- 1:84 Expression 'TICKER' is not being grouped
SELECT STREAM COUNT(*), (SELECT MAX("Company") FROM "CompanyName" WHERE "Ticker" = S.ticker) FROM S GROUP BY FLOOR(S.ROWTIME TO MINUTE);
-- 1:27 MAX of nothing but values of the row around the query is not supported
SELECT STREAM (SELECT MAX(S.qty) FROM "CompanyName") FROM S;
-- 1:16 A query that looks at the row around it, or at the present day, can have no new ROWTIME and no WITHIN
SELECT STREAM (SELECT S.event_time AS ROWTIME, "Company" FROM "CompanyName") FROM S;
-- 1:40 Expression 'Company' is not being grouped
SELECT STREAM (SELECT MAX("Ticker") || "Company" FROM "CompanyName") FROM S;
-- 1:15 Unterminated string literal
SELECT STREAM 'unclosed FROM S;
-- 1:15 Expected close delimiter '"' before EOF.
SELECT STREAM "unclosed FROM S;
-- 2:1 Unexpected EOF while in a multi-line comment
SELECT STREAM qty FROM S /* unclosed;

