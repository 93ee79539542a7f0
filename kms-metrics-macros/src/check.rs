//! Holds an annotation against the catalogue. All that is wrong with its names is said at once, each at its own token.

use proc_macro2::Span;
use syn::{Error, Expr, Ident, Result};

use crate::annotation::{Annotation, KeyValue, Value};
use crate::catalogue::model::{Attribute, Catalogue, ContextField, Group, Input, Operation, Requirement, Supply};
use crate::errors::{Errors, list, quoted};
use crate::leave::check_leaving;
use crate::suggest::nearest;

/// An annotation whose names are right: what each field of the record is filled from.
pub(crate) struct Plan<'a> {
    pub(crate) fields: Vec<Field<'a>>,
    /// The groups that the context has to supply, and whether for certain.
    pub(crate) groups: Vec<(Group, bool)>,
    pub(crate) context: Option<&'a Expr>,
}

/// One field of the record.
pub(crate) struct Field<'a> {
    pub(crate) name: Ident,
    pub(crate) required: bool,
    pub(crate) source: FieldSource<'a>,
}

pub(crate) enum FieldSource<'a> {
    Given(&'a Value),
    Context(&'a ContextField),
    Absent,
}

impl Plan<'_> {
    /// Whether the context has a group for certain.
    pub(crate) fn is_definite(&self, group: Group) -> bool {
        self.groups.iter().any(|(known, definite)| *known == group && *definite)
    }

    /// Whether anything is taken from the returned value.
    pub(crate) fn has_late_fields(&self) -> bool {
        self.fields.iter().any(|field| matches!(field.source, FieldSource::Given(Value { late: Some(_), .. })))
    }
}

/// The plan for an annotation with an operation of `catalogue`, or all that is wrong with its names.
pub(crate) fn check<'a>(
    catalogue: &'a Catalogue,
    operation: &'a Operation,
    annotation: &'a Annotation,
) -> Result<Plan<'a>> {
    let mut errors = Errors::default();
    // The arguments that a misspelt key was meant for, so that they are not reported as missing as well.
    let mut meant = Vec::new();
    check_keys(catalogue, operation, annotation, &mut errors, &mut meant);
    check_count(annotation, &mut errors);
    check_leaving(annotation, &mut errors);
    if let (Some(_), Some(ambient)) = (&annotation.context, &annotation.options.ambient) {
        errors.push(ambient.span(), "a context is named already; `ambient` takes its place");
    }

    let mut fields = Vec::new();
    let mut groups: Vec<(Group, bool)> = Vec::new();
    let mut missing = Vec::new();
    for input in &operation.inputs {
        let attribute = catalogue.attribute(*input);
        let given = annotation.values.iter().find(|it| it.key == attribute.argument);
        let source = match (given, &attribute.supply) {
            (Some(given), _) => FieldSource::Given(&given.value),
            (None, Supply::Argument(Some(field))) if annotation.has_context() => {
                let definite = input.requirement == Requirement::Required;
                match groups.iter_mut().find(|(group, _)| *group == field.group) {
                    Some((_, already)) => *already |= definite,
                    None => groups.push((field.group, definite)),
                }
                FieldSource::Context(field)
            }
            _ => {
                if input.requirement != Requirement::Optional && !meant.contains(&attribute.argument.as_str()) {
                    missing.push((*input, attribute));
                }
                FieldSource::Absent
            }
        };
        let span = given.map_or_else(Span::mixed_site, |given| given.key.span());
        fields.push(Field {
            name: Ident::new(&attribute.argument, span),
            required: input.requirement == Requirement::Required,
            source,
        });
    }
    if !missing.is_empty() {
        errors.push(annotation.metric_name().span(), missing_message(annotation, &missing));
    }
    errors.into_result()?;
    Ok(Plan { fields, groups, context: annotation.context.as_ref() })
}

