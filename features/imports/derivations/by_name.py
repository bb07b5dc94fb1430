"""Every derivation, under the name by which a mapping asks for it."""

from __future__ import annotations

from features.imports.derivations.declared import Derivation
from features.imports.derivations.hubspot import HUBSPOT
from features.imports.derivations.product_analytics import PRODUCT_ANALYTICS
from features.imports.derivations.qualtrics import QUALTRICS
from features.imports.derivations.salesforce import SALESFORCE
from features.imports.derivations.stripe import STRIPE
from features.imports.derivations.zendesk import ZENDESK

DERIVATIONS: dict[str, Derivation] = {
    **HUBSPOT,
    **PRODUCT_ANALYTICS,
    **QUALTRICS,
    **SALESFORCE,
    **STRIPE,
    **ZENDESK,
}
