"""Acting as another user: for superusers who must see what somebody else sees."""
