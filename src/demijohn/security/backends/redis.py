"""Throttles in Redis: one key each, moved by a script that runs whole, gone by itself when it says nothing any more."""

from typing import Any

from demijohn.redis.server import RedisAway, RedisServer
from demijohn.security.backends.base import Away, Pace

TAKE = """
local now, each, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local begins = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local wait = begins + each - window - now
if wait > 0 then return wait end
local lives_ms = math.ceil((begins + each - now) / 1000)
redis.call('SET', KEYS[1], string.format('%.0f', begins + each), 'PX', lives_ms)
return 0
"""
"""The arithmetic of `Pace.wait_us`. Moments are below 2^53, so Lua's numbers hold them exactly."""

GIVE_BACK = """
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('DECRBY', KEYS[1], ARGV[1]) end
return 0
"""
"""DECRBY keeps the time to live."""


class RedisThrottles:
    """Counts for every process and machine that asks the same server under the same prefix."""

    def __init__(self, server: RedisServer) -> None:
        self._server = server
        self._take = server.script(TAKE)
        self._give_back = server.script(GIVE_BACK)

    def take(self, key: str, pace: Pace, now_us: int) -> int:
        return int(self._run(self._take, key, now_us, pace.each_us, pace.window_us))

    def busy_until(self, key: str) -> int:
        return int(self._run(self._ask, key) or 0)

    def give_back(self, key: str, pace: Pace) -> None:
        self._run(self._give_back, key, pace.each_us)

    def clear(self, key: str) -> None:
        self._run(self._forget, key)

    def _ask(self, *, keys: tuple[str, ...]) -> Any:
        return self._server.ask(lambda client: client.get(keys[0]))

    def _forget(self, *, keys: tuple[str, ...]) -> Any:
        return self._server.ask(lambda client: client.delete(keys[0]))

    def _run(self, command: Any, key: str, *args: int) -> Any:
        try:
            return command(*args, keys=(self._server.key("throttle", key),))
        except RedisAway as away:
            raise Away(f"Redis did not answer ({away.reason})") from None
