-- Gives the lock up.
--
-- ARGV: 1 owner  2 highest revision seen by the client  3 time for which the lock stays taken by nobody, ms
-- Answers: {RELEASED, server time} or {LOST, server time}: it was not the owner's, and is left alone
--          {FOREIGN, server time, what it is}

local lock, foreign = read()
if foreign then
	return {'FOREIGN', serverTime(), foreign}
end
if not lock or lock.owner ~= ARGV[1] then
	return {'LOST', serverTime()}
end
if tonumber(ARGV[3]) > 0 then
	local text = 'v=1 rev=' .. lock.rev
	if lock.marked then
		text = text .. ' wait=1'
	end
	redis.call('SET', lockKey, text, 'PX', ARGV[3])
else
	free(lock, tonumber(ARGV[2]))
end
return {'RELEASED', serverTime()}
