-- One visit of one process to the limits that it shares with others. Redis runs all of it or nothing.
--
-- KEYS: the project's clock, the gate, and each limit that its requests draw on.  ARGV[1]: what the process says, as JSON.
-- The answer is JSON, too. Every time in either is in seconds from now, so that no two clocks need agree.
--
-- Each limit is a timeline on which costs are laid one after another: `free` is where it ends, and a cost may be
-- spent once the place where it ends is less than `capacity / rate` ahead. What delays everybody moves the whole timeline:
-- places are stored without `shift`; add it to get the real time. A process holds places in two ways:
--   r@process  reserved: its turn comes at `due`; it asks again then, and hears of what happened meanwhile
--   c@process  confirmed: it is spending them
--
-- Others may be able to write to these keys. A value that this script cannot have written is not believed: what it
-- belongs to (the clock, the gate, a limit, a place) counts as lost, as after FLUSHALL. So no value stops calls for
-- longer than the longest pause.

local said = cjson.decode(ARGV[1])
local rules = said.rules
local me = said.me

-- Redis before version 7 does not say which command a user has no right to run.
local function run(command, ...)
  local answer = redis.pcall(command, ...)
  if type(answer) == 'table' and answer.err then error(command .. ': ' .. answer.err, 0) end
  return answer
end

local function read(key)
  local found, flat = {}, run('HGETALL', key)
  for n = 1, #flat, 2 do found[flat[n]] = flat[n + 1] end
  return found
end

-- A number of at most this size still has microseconds in a double.
local MOST = 2 ^ 33

local function number(text, default, most)
  local value, most = tonumber(text), most or MOST
  if value and value >= -most and value <= most then return value end -- which NaN is not
  return default
end

local function between(value, lowest, highest) return math.min(math.max(value, lowest), highest) end
local function text(value) return string.format('%.6f', value) end

-- The clock is that of Redis, but it neither goes back nor leaps: a process that was here lately says how much time has
-- passed since.
local function tell_time()
  local time = run('TIME')
  local raw = tonumber(time[1]) + tonumber(time[2]) / 1000000
  local clock = read(KEYS[1])
  local seen = number(clock.seen, 0)
  local now = math.max(raw - number(clock.skew, 0), seen)
  if now > raw + rules.keep then now, seen = raw, 0 end -- by then, all that was kept has expired
  if said.last then
    local expected = said.last + said.elapsed
    now = between(now, expected - rules.leap, math.max(seen, expected + rules.leap))
  end
  run('HSET', KEYS[1], 'seen', text(now), 'skew', text(raw - now))
  run('EXPIRE', KEYS[1], rules.keep)
  return now
end

local now = tell_time()

-- Does all of it work again? This runs each command once, on each key where that changes nothing.
if said.probe then
  for n = 2, #KEYS do read(KEYS[n]) end
  run('HDEL', KEYS[1], 'probe')
  return cjson.encode({now = text(now)})
end

local function new_id() return text(now) .. me end
local function is_id(id) return type(id) == 'string' and #id > 0 and #id < 1000 end

-- What is there

-- The longest pause that `reject` makes: an hour, or as long as one permit takes at the slowest; with jitter.
local longest_pause = rules.pause
for _, terms in ipairs(said.limits) do
  longest_pause = math.max(longest_pause, 1.1 / (terms.rate * rules.floor))
end

local gate = read(KEYS[2])
if not is_id(gate.id) or number(gate.paused_at, MOST) > now or number(gate.paused_until, MOST) > now + longest_pause then
  gate = {}
end
local gate_id = gate.id or new_id()
local paused_at, paused_until = number(gate.paused_at, 0), number(gate.paused_until, 0)
local rejections = math.floor(between(number(gate.rejections, 0), 0, 1000))
local proven = gate.proven == '1'
local scout, scout_until = gate.scout or '', number(gate.scout_until, 0)
if scout_until > now + rules.scout then scout = '' end
if gate_id ~= said.gate or said.back then paused_until = math.max(paused_until, now + said.paused) end

-- A place as it is stored; nil if this script cannot have stored it.
local function place(record, terms)
  local start, stop, due, largest, alive, units = record:match('^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+)$')
  local held = {
    start = number(start), stop = number(stop), due = number(due), largest = number(largest),
    alive = number(alive), units = number(units),
  }
  for _, name in ipairs({'start', 'stop', 'due', 'largest', 'alive', 'units'}) do
    if not held[name] then return nil end
  end
  local longest = terms.longest + 1
  if held.stop < held.start or held.stop - held.start > longest then return nil end
  if held.due > held.stop or held.start - held.due > longest or held.due - held.start > longest then return nil end
  if held.largest < 0 or held.units < 0 or held.units > terms.rate * longest then return nil end
  return held
end

