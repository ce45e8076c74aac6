-- One visit of one process to the limits that it shares with others. Redis runs it as a whole or not at all.
--
-- KEYS: the project's clock, the gate, and each limit that its requests draw on.  ARGV[1]: what the process says, as JSON.
-- The answer is JSON, too. Every time in either is in seconds from now, so that no two clocks need agree.
--
-- Each limit is a tape of time on which costs are laid one after another: `free` is where it ends, and a cost may be
-- spent once the place where it ends is less than `capacity / rate` ahead. What delays everybody moves the whole tape:
-- places are kept without `shift`, and are real with it. A process holds places in two ways:
--   r@process  reserved: its turn comes at `due`; it asks again then, and hears of what happened meanwhile
--   c@process  confirmed: it is spending them

local said = cjson.decode(ARGV[1])
local rules = said.rules
local me = said.me

local function read(key)
  local found, flat = {}, redis.call('HGETALL', key)
  for n = 1, #flat, 2 do found[flat[n]] = flat[n + 1] end
  return found
end

local function number(text, default) return tonumber(text) or default end
local function text(value) return string.format('%.6f', value) end

-- The clock: that of Redis, but it neither goes back nor leaps. Whoever was here lately knows how much time has passed.

local function tell_time()
  local time = redis.call('TIME')
  local raw = tonumber(time[1]) + tonumber(time[2]) / 1000000
  local clock = read(KEYS[1])
  local seen = number(clock.seen, 0)
  local now = math.max(raw - number(clock.skew, 0), seen)
  if said.last then now = math.min(now, math.max(seen, said.last + said.elapsed + rules.leap)) end
  redis.call('HSET', KEYS[1], 'seen', text(now), 'skew', text(raw - now))
  redis.call('EXPIRE', KEYS[1], rules.keep)
  return now
end

local now = tell_time()
if #KEYS == 1 then return cjson.encode({now = text(now)}) end

-- What is there

local gate = read(KEYS[2])
local gate_id = gate.id or (text(now) .. me)
local paused_at, paused_until = number(gate.paused_at, 0), number(gate.paused_until, 0)
local rejections = number(gate.rejections, 0)
local proven = gate.proven == '1'
local scout, scout_until = gate.scout or '', number(gate.scout_until, 0)
if gate_id ~= said.gate or said.back then paused_until = math.max(paused_until, now + said.paused) end

local function place(record)
  local start, stop, due, largest, alive, units = record:match('(%S+) (%S+) (%S+) (%S+) (%S+) (%S+)')
  return {
    start = tonumber(start), stop = tonumber(stop), due = tonumber(due), largest = tonumber(largest),
    alive = tonumber(alive), units = tonumber(units),
  }
end

-- A limit that is new holds one request's cost. Who knew it before it was lost, or comes back, brings what it knows.
local function limit_at(n)
  local terms, kept = said.limits[n], read(KEYS[n + 2])
  local limit = {key = KEYS[n + 2], terms = terms, unspent = 0, over = 0, places = {}}
  limit.id = kept.id or (text(now) .. me)
  limit.free = number(kept.free, now + (terms.capacity - terms.one) / terms.rate)
  limit.shift = number(kept.shift, 0)
  limit.spent = number(kept.spent, 0)
  limit.factor = math.min(1, number(kept.factor, 1) + rules.recovery * (now - number(kept.cut_at, now)))
  if (terms.id and terms.id ~= limit.id) or said.back then
    -- Who finds it lost cannot know what others spent since: all that came back, for it. The others need not say it again.
    local owed = kept.id and terms.owed or terms.owed_then
    limit.free = math.max(limit.free, now + math.min(owed, terms.longest) - limit.shift)
    limit.factor = math.min(limit.factor, terms.factor)
  end
  for field, record in pairs(kept) do
    local kind = field:sub(1, 2)
    if kind == 'r@' or kind == 'c@' then
      local held = place(record)
      if held.alive < now then
        redis.call('HDEL', limit.key, field)
      else
        limit.places[field] = held
        if kind == 'r@' then
          limit.unspent = limit.unspent + held.stop - held.start
          limit.over = math.max(limit.over, held.due - held.start) -- a cost above the capacity waits for more than that
        end
      end
    end
  end
  return limit
