-- Targets from a file, one a line: method, path, authorization, body, with tabs between them; the
-- report as JSON. Without a file it asks for the address alone, as wrk itself would.
local requests = {}
local at = 0

function init(args)
  if args[1] == nil then return end
  for line in io.lines(args[1]) do
    local method, path, authorization, body = line:match("^([^\t]*)\t([^\t]*)\t([^\t]*)\t(.*)$")
    local headers = {}
    if authorization ~= "" then headers["authorization"] = authorization end
    if body ~= "" then headers["content-type"] = "application/json" end
    requests[#requests + 1] = wrk.format(method, path, headers, body ~= "" and body or nil)
  end
  request = function()
    at = at % #requests + 1
    return requests[at]
  end
end

function done(summary, latency, all)
  io.write(string.format(
    '\nJSON {"requests":%d,"microseconds":%d,"bytes":%d,"badStatus":%d,"failed":%d,' ..
    '"p50":%d,"p99":%d}\n',
    summary.requests, summary.duration, summary.bytes, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
