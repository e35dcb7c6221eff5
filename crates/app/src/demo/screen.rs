//! What the demo shows while it runs: stages as lines, progress as bars. Without a terminal only the lines.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{HumanCount, MultiProgress, ProgressBar, ProgressStyle};

/// Between two drawings of the bars.
pub(super) const DRAW_EVERY: Duration = Duration::from_millis(100);

/// The terminal, or what stands in its place.
pub(super) struct Screen {
    bars: MultiProgress,
    is_terminal: bool,
}

impl Screen {
    pub(super) fn new() -> Self {
        Self { bars: MultiProgress::new(), is_terminal: std::io::stderr().is_terminal() }
    }

    /// Prints a line above the bars.
    pub(super) fn say(&self, line: &str) {
        if self.is_terminal {
            // A terminal that is gone is not worth ending for.
            let _ = self.bars.println(line);
        } else {
            println!("{line}");
        }
    }

    /// Prints a stage: a short name and what happened.
    pub(super) fn stage(&self, name: &str, text: &str) {
        self.say(&format!("{} {text}", self.bold(&format!("{name:>9}"))));
    }

    /// A bar that counts records.
    pub(super) fn bar(&self, name: &str, total: usize) -> ProgressBar {
        let style = ProgressStyle::with_template("{prefix:>9} {bar:40.cyan/dim} {human_pos:>7} of {human_len}  {msg}")
            .expect("the template is a constant")
            .progress_chars("━╸─");
        let bar = self.bars.add(ProgressBar::new(total as u64).with_style(style));
        bar.set_prefix(name.to_owned());
        bar
    }

    /// Takes the bars away.
    pub(super) fn clear(&self) {
        // As above.
        let _ = self.bars.clear();
    }

    /// Bold text where the terminal can.
    pub(super) fn bold(&self, text: &str) -> String {
        self.styled("1", text)
    }

    /// Green where good, red where not.
    pub(super) fn judged(&self, text: &str, is_good: bool) -> String {
        self.styled(if is_good { "1;32" } else { "1;31" }, text)
    }

    fn styled(&self, code: &str, text: &str) -> String {
        // The table goes to the standard output, whatever the bars' terminal is.
        let is_styled = self.is_terminal && std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        if is_styled { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// A number with its thousands apart.
pub(super) fn count(number: usize) -> String {
    HumanCount(number as u64).to_string()
}

/// A duration in milliseconds.
pub(super) fn ms(duration: Duration) -> String {
    let ms = duration.as_secs_f64() * 1e3;
    if ms < 10.0 { format!("{ms:.1} ms") } else { format!("{ms:.0} ms") }
}
