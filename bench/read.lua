-- wrk's readers: three pages in turn, after a pause of so many milliseconds. Arguments: that pause, a session's cookie.
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(arguments)
  pause, strange, turn, pages = tonumber(arguments[1]), 0, 0, {}
  for number, page in ipairs({ "/", "/identification", "/compte" }) do
    pages[number] = wrk.format("GET", page, page == "/compte" and { Cookie = arguments[2] } or {})
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
  if status ~= 200 then strange = strange + 1 end
end

function done(summary, latency)
  local other = 0
  for _, thread in ipairs(threads) do other = other + thread:get("strange") end
  io.write(("p99: %d\nStrange: %d\n"):format(latency:percentile(99), other))
end
