//! Reads a definition. The grammar is described at the top of `builtin.metrics`.

use std::collections::BTreeMap;

use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{
    Attribute as SynAttribute, Error, Expr, ExprLit, Ident, Lit, LitFloat, LitInt, LitStr, Meta, Result, Token, braced,
    bracketed,
};

use super::model::{
    Attribute, Catalogue, ContextField, Fires, Group, Input, Instrument, Kind, Label, LabelValue, Operation, Recorder,
    Requirement, Supply,
};
use super::validate;
use crate::errors::Errors;

/// A definition as it grows.
struct Definition<'a> {
    attributes: Vec<Attribute>,
    buckets: BTreeMap<String, Vec<f64>>,
    operations: Vec<Operation>,
    /// Of a program's own definition: the catalogue that it adds to.
    base: Option<&'a Catalogue>,
    errors: Errors,
}

impl Parse for Catalogue {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let definition = Definition {
            attributes: Vec::new(),
            buckets: BTreeMap::new(),
            operations: Vec::new(),
            base: None,
            errors: Errors::default(),
        };
        definition.parse(input)
    }
}

/// A definition that can use the attributes and buckets of `base`.
pub(super) fn declaration(input: ParseStream<'_>, base: &Catalogue) -> Result<Catalogue> {
    let definition = Definition {
        attributes: base.attributes.clone(),
        buckets: base.buckets.clone(),
        operations: Vec::new(),
        base: Some(base),
        errors: Errors::default(),
    };
    definition.parse(input)
}

impl Definition<'_> {
    fn parse(mut self, input: ParseStream<'_>) -> Result<Catalogue> {
        while !input.is_empty() {
            let word: Ident = input.parse()?;
            let own = self.base.is_none();
            match word.to_string().as_str() {
                "attributes" => self.attributes(input)?,
                "buckets" => self.buckets(input)?,
                "operation" => self.operation(input, Recorder::Annotation)?,
                "layer" if own => self.operation(input, Recorder::Layer)?,
                "own" if own => self.operation(input, Recorder::Own)?,
                _ => return Err(Error::new(word.span(), "expected `attributes`, `buckets` or `operation`")),
            }
        }
        self.errors.into_result()?;
        Ok(Catalogue { attributes: self.attributes, buckets: self.buckets, operations: self.operations })
    }

    fn attributes(&mut self, input: ParseStream<'_>) -> Result<()> {
        let body;
        braced!(body in input);
        while !body.is_empty() {
            let doc = doc(&body)?;
            let span = body.span();
            let key = key(&body)?;
            validate::key(&key, &self.attributes).unwrap_or_else(|problem| self.errors.push(span, problem));
            body.parse::<Token![:]>()?;
            let mut attribute = Attribute {
                argument: argument_of(&key),
                key,
                doc,
                int: false,
                bounded: false,
                personal: false,
                supply: Supply::Argument(None),
            };
            let class: Ident = body.parse()?;
            attribute.bounded = match class.to_string().as_str() {
                "bounded" => true,
                "unbounded" => false,
                _ => return Err(Error::new(class.span(), "expected `bounded` or `unbounded`")),
            };
            while body.peek(Ident::peek_any) {
                let word = body.call(Ident::parse_any)?;
                match word.to_string().as_str() {
                    "personal" => attribute.personal = true,
                    "int" => attribute.int = true,
                    _ => return Err(Error::new(word.span(), "expected `personal` or `int`")),
                }
            }
            while body.peek(Token![,]) {
                body.parse::<Token![,]>()?;
                let word: Ident = body.parse()?;
                match word.to_string().as_str() {
                    "argument" => attribute.argument = body.call(Ident::parse_any)?.to_string(),
                    "context" => attribute.supply = Supply::Argument(Some(context_field(&body)?)),
                    "outcome" => attribute.supply = Supply::Outcome(body.parse::<Ident>()?.to_string()),
                    _ => return Err(Error::new(word.span(), "expected `argument`, `context` or `outcome`")),
                }
            }
            body.parse::<Token![;]>()?;
            self.attributes.push(attribute);
        }
        Ok(())
    }

    fn buckets(&mut self, input: ParseStream<'_>) -> Result<()> {
        let name: Ident = input.parse()?;
        let body;
        bracketed!(body in input);
        let bounds = Punctuated::<Lit, Token![,]>::parse_terminated(&body)?;
        input.parse::<Token![;]>()?;
        let bounds = bounds.iter().map(number).collect::<Result<_>>()?;
        self.buckets.insert(name.to_string(), bounds);
        Ok(())
    }

    fn operation(&mut self, input: ParseStream<'_>, recorder: Recorder) -> Result<()> {
        let name: Ident = input.parse()?;
        let record = if recorder == Recorder::Own { String::new() } else { input.parse::<Ident>()?.to_string() };
        let body;
        braced!(body in input);
        let mut instruments = Vec::new();
        while !body.is_empty() {
            instruments.push(self.instrument(&body)?);
        }
        let inputs = self.inputs(&instruments);
        self.operations.push(Operation { name: name.to_string(), record, recorder, instruments, inputs });
        Ok(())
    }

    fn instrument(&mut self, input: ParseStream<'_>) -> Result<Instrument> {
        let description = doc(input)?.replace("{product}", "Hanzo KMS");
        let kind: Ident = input.parse()?;
        let name: LitStr = input.parse()?;
        let unit: LitStr = input.parse()?;
        let others = self.base.iter().flat_map(|base| &base.operations).chain(&self.operations);
        let others = others.flat_map(|operation| &operation.instruments);
        if let Err(problem) = validate::instrument(&name.value(), others, self.base.is_some()) {
            self.errors.push(name.span(), problem);
        }
        let mut instrument = Instrument {
            kind: Kind::Gauge,
            name: name.value(),
            unit: unit.value(),
            description,
            buckets: Vec::new(),
            fires: Fires::Always,
            labels: Vec::new(),
        };
        match kind.to_string().as_str() {
            "counter" => {
                instrument.kind = Kind::Counter;
                let on: Ident = input.parse()?;
                let fires: Ident = input.parse()?;
                instrument.fires = match (on.to_string().as_str(), fires.to_string().as_str()) {
                    ("on", "always") => Fires::Always,
                    ("on", "success") => Fires::Success,
                    ("on", "failure") => Fires::Failure,
                    _ => return Err(Error::new(on.span(), "expected `on always`, `on success` or `on failure`")),
                };
            }
            "histogram" => {
                instrument.kind = Kind::Histogram;
                let buckets: Ident = input.parse()?;
                instrument.buckets = self
                    .buckets
                    .get(&buckets.to_string())
                    .ok_or_else(|| Error::new(buckets.span(), "these buckets are not defined"))?
                    .clone();
            }
            "gauge" if self.base.is_none() => {}
            _ => return Err(Error::new(kind.span(), "expected `counter` or `histogram`")),
        }
        let body;
        braced!(body in input);
        while !body.is_empty() {
            self.labels(&body, &mut instrument.labels)?;
        }
        instrument.labels.sort_by(|a, b| self.attributes[a.attribute].key.cmp(&self.attributes[b.attribute].key));
        Ok(instrument)
    }

    fn labels(&self, input: ParseStream<'_>, labels: &mut Vec<Label>) -> Result<()> {
        let word: Ident = input.parse()?;
        let requirement = match word.to_string().as_str() {
            "required" => Requirement::Required,
            "nullable" => Requirement::Nullable,
            "optional" => Requirement::Optional,
            _ => return Err(Error::new(word.span(), "expected `required`, `nullable` or `optional`")),
        };
        loop {
            let attribute = self.find(input, |attribute, name| attribute.key == name)?;
            let value = if input.peek(Token![=]) {
                input.parse::<Token![=]>()?;
                if input.peek(LitStr) {
                    LabelValue::Constant(input.parse::<LitStr>()?.value())
                } else if input.peek2(Ident) {
                    keyword(input, "outcome")?;
                    LabelValue::Outcome(input.parse::<Ident>()?.to_string())
                } else {
                    LabelValue::Same(self.find(input, |attribute, name| attribute.argument == name)?)
                }
            } else {
                LabelValue::Own
            };
            labels.push(Label { attribute, requirement, value });
            if input.peek(Token![;]) {
                input.parse::<Token![;]>()?;
                return Ok(());
            }
            input.parse::<Token![,]>()?;
        }
    }

    /// The attribute that the next name means.
    fn find(&self, input: ParseStream<'_>, is: impl Fn(&Attribute, &str) -> bool) -> Result<usize> {
        let span = input.span();
        let name = key(input)?;
        self.attributes
            .iter()
            .position(|attribute| is(attribute, &name))
            .ok_or_else(|| Error::new(span, format!("the attribute `{name}` is not defined")))
    }

    /// What the instruments of one operation need to be given, each with its strongest requirement.
    fn inputs(&self, instruments: &[Instrument]) -> Vec<Input> {
        let mut inputs = BTreeMap::<usize, Requirement>::new();
        for label in instruments.iter().flat_map(|instrument| &instrument.labels) {
            let attribute = match label.value {
                LabelValue::Constant(_) | LabelValue::Outcome(_) => continue,
                LabelValue::Own => label.attribute,
                LabelValue::Same(attribute) => attribute,
            };
            if matches!(self.attributes[attribute].supply, Supply::Argument(_)) {
                let strongest = inputs.entry(attribute).or_insert(label.requirement);
                *strongest = label.requirement.max(*strongest);
            }
        }
        inputs.into_iter().map(|(attribute, requirement)| Input { attribute, requirement }).collect()
    }
}

