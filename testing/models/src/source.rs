//! Our operations as their source says they are: names, documents, request members with serde's renaming applied.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use syn::visit::Visit;

/// A service crate with an operation table.
#[derive(Debug)]
pub struct ServiceSource {
    /// The crate's folder name, which is also botocore's name of the service.
    pub name: String,
    /// The crate's folder.
    pub folder: PathBuf,
    /// Type names in the table, in its order.
    pub table: Vec<String>,
    /// Whether requests are paths and headers: then no scenario can send them, and clients do.
    pub is_rest: bool,
    /// Operation files, by name.
    pub operations: Vec<OperationSource>,
    /// Codes that `errors.rs` defines.
    pub error_codes: Vec<String>,
    /// Structures with named members, by file and name.
    pub structures: Structures,
}

/// Structures of a crate that serde reads or writes by their members, by file and name.
#[derive(Debug, Default)]
pub struct Structures(BTreeMap<(PathBuf, String), Vec<MemberSource>>);

impl Structures {
    /// The members of a structure that `file` names: its own, or else the only one of that name.
    pub fn find(&self, file: &Path, name: &str) -> Option<&[MemberSource]> {
        let own = self.0.get(&(file.to_owned(), name.to_owned()));
        let mut others = self.0.iter().filter(|((_, other), _)| other == name).map(|(_, members)| members);
        own.or_else(|| others.next().filter(|_| others.next().is_none())).map(Vec::as_slice)
    }
}

/// An operation file.
#[derive(Debug)]
pub struct OperationSource {
    /// The file.
    pub path: PathBuf,
    /// The wire name, from `const NAME`.
    pub name: String,
    /// The request type.
    pub type_name: String,
    /// The request type's document.
    pub doc: String,
    /// The request's members, in the order of the source.
    pub members: Vec<MemberSource>,
    /// The answer's type, where it is a structure.
    pub output: Option<String>,
    /// Whether the answer is an event stream.
    pub is_stream: bool,
}

/// A member of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberSource {
    /// The name on the wire.
    pub wire: String,
    /// Whether its type is `Required<…>`.
    pub is_required: bool,
    /// What is left of its type without `Option`, `Required`, `Vec` and the like.
    pub inner: String,
    /// The line it stands on.
    pub line: usize,
}

