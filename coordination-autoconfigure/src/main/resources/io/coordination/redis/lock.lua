-- What all scripts on one lock begin with.
--
-- KEYS; in a cluster all of them are in one hash slot:
--   1 lock     string  who holds the lock: v=1 owner=<owner> rev=<revision> [wait=1]
--                      Its time to live is the lease. wait=1: somebody is in the queue.
--                      Without an owner nobody holds it, and nobody can take it before it expires.
--   2 queue    zset    who waits; the score is the time of joining
--   3 waiters  hash    by owner: v=1 until=<deadline, µs> grant=<lease of a hand-off, ms> channel=<where to tell>
--   4 fence    string  the last revision given
--
-- Values are read by the names of their fields, in any order; unknown fields are kept. What does not read so is
-- foreign: it is never free, and nobody's to overwrite.

local lockKey, queueKey, waitersKey, fenceKey = KEYS[1], KEYS[2], KEYS[3], KEYS[4]

-- A release looks at no more waiters than this. Those beyond come in by their own polls.
local MAX_DEAD = 64

-- Doubles count exactly up to here.
local MAX_REVISION = 9007199254740991

-- The time of the server in microseconds.
local function serverTime()
	local time = redis.call('TIME')
	return time[1] * 1000000 + time[2]
end

local function integer(number)
	return string.format('%.0f', number)
end

local function fields(text)
	local found = {}
	for field in string.gmatch(text, '%S+') do
		local name, value = string.match(field, '^(%w+)=(.*)$')
		if name then
			found[name] = value
		end
	end
	return found
end

-- The lock as its fields, or nil if it is free; then, if it is foreign, what it is.
local function read()
	local text = redis.pcall('GET', lockKey)
	if not text then
		return nil
	end
	if type(text) == 'table' then
		if string.find(text.err, 'WRONGTYPE', 1, true) then
			return nil, 'no string'
		end
		text = redis.call('GET', lockKey)
	end
	local lock = fields(text)
	if not lock.v then
		return nil, 'no lock'
	end
	if lock.v ~= '1' then
		return nil, 'of version ' .. string.sub(lock.v, 1, 16)
	end
	if not string.match(lock.rev or '', '^%d+$') or tonumber(lock.rev) > MAX_REVISION then
		return nil, 'without a revision'
	end
	lock.revision = tonumber(lock.rev)
	lock.marked = lock.wait == '1'
	lock.text = text
	return lock
end

-- Larger than every revision before, also if the fence was lost, the clock went back or the client knows better.
local function nextRevision(seen)
	local last = redis.call('GET', fenceKey)
	if last and not string.match(last, '^%d+$') then
		error("key '" .. fenceKey .. "' is no fence: remove it, or use another 'coordination.namespace'")
	end
	local revision = math.max(tonumber(last or 0) + 1, serverTime(), seen + 1)
	if revision > MAX_REVISION then
		error("no revision is left below 2^53 after key '" .. fenceKey .. "': use another 'coordination.namespace'")
	end
	return revision
end

-- Makes the owner hold the lock. Taking it is the last write: what fails before has changed nothing that counts.
local function hold(owner, lease, seen)
	local revision = nextRevision(seen)
	local text = 'v=1 owner=' .. owner .. ' rev=' .. integer(revision)
	if redis.call('ZCARD', queueKey) > 0 then
		redis.call('ZREM', queueKey, owner)
		redis.call('HDEL', waitersKey, owner)
		if redis.call('ZCARD', queueKey) > 0 then
			text = text .. ' wait=1'
		end
	end
	redis.call('SET', fenceKey, integer(revision))
	redis.call('SET', lockKey, text, 'PX', lease)
	return revision
end

-- A time to live only ever grows: somebody may count on the present one.
local function lengthen(key, milliseconds)
	if redis.call('PTTL', key) < tonumber(milliseconds) then
		redis.call('PEXPIRE', key, milliseconds)
	end
end

-- Joins the queue, or keeps the place in it, until the deadline; and sees to it that the holder will look.
local function join(lock, owner, window, grant, channel)
	local now = serverTime()
	redis.call('HSET', waitersKey, owner,
			'v=1 until=' .. integer(now + window * 1000) .. ' grant=' .. grant .. ' channel=' .. channel)
	lengthen(waitersKey, window)
	redis.call('ZADD', queueKey, 'NX', now, owner)
	lengthen(queueKey, window)
	if not lock.marked then
		redis.call('SET', lockKey, lock.text .. ' wait=1', 'KEEPTTL')
	end
end

-- How to tell on a channel: one with a hash tag is in the slot of the lock, and heard by nobody who has to do with others.
local function publishing(channel)
	return string.find(channel, '{', 1, true) and 'SPUBLISH' or 'PUBLISH'
end

-- Gives the lock to the first in the queue that still asks for it, and tells its client. Answers whether there was one.
local function handOff(seen)
	local now = serverTime()
	for _ = 1, MAX_DEAD do
		local owner = redis.call('ZPOPMIN', queueKey)[1]
		if not owner then
			return false
		end
		local waiter = fields(redis.call('HGET', waitersKey, owner) or '')
		redis.call('HDEL', waitersKey, owner)
		if waiter.v == '1' and tonumber(waiter['until']) > now then
			local revision = hold(owner, waiter.grant, seen)
			-- Only news: whoever does not hear it finds out by polling. So it may fail, for want of permission.
			redis.pcall(publishing(waiter.channel), waiter.channel, 'v=1 key=' .. lockKey .. ' owner=' .. owner .. ' rev='
					.. integer(revision) .. ' lease=' .. waiter.grant)
			return true
		end
	end
	return false
end

-- Ends the lock that was read, to the good of the next waiter.
local function free(lock, seen)
	if not (lock.marked and handOff(math.max(seen, lock.revision))) then
		redis.call('DEL', lockKey)
	end
end

-- Takes the lock if it is free. If not, and a window is given, joins the queue.
local function acquire(owner, lease, seen, window, grant, channel)
	local now = serverTime()
	local lock, foreign = read()
	if foreign then
		return {'FOREIGN', now, foreign}
	end
	if not lock then
		return {'GRANTED', now, hold(owner, lease, seen)}
	end
	if lock.owner == owner then
		lengthen(lockKey, lease)
		return {'GRANTED', now, lock.revision}
	end
	local remaining = redis.call('PTTL', lockKey)
	if remaining < 0 then
		return {'FOREIGN', now, 'without an expiry'}
	end
	if window then
		join(lock, owner, window, grant, channel)
	end
	return {'BUSY', now, lock.revision, remaining, lock.owner or ''}
end
