"""The Redis server of one application, asked with little patience.

Nobody waits longer than `redis.timeout_seconds` for an answer. After a failure nobody asks for a while; then one does,
and the others wait for what it finds. So a server that hangs costs one request its wait, not every request.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.exceptions import ServiceUnavailable

from demijohn.errors import SetupError
from demijohn.redis.settings import RedisSettings
from demijohn.state import state_of

if TYPE_CHECKING:
    from redis import Redis

KEY = "demijohn.redis"
PAUSE_SECONDS = 2.0
"""After a failure, how long nobody asks."""
RETRY_AFTER_SECONDS = 5

T = TypeVar("T")
log = logging.getLogger(__name__)


class RedisAway(ServiceUnavailable):
    """Redis did not answer; where nobody catches it, the answer is 503 with Retry-After.

    Attributes:
        reason: the kind of failure, without addresses or keys.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__("A service behind this page does not answer.", retry_after=RETRY_AFTER_SECONDS)


class RedisServer:
    """Commands and scripts on the server, under this application's prefix."""

    def __init__(self, client: "Redis", prefix: str, *, pause_seconds: float = PAUSE_SECONDS) -> None:
        self.client: Any = client  # its answers are typed as awaitable or not
        self.prefix = prefix
        self.pause_seconds = pause_seconds
        self._lock = threading.Lock()
        self._paused_until = 0.0
        self._away = ""

    def key(self, *parts: object) -> str:
        """`demijohn:shop.example:throttle:…`."""
        return ":".join(("demijohn", self.prefix, *map(str, parts)))

    def ask(self, question: Callable[[Any], T]) -> T:
        """What the question gets from the client.

        Raises:
            RedisAway: no answer, a refusal, or an answer that failed so lately that nobody asks again yet.
        """
        from redis.exceptions import ConnectionError as NoConnection
        from redis.exceptions import RedisError
        from redis.exceptions import TimeoutError as NoAnswer

        self._refuse_while_paused()
        try:
            answer = question(self.client)
        except RedisError as error:
            reason = type(error).__name__
            self._note_away(reason, pause=isinstance(error, (NoConnection, NoAnswer)))
            raise RedisAway(reason) from None  # its text may hold the address
        self._note_back()
        return answer

    def script(self, text: str) -> "Callable[..., Any]":
        """A Lua script as a function of `keys` and `args`; it runs whole, with nothing in between."""
        script = self.client.register_script(text)

        def run(*args: Any, keys: tuple[str, ...]) -> Any:
            return self.ask(lambda client: script(keys=keys, args=args, client=client))

        return run

    def ping(self) -> str | None:
        """None if the server answers, else why not."""
        try:
            self.ask(lambda client: client.ping())
        except RedisAway as away:
            return f"Redis does not answer ({away.reason})"
        return None

    def _refuse_while_paused(self) -> None:
        if not self._away:
            return
        with self._lock:
            now = time.monotonic()
            if now < self._paused_until:
                raise RedisAway(self._away)
            self._paused_until = now + self.pause_seconds  # this one asks

    def _note_away(self, reason: str, *, pause: bool) -> None:
        with self._lock:
            is_news = not self._away
            if pause:
                self._away = reason
                self._paused_until = time.monotonic() + self.pause_seconds
        if is_news:
            log.warning("Redis does not answer (%s).", reason)

    def _note_back(self) -> None:
        if not self._away:
            return
        with self._lock:
            self._away, self._paused_until = "", 0.0
        log.warning("Redis answers again.")


def redis_of(app: Flask) -> RedisServer:
    """The application's server; made when first asked for, connected at the first command.

    Raises:
        SetupError: no REDIS_URL, or redis-py is not installed.
    """
    found: RedisServer | None = app.extensions.get(KEY)
    if found is None:
        section: RedisSettings = state_of(app).settings.redis
        found = app.extensions[KEY] = RedisServer(connect(section), section.prefix or default_prefix(app))
    return found


def has_redis(app: Flask) -> bool:
    """Whether a server is named in the settings."""
    return state_of(app).settings.redis.url is not None


def default_prefix(app: Flask) -> str:
    """Host and path of the public address, which staging and production do not share; else the application's name."""
    parts = urlsplit(state_of(app).public_url or "")
    return f"{parts.netloc}{parts.path}" or app.name


def connect(section: RedisSettings) -> "Redis":
    """A client that never asks twice: whoever asks decides what a failure means.

    Raises:
        SetupError: no REDIS_URL, or redis-py is not installed.
    """
    if section.url is None:
        raise SetupError(
            "a Redis server is asked for, but none is named.", fix="set REDIS_URL=redis://127.0.0.1:6379/0"
        )
    try:
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ImportError:
        raise SetupError(
            "REDIS_URL is set, but redis-py is not installed.", fix='pip install "demijohn[redis]"'
        ) from None
    return redis.Redis.from_url(
        section.url.get_secret_value(),
        decode_responses=True,
        socket_timeout=section.timeout_seconds,
        socket_connect_timeout=section.timeout_seconds,
        retry=Retry(NoBackoff(), 0),
    )