end

local limits = {}
for n = 1, #KEYS - 2 do limits[n] = limit_at(n) end

-- What moves the tape

-- Once all that is reserved will have been spent, the limit is full at `time` or later.
local function full_at(limit, time)
  local lack = time + limit.unspent - (limit.free + limit.shift)
  if lack > 0 then limit.shift = limit.shift + lack end
end

local function rate(limit) return limit.terms.rate * limit.factor end

local function reject(told)
  if now - told.ago < paused_at then return end -- it was sent before the pause that answers it
  rejections = rejections + 1
  proven, scout = false, ''
  local seconds = told.asked or math.min(told.pause * 2 ^ math.min(rejections - 1, 16), told.longest)
  paused_at = now
  paused_until = math.max(paused_until, now + seconds * told.stretch)
  for _, limit in ipairs(limits) do
    if told.slower then limit.factor = math.max(limit.factor * rules.cut, rules.floor) end
    full_at(limit, paused_until)
  end
end

-- A pause is lifted: what it holds back is full now. `seconds` is what is left of it where no gate tells.
local function resume(seconds)
  paused_until = math.max(paused_until, now + seconds)
  for _, limit in ipairs(limits) do
    local full = limit.free + limit.shift - limit.unspent
    if full > now and full <= paused_until + 1 then limit.shift = limit.shift - (full - now) end
  end
  paused_until = now
end

-- The first answer, or the first after a pause: all begins anew from this instant.
local function accept(told)
  if now - told.ago < paused_at then return end
  for n, limit in ipairs(limits) do
    local terms = limit.terms
    local left = 0
    if rejections == 0 then left = math.max(terms.one - told.costs[n], 0) end
    full_at(limit, now + (terms.capacity - left) / rate(limit) + told.spacing[n])
  end
  proven, scout, rejections = true, '', 0
end

if said.rejected then reject(said.rejected) end
if said.resumed then resume(said.resumed) end
if said.accepted and not proven then accept(said.accepted) end
if said.released and scout == me then scout = '' end
for n, limit in ipairs(limits) do
  if said.owed then full_at(limit, now + said.owed[n]) end
  full_at(limit, now - limit.terms.tolerance - limit.over)
end

-- Places: given back, confirmed, reserved

local reserved, confirmed = 'r@' .. me, 'c@' .. me

local function drop(limit, field)
  limit.places[field] = nil
  redis.call('HDEL', limit.key, field)
end

local function keep(limit, field, held)
  limit.places[field] = held
  redis.call('HSET', limit.key, field, table.concat({
    text(held.start), text(held.stop), text(held.due), text(held.largest), text(held.alive), held.units,
  }, ' '))
end

-- Only the end of the tape can be taken off: what lies further up has others behind it, who were told their time.
local function give_back_reserved(limit)
  local held = limit.places[reserved]
  if not held then return end
  if text(held.stop) == text(limit.free) then limit.free = held.start end
  limit.unspent = limit.unspent - (held.stop - held.start)
  drop(limit, reserved)
end

local function give_back_confirmed(limit, left)
  local held = limit.places[confirmed]
  if not held then return end
  if text(held.stop) == text(limit.free) then limit.free = limit.free - left.seconds end
  limit.spent = limit.spent - left.units
  drop(limit, confirmed)
end

local function due()
  local latest = paused_until
  for _, limit in ipairs(limits) do
    latest = math.max(latest, limit.places[reserved].due + limit.shift)
  end
  return latest
end

local function reserve(asked)
  local largest = 0
  for n, limit in ipairs(limits) do largest = math.max(largest, asked.first[n] / limit.terms.rate) end
  for n, limit in ipairs(limits) do
    local start = limit.free
    local stop = start + asked.units[n] / rate(limit) + asked.spacing[n]
    local first = start + (asked.first[n] - limit.terms.capacity) / rate(limit)
    limit.free = stop
    limit.unspent = limit.unspent + stop - start
    limit.places[reserved] = {
      start = start, stop = stop, due = first, largest = largest, alive = now, units = asked.units[n],
    }
  end
