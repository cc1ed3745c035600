--[[ The part of Quarto's Markdown that the templates use, for pandoc alone: cross-references to figures, tables
and sections, callouts, conditional content, and authors in Quarto's normalised form. What is beyond it is refused by
name, so that nothing is dropped in silence. ]]

local KINDS = {
  fig = { name = "Figure", kind = "quarto-float-fig" },
  tbl = { name = "Table", kind = "quarto-float-tbl" },
}
local REFUSED_PREFIXES = { eq = true, lst = true, thm = true, lem = true, cor = true, prp = true, def = true, tip = true,
  nte = true, wrn = true, imp = true, cau = true, exm = true, exr = true }
local CALLOUTS = { note = "Note", tip = "Tip", warning = "Warning", important = "Important", caution = "Caution" }
local NBSP = "\u{a0}"

local is_typst = FORMAT:match("typst") ~= nil
local is_docx = FORMAT:match("docx") ~= nil
local is_latex = FORMAT:match("latex") ~= nil
local is_jats = FORMAT:match("jats") ~= nil
-- What conditional content may call each kind of output, as in Quarto.
local NAMES = {
  html = { html = true, ["html:js"] = true },
  typst = { typst = true, pdf = true },
  docx = { docx = true },
  latex = { latex = true, pdf = true },
  jats = { jats = true },
}
local names = NAMES[is_typst and "typst" or is_docx and "docx" or is_latex and "latex" or is_jats and "jats" or "html"]
local numbers, labels, counters = {}, {}, { fig = 0, tbl = 0 }

local function refuse(what, mend)
  io.stderr:write("UNSUPPORTED\t" .. what .. "\t" .. mend .. "\n")
  os.exit(83)
end

-- Text within the quotes of an attribute of HTML, which pandoc's own escaping of text does not make safe.
local ATTRIBUTE = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }
local function in_attribute(value)
  local text = pandoc.utils.stringify(value)
  return pandoc.Inlines({ pandoc.RawInline("html", (text:gsub('[&<>"]', ATTRIBUTE))) })
end

local function prefix_of(id)
  return id:match("^(%a+)%-")
end

local function number(id, kind)
  if numbers[id] then
    refuse("the label " .. id .. " twice", "give each figure and table its own label")
  end
  counters[kind] = counters[kind] + 1
  numbers[id] = counters[kind]
  labels[id] = KINDS[kind].name .. NBSP .. counters[kind]
end

-- LaTeX numbers its floats itself, in the same order; the label stands in the caption, where the number is.
local function latex_float(id, content, caption, kind)
  local legend = pandoc.Inlines(caption)
  legend:insert(pandoc.RawInline("latex", "\\label{" .. id .. "}"))
  local tables = 0
  content = content:walk({
    Table = function(table)
      tables = tables + 1
      if tables == 1 then table.caption = { long = { pandoc.Plain(legend) } } end
      return table
    end,
  })
  if tables > 0 and kind == "fig" then
    refuse("a table labelled as the figure " .. id .. " in LaTeX", "give it a label that begins with tbl-")
  end
  -- A table of pandoc's is a float of its own kind, which goes on over the pages.
  if tables > 0 then return content end
  local name = kind == "fig" and "figure" or "table"
  local blocks = pandoc.Blocks({ pandoc.RawBlock("latex", "\\begin{" .. name .. "}[htbp]\n\\centering") })
  local head = pandoc.Plain({ pandoc.RawInline("latex", "\\caption{") })
  head.content:extend(legend)
  head.content:insert(pandoc.RawInline("latex", "}"))
  if kind == "tbl" then blocks:insert(head) end
  blocks:extend(content)
  if kind == "fig" then blocks:insert(head) end
  blocks:insert(pandoc.RawBlock("latex", "\\end{" .. name .. "}"))
  return blocks
end

local function docx_float(id, content, caption, above)
  local text = pandoc.Inlines({ pandoc.Strong({ pandoc.Str(labels[id] .. ":") }), pandoc.Space() })
  text:extend(caption)
  local style = above and "Table Caption" or "Image Caption"
  local legend = pandoc.Div({ pandoc.Para(text) }, pandoc.Attr(id, {}, { { "custom-style", style } }))
  if above then
    local blocks = pandoc.Blocks({ legend })
    blocks:extend(content)
    return blocks
  end
  return pandoc.Blocks({ pandoc.Div(content, pandoc.Attr("", {}, { { "custom-style", "Captioned Figure" } })), legend })
end

-- JATS has an element for the number, which pandoc does not write: it stands between these signs, to be put there.
local LABEL = "\u{e000}"

