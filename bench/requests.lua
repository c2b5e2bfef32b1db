-- For wrk: sends the requests of a file one after the other, none of them twice, and says what became of them.
-- The file has each request after a line with its size in bytes.
local requests, position = {}, 0
local sender -- wrk's one thread; it has globals of its own, which the main program reads at the end
began, exhausted = 0, false

function setup(thread)
   sender = thread
end

function init(args)
   local file = assert(io.open(args[1], "rb"))
   for size in function() return file:read("*l") end do
      requests[#requests + 1] = file:read(tonumber(size))
   end
   file:close()
end

function request()
   position = position + 1
   -- wrk asks for the first one beforehand, to look at it; it is never sent.
   if position == 2 then began = os.clock() end
   if position > #requests then
      exhausted = true
      wrk.thread:stop()
      return ""
   end
   return requests[position]
end

function done(summary)
   local errors, seconds = summary.errors, summary.duration / 1e6
   local refused = errors.connect + errors.read + errors.write + errors.status + errors.timeout
   io.write(string.format(
      'outcome {"answered":%d,"refused":%d,"seconds":%.6f,"cpu":%.6f,"exhausted":%s}\n',
      summary.requests - errors.status, refused, seconds, (os.clock() - sender:get("began")) / seconds,
      tostring(sender:get("exhausted"))))
end
