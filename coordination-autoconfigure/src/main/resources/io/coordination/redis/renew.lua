-- Arms leases anew, of any locks whose keys are in one slot. Only the keys of the locks are touched.
--
-- KEYS: the locks
-- ARGV: 1 duration, ms; 0 only asks  2 and on: the owners, in the order of the locks
-- Answers for each lock 1: kept, 0: lost, -1: foreign

local duration = ARGV[1]
local answers = {}
for i = 1, #KEYS do
	lockKey = KEYS[i]
	local lock, foreign = read()
	if foreign then
		answers[i] = -1
	elseif not lock or lock.owner ~= ARGV[i + 1] then
		answers[i] = 0
	else
		if duration ~= '0' then
			lengthen(lockKey, duration)
		end
		answers[i] = 1
	end
end
return answers