local function jats_float(id, content, caption)
  local text = pandoc.Inlines({ pandoc.Str(LABEL .. labels[id] .. LABEL) })
  text:extend(caption)
  local tables, picture = 0, nil
  content = content:walk({
    Table = function(table)
      tables = tables + 1
      if tables == 1 then
        table.caption = { long = { pandoc.Plain(text) } }
        table.identifier = id
      end
      return table
    end,
    Image = function(image) picture = picture or image end,
  })
  if tables > 0 then return content end
  if picture then return pandoc.Figure({ pandoc.Plain({ picture }) }, { long = { pandoc.Plain(text) } }, pandoc.Attr(id)) end
  return pandoc.Figure(content, { long = { pandoc.Plain(text) } }, pandoc.Attr(id))
end

local function float(id, content, caption, above)
  local kind = prefix_of(id)
  local spec = KINDS[kind]
  if is_latex then return latex_float(id, content, caption, kind) end
  if is_docx then return docx_float(id, content, caption, above) end
  if is_jats then return jats_float(id, content, caption) end
  if is_typst then
    local blocks = pandoc.Blocks({ pandoc.RawBlock("typst", "#figure([") })
    blocks:extend(content:walk({
      Table = function(table)
        -- The float is the figure; pandoc would make another of the table in it.
        table.classes:insert("typst:no-figure")
        return table
      end,
    }))
    blocks:insert(pandoc.RawBlock("typst", "], caption: figure.caption(position: " .. (above and "top" or "bottom") .. ", ["))
    blocks:insert(pandoc.Plain(caption))
    blocks:insert(pandoc.RawBlock("typst", "]), kind: \"" .. spec.kind .. "\", supplement: \"" .. spec.name .. "\", numbering: \"1\") <" .. id .. ">"))
    return blocks
  end
  local text = pandoc.Inlines({ pandoc.Str(labels[id] .. ":"), pandoc.Space() })
  text:extend(caption)
  local place = above and "top" or "bottom"
  local legend = { pandoc.RawBlock("html", '<figcaption class="quarto-float-caption quarto-float-caption-' .. place ..
    " quarto-float-" .. kind .. '">'), pandoc.Plain(text), pandoc.RawBlock("html", "</figcaption>") }
  local body = pandoc.Blocks({ pandoc.RawBlock("html", '<figure class="quarto-float quarto-float-' .. kind .. ' figure">') })
  if above then body:extend(legend) end
  -- A wide table or figure scrolls in its frame, which the keyboard must reach.
  -- Attributes in a list keep their order from one run to the next.
  local attributes = { { "tabindex", "0" }, { "role", "region" }, { "aria-label", labels[id] } }
  body:insert(pandoc.Div(content, pandoc.Attr("", { "float-body" }, attributes)))
  if not above then body:extend(legend) end
  body:insert(pandoc.RawBlock("html", "</figure>"))
  return pandoc.Div(body, { id = id, class = "quarto-float" })
end

local function callout(div, kind)
  local title = div.attributes.title
  local content = div.content
  local heading
  if title then
    heading = pandoc.Inlines(title)
  elseif content[1] and content[1].t == "Header" then
    heading = content[1].content
    content:remove(1)
  else
    heading = pandoc.Inlines(CALLOUTS[kind])
  end
  if is_typst then
    local blocks = pandoc.Blocks({ pandoc.RawBlock("typst", "#callout(title: ["), pandoc.Plain(heading), pandoc.RawBlock("typst", "], body: [") })
    blocks:extend(content)
    blocks:insert(pandoc.RawBlock("typst", "])"))
    return blocks
  end
  if is_latex then
    local first = pandoc.Plain({ pandoc.RawInline("latex", "\\begin{callout}{") })
    first.content:extend(heading)
    first.content:insert(pandoc.RawInline("latex", "}"))
    local blocks = pandoc.Blocks({ first })
    blocks:extend(content)
    blocks:insert(pandoc.RawBlock("latex", "\\end{callout}"))
    return blocks
  end
  if is_docx then
    return {
      pandoc.Div({ pandoc.Para(heading) }, pandoc.Attr("", {}, { { "custom-style", "Callout Title" } })),
      pandoc.Div(content, pandoc.Attr("", {}, { { "custom-style", "Callout" } })),
    }
  end
  return pandoc.Div({
    pandoc.Div({ pandoc.Plain(heading) }, { class = "callout-title" }),
    pandoc.Div(content, { class = "callout-body" }),
  }, { class = "callout callout-style-default callout-" .. kind, role = "note" })
end

-- A walk that asks after inlines crosses all of them, which for a short text takes longer than to read it: only those
-- handlers are called that there are elements for. As JSON, every element is named at the end of a string.
local function walked(blocks, written, handlers)
  local wanted = {}
  for kind, handler in pairs(handlers) do
    if written:find(kind .. '"', 1, true) then wanted[kind] = handler end
  end
  return next(wanted) and blocks:walk(wanted) or blocks
