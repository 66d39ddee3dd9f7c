-- Ends whatever the owner may have: its place in the queue and, if it was granted meanwhile, the lock.
--
-- ARGV: 1 owner  2 highest revision seen by the client
-- Answers: {RELEASED, server time} or {LOST, server time}: it did not hold the lock
--          {FOREIGN, server time, what it is}

redis.call('ZREM', queueKey, ARGV[1])
redis.call('HDEL', waitersKey, ARGV[1])
local lock, foreign = read()
if foreign then
	return {'FOREIGN', serverTime(), foreign}
end
if not lock or lock.owner ~= ARGV[1] then
	return {'LOST', serverTime()}
end
free(lock, tonumber(ARGV[2]))
return {'RELEASED', serverTime()}
