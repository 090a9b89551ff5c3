"""Values that nobody reads from the database alone: sealed to their row, found by a keyed digest.

`sealing` is pure, `ring` knows where keys lie, `fields` are columns; docs/decisions/0021 says why.
"""

from core.crypto.fields import (
    BlindIndexField,
    EncryptedBinaryField,
    EncryptedCharField,
    EncryptedField,
    EncryptedJSONField,
    EncryptedQuerySet,
    SealedCheck,
    SometimesEncryptedField,
    encrypted_fields,
    told,
)
from core.crypto.ring import KeysMissing, key_ring
from core.crypto.sealing import BadSeal, Key, KeyRing, mask

__all__ = [
    "BadSeal",
    "BlindIndexField",
    "EncryptedBinaryField",
    "EncryptedCharField",
    "EncryptedField",
    "EncryptedJSONField",
    "EncryptedQuerySet",
    "Key",
    "KeyRing",
    "KeysMissing",
    "SealedCheck",
    "SometimesEncryptedField",
    "encrypted_fields",
    "key_ring",
    "mask",
    "told",
]
