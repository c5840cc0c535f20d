---The `graphlift` command line: the same program as the server, run for what the protocol has no request for.
local M = {}

---The command line that belongs to a server command: `graphlift server` is run as `graphlift ARGUMENTS`.
---@param cmd any what the client is started with
---@param arguments string[]
---@return string[]? command, string? problem
function M.command(cmd, arguments)
  if type(cmd) ~= 'table' then
    return nil, 'the configured `cmd` is a function, so the command line it belongs to is not known'
  end
  for index = #cmd, 2, -1 do
    if cmd[index] == 'server' then
      return vim.list_extend(vim.list_slice(cmd, 1, index - 1), arguments)
    end
  end
  return nil, ('`%s` has no argument `server` to replace'):format(table.concat(cmd, ' '))
end

local OPTIONS = { interpreter = '--python', tensorflow = '--tensorflow', keras = '--keras' }

---The options for what a client's settings say of the environment.
---@param settings graphlift.Settings?
---@return string[]
function M.environment_options(settings)
  local options = {}
  for key, option in pairs(OPTIONS) do
    local value = settings and settings[key]
    if value ~= nil then
      vim.list_extend(options, { option, tostring(value) })
    end
  end
  return options
end

---Where the project is: the root folder of a running client, else the current folder.
---@param client vim.lsp.Client?
---@return string
function M.root(client)
  return client and client.config.root_dir or assert(vim.uv.cwd())
end

return M
