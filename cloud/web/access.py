"""Who may open a page. Each page declares one value; `cloud.web.gatekeeper` enforces it and tests check every page."""

from __future__ import annotations

from enum import Enum

from cloud.db.models import Role


class Access(Enum):
    """From anybody to the manager of the territory in the path."""

    PUBLIC = "public"
    PENDING = "pending"  # the password was right, but ten devices are logged in
    ACCOUNT = "account"
    RESIDENT = "resident"
    OPERATOR = "operator"
    MANAGER = "manager"

    @property
    def territorial(self) -> bool:
        return self in {Access.RESIDENT, Access.OPERATOR, Access.MANAGER}

    def admits(self, role: Role) -> bool:
        """Whether a member with `role` may use a page with this access level."""
        order = {Role.RESIDENT: 1, Role.OPERATOR: 2, Role.MANAGER: 3}
        needed = {Access.RESIDENT: 1, Access.OPERATOR: 2, Access.MANAGER: 3}
        return self not in needed or order[role] >= needed[self]