end

local granted, again

-- Confirm what is reserved if its turn has come; else say when to ask again.
local function take_turn()
  local turn = due()
  local waits_for_scout = not proven and scout ~= '' and scout ~= me and now < scout_until
  if waits_for_scout or turn > now + rules.lead then
    again = waits_for_scout and rules.poll or turn - now - rules.lead / 2
    for _, limit in ipairs(limits) do
      local held = limit.places[reserved]
      held.alive = math.max(turn, now) + rules.term
      keep(limit, reserved, held)
    end
    return
  end
  if not proven then scout, scout_until = me, now + rules.scout end
  granted = {}
  for n, limit in ipairs(limits) do
    local held = limit.places[reserved]
    -- The last unit may go this much after the first; all are given up `term` later.
    local span = math.max(held.stop - (held.due + limit.terms.capacity / rate(limit)), 0)
    granted[n] = {at = held.start + limit.shift - now, units = held.units, rate = rate(limit),
      lapses = math.max(turn - now, 0) + span + rules.term}
    limit.unspent = limit.unspent - (held.stop - held.start)
    limit.spent = limit.spent + held.units
    drop(limit, reserved)
    held.alive = now + granted[n].lapses
    keep(limit, confirmed, held)
  end
end

local function has_reserved()
  for _, limit in ipairs(limits) do
    if not limit.places[reserved] then return false end
  end
  return #limits > 0
end

if said.drop or said.left then
  for _, limit in ipairs(limits) do give_back_reserved(limit) end
end
if said.left then
  for n, limit in ipairs(limits) do give_back_confirmed(limit, said.left[n]) end
end
if said.go and has_reserved() then take_turn() end
if said.asks and not has_reserved() then
  reserve(said.asks)
  if granted then -- the next turn: it is only asked for, and comes later
    again = due() - now - rules.lead / 2
    for _, limit in ipairs(limits) do
      local held = limit.places[reserved]
      held.alive = math.max(due(), now) + rules.term
      keep(limit, reserved, held)
    end
  else
    take_turn()
  end
end

-- What stays, and what the process hears of it

local quantum, crowd, counted = rules.slice, 0, {}
local answer = {
  now = text(now), gate = gate_id, limits = {}, granted = granted, again = again, is_scout = scout == me,
  rejections = rejections,
}
if has_reserved() then
  answer.reserved = {}
  for n, limit in ipairs(limits) do answer.reserved[n] = limit.places[reserved].units end
end
if paused_until > now then answer.paused = {ago = now - paused_at, seconds = paused_until - now} end

for n, limit in ipairs(limits) do
  for field, held in pairs(limit.places) do
    quantum = math.max(quantum, held.largest)
    local process = field:match('@([^/]*)')
    if not counted[process] then counted[process], crowd = true, crowd + 1 end
  end
  redis.call('HSET', limit.key, 'id', limit.id, 'free', text(limit.free), 'shift', text(limit.shift),
    'factor', text(limit.factor), 'cut_at', text(now), 'spent', text(limit.spent), 'shown', limit.terms.shown,
    'rate', text(limit.terms.rate), 'capacity', text(limit.terms.capacity))
  redis.call('EXPIRE', limit.key, rules.keep + math.ceil(math.max(limit.free + limit.shift - now, 0)))
  local free = limit.free + limit.shift - now
  answer.limits[n] = {id = limit.id, free = free, owed = free - limit.unspent, factor = limit.factor}
end
answer.quantum, answer.crowd = quantum, crowd

redis.call('HSET', KEYS[2], 'id', gate_id, 'paused_at', text(paused_at), 'paused_until', text(paused_until),
  'rejections', rejections, 'proven', proven and '1' or '0', 'scout', scout, 'scout_until', text(scout_until),
  'project', said.project)
redis.call('EXPIRE', KEYS[2], rules.keep + math.ceil(math.max(paused_until - now, 0)))
return cjson.encode(answer)
