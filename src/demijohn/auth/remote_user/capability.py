"""What sign-in by whom a proxy names adds to the battery."""

from demijohn.auth.capability import Capability
from demijohn.auth.remote_user.arriving import arrive, identify, prepare_farewell
from demijohn.auth.remote_user.gate import start

CAPABILITY = Capability(
    name="remote_user", start=start, identify=identify, arrive=arrive, prepare_farewell=prepare_farewell
)
