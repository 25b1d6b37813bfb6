"""Whether somebody signs in with a device that their account has not seen, which its owner is told by mail."""

from datetime import timedelta

from flask import request

from demijohn.auth.companions import has_signed_in_from
from demijohn.auth.devices import known_device
from demijohn.auth.extension import auth_of
from demijohn.auth.models import UserBase
from demijohn.auth.rules import device_of
from demijohn.clock import now
from demijohn.security.address import client_address

REMEMBERED_FOR = timedelta(days=90)
"""How far back a sign-in still counts as seen."""


def is_new_device(user: UserBase) -> bool:
    """Whether the owner is to be told of the sign-in that is about to begin.

    A device is known by its cookie, or by its kind and address: a cookie goes with a new password, and with a browser
    that keeps none. The very first sign-in is from no new device.
    """
    if not auth_of().section.new_device_notices or user.last_sign_in_at is None:
        return False
    if known_device(user.email) is not None:
        return False
    return not has_signed_in_from(user.id, this_device(), client_address(), since=now() - REMEMBERED_FOR)


def this_device() -> str:
    return device_of(request.user_agent.string)