/// `kms.secret.path` as an argument: `secret_path`.
fn argument_of(key: &str) -> String {
    key.strip_prefix("kms.").unwrap_or(key).replace('.', "_")
}

fn keyword(input: ParseStream<'_>, word: &str) -> Result<()> {
    let found: Ident = input.parse()?;
    if found == word { Ok(()) } else { Err(Error::new(found.span(), format!("expected `{word}`"))) }
}

/// A dotted name.
fn key(input: ParseStream<'_>) -> Result<String> {
    let parts = Punctuated::<Ident, Token![.]>::parse_separated_nonempty_with(input, Ident::parse_any)?;
    Ok(parts.iter().map(ToString::to_string).collect::<Vec<_>>().join("."))
}

fn context_field(input: ParseStream<'_>) -> Result<ContextField> {
    let group: Ident = input.parse()?;
    input.parse::<Token![.]>()?;
    let field: Ident = input.parse()?;
    let group = Group::ALL
        .into_iter()
        .find(|known| group == known.name())
        .ok_or_else(|| Error::new(group.span(), "expected `organization`, `project`, `actor` or `client`"))?;
    Ok(ContextField { group, field: field.to_string() })
}

/// The text of a documentation comment, on one line.
fn doc(input: ParseStream<'_>) -> Result<String> {
    let lines = input.call(SynAttribute::parse_outer)?;
    let lines = lines.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(meta) => match &meta.value {
            Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) => Some(line.value().trim().to_owned()),
            _ => None,
        },
        _ => None,
    });
    Ok(lines.collect::<Vec<_>>().join(" "))
}

fn number(literal: &Lit) -> Result<f64> {
    match literal {
        Lit::Float(number) => LitFloat::base10_parse(number),
        Lit::Int(number) => LitInt::base10_parse(number),
        other => Err(Error::new(other.span(), "expected a number")),
    }
}
