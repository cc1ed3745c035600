--[[ Letters and signs that LaTeX's own fonts lack, as the commands that print them with any LaTeX; for both engines. A long
word of code, such as a checksum, may break, which LaTeX would let run over the margin. ]]

if not FORMAT:match("latex") then return {} end

local GREEK = { "alpha", "beta", "gamma", "delta", "varepsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu",
  "xi", "", "pi", "rho", "varsigma", "sigma", "tau", "upsilon", "varphi", "chi", "psi", "omega" }
local CAPITALS = { [0x393] = "Gamma", [0x394] = "Delta", [0x398] = "Theta", [0x39b] = "Lambda", [0x39e] = "Xi", [0x3a0] = "Pi",
  [0x3a3] = "Sigma", [0x3a6] = "Phi", [0x3a8] = "Psi", [0x3a9] = "Omega" }
local SIGNS = { [0x2212] = "-", [0x2264] = "\\leq", [0x2265] = "\\geq", [0x2248] = "\\approx", [0x2260] = "\\neq",
  [0x221a] = "\\surd", [0x221e] = "\\infty", [0x2192] = "\\rightarrow", [0x2032] = "'" }
-- Spaces of numbers and units, and the hyphen that does not break.
local TEXT = { [0x202f] = "\\,", [0x2009] = "\\,", [0x2011] = "\\mbox{-}", [0x2010] = "-" }

local function command(code)
  if TEXT[code] then return TEXT[code] end
  if SIGNS[code] then return "\\ensuremath{" .. SIGNS[code] .. "}" end
  if CAPITALS[code] then return "\\ensuremath{\\" .. CAPITALS[code] .. "}" end
  local small = GREEK[code - 0x3b0]
  if small and small ~= "" then return "\\ensuremath{\\" .. small .. "}" end
end

function Str(str)
  local out, kept = pandoc.Inlines({}), {}
  local function flush()
    if #kept > 0 then out:insert(pandoc.Str(table.concat(kept))) end
    kept = {}
  end
  for _, code in utf8.codes(str.text) do
    local written = command(code)
    if written then
      flush()
      out:insert(pandoc.RawInline("latex", written))
    else
      table.insert(kept, utf8.char(code))
    end
  end
  flush()
  return out
end

-- No line is shorter than this word.
local LONG, PART = 24, ("%w"):rep(8)

function Code(code)
  if #code.text <= LONG or code.text:find("%W") then return nil end
  return pandoc.RawInline("latex", "\\texttt{" .. code.text:gsub(PART, "%0\\allowbreak{}") .. "}")
end
