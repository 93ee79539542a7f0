//! What stands between the parentheses: `METRIC [, CONTEXT] (, KEY = EXPR)* [; OPTION (, OPTION)*]`.

use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Expr, Ident, Pat, Path, Result, Token};

/// A parsed annotation; nothing is known about its names yet.
pub(crate) struct Annotation {
    /// A name of the built-in catalogue, or the path of a metric that the program declares.
    pub(crate) metric: Path,
    pub(crate) context: Option<Expr>,
    pub(crate) values: Vec<KeyValue>,
    pub(crate) options: Options,
}

impl Annotation {
    /// Whether the metric is one that the program declares: a path, or a name like a type's.
    pub(crate) fn is_declared(&self) -> bool {
        match self.metric.get_ident() {
            Some(name) => name.to_string().starts_with(|first: char| first.is_uppercase()),
            None => true,
        }
    }

    /// Whether attributes come from a context, named or ambient.
    pub(crate) fn has_context(&self) -> bool {
        self.context.is_some() || self.options.ambient.is_some()
    }

    /// The last name of the metric.
    pub(crate) fn metric_name(&self) -> &Ident {
        // A path that was parsed has a segment.
        &self.metric.segments[self.metric.segments.len() - 1].ident
    }
}

/// `environment = &query.environment`
pub(crate) struct KeyValue {
    pub(crate) key: Ident,
    pub(crate) value: Value,
}

/// When and how a value is taken.
pub(crate) struct Value {
    /// `|ret|`: after the body, from what it returned.
    pub(crate) late: Option<Pat>,
    /// `%`: through `Display`.
    pub(crate) display: bool,
    pub(crate) expr: Expr,
}

/// What stands behind the semicolon.
#[derive(Default)]
pub(crate) struct Options {
    /// `outcome = |ret| …`, or the path of a function.
    pub(crate) outcome: Option<Value>,
    /// `crate = path`
    pub(crate) krate: Option<Path>,
    /// `count = always | success | failure`
    pub(crate) count: Option<Ident>,
    /// `ambient`
    pub(crate) ambient: Option<Ident>,
}

impl Parse for Annotation {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.is_empty() {
            return Err(input.error("expected the name of a metric: `#[kms_metric(secret_read, …)]`"));
        }
        let mut annotation = Self {
            metric: input.call(Path::parse_mod_style)?,
            context: None,
            values: Vec::new(),
            options: Options::default(),
        };
        while input.peek(Token![,]) {
            input.parse::<Token![,]>()?;
            if input.is_empty() || input.peek(Token![;]) {
                break;
            }
            if is_key(input) {
                annotation.values.push(input.parse()?);
            } else if annotation.context.is_none() && annotation.values.is_empty() {
                if input.peek(Token![|]) || input.peek(Token![||]) {
                    return Err(input.error("a context is taken before the body runs; only values can be late"));
                }
                annotation.context = Some(input.parse()?);
            } else {
                return Err(input.error("expected `key = value`; the context stands right behind the metric"));
            }
        }
        if input.peek(Token![;]) {
            input.parse::<Token![;]>()?;
            annotation.options = input.parse()?;
        }
        if input.is_empty() {
            Ok(annotation)
        } else {
            Err(input.error("expected `,` and a `key = value`, or `;` and an option"))
        }
    }
}

/// Whether a key follows: a name and a single `=`.
fn is_key(input: ParseStream<'_>) -> bool {
    input.peek(Ident::peek_any) && input.peek2(Token![=]) && !input.peek2(Token![==]) && !input.peek2(Token![=>])
}

impl Parse for KeyValue {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let key = input.call(Ident::parse_any)?;
        input.parse::<Token![=]>()?;
        if input.is_empty() || input.peek(Token![,]) || input.peek(Token![;]) {
            return Err(Error::new(key.span(), format!("expected a value: `{key} = …`")));
        }
        Ok(Self { key, value: input.parse()? })
    }
}

impl Parse for Value {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let late = if input.peek(Token![||]) {
            return Err(input.error("a late value names what the function returned: `|ret| …`"));
        } else if input.peek(Token![|]) {
            input.parse::<Token![|]>()?;
            let pattern = Pat::parse_single(input)?;
            if !input.peek(Token![|]) {
                return Err(input.error("a late value has one argument, what the function returned: `|ret| …`"));
            }
            input.parse::<Token![|]>()?;
            Some(pattern)
        } else {
            None
        };
        let display = input.peek(Token![%]);
        if display {
            input.parse::<Token![%]>()?;
        }
        Ok(Self { late, display, expr: input.parse()? })
    }
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut options = Self::default();
        let twice = |name: &Ident| Error::new(name.span(), format!("the option `{name}` is given twice"));
        while !input.is_empty() {
            let name = input.call(Ident::parse_any)?;
            let again = match name.to_string().as_str() {
                "ambient" => options.ambient.replace(name.clone()).is_some(),
                "outcome" => options.outcome.replace(value(input)?).is_some(),
                "crate" => {
                    input.parse::<Token![=]>()?;
                    options.krate.replace(input.call(Path::parse_mod_style)?).is_some()
                }
                "count" => options.count.replace(value(input)?).is_some(),
                _ => {
                    let message =
                        format!("there is no option `{name}`; there are `outcome`, `count`, `ambient` and `crate`");
                    return Err(Error::new(name.span(), message));
                }
            };
            if again {
                return Err(twice(&name));
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}

/// `= VALUE`
fn value<T: Parse>(input: ParseStream<'_>) -> Result<T> {
    input.parse::<Token![=]>()?;
    input.parse()
}