end

-- The labels of figures and tables in the order of the text, but for what is within another, or within any figure.
local function labels_in(content)
  local found = pandoc.List({})
  local function add(element)
    local labelled = KINDS[prefix_of(element.identifier)]
    if labelled or element.t == "Figure" then
      -- What is within stands before it.
      for _ = 1, #labels_in(element.content) do found:remove() end
    end
    if labelled then found:insert(element.identifier) end
  end
  content:walk({ Div = add, Figure = add })
  return found
end

-- Numbers every figure and table in the order of the text, before anything refers to it.
local function collect(doc)
  for _, id in ipairs(labels_in(doc)) do number(id, prefix_of(id)) end
  for _, block in ipairs(doc.blocks) do
    if block.t == "Header" and prefix_of(block.identifier) == "sec" then
      labels[block.identifier] = pandoc.utils.stringify(block.content)
    end
  end
end

local function conditional(element)
  local visible = element.classes:includes("content-visible")
  local hidden = element.classes:includes("content-hidden")
  if not visible and not hidden then return nil end
  local when, unless = element.attributes["when-format"], element.attributes["unless-format"]
  for name in pairs(element.attributes) do
    if name ~= "when-format" and name ~= "unless-format" then
      refuse("conditional content with " .. name, "use when-format or unless-format")
    end
  end
  local holds = (when == nil or names[when]) and (unless == nil or not names[unless])
  if (holds or false) == visible then return element.content end
  return {}
end

-- What JATS calls that which is referred to.
local REFERRED = { fig = "fig", tbl = "table", sec = "sec" }

local function replace_cites(cite)
  local first = cite.citations[1]
  local prefix = prefix_of(first.id)
  if REFUSED_PREFIXES[prefix] then
    refuse("a cross-reference to @" .. first.id, "refer to figures (@fig-), tables (@tbl-) and sections (@sec-) only")
  end
  if not (KINDS[prefix] or prefix == "sec") then return nil end
  local out = pandoc.Inlines({})
  for i, citation in ipairs(cite.citations) do
    if not labels[citation.id] then
      refuse("a cross-reference to @" .. citation.id .. ", which is not there", "correct the label or the reference")
    end
    if i > 1 then out:extend({ pandoc.Str(","), pandoc.Space() }) end
    if is_latex and KINDS[prefix_of(citation.id)] then
      local name = KINDS[prefix_of(citation.id)].name
      out:insert(pandoc.RawInline("latex", name .. "~\\ref{" .. citation.id .. "}"))
    else
      local attributes = { class = "quarto-xref" }
      if is_jats then attributes["ref-type"] = REFERRED[prefix_of(citation.id)] end
      out:insert(pandoc.Link(pandoc.Str(labels[citation.id]), "#" .. citation.id, "", attributes))
    end
  end
  return out
end

