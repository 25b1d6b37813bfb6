"""Known devices: a cookie by which a browser shows that it has signed in to this account before.

It opens nothing. It only spares its owner the limits that strangers have used up: whoever tries passwords on an account
from everywhere slows down all strangers, not the person at their own computer. What it counts, it counts for itself.

Source:
    OWASP, "Slow Down Online Guessing Attacks with Device Cookies".
"""

import re
import secrets
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import after_this_request, current_app, has_request_context, request
from werkzeug.wrappers import Response

from demijohn.auth.extension import auth_of
from demijohn.auth.models import UserBase, user_class
from demijohn.clock import now
from demijohn.database.base import db
from demijohn.security.secrets import sign, verify

MOST = 5
"""Accounts that one browser remembers having signed in to; the latest are kept."""

ENTRY = re.compile(r"([\w-]{22})\.(\d{1,12})\.([0-9a-f]{64})", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Device:
    """One entry of the cookie: a random id, when it was made (seconds since 1970), and what proves it."""

    id: str
    made_at: int
    signature: str

    def __str__(self) -> str:
        return f"{self.id}.{self.made_at}.{self.signature}"


def known_device(email: str) -> str | None:
    """The id of this browser if it has signed in to the account of this address; asks the database only then."""
    devices = shown_devices()
    if not devices:
        return None
    user = user_class()
    found = db.session.execute(sa.select(user.id, user.security_stamp).where(user.email == email)).one_or_none()
    return None if found is None else next((one.id for one in devices if belongs(one, *found)), None)


def remember_device(user: UserBase) -> None:
    """Let this browser show from now on that it has signed in to this account; a new password ends that."""
    if not has_request_context():
        return
    shown = shown_devices()
    mine = next((one for one in shown if belongs(one, user.id, user.security_stamp)), None)
    made_at = int(now().timestamp())
    device_id = mine.id if mine else secrets.token_urlsafe(16)
    signature = sign(app(), "device", message(user.id, user.security_stamp, device_id, made_at))
    entry = Device(id=device_id, made_at=made_at, signature=signature)
    kept = [entry, *(one for one in shown if one is not mine)][:MOST]

    @after_this_request
    def send(response: Response) -> Response:
        lives = auth_of().section.device_seconds
        options: dict[str, Any] = {"max_age": lives, "httponly": True, "samesite": "Lax"}
        name, path, secure = cookie_flags()
        response.set_cookie(name, "~".join(map(str, kept)), path=path, secure=secure, **options)
        return response


def shown_devices() -> list[Device]:
    """The well-formed entries of the cookie that are not too old; what they prove is not looked at yet."""
    sent = request.cookies.get(cookie_flags()[0], "")[:1024]
    found = (ENTRY.fullmatch(text) for text in sent.split("~")[:MOST])
    devices = (Device(id=entry[1], made_at=int(entry[2]), signature=entry[3]) for entry in found if entry)
    age_limit, moment = auth_of().section.device_seconds, now().timestamp()
    return [one for one in devices if 0 <= moment - one.made_at < age_limit]


def belongs(device: Device, user_id: int, stamp: str) -> bool:
    return verify(app(), "device", message(user_id, stamp, device.id, device.made_at), device.signature)


def message(user_id: int, stamp: str, device_id: str, made_at: int) -> bytes:
    return f"{user_id}|{stamp}|{device_id}|{made_at}".encode()


def cookie_flags(name: str = "device") -> tuple[str, str, bool]:
    """Name, path and whether it travels over TLS only: as the session's own cookie does."""
    path = current_app.config["SESSION_COOKIE_PATH"] or "/"
    secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
    prefix = ("__Host-" if path == "/" else "__Secure-") if secure else ""
    return f"{prefix}{name}", path, secure


def app() -> Any:
    return current_app._get_current_object()  # type: ignore[attr-defined]
