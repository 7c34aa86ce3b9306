-- correlate.* fields from the comments of merged.pcapng, so that they can be filtered, sorted and shown as columns.
-- In: packet comments "correlate packet=18 hop=client>fw-int fate=lost ...". Out: one field per word.
-- Works in Wireshark and tshark (-X lua_script:correlate.lua). Reads comments only; nothing is loaded or run.

-- Loaded twice (installed, and named with -X) the second time would be an error: the first one serves.
local is_first, correlate = pcall(Proto, "correlate", "Correlate")
if not is_first then return end

local numbers = { "packet", "count", "copy", "owd_ns", "owd_lo_ns", "owd_hi_ns" }
local texts = { "packets", "hop", "direction", "fate", "grade", "reason", "fields", "finding", "code" }
local titles = {
  packet = "Packet", count = "Packets in this frame", copy = "Copy made by the capture", packets = "First to last packet in this frame",
  hop = "Hop", direction = "Direction", fate = "Fate", grade = "Grade", reason = "Rule that decided", fields = "Fields changed",
  finding = "Evidence of finding", code = "Code of finding", owd_ns = "One-way delay, ns",
  owd_lo_ns = "One-way delay at least, ns", owd_hi_ns = "One-way delay at most, ns",
}

local fields = {}
for _, name in ipairs(numbers) do
  fields[name] = ProtoField.int64("correlate." .. name, titles[name])
end
for _, name in ipairs(texts) do
  fields[name] = ProtoField.string("correlate." .. name, titles[name])
end
local listed = {}
for _, name in ipairs(numbers) do listed[#listed + 1] = fields[name] end
for _, name in ipairs(texts) do listed[#listed + 1] = fields[name] end
correlate.fields = listed

local is_number = {}
for _, name in ipairs(numbers) do is_number[name] = true end

local comment_of = Field.new("frame.comment")

function correlate.dissector(_, _, tree)
  local branch = nil
  for _, info in ipairs({ comment_of() }) do
    local text = tostring(info.value)
    if text:sub(1, 10) == "correlate " then
      branch = branch or tree:add(correlate)
      for name, value in text:gmatch("([%w_]+)=(%S+)") do
        local field = fields[name]
        if field and is_number[name] then
          local number = tonumber(value)
          if number then branch:add(field, Int64.new(number)) end
        elseif field then
          branch:add(field, value)
        end
      end
    end
  end
end

register_postdissector(correlate)
