--[[ What Word, LaTeX and JATS need beyond pandoc, for both engines: figures in a format that they take where one is at hand,
sections of the first level, and the notice and the keywords, in Word the summary too, as paragraphs under the title.
Other outputs are left alone. ]]

local is_docx = FORMAT:match("docx") ~= nil
local WANTED = { docx = "png", latex = "pdf", jats = "png" }
local wanted = WANTED[FORMAT:match("^%a+")]

if not wanted then return {} end

local function is_there(name)
  for _, folder in ipairs(PANDOC_STATE.resource_path) do
    local file = io.open(pandoc.path.join({ folder, name }), "rb")
    if file then
      file:close()
      return true
    end
  end
  return false
end

local function decoded(address)
  return (address:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

local function picture(image)
  local stem = image.src:match("^([^:]+)%.svg$")
  if stem and is_there(decoded(stem) .. "." .. wanted) then
    image.src = stem .. "." .. wanted
    return image
  end
end

local function styled(style, content)
  return pandoc.Div(content, pandoc.Attr("", {}, { { "custom-style", style } }))
end

local function blocks_of(value)
  if pandoc.utils.type(value) == "Blocks" then return value end
  return pandoc.Blocks({ pandoc.Para(pandoc.utils.type(value) == "Inlines" and value or pandoc.Inlines(value)) })
end

-- A table of a few rows stays on one page: each row with the next.
local FEW = 25

local function kept(element)
  local head, bodies = element.head, element.bodies
  local left = #head.rows
  for _, body in ipairs(bodies) do left = left + #body.body end
  if left > FEW then return nil end
  -- What is taken out of an element is a copy, and is put back.
  local function keep(rows)
    for i, row in ipairs(rows) do
      left = left - 1
      local cells = row.cells
      for j, cell in ipairs(cells) do
        if left > 0 and #cell.contents > 0 then
          -- Plain text has a style of pandoc's own.
          local blocks = cell.contents:walk({ Plain = function(plain) return pandoc.Para(plain.content) end })
          cell.contents = pandoc.Blocks({ styled("Kept Cell", blocks) })
          cells[j] = cell
        end
      end
      row.cells = cells
      rows[i] = row
    end
    return rows
  end
  head.rows = keep(head.rows)
  element.head = head
  for i, body in ipairs(bodies) do
    body.body = keep(body.body)
    bodies[i] = body
  end
  element.bodies = bodies
  return element
end

local function places(meta)
  local names, seen = pandoc.List({}), {}
  for _, author in ipairs(meta["by-author"] or {}) do
    for _, place in ipairs(author.affiliations or {}) do
      local name = place.name and pandoc.utils.stringify(place.name) or ""
      if name ~= "" and not seen[name] then
        seen[name] = true
        names:insert(name)
      end
    end
  end
  return names
end

local function correspondence(meta)
  for _, author in ipairs(meta["by-author"] or {}) do
    if author.attributes and author.attributes.corresponding then
      local name = author.name and author.name.literal and pandoc.utils.stringify(author.name.literal) or ""
      local email = author.email and pandoc.utils.stringify(author.email) or ""
      return "Corresponding author: " .. name .. (email ~= "" and ", " .. email or "")
    end
  end
end

local function keywords(meta)
  local listed = meta.keywords
  if not listed or #listed == 0 then return nil end
  local words = pandoc.Inlines({ pandoc.Strong({ pandoc.Str("Keywords:") }), pandoc.Space() })
  for i, keyword in ipairs(listed) do
    if i > 1 then words:extend({ pandoc.Str(","), pandoc.Space() }) end
    words:extend(pandoc.Inlines(keyword))
  end
  return pandoc.Para(words)
end

local function word_opening(meta)
  local blocks = pandoc.Blocks({})
  local listed = places(meta)
  if #listed > 0 then blocks:insert(styled("Affiliation", { pandoc.Para({ pandoc.Str(table.concat(listed, "; ")) }) })) end
  local writes = correspondence(meta)
  if writes then blocks:insert(styled("Affiliation", { pandoc.Para({ pandoc.Str(writes) }) })) end
  if meta.notice then blocks:insert(styled("Notice", blocks_of(meta.notice))) end
  if meta.abstract then
    blocks:insert(styled("Abstract Title", blocks_of(meta["abstract-title"] or pandoc.Inlines("Summary"))))
    blocks:insert(styled("Abstract", blocks_of(meta.abstract)))
    meta.abstract = nil
  end
  local words = keywords(meta)
  if words then blocks:insert(styled("Keywords", { words })) end
  return blocks
end

local function latex_opening(meta)
  local blocks = pandoc.Blocks({})
  if meta.notice then
    blocks:insert(pandoc.RawBlock("latex", "\\begin{center}\n\\fbox{\\begin{minipage}{0.9\\linewidth}\\centering\\bfseries"))
    blocks:extend(blocks_of(meta.notice))
    blocks:insert(pandoc.RawBlock("latex", "\\end{minipage}}\n\\end{center}"))
  end
  local words = keywords(meta)
  if words then
    words.content:insert(1, pandoc.RawInline("latex", "\\noindent "))
    blocks:insert(words)
  end
  return blocks
end

-- Where the title is the only heading of the first level, sections move up to it.
local function raised(blocks)
  local first = 9
  blocks:walk({ Header = function(header) first = math.min(first, header.level) end })
  if first ~= 2 then return blocks end
  return blocks:walk({
    Header = function(header)
      header.level = header.level - 1
      return header
    end,
  })
end

local function jats_opening(meta)
  if not meta.notice then return pandoc.Blocks({}) end
  return pandoc.Blocks({ pandoc.Para({ pandoc.Strong(pandoc.utils.blocks_to_inlines(blocks_of(meta.notice))) }) })
end

local opening = is_docx and word_opening or FORMAT:match("jats") and jats_opening or latex_opening

function Pandoc(doc)
  doc.blocks = raised(doc.blocks:walk({ Image = picture, Table = is_docx and kept or nil }))
  local blocks = opening(doc.meta)
  blocks:extend(doc.blocks)
  doc.blocks = blocks
  return doc
end
