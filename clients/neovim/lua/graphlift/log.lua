---The server's log (`window/logMessage`). Neovim writes it to its own log file, where by default everything below a
---warning is dropped; so the last of it is kept here, for `:Graphlift logs`.
local M = {}

local KEPT = 2000
local NAME = 'graphlift://logs'
local LEVELS = { 'ERROR', 'WARN', 'INFO', 'LOG', 'DEBUG' }

---@type string[]
local lines = {}

---@return integer? bufnr of the log, if it is shown
local function buffer()
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_get_name(bufnr) == NAME then
      return bufnr
    end
  end
end

---@param bufnr integer
local function fill(bufnr)
  vim.bo[bufnr].modifiable = true
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, lines)
  vim.bo[bufnr].modifiable = false
end

---Keeps a message, and lets Neovim log it as it does for every server.
---@param err lsp.ResponseError?
---@param message lsp.LogMessageParams
---@param context lsp.HandlerContext
---@param config table? on Neovim 0.10
function M.handle(err, message, context, config)
  local head = ('%s [%s] '):format(os.date('%H:%M:%S'), LEVELS[message.type] or message.type)
  for index, line in ipairs(vim.split(message.message, '\n')) do
    lines[#lines + 1] = (index == 1 and head or '  ') .. line
  end
  if #lines > KEPT then
    lines = vim.list_slice(lines, #lines - KEPT + 1)
  end
  local bufnr = buffer()
  if bufnr then
    fill(bufnr)
  end
  return vim.lsp.handlers['window/logMessage'](err, message, context, config)
end

---Shows the log in a window of its own; it follows what comes in later.
function M.open()
  local bufnr = buffer()
  if bufnr == nil then
    bufnr = vim.api.nvim_create_buf(false, true)
    vim.api.nvim_buf_set_name(bufnr, NAME)
    vim.bo[bufnr].bufhidden = 'wipe'
    vim.bo[bufnr].filetype = 'log'
  end
  fill(bufnr)
  vim.cmd('botright split')
  vim.api.nvim_win_set_buf(0, bufnr)
  vim.api.nvim_win_set_cursor(0, { math.max(1, #lines), 0 })
end

return M
