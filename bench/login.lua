-- wrk's clients, one a thread, who log in again and again, each to an account of its own and each time as a fresh
-- browser: the page for its token and cookie, then the form. Any other answer than 200 and 302 or 303 is « strange ».
-- Arguments: the name of the token's field, that of the identifier's, the identifiers' pattern, the password.
local ffi = require("ffi")
ffi.cdef("typedef struct { long seconds, nanoseconds; } moment; int clock_gettime(int, moment *);")
local moment = ffi.new("moment")
local threads = {}

local function now()
  ffi.C.clock_gettime(1, moment)
  return tonumber(moment.seconds) + tonumber(moment.nanoseconds) / 1e9
end

function setup(thread)
  table.insert(threads, thread)
  thread:set("number", #threads)
end

function init(arguments)
  token_field = arguments[1]
  answers = "&" .. arguments[2] .. "=" .. arguments[3]:format(number) .. "&password=" .. arguments[4]
  logins, strange, ended, begun = 0, "", 0, now()
  asked = wrk.format("GET")
end

function request()
  return asked
end

function response(status, headers, body)
  local token = status == 200 and body:match('"' .. token_field .. '" value="([^"]+)"')
  if token then
    local sent = { ["Content-Type"] = "application/x-www-form-urlencoded" }
    for name, value in pairs(headers) do
      if name:lower() == "set-cookie" then sent["Cookie"] = value:match("[^;%s]+") end
    end
    asked = wrk.format("POST", nil, sent, token_field .. "=" .. token .. answers)
    return
  end
  if status == 302 or status == 303 then
    logins, ended = logins + 1, now()
  else
    strange = strange .. " " .. status
  end
  asked = wrk.format("GET")
end

-- A client's rate is that of its whole logins: the last of a slice would be cut anywhere.
function done()
  local rate, other = 0, ""
  for _, thread in ipairs(threads) do
    local took = thread:get("ended") - thread:get("begun")
    if took > 0 then rate = rate + thread:get("logins") / took end
    other = other .. thread:get("strange")
  end
  io.write(("Logins/sec: %.2f\nStrange:%s\n"):format(rate, other))
end
