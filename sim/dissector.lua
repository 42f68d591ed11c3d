
local calls = { "call", "result", "event", "failed" }
local proto = Proto("ffa", "Arm Firmware Framework for A-profile")
local interface = Field.new("frame.interface_name")

local known = {
	kind = ProtoField.uint8("ffa.kind", "Kind", base.DEC,
				{ "call", "result", "event", "failed" }),
	endpoint = ProtoField.uint16("ffa.endpoint", "Endpoint", base.HEX),
	cpu = ProtoField.uint16("ffa.cpu", "CPU"),
	actor = ProtoField.string("ffa.actor", "Actor"),
	answers = ProtoField.string("ffa.answers", "Answers"),
	fid = ProtoField.uint32("ffa.fid", "Function id", base.HEX),
	call = ProtoField.string("ffa.function", "Function"),
	error = ProtoField.string("ffa.error", "Error"),
	rule = ProtoField.string("ffa.rule", "Rule"),
}
local refused = ProtoExpert.new("ffa.refused", "The call was refused",
				expert.group.RESPONSE_CODE,
				expert.severity.WARN)
local list = {}
for _, field in pairs(known) do list[#list + 1] = field end
for i = 0, 17 do
	known["x" .. i] = ProtoField.uint64("ffa.x" .. i, "x" .. i, base.HEX)
	list[#list + 1] = known["x" .. i]
end
local function is_uuid(field) return field.kind:find("^uuid") end
local function key(field)
	return (is_uuid(field) and "ffa.uuid." or "ffa.arg.") ..
		field.name:gsub("-", "_")
end
for _, fn in pairs(functions) do
	for _, set in ipairs({ fn.args, fn.rets }) do
		for _, field in ipairs(set) do
			local k = key(field)
			if not known[k] then
				local new = is_uuid(field) and
					ProtoField.string(k, field.name) or
					ProtoField.uint64(k, field.name,
							  base.HEX)
				known[k] = new
				list[#list + 1] = new
			end
		end
	end
end
proto.fields = list
proto.experts = { refused }

-- The bytes of registers reg to reg + n - 1.
local function regs(tvb, reg, n) return tvb(16 + 8 * reg, 8 * (n or 1)) end

-- Register set holds UUID bytes in order, byte 0 lowest.
local function uuid(tvb, field)
	local hex, per = {}, field.kind == "uuidw" and 4 or 8
	for i = 0, 15 do
		local at = 8 * (field.reg + math.floor(i / per)) + i % per
		hex[#hex + 1] = string.format("%02x", tvb(16 + at, 1):uint())
	end
	return (table.concat(hex):gsub("^(" .. ("%x"):rep(8) .. ")(%x%x%x%x)" ..
		"(%x%x%x%x)(%x%x%x%x)", "%1-%2-%3-%4-"))
end

local function number(tvb, field)
	local low = regs(tvb, field.reg)
	if field.kind == "handle" then
		return UInt64(low(0, 4):le_uint(),
			      regs(tvb, field.reg + 1)(0, 4):le_uint())
	end
	local v, bits = low:le_uint64():rshift(field.lo), field.hi - field.lo + 1
	if bits >= 64 then return v end
	if bits > 32 then
		return v:band(UInt64(0xffffffff, 2 ^ (bits - 32) - 1))
	end
	return v:band(UInt64(2 ^ bits - 1, 0))
end

-- What a number stands for, or nil.
local function meaning(field, v)
	local n = v:tonumber()
	if field.kind == "err" then
		return errors[n >= 2 ^ 31 and n - 2 ^ 32 or n]
	elseif field.kind == "fid" then
		return functions[n] and functions[n].name
	elseif field.kind == "ver" then
		return string.format("%d.%d", math.floor(n / 65536), n % 65536)
	end
	return field.names and field.names[n]
end

local function add_field(tree, tvb, field)
	local span = field.kind == "uuidw" and 4 or
		(field.kind == "uuidx" or field.kind == "handle") and 2 or 1
	local range = regs(tvb, field.reg, span)
	if is_uuid(field) then
		tree:add(known[key(field)], range, uuid(tvb, field))
		return
	end
	local v = number(tvb, field)
	local item = tree:add(known[key(field)], range, v)
	local text = meaning(field, v)
	if text then item:append_text(" (" .. text .. ")") end
	if text and field.kind == "err" then
		tree:add(known.error, range, text)
		item:add_proto_expert_info(refused, text)
	end
	return text and field.name .. "=" .. text
end

function proto.dissector(tvb, pinfo, tree)
	if tvb:len() < 16 or tvb(0, 1):uint() ~= 1 then return 0 end
	local kind, count = tvb(1, 1):uint(), tvb(7, 1):uint()
	local rule, answers = tvb(6, 1):uint(), tvb(8, 4):le_uint()
	if tvb:len() < 16 + 8 * count + rule then return 0 end
	local top = tree:add(proto, tvb())
	local who = interface() and interface().value or "?"
	pinfo.cols.protocol = "FF-A"
	if kind == 1 then
		pinfo.cols.src, pinfo.cols.dst = who, "SPMC"
	else
		pinfo.cols.src, pinfo.cols.dst = "SPMC", who
	end
	top:add_le(known.kind, tvb(1, 1))
	top:add(known.actor, who):set_generated()
	top:add_le(known.endpoint, tvb(2, 2))
	top:add_le(known.cpu, tvb(4, 2))
	local called = functions[answers]
	if called then top:add(known.answers, tvb(8, 4), called.name) end
	local info = calls[kind] or "?"
	if count > 0 then
		local fid = regs(tvb, 0)(0, 4):le_uint()
		local fn, fields = functions[fid], {}
		if kind == 2 and called and called.bare then
			fields = called.rets
			info = "= " .. called.name
		elseif fn then
			top:add(known.fid, regs(tvb, 0)(0, 4), fid)
			top:add(known.call, regs(tvb, 0)(0, 4), fn.name)
			fields = fn.args
			if fn.success and called then fields = called.rets end
			info = (kind == 2 and "= " or "") .. fn.name
		else
			top:add(known.fid, regs(tvb, 0)(0, 4), fid)
			info = string.format("%sSMC(0x%x)",
					     kind == 2 and "= " or "", fid)
		end
		for _, field in ipairs(fields) do
			local text = add_field(top, tvb, field)
			if text then info = info .. " " .. text end
		end
		local raw = top:add(tvb(16, 8 * count), "Registers")
		for i = 0, count - 1 do
			raw:add_le(known["x" .. i], regs(tvb, i))
		end
	end
	if rule > 0 then
		top:add(known.rule, tvb(16 + 8 * count, rule))
		info = info .. " [" .. tvb(16 + 8 * count, rule):string() .. "]"
	end
	pinfo.cols.info = info
	return tvb:len()
end

DissectorTable.get("wtap_encap"):add(wtap.USER0, proto)