impl OperationSource {
    /// What the document says after `Differs from AWS:`, on one line.
    pub fn difference(&self) -> Option<String> {
        let (_, rest) = self.doc.split_once("Differs from AWS:")?;
        let paragraph = rest.trim().split("\n\n").next()?;
        Some(paragraph.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// Whether the document links AWS's page of the operation.
    pub fn has_link(&self) -> bool {
        self.doc.contains("https://docs.aws.amazon.com/") && self.doc.contains(&format!("API_{}.html", self.name))
    }
}

/// Every service below `services/` that has an operation table, by name.
pub fn services(workspace: &Path) -> io::Result<Vec<ServiceSource>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(workspace.join("services"))? {
        let folder = entry?.path();
        if folder.join("src/operations/mod.rs").is_file() {
            found.push(service(&folder)?);
        }
        if folder.join(SECOND).join("operations/mod.rs").is_file() {
            found.push(second_version(&folder)?);
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// Where a crate has the second version of its API, where there are two. botocore calls it as the first one with `v2`
/// behind it.
const SECOND: &str = "src/v2";

/// Where structures are that services share.
const SHARED: &str = "crates/aws/src";

/// Reads one service crate.
pub fn service(folder: &Path) -> io::Result<ServiceSource> {
    read(folder, "", |path| !path.starts_with(folder.join(SECOND)))
}

/// Reads the second version of a service crate; its shapes, and operations that both versions have alike, may be anywhere
/// but among those of the first.
fn second_version(folder: &Path) -> io::Result<ServiceSource> {
    read(folder, "v2", |path| path.starts_with(folder.join(SECOND)) || !path.starts_with(folder.join("src/operations")))
}

/// Reads those files of a crate for which `is_ours` holds.
fn read(folder: &Path, version: &str, is_ours: impl Fn(&Path) -> bool) -> io::Result<ServiceSource> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned() + version;
    let mut files = Vec::new();
    rust_files(&folder.join("src"), &mut files)?;
    files.retain(|path| is_ours(path));
    let mut parsed = Vec::new();
    for path in files {
        parsed.push((parse(&path)?, path));
    }
    let structs: BTreeMap<String, &syn::ItemStruct> =
        parsed.iter().flat_map(|(file, _)| items(file)).map(|item| (item.ident.to_string(), item)).collect();
    let described = parsed.iter().flat_map(|(file, path)| {
        items(file)
            .filter(|item| is_wire(&item.attrs))
            .map(|item| ((path.clone(), item.ident.to_string()), members(item, &structs)))
    });
    let mut structures: BTreeMap<_, _> = described.collect();
    let own: BTreeSet<String> = structures.keys().map(|(_, name)| name.clone()).collect();
    for (key, members) in shared(folder)?.0 {
        if !own.contains(&key.1) {
            structures.insert(key, members);
        }
    }
    let structures = Structures(structures);
    let folder = folder.to_owned();
    let mut source = ServiceSource {
        name,
        folder,
        table: vec![],
        is_rest: false,
        operations: vec![],
        error_codes: vec![],
        structures,
    };
    for (file, path) in &parsed {
        if path.ends_with("operations/mod.rs") {
            let rows = table(file);
            source.table = rows.types;
            source.is_rest = rows.is_rest;
        } else {
            source.operations.extend(operations(file, path, &structs));
        }
        source.error_codes.extend(error_codes(file));
    }
    source.operations.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(source)
}

/// The structures that the service crate of that folder shares with others.
fn shared(folder: &Path) -> io::Result<Structures> {
    let mut files = Vec::new();
    let workspace = folder.ancestors().nth(2).unwrap_or(folder);
    rust_files(&workspace.join(SHARED), &mut files)?;
    let mut found = Structures::default();
    for path in files {
        let file = parse(&path)?;
        for item in items(&file).filter(|item| is_wire(&item.attrs)) {
            found.0.insert((path.clone(), item.ident.to_string()), members(item, &BTreeMap::new()));
        }
    }
    Ok(found)
}

fn items(file: &syn::File) -> impl Iterator<Item = &syn::ItemStruct> {
    file.items.iter().filter_map(|item| if let syn::Item::Struct(item) = item { Some(item) } else { None })
}

/// The Rust files below a folder, sorted.
pub fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rust_files(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

fn parse(path: &Path) -> io::Result<syn::File> {
    let text = fs::read_to_string(path)?;
    syn::parse_file(&text).map_err(|error| {
        let at = error.span().start();
        io::Error::other(format!("{}:{}:{}: {error}", path.display(), at.line, at.column + 1))
    })
}

/// An operation table.
#[derive(Debug, Default, PartialEq, Eq)]
struct Table {
    types: Vec<String>,
    is_rest: bool,
}

impl<'ast> Visit<'ast> for Table {
    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        syn::visit::visit_expr_method_call(self, call);
        let is_rest = call.method == "run";
        let listed = call.method == "with" || call.method == "with_stream" || is_rest;
        let Some(arguments) = call.turbofish.as_ref().filter(|_| listed) else { return };
        self.is_rest |= is_rest;
        for argument in &arguments.args {
            if let syn::GenericArgument::Type(syn::Type::Path(path)) = argument {
                self.types.extend(path.path.segments.last().map(|segment| segment.ident.to_string()));
            }
        }
    }
}

/// The types in `.with::<module::Type>()`, `.with_stream::<module::Type>()` and, of services whose requests are paths,
/// `.run::<module::Type>(request)`.
fn table(file: &syn::File) -> Table {
    let mut rows = Table::default();
    rows.visit_file(file);
    rows
}

fn operations(file: &syn::File, path: &Path, structs: &BTreeMap<String, &syn::ItemStruct>) -> Vec<OperationSource> {
    let mut found = Vec::new();
    for item in &file.items {
        let syn::Item::Impl(implementation) = item else { continue };
        let Some((_, trait_path, _)) = &implementation.trait_ else { continue };
        let Some(trait_name) = trait_path.segments.last().map(|segment| segment.ident.to_string()) else { continue };
        if trait_name != "Operation" && trait_name != "StreamOperation" {
            continue;
        }
        let Some(type_name) = last_segment(&implementation.self_ty).map(|segment| segment.ident.to_string()) else {
            continue;
        };
        let Some(name) = implementation.items.iter().find_map(wire_name) else { continue };
        let request = structs.get(&type_name);
        found.push(OperationSource {
            path: path.to_owned(),
            name,
            doc: request.map(|request| document(&request.attrs)).unwrap_or_default(),
            members: request.map(|request| members(request, structs)).unwrap_or_default(),
            output: implementation.items.iter().find_map(output),
            type_name,
            is_stream: trait_name == "StreamOperation",
        });
    }
    found
}

fn wire_name(item: &syn::ImplItem) -> Option<String> {
    match item {
        syn::ImplItem::Const(constant) if constant.ident == "NAME" => literal(&constant.expr),
        _ => None,
    }
}

fn output(item: &syn::ImplItem) -> Option<String> {
    match item {
        syn::ImplItem::Type(alias) if alias.ident == "Output" => last_segment(&alias.ty).map(innermost),
        _ => None,
    }
}

/// The last type of `Option<Vec<Entry>>`, `BTreeMap<String, Entry>` or `Box<Entry>`.
fn innermost(segment: &syn::PathSegment) -> String {
    let syn::PathArguments::AngleBracketed(arguments) = &segment.arguments else { return segment.ident.to_string() };
    let types = arguments.args.iter().filter_map(|argument| match argument {
        syn::GenericArgument::Type(kind) => last_segment(kind),
        _ => None,
    });
    types.last().map_or_else(|| segment.ident.to_string(), innermost)
}

fn literal(expression: &syn::Expr) -> Option<String> {
    match expression {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}

/// The first argument of every `ErrorCode::sender("…")` and its siblings.
fn error_codes(file: &syn::File) -> Vec<String> {
    #[derive(Default)]
    struct Codes(Vec<String>);
    impl<'ast> Visit<'ast> for Codes {
        fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
            syn::visit::visit_expr_call(self, call);
            let syn::Expr::Path(path) = &*call.func else { return };
            let of_error_code = path.path.segments.iter().any(|segment| segment.ident == "ErrorCode");
            self.0.extend(call.args.first().filter(|_| of_error_code).and_then(literal));
        }
    }
    let mut codes = Codes::default();
    codes.visit_file(file);
    codes.0
}

/// The text of `///` lines.
pub fn document(attributes: &[syn::Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        syn::Meta::NameValue(pair) if pair.path.is_ident("doc") => literal(&pair.value),
        _ => None,
    });
    lines.map(|line| line.strip_prefix(' ').unwrap_or(&line).to_owned()).collect::<Vec<_>>().join("\n")
}

/// Whether serde derives the encoding, so that members are what they say.
fn is_wire(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().filter(|attribute| attribute.path().is_ident("derive")).any(|attribute| match &attribute.meta {
        syn::Meta::List(list) => list.tokens.to_string().contains("erialize"),
        _ => false,
    })
}

fn members(request: &syn::ItemStruct, structs: &BTreeMap<String, &syn::ItemStruct>) -> Vec<MemberSource> {
    let rule = serde_words(&request.attrs).rename_all;
    let mut found = Vec::new();
    for field in &request.fields {
        let Some(ident) = &field.ident else { continue };
        let words = serde_words(&field.attrs);
        if words.is_skipped {
            continue;
        }
        let flattened = last_segment(&field.ty).and_then(|segment| structs.get(&segment.ident.to_string()));
        if let Some(inner) = flattened.filter(|_| words.is_flattened) {
            found.extend(members(inner, structs));
            continue;
        }
        let plain = ident.to_string();
        let plain = plain.trim_start_matches("r#");
        let wire = words.rename.unwrap_or_else(|| renamed(plain, rule.as_deref()));
        let is_required = last_segment(&field.ty).is_some_and(|segment| segment.ident == "Required");
        let inner = last_segment(&field.ty).map(innermost).unwrap_or_default();
        found.push(MemberSource { wire, is_required, inner, line: ident.span().start().line });
    }
    found
}

fn last_segment(kind: &syn::Type) -> Option<&syn::PathSegment> {
    match kind {
        syn::Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

/// A field name under one of serde's `rename_all` rules; only those that AWS's protocols need.
fn renamed(field: &str, rule: Option<&str>) -> String {
    let pascal = || field.split('_').map(capitalised).collect::<String>();
    match rule {
        Some("PascalCase") => pascal(),
        Some("camelCase") => {
            let text = pascal();
            let (first, rest) = text.split_at(text.chars().next().map_or(0, char::len_utf8));
            first.to_lowercase() + rest
        }
        _ => field.to_owned(),
    }
}

fn capitalised(word: &str) -> String {
    let (first, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
    first.to_uppercase() + rest
}

#[derive(Debug, Default)]
struct SerdeWords {
    rename: Option<String>,
    rename_all: Option<String>,
    is_flattened: bool,
    is_skipped: bool,
}

fn serde_words(attributes: &[syn::Attribute]) -> SerdeWords {
    let mut words = SerdeWords::default();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        // An attribute that serde itself would refuse does not reach this; the rest of it does not matter here.
        let _ = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("flatten") {
                words.is_flattened = true;
            } else if meta.path.is_ident("skip") || meta.path.is_ident("skip_deserializing") {
                words.is_skipped = true;
            } else if meta.input.peek(syn::Token![=]) {
                let value: syn::Expr = meta.value()?.parse()?;
                if meta.path.is_ident("rename") {
                    words.rename = literal(&value);
                } else if meta.path.is_ident("rename_all") {
                    words.rename_all = literal(&value);
                }
            }
            Ok(())
        });
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPERATION: &str = r#"
        /// Appends one record.
        ///
        /// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html>
        ///
        /// Differs from AWS: `X` is accepted
        /// and ignored.
        #[derive(Debug, Default, Deserialize)]
        #[serde(rename_all = "PascalCase", default)]
        pub struct PutRecord {
            partition_key: Required<String>,
            #[serde(rename = "StreamARN")]
            stream_arn: Option<Vec<Arn>>,
            #[serde(flatten)]
            rest: Rest,
        }
        #[serde(rename_all = "camelCase")]
        struct Rest { explicit_hash_key: Option<String>, #[serde(skip)] cache: u8 }
        impl Operation for PutRecord { const NAME: &'static str = "PutRecord"; }
        const CODE: ErrorCode = ErrorCode::sender("LimitExceededException");
    "#;

    #[test]
    fn an_operation_reads_as_its_wire_members() {
        let file = syn::parse_file(OPERATION).expect("valid Rust");
        let structs = file.items.iter().filter_map(|item| match item {
            syn::Item::Struct(item) => Some((item.ident.to_string(), item)),
            _ => None,
        });
        let found = operations(&file, Path::new("put_record.rs"), &structs.collect());
        let [operation] = &found[..] else { panic!("one operation, not {found:?}") };
        let names: Vec<_> = operation.members.iter().map(|m| (m.wire.as_str(), m.is_required)).collect();
        let inner: Vec<_> = operation.members.iter().map(|member| member.inner.as_str()).collect();
        assert_eq!(inner, ["String", "Arn", "String"]);
        assert_eq!(names, [("PartitionKey", true), ("StreamARN", false), ("explicitHashKey", false)]);
        assert_eq!(operation.difference().as_deref(), Some("`X` is accepted and ignored."));
        assert!(operation.has_link());
        assert_eq!(error_codes(&file), ["LimitExceededException"]);
    }

    #[test]
    fn a_table_lists_its_types_in_order() {
        let text = "fn table() -> Operations<K> { Operations::new().with::<a::First>().with_stream::<b::Second>() }";
        let rows = table(&syn::parse_file(text).expect("valid Rust"));
        assert_eq!((rows.types, rows.is_rest), (vec!["First".to_owned(), "Second".to_owned()], false));
        let text = "impl T for S { fn first(&self) { self.run::<a::First>(request).await } }";
        let rows = table(&syn::parse_file(text).expect("valid Rust"));
        assert_eq!((rows.types, rows.is_rest), (vec!["First".to_owned()], true));
    }
}
