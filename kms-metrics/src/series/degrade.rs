//! Which labels a series gives up near its metric's limit.
//!
//! A new set of labels loses its unbounded values first, then those that name people and machines, then the project,
//! then the organization; the last resort is one catch-all set. A quarter of the limit is kept for sets that have lost
//! something, so that an attacker's values cannot use it up and leave everything else in the catch-all.

use super::label::{DEGRADED, Label};
use super::table::OwnedValue;
use crate::catalogue::operation::Tier;

/// How much a set has given up: nothing, then everything up to a tier.
pub(super) const STEPS: [Option<Tier>; 6] = [
    None,
    Some(Tier::Unbounded),
    Some(Tier::Personal),
    Some(Tier::Project),
    Some(Tier::Organization),
    Some(Tier::Essential),
];

/// How many series there may be for one more to be added at `step`.
pub(super) const fn room(step: usize, limit: usize) -> usize {
    let kept = limit / 4;
    match step {
        0 => limit - kept,
        1..=4 => limit - kept + kept * step / 5,
        _ => limit,
    }
}

/// The values after giving up everything up to `tier`, and the highest tier that lost one.
///
/// An absent value stays absent, except in the catch-all, which has every label.
pub(super) fn degrade(labels: &[Label], tier: Option<Tier>) -> (Vec<OwnedValue>, Option<Tier>) {
    let mut lost = None;
    let values = labels
        .iter()
        .map(|label| {
            let all = tier == Some(Tier::Essential);
            let given_up = Some(label.tier) <= tier && (all || label.value != OwnedValue::Absent);
            if given_up {
                lost = lost.max(Some(label.tier));
                OwnedValue::Str(DEGRADED.into())
            } else {
                label.value.clone()
            }
        })
        .collect();
    (values, lost)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_has_more_room_than_the_one_before() {
        for limit in [8, 100, 2_000, 10_000] {
            let rooms: Vec<_> = (0..STEPS.len()).map(|step| room(step, limit)).collect();
            assert!(rooms.is_sorted(), "{rooms:?}");
            assert_eq!(rooms[0], limit - limit / 4);
            assert!(rooms[4] < limit && rooms[5] == limit, "the catch-all always finds room: {rooms:?}");
        }
    }

    #[test]
    fn values_go_in_the_order_of_their_tiers() {
        let label = |tier, value: Option<&str>| Label {
            key: "key",
            value: value.map_or(OwnedValue::Absent, |text| OwnedValue::Str(text.into())),
            tier,
        };
        let labels = [
            label(Tier::Organization, Some("o")),
            label(Tier::Unbounded, Some("u")),
            label(Tier::Personal, None),
            label(Tier::Project, Some("p")),
            label(Tier::Essential, Some("e")),
        ];
        let shown = |tier| {
            let (values, lost) = degrade(&labels, tier);
            let values = values.iter().map(|value| match value {
                OwnedValue::Str(text) if **text == *DEGRADED => "*".to_owned(),
                OwnedValue::Str(text) => text.to_string(),
                _ => "-".to_owned(),
            });
            (values.collect::<String>(), lost)
        };
        assert_eq!(shown(None), ("ou-pe".into(), None));
        assert_eq!(shown(Some(Tier::Unbounded)), ("o*-pe".into(), Some(Tier::Unbounded)));
        assert_eq!(
            shown(Some(Tier::Personal)),
            ("o*-pe".into(), Some(Tier::Unbounded)),
            "an absent value stays absent"
        );
        assert_eq!(shown(Some(Tier::Project)), ("o*-*e".into(), Some(Tier::Project)));
        assert_eq!(shown(Some(Tier::Organization)), ("**-*e".into(), Some(Tier::Organization)));
        assert_eq!(shown(Some(Tier::Essential)), ("*****".into(), Some(Tier::Essential)));
    }
}
