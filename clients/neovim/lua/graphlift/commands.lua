---`:Graphlift`, for what no code action can do, and the server's commands that need the editor.
local clients = require('graphlift.client')
local M = {}

local PATIENCE = 3000 -- milliseconds that a server has for its end before it is killed

---Shows what the server says of a function: its verdict, or how it behaves as a graph. Code lenses ask for it.
---@param command lsp.Command
---@param context { client_id: integer }
function M.show(command, context)
  local client = assert(vim.lsp.get_client_by_id(context.client_id))
  clients.execute(client, command.command, command.arguments, function(markdown)
    local options = { border = 'rounded', focus_id = 'graphlift.explain', wrap = true, max_width = 100 }
    vim.lsp.util.open_floating_preview(vim.split(markdown, '\n'), 'markdown', options)
  end)
end

---Runs the function under the cursor eagerly and as a graph, and shows what came out.
local function verify()
  local client = clients.one()
  if client ~= nil then
    local arguments = { vim.uri_from_bufnr(0), vim.api.nvim_win_get_cursor(0)[1] }
    local command = { title = 'Verify', command = 'graphlift.verify', arguments = arguments }
    M.show(command, { client_id = client.id })
  end
end

---@param client vim.lsp.Client
local function stop(client)
  local function gone()
    return vim.lsp.get_client_by_id(client.id) == nil
  end
  clients.stop(client, false)
  if not vim.wait(PATIENCE, gone, 20) then
    clients.stop(client, true)
    vim.wait(PATIENCE, gone, 20)
  end
end

---Starts the servers again with the buffers and the configuration they had; starts one where none runs.
local function restart()
  local running = clients.all()
  for _, client in ipairs(running) do
    local buffers = vim.tbl_keys(client.attached_buffers)
    stop(client)
    for _, bufnr in ipairs(buffers) do
      vim.lsp.start(client.config, { bufnr = bufnr })
    end
  end
  if #running == 0 then
    require('graphlift').start()
  end
end

---Converts all functions of the workspace that are worth it. The server proposes the edits and Neovim makes them, in
---buffers that stay unsaved.
---@param assumed boolean whether those count whose verdict rests on assumptions
local function convert_all(assumed)
  local client = clients.one()
  if client == nil then
    return
  end
  clients.execute(client, 'graphlift.convertAll', { { assumed = assumed } }, function(count)
    if count > 0 then
      clients.tell(('%d %s; `:wall` saves them'):format(count, count == 1 and 'conversion' or 'conversions'))
    end
  end)
end

---@type table<string, fun(args: vim.api.keyset.create_user_command.command_args)>
local subcommands = {
  restart = restart,
  verify = verify,
  logs = function()
    require('graphlift.log').open()
  end,
  report = function(args)
    require('graphlift.report').open(vim.tbl_map(vim.fn.expand, vim.list_slice(args.fargs, 2)))
  end,
  convertAll = function(args)
    convert_all(args.bang)
  end,
}

---@param args vim.api.keyset.create_user_command.command_args
function M.run(args)
  local run = subcommands[args.fargs[1]]
  if run == nil then
    clients.tell('there is no command ' .. args.fargs[1], vim.log.levels.ERROR)
  else
    run(args)
  end
end

---@param lead string the word that is being typed
---@param line string the command line up to it
---@return string[]
function M.complete(lead, line)
  if line:match('^%s*Graphlift!?%s+report%s+') then
    return vim.fn.getcompletion(lead, 'file')
  end
  local names = vim.tbl_filter(function(name)
    return vim.startswith(name, lead)
  end, vim.tbl_keys(subcommands))
  table.sort(names)
  return names
end

return M
