-- Arms leases anew, of any locks whose keys are in one slot. Only the keys of the locks are touched.
-- A lease is an owner and a revision: an owner that lost the lock and got it again does not keep the first lease.
--
-- KEYS: the locks
-- ARGV: 1 duration, ms; 0 only asks  2 and on: the owners, in the order of the locks, then the revisions
-- Answers for each lock 1: kept, 0: lost, a text: foreign, what it is

local duration = ARGV[1]
local answers = {}
for i = 1, #KEYS do
	lockKey = KEYS[i]
	local lock, foreign = read()
	if foreign then
		answers[i] = foreign
	elseif not lock or lock.owner ~= ARGV[i + 1] then
		answers[i] = 0
	elseif lock.rev ~= ARGV[#KEYS + i + 1] then
		answers[i] = 0
	else
		if duration ~= '0' then
			lengthen(lockKey, duration)
		end
		answers[i] = 1
	end
end
return answers
