from core.services.trail import audit, audit_all

__all__ = ["audit", "audit_all"]
