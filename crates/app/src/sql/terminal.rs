//! The terminal: lines are read, statements run, rows appear.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;

use clap::ValueEnum;
use flow::plan::Schema;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{CompletionType, Config, Editor};

use crate::Failure;

use super::command::{COMMANDS, Command};
use super::completion::Completion;
use super::query::Options;
use super::reference::Reference;
use super::session::{Done, Session};

/// Lines that the history keeps.
const HISTORY_LINES_MAX: usize = 1_000;

/// What is done by the server or the engine.
type Work<'w, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + 'w>>;

/// Runs work to its end.
pub(super) trait Runs {
    /// Blocks until it is done.
    fn run<T>(&self, work: Work<'_, T>) -> Result<T, Failure>;
}

/// Reads and runs until the end of the input.
pub(super) fn run(session: Session, options: Options, runtime: &impl Runs) -> Result<(), Failure> {
    let mut editor = editor()?;
    let history = history_file();
    if let Some(path) = &history {
        // There is none yet, the first time.
        let _ = editor.load_history(path);
    }
    let mut terminal = Terminal { session, options, runtime };
    if std::io::IsTerminal::is_terminal(&std::io::stdin()) {
        println!("SQL on live streams. \\help lists the commands; a statement ends with a semicolon.");
        if let Err(failure) = terminal.ask_for_streams() {
            eprintln!("{failure}");
        }
    }
    terminal.refresh(&mut editor);
    let ended = terminal.read_to_the_end(&mut editor);
    if let Some(path) = &history {
        // A history that cannot be kept is no reason to fail.
        let _ = editor.save_history(path);
    }
    ended
}

fn editor() -> Result<Editor<Completion, FileHistory>, Failure> {
    let config = Config::builder()
        .history_ignore_space(true)
        .max_history_size(HISTORY_LINES_MAX)
        .map(|config| config.completion_type(CompletionType::List).auto_add_history(true).build());
    let made = config.and_then(Editor::with_config);
    let mut editor: Editor<Completion, FileHistory> = made.map_err(|error| Failure::caused_by(&error))?;
    editor.set_helper(Some(Completion { names: Vec::new() }));
    Ok(editor)
}

/// Where the history is kept, as the XDG directories say.
fn history_file() -> Option<PathBuf> {
    let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let state = state.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".local/state")))?;
    let folder = state.join("millstream");
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder.join("sql_history"))
}

struct Terminal<'r, R> {
    session: Session,
    options: Options,
    runtime: &'r R,
}

