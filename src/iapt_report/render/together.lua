--[[ Several documents in one pandoc: `pandoc lua together.lua ORDER`. ORDER is a file of JSON: `folder`, where the engine's
templates and filters stand; `documents`, each with `home`, `name` and what is `lacking` of the files its page leads to; and
its `outputs`, each with its `kind` ("html" or "pdf"), the `target` to write, the `filters` after the citations and, of a
PDF, whether headings are `raised`. Each document is read once. Pages are written once standard input has ended, which says
that their figures are there. A line on standard output tells of each file written. ]]

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("a")
  file:close()
  return text
end

local function write(path, content)
  local file = assert(io.open(path, "wb"))
  file:write(content)
  file:close()
end

local order = pandoc.json.decode(read(arg[1]), false)
local texts = {}

-- A filter's globals are its own: what it counts for one document is not carried to the next.
local function filtered(doc, format, path)
  texts[path] = texts[path] or read(path)
  local own = setmetatable({ FORMAT = format, PANDOC_SCRIPT_FILE = path }, { __index = _G })
  local given = assert(load(texts[path], "@" .. path, "t", own))()
  if given then
    assert(#given == 0, "a filter that is a list")
    return doc
  end
  if rawget(own, "Pandoc") then return own.Pandoc(doc) or doc end
  return doc:walk({ Div = rawget(own, "Div") })
end

local function template(name)
  local path = pandoc.path.join({ order.folder, name })
  return pandoc.template.compile(read(path), path)
end

local function raised(doc)
  return doc:walk({
    Header = function(header)
      header.level = header.level - 1
      return header
    end,
  })
end

local page, print
local writers = {
  html = function(doc)
    page = page or pandoc.WriterOptions({
      template = template("page.html"), table_of_contents = true, toc_depth = 3, section_divs = true,
      email_obfuscation = "none", wrap_text = "preserve",
      variables = { ["header-includes"] = order.head, ["all-reports"] = order["all-reports"] },
    })
    doc.meta.pagetitle = doc.meta.pagetitle or pandoc.utils.stringify(doc.meta.title or "")
    return pandoc.write(doc, "html5", page)
  end,
  pdf = function(doc)
    print = print or pandoc.WriterOptions({ template = template("document.typst"), wrap_text = "none" })
    -- The citations are set already.
    return pandoc.write(doc, "typst-citations", print)
  end,
}
local FORMATS = { html = "html5", pdf = "typst" }
-- As the program reads where it is called by itself.
local reading = pandoc.ReaderOptions({ columns = 72, standalone = true })

-- The bibliography is read for every document anew, and some cite nothing.
local function cited(doc)
  local cites = doc.meta.nocite ~= nil
  doc:walk({ Cite = function() cites = true end })
  return cites and pandoc.utils.citeproc(doc) or doc
end

local function finished(doc, output)
  for _, filter in ipairs(output.filters) do doc = filtered(doc, FORMATS[output.kind], filter) end
  write(output.target, writers[output.kind](doc))
  io.stdout:write(output.target, "\n")
  io.stdout:flush()
end

-- What a page's own filters read of its figures may still be in the making.
local pages = {}

for _, document in ipairs(order.documents) do
  pandoc.system.with_working_directory(document.home, function()
    local text = read(document.name)
    local whole = pandoc.read(text, "markdown", reading)
    for _, output in ipairs(document.outputs) do
      local doc, format = whole:clone(), FORMATS[output.kind]
      if output.kind == "html" then doc.meta["links-lacking"] = document.lacking end
      if output.raised then doc = raised(doc) end
      doc = filtered(doc, format, pandoc.path.join({ order.folder, "embedded.lua" }))
      doc = cited(doc)
      if output.kind == "html" then
        table.insert(pages, { home = document.home, doc = doc, output = output })
      else
        finished(doc, output)
      end
    end
  end)
end

io.stdin:read("a")
for _, page in ipairs(pages) do
  pandoc.system.with_working_directory(page.home, function() finished(page.doc, page.output) end)
end
