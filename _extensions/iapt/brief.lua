--[[ What the brief has beyond a paper, for both engines: a headline (.iapt-headline), and figures in large type, side by
side where there is room (.iapt-figures, a block for each: first the figure, then what it is). Pages have a style for
these classes; PDF, Word and LaTeX are told here. ]]

local is_typst = FORMAT:match("typst") ~= nil
local is_docx = FORMAT:match("docx") ~= nil
local is_latex = FORMAT:match("latex") ~= nil

if not (is_typst or is_docx or is_latex) then return {} end

local function styled(style, content)
  return pandoc.Div(content, pandoc.Attr("", {}, { { "custom-style", style } }))
end

local function raw(text)
  return pandoc.RawBlock(is_typst and "typst" or "latex", text)
end

local function between(before, content, after)
  local blocks = pandoc.Blocks({ raw(before) })
  blocks:extend(content)
  blocks:insert(raw(after))
  return blocks
end

local function headline(div)
  if is_docx then return styled("Headline", div.content) end
  if is_typst then
    -- A brief is short: its letters can be larger than a paper's, and no table of it need break.
    local page = "#set text(size: 10.2pt)\n#show figure.where(kind: \"quarto-float-tbl\"): set block(breakable: false)\n"
    return between(page .. "#block(above: 4pt, below: 12pt)[#set text(size: 15pt, weight: \"bold\", hyphenate: false)\n#set par(justify: false, leading: 0.5em)", div.content, "]")
  end
  return between("{\\large\\bfseries", div.content, "\\par}")
end

-- The figure is the first paragraph of its block, what it is the rest.
local function figure(div)
  local rest = pandoc.Blocks(div.content)
  local first = pandoc.Blocks({ rest:remove(1) })
  if is_docx then
    local blocks = pandoc.Blocks({ styled("Key Figure", first) })
    blocks:insert(styled("Key Figure Text", rest))
    return blocks
  end
  if is_typst then
    local blocks = between("[#block(below: 5pt)[#set text(size: 25pt, weight: \"bold\", fill: accent)", first, "]")
    blocks:extend(between("#set text(size: 9.5pt)\n#set par(justify: false, leading: 0.5em)", rest, "],"))
    return blocks
  end
  local blocks = between("{\\Huge\\bfseries", first, "\\par}")
  blocks:extend(rest)
  return blocks
end

-- In Word the figures stand side by side in the cells of a table without a head.
local function in_cells(div)
  local cells = pandoc.List({})
  for _, block in ipairs(div.content) do
    if block.t == "Div" and #block.content > 0 then cells:insert(figure(block)) end
  end
  local n = #cells
  if n == 0 then return div.content end
  local aligns, widths = pandoc.List({}), pandoc.List({})
  for i = 1, n do
    aligns[i], widths[i] = pandoc.AlignLeft, 1 / n
  end
  return pandoc.Blocks({ pandoc.utils.from_simple_table(pandoc.SimpleTable({}, aligns, widths, {}, { cells })) })
end

local function figures(div)
  if is_docx then return in_cells(div) end
  local blocks = pandoc.Blocks({})
  local n = 0
  for _, block in ipairs(div.content) do
    if block.t == "Div" and #block.content > 0 then
      n = n + 1
      blocks:extend(figure(block))
    else
      blocks:insert(block)
    end
  end
  if not is_typst then return blocks end
  return between("#block(width: 100%, stroke: (top: 0.9pt, bottom: 0.9pt), inset: (y: 9pt), grid(columns: (1fr,) * " .. n .. ", column-gutter: 14pt,", blocks, "))")
end

function Div(div)
  if div.classes:includes("iapt-headline") then return headline(div) end
  if div.classes:includes("iapt-figures") then return figures(div) end
end
