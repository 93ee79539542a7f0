//! The names of the standard that this server knows by number as well.

pub const USAGE_MASK: &str = "CryptographicUsageMask";

const TAGS: &[(u32, &str)] = &[
    (0x42_0008, "Attribute"),
    (0x42_000D, "BatchCount"),
    (0x42_000E, "BatchErrorContinuationOption"),
    (0x42_000F, "BatchItem"),
    (0x42_0010, "BatchOrderOption"),
    (0x42_0028, "CryptographicAlgorithm"),
    (0x42_002A, "CryptographicLength"),
    (0x42_002C, USAGE_MASK),
    (0x42_0040, "KeyBlock"),
    (0x42_0042, "KeyFormatType"),
    (0x42_0043, "KeyMaterial"),
    (0x42_0045, "KeyValue"),
    (0x42_004F, "MaximumItems"),
    (0x42_0053, "Name"),
    (0x42_0054, "NameType"),
    (0x42_0055, "NameValue"),
    (0x42_0057, "ObjectType"),
    (0x42_005C, "Operation"),
    (0x42_0069, "ProtocolVersion"),
    (0x42_006A, "ProtocolVersionMajor"),
    (0x42_006B, "ProtocolVersionMinor"),
    (0x42_0077, "RequestHeader"),
    (0x42_0078, "RequestMessage"),
    (0x42_0079, "RequestPayload"),
    (0x42_0081, "RevocationReason"),
    (0x42_0082, "RevocationReasonCode"),
    (0x42_0085, "SecretData"),
    (0x42_0086, "SecretDataType"),
    (0x42_008D, "State"),
    (0x42_008F, "SymmetricKey"),
    (0x42_0093, "UniqueBatchItemID"),
    (0x42_0094, "UniqueIdentifier"),
    (0x42_0125, "Attributes"),
    (0x42_013B, "AttributeReference"),
];

const ENUMERATIONS: &[(&str, &[(u32, &str)])] = &[
    (
        "Operation",
        &[
            (0x01, "Create"),
            (0x03, "Register"),
            (0x08, "Locate"),
            (0x0A, "Get"),
            (0x0B, "GetAttributes"),
            (0x12, "Activate"),
            (0x13, "Revoke"),
            (0x14, "Destroy"),
        ],
    ),
    ("ObjectType", &[(0x02, "SymmetricKey"), (0x07, "SecretData")]),
    ("CryptographicAlgorithm", &[(0x03, "AES"), (0x09, "HMACSHA256"), (0x1C, "ChaCha20")]),
    ("BatchErrorContinuationOption", &[(1, "Continue"), (2, "Stop"), (3, "Undo")]),
    ("NameType", &[(1, "UninterpretedTextString"), (2, "URI")]),
    ("KeyFormatType", &[(1, "Raw"), (2, "Opaque")]),
    ("SecretDataType", &[(1, "Password"), (2, "Seed")]),
    (
        "RevocationReasonCode",
        &[
            (1, "Unspecified"),
            (2, "KeyCompromise"),
            (3, "CACompromise"),
            (4, "AffiliationChanged"),
            (5, "Superseded"),
            (6, "CessationOfOperation"),
            (7, "PrivilegeWithdrawn"),
        ],
    ),
    (
        "State",
        &[
            (1, "PreActive"),
            (2, "Active"),
            (3, "Deactivated"),
            (4, "Compromised"),
            (5, "Destroyed"),
            (6, "DestroyedCompromised"),
        ],
    ),
];

const USAGES: &[(i32, &str)] = &[
    (0x0001, "Sign"),
    (0x0002, "Verify"),
    (0x0004, "Encrypt"),
    (0x0008, "Decrypt"),
    (0x0010, "WrapKey"),
    (0x0020, "UnwrapKey"),
    (0x0040, "Export"),
    (0x0080, "MACGenerate"),
    (0x0100, "MACVerify"),
    (0x0200, "DeriveKey"),
    (0x0800, "KeyAgreement"),
];

/// Whether this has the form of a tag's or an enumeration's name.
pub fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The tag's name; a number that is not known here stays one.
pub fn tag(text: &str) -> Option<String> {
    let Some(digits) = text.strip_prefix("0x") else {
        return is_name(text).then(|| text.to_owned());
    };
    let code = u32::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 6)?;
    Some(TAGS.iter().find(|(known, _)| *known == code).map_or_else(|| text.to_owned(), |(_, name)| (*name).to_owned()))
}

/// The name of an enumeration's value; a number that is not known here stays one.
pub fn enumeration(tag: &str, code: u32) -> String {
    // A reference to an attribute is an enumeration of tags.
    let names = if tag == "AttributeReference" {
        TAGS
    } else {
        ENUMERATIONS.iter().find(|(known, _)| *known == tag).map_or(&[][..], |(_, names)| names)
    };
    let name = names.iter().find(|(known, _)| *known == code);
    name.map_or_else(|| format!("0x{code:08X}"), |(_, name)| (*name).to_owned())
}

pub fn usage_mask(text: &str) -> Option<i32> {
    let bit = |name: &str| USAGES.iter().find(|(_, known)| *known == name).map(|(bit, _)| bit);
    text.split('|').map(|name| bit(name.trim())).try_fold(0, |mask, bit| Some(mask | bit?))
}

/// The usages by name, or as a number where one has no name here.
pub fn usage_mask_text(mask: i32) -> String {
    let names: Vec<_> = USAGES.iter().filter(|(bit, _)| mask & bit != 0).map(|(_, name)| *name).collect();
    let named = USAGES.iter().fold(0, |all, (bit, _)| all | bit);
    if names.is_empty() || mask & !named != 0 { format!("0x{mask:08x}") } else { names.join("|") }
}
