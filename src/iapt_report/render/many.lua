--[[ Many documents in one pandoc: `pandoc lua many.lua FOLDER NAME…`. For each line `stem` of the file NAME in FOLDER, reads
stem.qmd and writes it in each of the formats that the file's first line lists, with the filters and templates of the
embedded engine, which stand in FOLDER too; then prints the stem. Every document has its filters anew, as if alone. ]]

local folder, name = arg[1], arg[2]
pandoc.system.make_directory(folder, true)

local function read(path)
  local file = assert(io.open(pandoc.path.join({ folder, path }), "rb"))
  local text = file:read("a")
  file:close()
  return text
end

local function write(path, content)
  local file = assert(io.open(pandoc.path.join({ folder, path }), "wb"))
  file:write(content)
  file:close()
end

local function refuse(what, mend)
  io.stderr:write("UNSUPPORTED\t" .. what .. "\t" .. mend .. "\n")
  os.exit(83)
end

local filters = {}
for _, filter in ipairs({ "embedded.lua", "print.lua" }) do
  filters[filter] = assert(load("local _ENV = ...; " .. read(filter), "@" .. filter, "t"))
end

-- A filter's globals are its own: what it counts for one document is not carried to the next.
local function filtered(doc, written, format, filter)
  local own = setmetatable({ FORMAT = format, WRITTEN = written }, { __index = _G })
  filters[filter](own)
  return rawget(own, "Pandoc") and own.Pandoc(doc) or doc
end

-- Templates and the reference document are found by what pandoc takes for an address, in which %20 is a space.
local function address(path)
  return (pandoc.path.join({ folder, path }):gsub("%%", "%%25"))
end

local function template(path)
  return pandoc.template.compile(read(path), address(path))
end

local function without_level_one(doc)
  local first = 9
  local raised = doc.blocks:walk({
    Header = function(header)
      first = math.min(first, header.level)
      header.level = math.max(header.level - 1, 1)
      return header
    end,
  })
  if first > 1 then doc.blocks = raised end
  return doc
end

local writers = {
  html = function(doc, written, options)
    doc = filtered(doc, written, "html5", "embedded.lua")
    doc.meta.pagetitle = pandoc.utils.stringify(doc.meta.title or "")
    return ".html", pandoc.write(doc, "html5", options.html)
  end,
  pdf = function(doc, written, options)
    doc = without_level_one(filtered(doc, written, "typst", "embedded.lua"))
    return ".typ", pandoc.write(doc, "typst", options.pdf)
  end,
  docx = function(doc, written, options)
    doc = filtered(filtered(doc, written, "docx", "embedded.lua"), written, "docx", "print.lua")
    return ".docx", pandoc.write(doc, "docx", options.docx)
  end,
}

local lines = {}
for line in read(name):gmatch("[^\n]+") do table.insert(lines, line) end
local formats = {}
for format in table.remove(lines, 1):gmatch("%a+") do table.insert(formats, format) end

local options, all_reports = {}, read("all-reports")
for _, format in ipairs(formats) do
  if format == "html" then
    options.html = pandoc.WriterOptions({
      template = template("page.html"), section_divs = true, email_obfuscation = "none", wrap_text = "preserve",
      variables = { ["header-includes"] = read("style.html"), ["all-reports"] = all_reports ~= "" and all_reports or nil },
    })
  elseif format == "pdf" then
    options.pdf = pandoc.WriterOptions({ template = template("document.typst"), wrap_text = "none" })
  else
    options.docx = pandoc.WriterOptions({ reference_doc = address("reference.docx") })
  end
end

local function refuse_citations(doc)
  doc:walk({
    Cite = function(cite)
      local kind = cite.citations[1].id:match("^(%a+)%-")
      if kind ~= "fig" and kind ~= "tbl" and kind ~= "sec" then
        refuse("a citation, @" .. cite.citations[1].id .. ", where many documents are made at once", "write the reference out")
      end
    end,
  })
end

-- Narrow enough that every table's columns are as wide as its line of hyphens says.
local reading = pandoc.ReaderOptions({ columns = 1 })

pandoc.system.with_working_directory(folder, function()
  for _, stem in ipairs(lines) do
    local text = read(stem .. ".qmd")
    if text:gsub("\\{", ""):find("{{<", 1, true) then
      refuse("a shortcode ({{< … >}})", "write its result")
    end
    local read_once = pandoc.read(text, "markdown", reading)
    local written = pandoc.write(read_once, "json")
    if written:find('Cite"', 1, true) then refuse_citations(read_once) end
    for at, format in ipairs(formats) do
      -- A writer's filters change the document that they are given.
      local doc = at < #formats and read_once:walk({}) or read_once
      local suffix, content = writers[format](doc, written, options)
      write(stem .. suffix, content)
    end
    io.stdout:write(stem, "\n")
    io.stdout:flush()
  end
end)
