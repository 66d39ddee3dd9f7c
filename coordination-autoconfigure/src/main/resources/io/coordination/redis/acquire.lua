-- Asks once for the lock.
--
-- ARGV: 1 owner  2 lease, ms  3 not after, µs of server time  4 highest revision seen by the client
--       and, only if it waits:  5 time after which a waiter that does not ask again is passed over, ms
--                               6 lease of a hand-off, ms  7 channel of the client
-- Answers: {GRANTED, server time, revision}
--          {BUSY, server time, revision, remaining ms, holder or ''}
--          {LATE, server time}: the client has stopped waiting for this, so it must not happen any more
--          {FOREIGN, server time, what it is}
--
-- Sent again by the present owner it answers the same revision.

local now = serverTime()
if now > tonumber(ARGV[3]) then
	return {'LATE', now}
end
return acquire(ARGV[1], ARGV[2], tonumber(ARGV[4]), ARGV[5], ARGV[6], ARGV[7])
