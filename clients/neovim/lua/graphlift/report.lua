---`:Graphlift report`: the findings of a whole project in the quickfix list. The server speaks of open
---files alone, so this runs `graphlift check` on what is saved.
local cli = require('graphlift.cli')
local clients = require('graphlift.client')
local M = {}

local TYPES = { error = 'E', warning = 'W', information = 'I', hint = 'N' }

---The byte column of a column that counts characters; both are 1-based.
---@param lines string[] of the file
---@param line integer
---@param column integer
---@return integer
local function byte_column(lines, line, column)
  local index = vim.fn.byteidxcomp(lines[line] or '', column - 1)
  return index < 0 and column or index + 1
end

---Quickfix items for the findings of `graphlift check --output-format json`.
---@param findings table[] the member `diagnostics`
---@param folder string what their paths are relative to
---@return vim.quickfix.entry[]
local function items_of(findings, folder)
  ---@type table<string, string[]>
  local texts = {}
  return vim.tbl_map(function(found)
    local path = vim.fs.normalize(vim.fs.joinpath(folder, found.path))
    texts[path] = texts[path] or (vim.fn.filereadable(path) == 1 and vim.fn.readfile(path) or {})
    return {
      filename = path,
      lnum = found.line,
      col = byte_column(texts[path], found.line, found.column),
      end_lnum = found.end_line,
      end_col = byte_column(texts[path], found.end_line, found.end_column),
      type = TYPES[found.severity],
      text = ('%s [%s]'):format(found.message, found.rule),
    }
  end, findings)
end

---@param done vim.SystemCompleted
---@param folder string
local function show(done, folder)
  if done.code > 1 then
    clients.tell(vim.trim(done.stderr or ''), vim.log.levels.ERROR)
    return
  end
  local report = vim.json.decode(done.stdout)
  local items = items_of(report.diagnostics, folder)
  for _, problem in ipairs(report.problems) do
    local path = vim.fs.joinpath(folder, problem.path)
    items[#items + 1] = { filename = path, lnum = problem.line, type = 'E', text = problem.message }
  end
  vim.fn.setqflist({}, ' ', { title = 'graphlift check', items = items })
  if #items == 0 then
    clients.tell('nothing to report')
  else
    vim.cmd('botright copen')
  end
end

---Runs the check and opens the quickfix window when it is done.
---@param paths string[] what to check; the project's folder if empty
function M.open(paths)
  local client = clients.all()[1]
  local config = client and client.config or require('graphlift.config').current()
  local arguments = { 'check', '--quiet', '--output-format', 'json' }
  vim.list_extend(arguments, cli.environment_options(vim.tbl_get(config, 'settings', 'graphlift')))
  local folder = #paths > 0 and assert(vim.uv.cwd()) or cli.root(client)
  vim.list_extend(arguments, #paths > 0 and paths or { '.' })
  local command, problem = cli.command(config.cmd, arguments)
  if command == nil then
    clients.tell(problem, vim.log.levels.ERROR)
    return
  end
  local ran, failure = pcall(vim.system, command, { cwd = folder, text = true }, function(done)
    vim.schedule(function()
      show(done, folder)
    end)
  end)
  if not ran then
    clients.tell(failure, vim.log.levels.ERROR)
  end
end

return M
