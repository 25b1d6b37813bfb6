"""The Lua scripts of sessions in Redis; each runs whole, with nothing in between.

Keys, under the application's prefix: `session:<id>` is a hash of the session; `digest:<digest>` leads from an id to
`<id>` of the session, or `<id>:<moment>` once that id was replaced; `retired:<id>` are a session's replaced ids by
moment; `user:<user id>` are the sessions of a user. Moments are microseconds since 1970.

They make key names from what they read, so they need one server, not a cluster.
"""

COMMON = """
local prefix = ARGV[1]
local function session_key(id) return prefix .. 'session:' .. id end
local function digest_key(digest) return prefix .. 'digest:' .. digest end
local function retired_key(id) return prefix .. 'retired:' .. id end
local function is_of(id, digest)
  local current = redis.call('HGET', session_key(id), 'digest')
  if not current then return false end
  if current == digest then return current end
  local led = redis.call('GET', digest_key(digest))
  return led and string.match(led, '^(%d+):%d+$') == id and current
end
local function finish(id)
  local held = redis.call('HMGET', session_key(id), 'digest', 'user_id')
  if not held[1] then return 0 end
  for _, digest in ipairs(redis.call('ZRANGE', retired_key(id), 0, -1)) do redis.call('DEL', digest_key(digest)) end
  redis.call('DEL', session_key(id), digest_key(held[1]), retired_key(id))
  if held[2] ~= '' then redis.call('SREM', prefix .. 'user:' .. held[2], id) end
  return 1
end
"""

FIND = (
    COMMON
    + """
local led = redis.call('GET', digest_key(ARGV[2]))
if not led then return false end
local id, retired = string.match(led, '^(%d+):?(%d*)$')
local held = redis.call('HGETALL', session_key(id))
if #held == 0 then return false end
return {id, retired, held}
"""
)

BEGIN = (
    COMMON
    + """
local old_id, old_digest, id, digest, user = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local lives_ms, longest_ms = ARGV[7], ARGV[8]
local ended = 0
if old_id ~= '' and is_of(old_id, old_digest) then ended = finish(old_id) end
redis.call('HSET', session_key(id), unpack(ARGV, 9))
redis.call('PEXPIRE', session_key(id), lives_ms)
redis.call('SET', digest_key(digest), id, 'PX', longest_ms)
if user ~= '' then
  redis.call('SADD', prefix .. 'user:' .. user, id)
  redis.call('PEXPIRE', prefix .. 'user:' .. user, longest_ms)
end
return ended
"""
)

CHANGE = (
    COMMON
    + """
local id, digest, expected, new = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local lives_ms, longest_ms, lately = ARGV[6], ARGV[7], ARGV[8]
local current = is_of(id, digest)
if not current then return false end
local data = redis.call('HGET', session_key(id), 'data')
local same = current == digest and 1 or 0
if data ~= expected then return {0, same, data} end
redis.call('HSET', session_key(id), unpack(ARGV, 9))
redis.call('PEXPIRE', session_key(id), lives_ms)
if new ~= '' then
  for _, one in ipairs(redis.call('ZRANGEBYSCORE', retired_key(id), lately, '+inf')) do
    redis.call('DEL', digest_key(one))
    redis.call('ZREM', retired_key(id), one)
  end
  redis.call('DEL', digest_key(current))
  redis.call('HSET', session_key(id), 'digest', new)
  redis.call('SET', digest_key(new), id, 'PX', longest_ms)
end
return {1, same, ''}
"""
)

RENEW = (
    COMMON
    + """
local id, digest, now, lives_ms, longest_ms, expires = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
if redis.call('HGET', session_key(id), 'digest') ~= ARGV[8] then return 0 end
for place = 8, #ARGV do
  redis.call('SET', digest_key(ARGV[place]), id .. ':' .. now, 'PX', longest_ms)
  redis.call('ZADD', retired_key(id), now, ARGV[place])
end
redis.call('PEXPIRE', retired_key(id), longest_ms)
redis.call('HSET', session_key(id), 'digest', digest, 'renewed_at', now, 'last_seen_at', now, 'expires_at', expires)
redis.call('PEXPIRE', session_key(id), lives_ms)
redis.call('SET', digest_key(digest), id, 'PX', longest_ms)
return 1
"""
)

TOUCH = (
    COMMON
    + """
local id, digest, now, expires, lives_ms = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
if redis.call('HGET', session_key(id), 'digest') ~= digest then return 0 end
redis.call('HSET', session_key(id), 'last_seen_at', now, 'expires_at', expires)
redis.call('PEXPIRE', session_key(id), lives_ms)
return 1
"""
)

END = (
    COMMON
    + """
if not is_of(ARGV[2], ARGV[3]) then return 0 end
return finish(ARGV[2])
"""
)

END_THESE = (
    COMMON
    + """
local ended = 0
for place = 2, #ARGV do ended = ended + finish(ARGV[place]) end
return ended
"""
)

OF_USER = (
    COMMON
    + """
local found = {}
for _, id in ipairs(redis.call('SMEMBERS', prefix .. 'user:' .. ARGV[2])) do
  local held = redis.call('HGETALL', session_key(id))
  if #held == 0 then
    redis.call('SREM', prefix .. 'user:' .. ARGV[2], id)
  else
    found[#found + 1] = {id, held}
  end
end
return found
"""
)
