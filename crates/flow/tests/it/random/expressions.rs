//! Random expressions of a kind over some columns, as text.

use fastrand::Rng;

/// What a column or an expression holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Integer,
    BigInt,
    Double,
    Decimal,
    Text,
    /// A text with spaces at its end.
    Char,
    Boolean,
    Timestamp,
    Date,
}

impl Kind {
    pub(crate) const ALL: [Self; 9] = [
        Self::Integer,
        Self::BigInt,
        Self::Double,
        Self::Decimal,
        Self::Text,
        Self::Char,
        Self::Boolean,
        Self::Timestamp,
        Self::Date,
    ];

    /// Its type in a column.
    pub(crate) fn type_name(self) -> &'static str {
        match self {
            Self::Integer => "INTEGER",
            Self::BigInt => "BIGINT",
            Self::Double => "DOUBLE",
            Self::Decimal => "DECIMAL(9,2)",
            Self::Text => "VARCHAR(8)",
            Self::Char => "CHAR(3)",
            Self::Boolean => "BOOLEAN",
            Self::Timestamp => "TIMESTAMP",
            Self::Date => "DATE",
        }
    }

    pub(crate) fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::BigInt | Self::Double | Self::Decimal)
    }
}

/// A column that an expression can use, qualified as it must be.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) text: String,
    pub(crate) kind: Kind,
}

/// Writes expressions.
pub(crate) struct Writer<'r> {
    pub(crate) random: &'r mut Rng,
    pub(crate) columns: Vec<Known>,
}