-- The places on a limit, how much of it is reserved, and whether all of it can be what this script stored.
local function places_on(limit, kept)
  local sound = true
  for field, record in pairs(kept) do
    local kind = field:sub(1, 2)
    if kind == 'r@' or kind == 'c@' then
      local held = place(record, limit.terms)
      if not held or held.stop > limit.free + 1 then
        sound = false
      elseif held.alive < now then
        run('HDEL', limit.key, field)
      else
        limit.places[field] = held
        -- Its turn is long after it could go here: another of its limits holds it up. Nobody waits behind it; it is laid
        -- anew when its turn comes.
        held.is_elsewhere = held.alive - rules.term > held.due + limit.shift + limit.terms.longest
        if kind == 'r@' and not held.is_elsewhere then
          limit.unspent = limit.unspent + held.stop - held.start
          limit.over = math.max(limit.over, held.due - held.start) -- a cost above the capacity waits for more than that
        end
      end
    end
  end
  local ahead = limit.free + limit.shift - now
  return sound and ahead <= longest_pause + limit.unspent + 2 * limit.terms.longest
end

local function forget_places(limit, kept)
  for field in pairs(kept) do
    if field:sub(2, 2) == '@' then run('HDEL', limit.key, field) end
  end
  limit.places, limit.unspent, limit.over = {}, 0, 0
end

-- A limit that is new holds one request's cost. A process that knew it before it was lost, or that was cut off for a
-- while, brings what it knows.
local function limit_at(n)
  local terms, kept = said.limits[n], read(KEYS[n + 2])
  local limit = {key = KEYS[n + 2], terms = terms, unspent = 0, over = 0, places = {}}
  limit.id, limit.free, limit.shift = kept.id, number(kept.free), number(kept.shift)
  local known = is_id(kept.id) and limit.free and limit.shift and places_on(limit, kept)
  if not known then
    forget_places(limit, kept)
    limit.id, limit.free, limit.shift = new_id(), now + (terms.capacity - terms.one) / terms.rate, 0
    kept.factor = 1
  end
  limit.spent = math.max(number(kept.spent, 0, 2 ^ 53), 0)
  local recovered = rules.recovery * math.max(now - number(kept.cut_at, now), 0)
  local factor = number(kept.factor, 0)
  if factor < rules.floor or factor > 1 then factor = terms.factor end
  limit.factor = math.min(factor + recovered, 1)
  if (terms.id and terms.id ~= limit.id) or said.back then
    -- The first to find it lost cannot know what the others spent since: it takes everything that came back to be
    -- spent. Those who come later need not count that again.
    local owed = known and terms.owed or terms.owed_then
    limit.free = math.max(limit.free, now + math.min(owed, terms.longest) - limit.shift)
    limit.factor = math.min(limit.factor, terms.factor)
  end
  return limit
end

local limits = {}
for n = 1, #KEYS - 2 do limits[n] = limit_at(n) end

-- What moves the timeline

-- Move the timeline so that, with all that is reserved spent, the limit is full again at `time` at the earliest.
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
  paused_until = math.max(paused_until, now + math.min(seconds * told.stretch, longest_pause))
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

-- The first answer, or the first after a pause: the limits count from this instant.
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
  run('HDEL', limit.key, field)
end

local function keep(limit, field, held)
  limit.places[field] = held
  run('HSET', limit.key, field, table.concat({
    text(held.start), text(held.stop), text(held.due), text(held.largest), text(held.alive), held.units,
  }, ' '))
end

-- Only the end of the timeline can be taken off. Behind any other place lie those of processes that know their time.
local function give_back_reserved(limit)
  local held = limit.places[reserved]
  if not held then return end
  if text(held.stop) == text(limit.free) then limit.free = held.start end
  if not held.is_elsewhere then limit.unspent = limit.unspent - (held.stop - held.start) end
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

-- Move what another limit held up to the end of the timeline: others went past it.
local function lay_anew()
  for _, limit in ipairs(limits) do
    local held = limit.places[reserved]
    if held.is_elsewhere then
      local later = limit.free - held.start
      held.start, held.stop, held.due = held.start + later, held.stop + later, held.due + later
      held.is_elsewhere = false
      limit.free = held.stop
      limit.unspent = limit.unspent + held.stop - held.start
    end
  end
end

-- Confirm what is reserved if its turn has come; else say when to ask again.
local function take_turn()
  if due() <= now + rules.lead then lay_anew() end
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
    if not held.is_elsewhere then quantum = math.max(quantum, math.min(held.largest, limit.terms.longest)) end
    local process = field:match('@([^/]*)')
    if not counted[process] then counted[process], crowd = true, crowd + 1 end
  end
  run('HSET', limit.key, 'id', limit.id, 'free', text(limit.free), 'shift', text(limit.shift),
    'factor', text(limit.factor), 'cut_at', text(now), 'spent', text(limit.spent), 'shown', limit.terms.shown,
    'rate', text(limit.terms.rate), 'capacity', text(limit.terms.capacity))
  run('EXPIRE', limit.key, rules.keep + math.ceil(math.max(limit.free + limit.shift - now, 0)))
  local free = limit.free + limit.shift - now
  answer.limits[n] = {id = limit.id, free = free, owed = free - limit.unspent, factor = limit.factor}
end
answer.quantum, answer.crowd = quantum, crowd

run('HSET', KEYS[2], 'id', gate_id, 'paused_at', text(paused_at), 'paused_until', text(paused_until),
  'rejections', rejections, 'proven', proven and '1' or '0', 'scout', scout, 'scout_until', text(scout_until),
  'project', said.project)
run('EXPIRE', KEYS[2], rules.keep + math.ceil(math.max(paused_until - now, 0)))
return cjson.encode(answer)
