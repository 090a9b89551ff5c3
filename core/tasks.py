"""The end of the audit chain, told outside now and then."""

from __future__ import annotations

import logging

from celery import shared_task

from core.selectors import audit_head_for_system
from core.services.trail import FAR, audit_chain

logger = logging.getLogger("cwms.audit")


@shared_task
def chain_audit() -> None:
    """Take what a process that died left over, and tell the log the end: who cuts it off can't cut the log's copy."""
    audit_chain(depth=FAR)
    logger.info("end of the audit chain %s", audit_head_for_system())