impl Writer<'_> {
    pub(crate) fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.random.usize(..all.len())].clone()
    }

    pub(crate) fn chance(&mut self, percent: u8) -> bool {
        self.random.u8(..100) < percent
    }

    /// A column of a kind, if there is one.
    pub(crate) fn column(&mut self, kind: Kind) -> Option<String> {
        let fitting: Vec<String> =
            self.columns.iter().filter(|column| column.kind == kind).map(|column| column.text.clone()).collect();
        if fitting.is_empty() { None } else { Some(self.one_of(&fitting)) }
    }

    /// Any kind that the columns have.
    pub(crate) fn kind(&mut self) -> Kind {
        if self.columns.is_empty() || self.chance(20) {
            return self.one_of(&Kind::ALL);
        }
        let kinds: Vec<Kind> = self.columns.iter().map(|column| column.kind).collect();
        self.one_of(&kinds)
    }

    pub(crate) fn number_kind(&mut self) -> Kind {
        self.one_of(&[Kind::Integer, Kind::BigInt, Kind::Double, Kind::Decimal])
    }

    /// An expression of a kind, at most so deep.
    pub(crate) fn of(&mut self, kind: Kind, depth: u8) -> String {
        if depth == 0 || self.chance(30) {
            return match self.column(kind) {
                Some(column) if self.chance(85) => column,
                _ => self.literal(kind),
            };
        }
        if self.chance(12) {
            return self.any_kind(kind, depth - 1);
        }
        match kind {
            Kind::Integer | Kind::BigInt => self.integer(kind, depth - 1),
            Kind::Double => self.double(depth - 1),
            Kind::Decimal => self.decimal(depth - 1),
            Kind::Text => self.text(depth - 1),
            Kind::Char => format!("CAST({} AS CHAR(3))", self.text(depth - 1)),
            Kind::Date => self.date(depth - 1),
            Kind::Boolean => self.condition(depth - 1),
            Kind::Timestamp => self.timestamp(depth - 1),
        }
    }

    fn literal(&mut self, kind: Kind) -> String {
        if self.chance(5) {
            return format!("CAST(NULL AS {})", kind.type_name());
        }
        match kind {
            Kind::Integer => self.random.i32(-3..12).to_string(),
            Kind::BigInt => format!("CAST({} AS BIGINT)", self.random.i32(-3..12)),
            Kind::Double => format!("{}e0", f64::from(self.random.i32(-8..16)) / 4.0),
            Kind::Decimal => format!("{}.{:02}", self.random.i32(-3..12), self.random.i32(0..100)),
            Kind::Text => self.one_of(&["'a'", "'b'", "'ab'", "''", "'a b'", "'É'", "'ßa'"]).to_owned(),
            Kind::Char => self.one_of(&["CAST('a' AS CHAR(3))", "CAST('' AS CHAR(3))"]).to_owned(),
            Kind::Date => self.one_of(&["DATE '2020-01-01'", "DATE '2020-02-29'"]).to_owned(),
            Kind::Boolean => self.one_of(&["TRUE", "FALSE"]).to_owned(),
            Kind::Timestamp => format!("TIMESTAMP '2020-01-01 10:00:{:02}'", self.random.u8(..60)),
        }
    }

    /// What there is of every kind.
    fn any_kind(&mut self, kind: Kind, depth: u8) -> String {
        let (one, two) = (self.of(kind, depth), self.of(kind, depth));
        match self.random.u8(..4) {
            3 => match self.value_of_query(kind, depth.min(1)) {
                Some(query) => query,
                None => format!("COALESCE({one}, {two})"),
            },
            0 => format!("COALESCE({one}, {two})"),
            1 => format!("CASE WHEN {} THEN {one} ELSE {two} END", self.condition(depth)),
            _ => format!("CASE {} WHEN {} THEN {one} END", self.of(Kind::Text, 0), self.of(Kind::Text, 0)),
        }
    }

    fn date(&mut self, depth: u8) -> String {
        let one = self.of(Kind::Date, depth);
        match self.random.u8(..4) {
            0 => format!("CAST({} AS DATE)", self.of(Kind::Timestamp, depth)),
            1 => format!("({one} + INTERVAL '{}' DAY)", self.random.u8(..40)),
            2 => format!("({one} - INTERVAL '{}' MONTH)", self.random.u8(..4)),
            _ => format!("FLOOR({one} TO {})", self.one_of(&["MONTH", "YEAR"])),
        }
    }

    fn integer(&mut self, kind: Kind, depth: u8) -> String {
        let narrow = if kind == Kind::BigInt && self.chance(50) { Kind::Integer } else { kind };
        let (one, two) = (self.of(kind, depth), self.of(narrow, depth));
        let number = match self.random.u8(..16) {
            0 | 1 => return format!("({one} + {two})"),
            2 => return format!("({one} - {two})"),
            3 => return format!("({one} * {two})"),
            4 => return format!("({one} / {two})"),
            5 => return format!("MOD({one}, {two})"),
            6 => return format!("ABS({one})"),
            7 => return format!("-{one}"),
            8 => return format!("NULLIF({one}, {two})"),
            9 => return format!("STEP({one} BY {})", self.random.u8(1..5)),
            10 => format!("CHAR_LENGTH({})", self.of(Kind::Text, depth)),
            12 => format!("POSITION({} IN {})", self.of(Kind::Text, 0), self.of(Kind::Text, depth)),
            13 => format!("LESS({})", self.of(Kind::Integer, depth)),
            14 => format!("EXTRACT({} FROM {})", self.one_of(&["YEAR", "MONTH", "DAY"]), self.of(Kind::Date, depth)),
            11 => format!("EXTRACT(SECOND FROM {})", self.of(Kind::Timestamp, depth)),
            _ => {
                let from = self.one_of(&[Kind::Double, Kind::Decimal, Kind::Text, Kind::BigInt]);
                self.of(from, depth)
            }
        };
        format!("CAST({number} AS {})", kind.type_name())
    }

    fn double(&mut self, depth: u8) -> String {
        let (one, two) = (self.of(Kind::Double, depth), self.of(Kind::Double, depth));
        match self.random.u8(..11) {
            0 | 1 => format!("({one} + {two})"),
            2 => format!("({one} - {two})"),
            3 => format!("({one} * {two})"),
            4 => format!("({one} / {two})"),
            5 => format!("ABS({one})"),
            6 => format!("FLOOR({one})"),
            7 => format!("CEIL({one})"),
            8 => format!("{}({one})", self.one_of(&["LN", "LOG10", "EXP"])),
            9 => format!("POWER({one}, {two})"),
            _ => {
                let from = self.one_of(&[Kind::Integer, Kind::BigInt, Kind::Decimal]);
                format!("CAST({} AS DOUBLE)", self.of(from, depth))
            }
        }
    }

    fn decimal(&mut self, depth: u8) -> String {
        let (one, two) = (self.of(Kind::Decimal, depth), self.of(Kind::Decimal, depth));
        match self.random.u8(..7) {
            0 | 1 => format!("({one} + {two})"),
            2 => format!("({one} - {two})"),
            3 => format!("CAST({one} * {two} AS DECIMAL(9,2))"),
            4 => format!("CAST({one} / {two} AS DECIMAL(9,2))"),
            5 => format!("ABS({one})"),
            _ => {
                let from = self.one_of(&[Kind::Integer, Kind::Double]);
                format!("CAST({} AS DECIMAL(9,2))", self.of(from, depth))
            }
        }
    }

    fn text(&mut self, depth: u8) -> String {
        let first = if self.chance(20) { Kind::Char } else { Kind::Text };
        let (one, two) = (self.of(first, depth), self.of(Kind::Text, depth));
        match self.random.u8(..12) {
            9 => {
                let ends = self.one_of(&["LEADING", "TRAILING", "BOTH"]);
                format!("TRIM({ends} {} FROM {one})", self.one_of(&["'a'", "'É'", &two]))
            }
            10 => {
                let (from, length) = (self.of(Kind::Integer, 0), self.of(Kind::Integer, 0));
                format!("SUBSTRING({one} FROM {from} FOR {length})")
            }
            8 => {
                let pattern = self.one_of(&["HH:mm:ss", "YYYY-ww-u", "W F"]);
                format!("TIMESTAMP_TO_CHAR('{pattern}', {})", self.of(Kind::Timestamp, depth))
            }
            0 => format!("({one} || {two})"),
            1 => format!("UPPER({one})"),
            2 => format!("LOWER({one})"),
            3 => format!("INITCAP({one})"),
            4 => format!("SUBSTRING({one} FROM {} FOR {})", self.random.i8(-1..4), self.random.u8(..4)),
            5 => format!("TRIM({one})"),
            6 => {
                let pattern = self.one_of(&["[ab]", "(?<=a)b", "(.)(?=b)", "([ab])", "b++", "^a|b$"]);
                format!("REGEX_REPLACE({one}, '{pattern}', '{}', 1, {})", self.random.u8(..9), self.random.u8(..3))
            }
            7 => format!("OVERLAY({one} PLACING {two} FROM {})", self.random.u8(1..4)),
            _ => {
                let from = self.one_of(&[Kind::Integer, Kind::Boolean, Kind::Decimal]);
                format!("CAST({} AS VARCHAR(8))", self.of(from, depth))
            }
        }
    }

    /// A condition, at most so deep.
    /// A predicate on two periods.
    fn periods(&mut self) -> String {
        let period = |generator: &mut Self| {
            let (one, two) = (generator.of(Kind::Timestamp, 0), generator.of(Kind::Timestamp, 0));
            match generator.random.u8(..4) {
                0 => one,
                1 => format!("PERIOD ({one}, INTERVAL '{}' SECOND)", generator.random.u8(..9)),
                _ => format!("({one}, {two})"),
            }
        };
        let (one, two) = (period(self), period(self));
        let (how, predicate) = match self.random.u8(..3) {
            0 => ("", self.one_of(&["CONTAINS", "OVERLAPS", "EQUALS", "PRECEDES", "SUCCEEDS", "LEADS", "LAGS"])),
            1 => ("STRICTLY ", self.one_of(&["CONTAINS", "OVERLAPS", "PRECEDES", "SUCCEEDS", "LEADS", "LAGS"])),
            _ => ("IMMEDIATELY ", self.one_of(&["PRECEDES", "SUCCEEDS", "LEADS", "LAGS"])),
        };
        format!("({one} {how}{predicate} {two})")
    }

    pub(crate) fn condition(&mut self, depth: u8) -> String {
        let below = depth.saturating_sub(1);
        match self.random.u8(..13) {
            12 if depth > 0 => self.condition_of_query(below),
            11 => self.periods(),
            10 => {
                let looked = self.one_of(&[(Kind::Text, "K"), (Kind::Integer, "N")]);
                let column = looked.1;
                let query = match self.random.u8(..6) {
                    0 => format!("SELECT {column} FROM TT WHERE N > 0"),
                    1 => format!("SELECT {column} FROM TT WHERE K IS NOT NULL"),
                    2 => format!("SELECT {column} FROM TT GROUP BY {column} HAVING COUNT(*) > 1"),
                    3 => format!(
                        "SELECT ONE.{column} FROM TT AS ONE LEFT JOIN TT AS TWO ON ONE.N = TWO.N AND TWO.K > 'b'"
                    ),
                    _ => format!("SELECT {column} FROM TT"),
                };
                format!("({} {}IN ({query}))", self.of(looked.0, below), self.one_of(&["", "NOT "]))
            }
            0 if depth > 0 => format!("({} AND {})", self.condition(below), self.condition(below)),
            1 if depth > 0 => format!("({} OR {})", self.condition(below), self.condition(below)),
            2 if depth > 0 => format!("NOT ({})", self.condition(below)),
            3 => {
                let kind = self.kind();
                format!("({} IS {}NULL)", self.of(kind, below), self.one_of(&["", "NOT "]))
            }
            4 => {
                let kind = self.kind();
                let (value, low, high) = (self.of(kind, below), self.of(kind, 0), self.of(kind, 0));
                format!("({value} BETWEEN {}{low} AND {high})", self.one_of(&["", "SYMMETRIC "]))
            }
            5 if self.chance(25) => self.condition_of_rows(below),
            5 => {
                let kind = self.kind();
                let length = if self.chance(30) { self.random.u8(8..40) } else { self.random.u8(1..4) };
                let mut list: Vec<String> = (0..length).map(|_| self.of(kind, 0)).collect();
                if length >= 8 && kind == Kind::Text {
                    list = (0..length).map(|_| self.one_of(&["'a'", "'b'", "'ab'", "''", "'c '"]).to_owned()).collect();
                } else if length >= 8 && kind == Kind::Integer {
                    list = (0..length).map(|_| self.random.i8(-9..9).to_string()).collect();
                }
                format!("({} {}IN ({}))", self.of(kind, below), self.one_of(&["", "NOT "]), list.join(", "))
            }
            6 => {
                let brought = format!("{} || '%'", self.of(Kind::Text, 0));
                let pattern = self.one_of(&[
                    "'a%'",
                    "'%b'",
                    "'_'",
                    "'%a%'",
                    "''",
                    "'a'",
                    "'%'",
                    "'a%b'",
                    "'%!%' ESCAPE '!'",
                    &brought,
                ]);
                format!("({} {}LIKE {pattern})", self.of(Kind::Text, below), self.one_of(&["", "NOT "]))
            }
            7 => {
                let kind = self.kind();
                let other = if kind == Kind::Char { Kind::Text } else { kind };
                let (one, two) = (self.of(kind, below), self.of(other, below));
                format!("({one} IS {}DISTINCT FROM {two})", self.one_of(&["", "NOT "]))
            }
            _ => {
                let kind = self.kind();
                let operator = self.one_of(&["=", "<>", "<", "<=", ">", ">="]);
                let other = match kind {
                    Kind::Char => Kind::Text,
                    Kind::Integer if self.chance(30) => self.number_kind(),
                    same => same,
                };
                format!("({} {operator} {})", self.of(kind, below), self.of(other, below))
            }
        }
    }

    fn timestamp(&mut self, depth: u8) -> String {
        let one = self.of(Kind::Timestamp, depth);
        match self.random.u8(..7) {
            5 => format!("CAST({} AS TIMESTAMP)", self.of(Kind::Date, depth)),
            6 => format!("CHAR_TO_TIMESTAMP('yyyy', {})", self.of(Kind::Text, depth)),
            0 => format!("({one} + INTERVAL '{}' SECOND)", self.random.u8(..90)),
            1 => format!("({one} - INTERVAL '{}' MINUTE)", self.random.u8(..3)),
            2 => format!(
                "FLOOR({one} TO {})",
                self.one_of(&["SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "YEAR"])
            ),
            3 => format!("STEP({one} BY INTERVAL '{}' SECOND)", self.random.u8(1..40)),
            _ => format!("CEIL({one} TO {})", self.one_of(&["SECOND", "MINUTE", "HOUR", "WEEK", "MONTH", "YEAR"])),
        }
    }
}
