--[[ The scripts of a page, put after its text where it has what they serve, for both engines and HTML only: the points of a
figure that answer to pointer, touch and keyboard, where its SVG holds them in an element of metadata; tables of areas that
can be put in order. ]]

if not FORMAT:match("^html") then return {} end

local function content_of(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local content = file:read("a")
  file:close()
  return content
end

local function decoded(address)
  return (address:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

-- Without a character that begins markup, so that no name of an area can end the element that it is put in.
local function points_of(image)
  if not image.src:match("^[^:]+%.svg$") then return nil end
  for _, folder in ipairs(PANDOC_STATE.resource_path) do
    local svg = content_of(pandoc.path.join({ folder, decoded(image.src) }))
    if svg then return svg:match('<metadata id="iapt%-points">({[^<]*})</metadata>') end
  end
end

local function script(name)
  local beside = quarto and quarto.utils.resolve_path(name)
    or pandoc.path.join({ pandoc.path.directory(PANDOC_SCRIPT_FILE), name })
  return content_of(beside) or error("a file of the documents' look is missing: " .. beside)
end

local function put_after_the_text(meta, html)
  if quarto then
    quarto.doc.include_text("after-body", html)
    return
  end
  local after = meta["include-after"]
  if not after then after = pandoc.List({}) elseif pandoc.utils.type(after) ~= "List" then after = pandoc.List({ after }) end
  after:insert(pandoc.Blocks({ pandoc.RawBlock("html", html) }))
  meta["include-after"] = after
end

-- Whether there is a table that the script of order looks for.
local function has_areas(doc)
  local found = false
  doc:walk({
    Div = function(div) found = found or div.identifier == "tbl-ds1" or div.classes:includes("iapt-areas") end,
    RawBlock = function(raw) found = found or raw.format == "html" and raw.text:match("<table[^>]*iapt%-areas") ~= nil end,
  })
  return found
end

function Pandoc(doc)
  local islands = pandoc.List({})
  doc.blocks = doc.blocks:walk({
    Image = function(image)
      local points = points_of(image)
      if not points then return nil end
      local id = "iapt-points-" .. #islands + 1
      islands:insert('<script type="application/json" id="' .. id .. '">' .. points .. "</script>\n")
      image.attributes["data-points"] = id
      return image
    end,
  })
  local sorted = has_areas(doc)
  if #islands > 0 then
    put_after_the_text(doc.meta, table.concat(islands) .. "<script>\n" .. script("points.js") .. "</script>")
  end
  if sorted then put_after_the_text(doc.meta, "<script>\n" .. script("sort.js") .. "</script>") end
  return (#islands > 0 or sorted) and doc or nil
end
