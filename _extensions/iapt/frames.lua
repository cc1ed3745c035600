--[[ In HTML of Quarto a table or figure wider than the window is moved under its frame; here the keyboard gets to the
frame, which has the label of what is in it. After the floats are set, so `at: post-render`. ]]

if not FORMAT:match("^html") then return {} end

local NBSP = "\u{a0}"

-- "Table 1", as the caption begins.
local function label_of(float)
  local label
  float:walk({
    Plain = function(caption)
      label = label or pandoc.utils.stringify(caption):match("^(%a+" .. NBSP .. "%d+):")
    end,
  })
  return label
end

return {
  {
    Div = function(float)
      if not float.identifier:match("^fig%-") and not float.identifier:match("^tbl%-") then return nil end
      local label, caption = label_of(float), float.identifier .. "-caption-"
      if not label then return nil end
      return float:walk({
        Div = function(frame)
          local described = frame.attributes["aria-describedby"]
          if not described or described:sub(1, #caption) ~= caption then return nil end
          frame.classes:insert("float-body")
          frame.attributes.tabindex = "0"
          frame.attributes.role = "region"
          frame.attributes["aria-label"] = label
          return frame
        end,
      })
    end,
  },
}
