from core.services.trail import audit

__all__ = ["audit"]