/// The built-in operation that an annotation names.
pub(crate) fn find_operation<'a>(catalogue: &'a Catalogue, metric: &Ident) -> Result<&'a Operation> {
    let name = metric.to_string();
    catalogue.operation(&name).ok_or_else(|| {
        let names = || catalogue.annotatable().map(|operation| operation.name.as_str());
        let hint = nearest(&name, names()).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        let known = list(names().map(quoted));
        Error::new(metric.span(), format!("there is no metric `{name}`{hint}\nthe metrics are {known}"))
    })
}

fn check_keys<'a>(
    catalogue: &'a Catalogue,
    operation: &'a Operation,
    annotation: &Annotation,
    errors: &mut Errors,
    meant: &mut Vec<&'a str>,
) {
    let metric = annotation.metric_name();
    for (position, KeyValue { key, .. }) in annotation.values.iter().enumerate() {
        let name = key.to_string();
        if annotation.values[..position].iter().any(|earlier| earlier.key == *key) {
            errors.push(key.span(), format!("`{name}` is given twice"));
            continue;
        }
        let arguments = || operation.inputs.iter().map(|input| catalogue.attribute(*input));
        if arguments().any(|attribute| attribute.argument == name) {
            continue;
        }
        if let Some(attribute) = from_outcome(catalogue, operation, &name) {
            let message = format!(
                "`{name}` (`{}`) is not given but comes from what the function returns, through `ErrorType` and \
                 `Outcome`; to say it here, write `; outcome = |returned| …` at the end",
                attribute.key
            );
            errors.push(key.span(), message);
            continue;
        }
        let message = match nearest(&name, arguments().map(|attribute| attribute.argument.as_str())) {
            Some(near) => {
                meant.push(near);
                let key = arguments().find(|attribute| attribute.argument == near).map_or("", |found| &found.key);
                format!("`{metric}` has no attribute `{name}`; did you mean `{near}` (`{key}`)?")
            }
            None => {
                let known = list(arguments().map(|attribute| quoted(&attribute.argument)));
                format!("`{metric}` has no attribute `{name}`\nits attributes are {known}")
            }
        };
        errors.push(key.span(), message);
    }
}

/// The attribute of that name that the returned value supplies.
fn from_outcome<'a>(catalogue: &'a Catalogue, operation: &Operation, name: &str) -> Option<&'a Attribute> {
    let labels = operation.instruments.iter().flat_map(|instrument| &instrument.labels);
    let mut attributes = labels.map(|label| &catalogue.attributes[label.attribute]);
    attributes.find(|attribute| attribute.argument == name && matches!(attribute.supply, Supply::Outcome(_)))
}

fn check_count(annotation: &Annotation, errors: &mut Errors) {
    let known = |count: &Ident| ["always", "success", "failure"].iter().any(|known| count == known);
    if let Some(count) = annotation.options.count.as_ref().filter(|count| !known(count)) {
        errors.push(count.span(), format!("`count` is `always`, `success` or `failure`, not `{count}`"));
    }
}

fn missing_message(annotation: &Annotation, missing: &[(Input, &Attribute)]) -> String {
    let metric = &annotation.metric;
    let name = quote::quote!(#metric).to_string().replace(' ', "");
    let names = list(missing.iter().map(|(_, it)| format!("`{}` (`{}`)", it.argument, it.key)));
    let examples = missing.iter().map(|(input, attribute)| {
        let absent = if input.requirement == Requirement::Nullable { " or `None`" } else { "" };
        format!("`{} = …`{absent}", attribute.argument)
    });
    let mut message = format!("`{name}` needs {names}\ngive {}", list(examples));
    let from_context: Vec<_> = missing
        .iter()
        .filter_map(|(_, attribute)| match &attribute.supply {
            Supply::Argument(Some(field)) => Some(field.group),
            _ => None,
        })
        .collect();
    let groups = Group::ALL.into_iter().filter(|group| from_context.contains(group));
    let groups: Vec<_> = groups.map(|group| quoted(group.type_name())).collect();
    if !groups.is_empty() {
        let groups = list(groups.into_iter());
        message += &format!(
            "\nor name a context that supplies the {groups} attributes right behind the metric: \
             `#[kms_metric({name}, context, …)]`; or take the ambient one: `; ambient` at the end"
        );
    }
    message
}