impl<R: Runs> Terminal<'_, R> {
    fn read_to_the_end(&mut self, editor: &mut Editor<Completion, FileHistory>) -> Result<(), Failure> {
        loop {
            match editor.readline("sql> ") {
                Ok(text) => {
                    if !self.obey(Command::of(&text)) {
                        return Ok(());
                    }
                    self.refresh(editor);
                }
                // Ctrl-C at the prompt drops what was typed.
                Err(ReadlineError::Interrupted) => {}
                Err(ReadlineError::Eof) => return Ok(()),
                Err(error) => return Err(Failure::caused_by(&error)),
            }
        }
    }

    /// Tells the completion what there is.
    fn refresh(&mut self, editor: &mut Editor<Completion, FileHistory>) {
        let mut names: Vec<String> = self.session.known().iter().map(|name| format!("\"{name}\"")).collect();
        for stream in self.session.made() {
            names.push(written(&stream.name));
            names.extend(stream.schema.columns.iter().map(|column| written(&column.name)));
        }
        for (name, table) in self.session.tables() {
            names.push(written(name));
            names.extend(table.schema.columns.iter().map(|column| written(&column.name)));
        }
        names.sort_unstable();
        names.dedup();
        if let Some(completion) = editor.helper_mut() {
            completion.names = names;
        }
    }

    /// Does what was typed; false ends the terminal.
    fn obey(&mut self, command: Command) -> bool {
        let done = match command {
            Command::Nothing => Ok(()),
            Command::Quit => return false,
            Command::Help => {
                help();
                Ok(())
            }
            Command::Streams => self.list_streams(),
            Command::Describe(name) => self.describe(&name),
            Command::Definitions => {
                match self.session.definitions() {
                    "" => println!("nothing is defined here"),
                    definitions => print!("{definitions}"),
                }
                Ok(())
            }
            Command::Reference(source) => self.reference(source.as_deref()),
            Command::Position(position) => set("position", &mut self.options.start_at, position.as_deref()),
            Command::Format(format) => set("format", &mut self.options.format, format.as_deref()),
            Command::Reset => {
                self.session.reset();
                println!("forgotten");
                Ok(())
            }
            Command::Sql(text) => self.execute(&text),
            Command::Unknown(word) => Err(Failure::new(format!("there is no command \\{word}; \\help lists them"))),
        };
        if let Err(failure) = done {
            eprintln!("{failure}");
        }
        true
    }

    fn ask_for_streams(&mut self) -> Result<(), Failure> {
        let session = &mut self.session;
        self.runtime.run(Box::pin(async move { session.streams().await.map(drop) }))
    }

    fn list_streams(&mut self) -> Result<(), Failure> {
        self.ask_for_streams()?;
        for name in self.session.known() {
            println!("\"{name}\"");
        }
        for stream in self.session.made() {
            println!("{} (defined here)", written(&stream.name));
        }
        Ok(())
    }

    /// Reads a reference table, or lists those that were read.
    fn reference(&mut self, source: Option<&str>) -> Result<(), Failure> {
        let Some(source) = source else {
            if self.session.tables().next().is_none() {
                println!("there are no reference tables here");
            }
            for (name, table) in self.session.tables() {
                println!("{} ({} rows)", written(name), table.rows.len());
            }
            return Ok(());
        };
        let reference = Reference::parse(source).map_err(Failure::new)?;
        let rows = self.runtime.run(Box::pin(self.session.read_table(&reference)))?;
        println!("{} ({rows} rows)", written(&reference.name));
        Ok(())
    }

    fn describe(&mut self, name: &str) -> Result<(), Failure> {
        let schema: Schema = self.runtime.run(Box::pin(self.session.describe(name)))?;
        let width = schema.columns.iter().map(|column| written(&column.name).chars().count()).max().unwrap_or(0);
        for column in &schema.columns {
            let (name, data_type) = (written(&column.name), column.data_type);
            let remark = match (column.hidden, column.nullable) {
                (true, _) => "  (not part of *)",
                (false, false) => " NOT NULL",
                (false, true) => "",
            };
            println!("{name:<width$}  {data_type}{remark}");
        }
        Ok(())
    }

    fn execute(&mut self, text: &str) -> Result<(), Failure> {
        match self.runtime.run(Box::pin(self.session.execute(text, self.options)))? {
            Done::Defined => println!("defined"),
            Done::Queried(ended) => {
                if ended.is_stopped {
                    // Behind the ^C that the terminal shows.
                    eprintln!();
                }
                let rows = if ended.row_count == 1 { "row" } else { "rows" };
                eprintln!("{} {rows}, {} refused", ended.row_count, ended.refused_count);
            }
        }
        Ok(())
    }
}

/// Sets a choice, or shows it.
fn set<C: ValueEnum>(what: &str, choice: &mut C, wanted: Option<&str>) -> Result<(), Failure> {
    if let Some(wanted) = wanted {
        *choice = C::from_str(wanted, true).map_err(|_| {
            let all: Vec<String> = C::value_variants().iter().map(name).collect();
            Failure::new(format!("{what} is one of {}", all.join(", ")))
        })?;
    }
    println!("{what} {}", name(choice));
    Ok(())
}

fn name<C: ValueEnum>(choice: &C) -> String {
    choice.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// A name as it has to be written.
fn written(name: &str) -> String {
    let is_plain = name.starts_with(|letter: char| letter.is_ascii_uppercase())
        && name.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_');
    if is_plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

fn help() {
    let width = COMMANDS.iter().map(|(usage, _)| usage.len()).max().unwrap_or(0);
    for (usage, what) in COMMANDS {
        println!("{usage:<width$}  {what}");
    }
    println!("\nStatements end with a semicolon. Streams of the server are named in quotes:");
    println!("  SELECT STREAM * FROM \"orders\";");
    println!("  SELECT STREAM STEP(s.ROWTIME BY INTERVAL '10' SECOND) AS T, COUNT(*) AS N FROM \"orders\" AS s");
    println!("    GROUP BY STEP(s.ROWTIME BY INTERVAL '10' SECOND);");
    println!("CREATE STREAM, PUMP, VIEW and FUNCTION define things for later queries. Ctrl-C stops a query.");
}
