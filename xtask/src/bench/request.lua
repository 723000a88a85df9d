-- Decides what wrk sends, and what it keeps of the answers. Everything is told by the environment (see generator.rs):
--   BENCH_METHOD, BENCH_PATH, BENCH_HEADERS (a line each), BENCH_BODY: the request; `@` in them stands for a value
--   BENCH_USE: never | once | cycle | rotate: how often a value is used; BENCH_VALUES, BENCH_SKIP, BENCH_COUNT: a file with
--     one value a line, how many of them to leave out at its beginning, and how many to take then
--   BENCH_PATTERN: what every answer (the target of a redirect, else the body) must match, or empty
--   BENCH_TAKE: "" | code | access_token | refresh_token: what to keep of the answers; BENCH_TAKEN, BENCH_WANTED: into which
--     file, one a line, and how many
--   BENCH_PAUSE: how long each connection waits between an answer and its next request, in milliseconds, on average; or empty
--   BENCH_LEFT: the file that gets the values that are in the queue at the end, in its order; or empty
--   BENCH_RESULT: the file that gets the figures, as JSON
local function told(name) return os.getenv("BENCH_" .. name) or "" end

local ffi = require("ffi")
ffi.cdef("int kill(int process, int signal); int getpid(void);")

-- Ends the run: this thread at once, and wrk itself, which sleeps for the whole duration otherwise, by SIGINT.
local function finish()
  wrk.thread:stop()
  ffi.C.kill(ffi.C.getpid(), 2)
end

local use, pattern, take = told("USE"), told("PATTERN"), told("TAKE")
local wanted = tonumber(told("WANTED")) or 0

-- Read by `done` of the first state through `thread:get`.
exhausted, unexpected = 0, 0

local template = {
  head = told("METHOD") .. " " .. told("PATH") .. " HTTP/1.1\r\n",
  headers = told("HEADERS"):gsub("\n", "\r\n"),
  body = told("BODY"),
}

local function encoded(value)
  return (value:gsub("[^%w%-%._~]", function(c) return string.format("%%%02X", c:byte()) end))
end

local function decoded(value)
  return (value:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

local function split(text)
  local before, after = text:match("^(.-)@(.*)$")
  if before then return before, after end
  return text, nil
end

local header_before, header_after = split(template.headers)
local body_before, body_after = split(template.body)

-- The bytes of a request with this value; one concatenation, because the generator must not be what is measured.
local function made(value)
  local headers = header_after and header_before .. value .. header_after or header_before
  if template.body == "" then return template.head .. headers .. "\r\n\r\n" end
  local body = body_after and body_before .. encoded(value) .. body_after or body_before
  return template.head .. headers .. "\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
end

-- A ring of requests that are ready to be sent: `length` places from `first` on. Read by `done` of the first state, too.
local ring = { first = 0, length = 0, size = 0 }
queue = ring

local function put(request)
  ring[(ring.first + ring.length) % ring.size + 1] = request
  ring.length = ring.length + 1
end

local function get()
  local request = ring[ring.first + 1]
  ring.first = (ring.first + 1) % ring.size
  ring.length = ring.length - 1
  return request
end

function init()
  if use == "never" then return end
  local skip, count = tonumber(told("SKIP")) or 0, tonumber(told("COUNT")) or 0
  ring.size = count
  local number = 0
  for line in io.lines(told("VALUES")) do
    number = number + 1
    if number > skip and number <= skip + count then put(made(line)) end
  end
  ring.size = math.max(ring.length, 1)
end

local fixed = use == "never" and made("") or nil

function request()
  if fixed then return fixed end
  if ring.length == 0 then
    -- The last request is out; wrk must send something until it stops. What it sends is no work of the server's.
    exhausted = exhausted + 1
    finish()
    return "GET /livez HTTP/1.1\r\n" .. "Host: exhausted\r\n\r\n"
  end
  local next = get()
  if use == "cycle" then put(next) end
  return next
end

local file = take ~= "" and io.open(told("TAKEN"), "w") or nil
local taken = 0

local function keep(headers, body)
  local value
  if take == "code" then
    local target = headers["Location"] or headers["location"] or ""
    value = target:match("[?&]code=([^&]+)")
    if value then value = decoded(value) end
  else
    value = body:match('"' .. take .. '"%s*:%s*"([^"]+)"')
  end
  if not value then
    unexpected = unexpected + 1
  elseif taken < wanted then
    taken = taken + 1
    file:write(value, "\n")
    if taken == wanted then
      file:close()
      finish()
    end
  end
end

local function answered(status, headers, body)
  if file then keep(headers, body) end
  if use == "rotate" then
    local token = body:match('"refresh_token"%s*:%s*"([^"]+)"')
    if token then put(made(token)) else unexpected = unexpected + 1 end
  end
  if pattern ~= "" then
    local said = headers["Location"] or headers["location"] or body
    if not said:find(pattern) then unexpected = unexpected + 1 end
  end
end

-- wrk reads headers and bodies only for a script that has this function.
if file or use == "rotate" or pattern ~= "" then response = answered end

-- Pauses that know nothing of one another make requests arrive as if they came from many who do not either.
local pause = tonumber(told("PAUSE"))
if pause then
  math.randomseed(os.time())
  delay = function() return math.floor(-pause * math.log(1 - math.random()) + 0.5) end
end

local threads = {}

function setup(thread) threads[#threads + 1] = thread end

-- The value is the last of the form, and encoded.
local function leave(queue, file)
  for at = 0, queue.length - 1 do
    local request = queue[(queue.first + at) % queue.size + 1]
    file:write(decoded(request:match("=([^=]*)$")), "\n")
  end
end

function done(summary, latency, requests)
  local out, unexpected = 0, 0
  for _, thread in ipairs(threads) do
    out = out + thread:get("exhausted")
    unexpected = unexpected + thread:get("unexpected")
  end
  if told("LEFT") ~= "" then
    local left = io.open(told("LEFT"), "w")
    for _, thread in ipairs(threads) do leave(thread:get("queue"), left) end
    left:close()
  end
  local errors = summary.errors
  local result = io.open(told("RESULT"), "w")
  result:write(string.format(
    '{"requests":%d,"seconds":%.6f,"p50":%.3f,"p99":%.3f,"p999":%.3f,"max":%.3f,'
      .. '"failed":%d,"socket_errors":%d,"unexpected":%d,"exhausted":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    latency:percentile(99.9) / 1000, latency.max / 1000, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout, unexpected, out))
  result:close()
end
