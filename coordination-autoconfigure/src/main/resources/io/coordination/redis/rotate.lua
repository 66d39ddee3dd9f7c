-- Gives the lock up and joins the queue with another owner, behind everyone who waits there already.
--
-- ARGV: 1 to 7 as for acquire, of the next owner  8 the owner that gives up
-- Answers as acquire does, with 1 or 0 before it: whether the lock was still that of the owner that gives up

local now = serverTime()
if now > tonumber(ARGV[3]) then
	return {0, 'LATE', now}
end
local seen = tonumber(ARGV[4])
local lock = read()
local released = 0
if lock and lock.owner == ARGV[8] then
	released = 1
	free(lock, seen)
end
local answer = acquire(ARGV[1], ARGV[2], seen, ARGV[5], ARGV[6], ARGV[7])
table.insert(answer, 1, released)
return answer
