---Running clients, and what differs in them between Neovim 0.10 and later ones.
local M = {}

local METHODS = vim.fn.has('nvim-0.11') == 1
---@diagnostic disable: param-type-mismatch

---The clients of this server.
---@return vim.lsp.Client[]
function M.all()
  return vim.lsp.get_clients({ name = 'graphlift' })
end

---The client of the current buffer, else any; nil (and the user is told) when none runs.
---@return vim.lsp.Client?
function M.one()
  local client = vim.lsp.get_clients({ name = 'graphlift', bufnr = 0 })[1] or M.all()[1]
  if client == nil then
    M.tell('the language server does not run', vim.log.levels.WARN)
  end
  return client
end

---Lets the server run one of its commands.
---@param client vim.lsp.Client
---@param command string
---@param arguments any[]?
---@param done fun(result: any) called with the answer; the user is told of an error
function M.execute(client, command, arguments, done)
  local params = { command = command, arguments = arguments }
  local function answered(err, result)
    if err then
      M.tell(err.message, vim.log.levels.ERROR)
    else
      done(result)
    end
  end
  if METHODS then
    client:request('workspace/executeCommand', params, answered)
  else
    client.request('workspace/executeCommand', params, answered)
  end
end

---@param client vim.lsp.Client
---@param force boolean whether to kill the server rather than ask it to end
function M.stop(client, force)
  if METHODS then
    client:stop(force)
  else
    client.stop(force)
  end
end

---Shows the user a sentence.
---@param message string
---@param level? integer one of `vim.log.levels`
function M.tell(message, level)
  message = message:gsub('^Graphlift: ', '')
  vim.notify('Graphlift: ' .. message, level or vim.log.levels.INFO)
end

return M