-- Authors, their places and who is written to, as pandoc's own template of JATS reads them.
local function jats_authors(meta, by_author)
  local places, numbered = pandoc.List({}), {}
  local function place_of(affiliation)
    local name = pandoc.utils.stringify(affiliation.name)
    if not numbered[name] then
      places:insert({ id = tostring(#places + 1), organization = affiliation.name })
      numbered[name] = tostring(#places)
    end
    return numbered[name]
  end
  local writes = pandoc.List({})
  meta.author = by_author:map(function(author)
    local corresponds = author.attributes and author.attributes.corresponding and author.email
    if corresponds then writes:insert({ id = tostring(#writes + 1), email = author.email }) end
    return { name = author.name.literal, orcid = author.orcid, email = not corresponds and author.email or nil,
      affiliation = author.affiliations:map(place_of), ["cor-id"] = corresponds and tostring(#writes) or nil }
  end)
  if #places > 0 then meta.affiliation = places end
  if #writes > 0 then meta.article["author-notes"] = { corresp = writes } end
end

local function authors(meta)
  if is_jats then
    meta.article = { type = "research-article" }
    meta.tags = meta.keywords
  end
  local listed = meta.author
  if not listed then return end
  if pandoc.utils.type(listed) ~= "List" then listed = { listed } end
  local by_author = pandoc.List({})
  for _, author in ipairs(listed) do
    if pandoc.utils.type(author) == "table" then
      local name = author.name
      if pandoc.utils.type(name) == "table" then name = name.literal or refuse("an author's name in parts", "write it as one text") end
      local affiliations = pandoc.List({})
      local given = author.affiliations or author.affiliation
      if given and pandoc.utils.type(given) ~= "List" then given = { given } end
      for _, place in ipairs(given or {}) do
        affiliations:insert({ name = pandoc.utils.type(place) == "table" and place.name or place })
      end
      by_author:insert({ name = { literal = name }, affiliations = affiliations, orcid = author.orcid, email = author.email,
        attributes = { corresponding = author.corresponding } })
    else
      by_author:insert({ name = { literal = author }, affiliations = pandoc.List({}) })
    end
  end
  meta["by-author"] = by_author
  if names.html then
    meta["author-meta"] = by_author:map(function(a) return in_attribute(a.name.literal) end)
    for _, author in ipairs(by_author) do
      author["orcid-attribute"] = author.orcid and in_attribute(author.orcid)
      author["email-attribute"] = author.email and in_attribute(author.email)
    end
  end
  if is_jats then return jats_authors(meta, by_author) end
  -- Word's title block takes names alone; the other outputs have templates that read the full form.
  meta.author = is_docx and by_author:map(function(a) return a.name.literal end) or nil
end

-- The links of the page's side, but for those to what is not made.
local function other_links(meta)
  if not names.html or not meta["other-links"] then return end
  local lacking = {}
  for _, name in ipairs(meta["links-lacking"] or {}) do lacking[pandoc.utils.stringify(name)] = true end
  local kept = pandoc.List({})
  for _, link in ipairs(meta["other-links"]) do
    if link.href and not lacking[pandoc.utils.stringify(link.href)] then kept:insert(link) end
  end
  for _, link in ipairs(kept) do link.href = in_attribute(link.href) end
  meta["other-links"] = #kept > 0 and kept or nil
end

local function keywords(meta)
  if not names.html or not meta.keywords then return end
  local listed = meta.keywords
  if pandoc.utils.type(listed) ~= "List" then listed = pandoc.List({ listed }) end
  meta["keywords-attribute"] = pandoc.List(listed):map(in_attribute)
end

-- Quarto's executable cells open with {language}, which pandoc reads as a class or as the beginning of the code.
local function refuse_cell(code)
  local language = (code.classes[1] or code.text):match("^{(%a+)[^}]*}")
  if language then
    refuse("a code cell ({" .. language .. "})", "compute outside the document, or render with the Quarto program")
  end
end

function Pandoc(doc)
  local written = WRITTEN or pandoc.write(pandoc.Pandoc(doc.blocks), "json")
  doc.blocks = walked(doc.blocks, written, { Div = conditional, Span = conditional })
  collect(doc)
  authors(doc.meta)
  keywords(doc.meta)
  other_links(doc.meta)
  local handlers = {
    Cite = replace_cites,
    Code = refuse_cell,
    CodeBlock = refuse_cell,
    Div = function(div)
      for _, class in ipairs(div.classes) do
        local kind = class:match("^callout%-(%a+)$")
        if kind and CALLOUTS[kind] then return callout(div, kind) end
        if class == "panel-tabset" or class:match("^column%-") or class == "aside" then
          refuse("the block ." .. class, "leave it out, or render with the Quarto program")
        end
      end
      if div.attributes["layout-ncol"] or div.attributes["layout"] or div.attributes["layout-nrow"] then
        refuse("a layout of figures", "place figures one by one, or render with the Quarto program")
      end
      local kind = prefix_of(div.identifier)
      if KINDS[kind] then
        local content = pandoc.Blocks(div.content)
        local last = content[#content]
        if #content < 2 or last.t ~= "Para" then
          refuse("#" .. div.identifier .. " without a caption", "end the block with a paragraph, its caption")
        end
        content:remove(#content)
        return float(div.identifier, content, last.content, kind == "tbl")
      end
    end,
    Figure = function(figure)
      local kind = prefix_of(figure.identifier)
      if not KINDS[kind] then return nil end
      local caption = pandoc.utils.blocks_to_inlines(figure.caption.long)
      local content = figure.content:walk({
        Image = function(image)
          local alt = image.attributes["fig-alt"] or pandoc.utils.stringify(caption)
          image.attributes["fig-alt"] = nil
          image.attributes.alt = alt
          image.identifier = ""
          if is_docx or is_latex or is_jats then
            image.caption = { pandoc.Str(alt) }
            if not is_jats and not image.attributes.width and not image.attributes.height then image.attributes.width = "100%" end
          end
          if is_typst then
            local width = image.attributes.width or "100%"
            local function quoted(text) return '"' .. text:gsub("\\", "\\\\"):gsub('"', '\\"') .. '"' end
            -- An address has a space as %20, and the file is named without.
            local file = image.src:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end)
            return pandoc.RawInline("typst", "#image(" .. quoted(file) .. ", width: " .. width .. ", alt: " .. quoted(alt) .. ")")
          end
          return image
        end,
      })
      return float(figure.identifier, content, caption, kind == "tbl")
    end,
  }
  doc.blocks = walked(doc.blocks, written, handlers)
  return doc
end
