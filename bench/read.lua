-- wrk's readers, who ask for pages in turn, each after a pause; the last of these pages with a session's cookie.
-- Arguments: the pause's mean in milliseconds, the cookie, the pages.
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(arguments)
  pause, pages, turn, strange = tonumber(arguments[1]), {}, 0, ""
  for number = 3, #arguments do
    local cookie = number == #arguments and { Cookie = arguments[2] } or {}
    table.insert(pages, wrk.format("GET", arguments[number], cookie))
  end
end

function delay()
  return math.random(0, 2 * pause)
end

function request()
  turn = turn % #pages + 1
  return pages[turn]
end

function response(status)
  if status ~= 200 then strange = strange .. " " .. status end
end

function done(_, latency)
  local other = ""
  for _, thread in ipairs(threads) do other = other .. thread:get("strange") end
  io.write(("p99: %d\nStrange:%s\n"):format(latency:percentile(99), other))
end
