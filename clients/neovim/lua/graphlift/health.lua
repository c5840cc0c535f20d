---`:checkhealth graphlift`.
local cli = require('graphlift.cli')
local clients = require('graphlift.client')
local M = {}

local PATIENCE = 60000 -- milliseconds for one run of the program, on a machine that does something else too

---What a command prints; nil and its complaint when it fails.
---@param command string[]
---@param folder string
---@return string? output, string? problem
local function output_of(command, folder)
  local ran, done = pcall(function()
    return vim.system(command, { cwd = folder, text = true }):wait(PATIENCE)
  end)
  if not ran then
    return nil, done --[[@as string]]
  elseif done.code ~= 0 then
    return nil, vim.trim(done.stderr ~= '' and done.stderr or done.stdout)
  end
  return done.stdout
end

local function check_neovim()
  vim.health.start('Neovim')
  local version = tostring(vim.version())
  if vim.fn.has('nvim-0.10') == 1 then
    vim.health.ok('Neovim ' .. version)
  else
    vim.health.error(('Neovim %s is too old: 0.10 is the first that works'):format(version))
  end
end

---@param config graphlift.Config
---@param folder string
---@return boolean found whether the server can be started
local function check_server(config, folder)
  vim.health.start('Server')
  local command, problem = cli.command(config.cmd, { '--version' })
  if command == nil then
    vim.health.info(problem)
    return false
  end
  local path = vim.fn.exepath(command[1])
  if path == '' then
    vim.health.error(('`%s` is not found'):format(command[1]), {
      'Install it, for instance with `pipx install graphlift`',
      "or name it: `vim.lsp.config('graphlift', { cmd = { '/path/to/graphlift', 'server' } })`",
    })
    return false
  end
  local version, complaint = output_of(command, folder)
  if version == nil then
    vim.health.error(('`%s` fails: %s'):format(table.concat(command, ' '), complaint))
    return false
  end
  vim.health.ok(('%s: %s'):format(vim.trim(version), path))
  return true
end

---Which Python and TensorFlow verdicts hold for.
---@param config graphlift.Config
---@param folder string
local function check_environment(config, folder)
  vim.health.start('Environment of ' .. folder)
  -- With every file left out, this says what the environment is and analyses nothing.
  local arguments = { 'check', '--quiet', '--output-format', 'json', '--exclude', '*' }
  vim.list_extend(arguments, cli.environment_options(vim.tbl_get(config, 'settings', 'graphlift')))
  local command = assert(cli.command(config.cmd, vim.list_extend(arguments, { '.' })))
  local text, problem = output_of(command, folder)
  if text == nil then
    vim.health.error(problem)
    return
  end
  local environment = vim.json.decode(text, { luanil = { object = true } }).environment
  vim.health.ok(('Python %s, found through %s'):format(environment.python, environment.source))
  if environment.tensorflow then
    vim.health.ok(('TensorFlow %s'):format(environment.tensorflow))
  else
    vim.health.warn('no TensorFlow is found', {
      'Start Neovim with the environment of the project activated,',
      'or say which Python or TensorFlow is meant: see |graphlift-settings|',
    })
  end
end

local function check_clients()
  vim.health.start('Clients')
  local running = clients.all()
  if #running == 0 then
    vim.health.info('none runs: see |graphlift-setup|, and open a Python file')
  end
  for _, client in ipairs(running) do
    local count = vim.tbl_count(client.attached_buffers)
    local root = client.config.root_dir or 'no project folder'
    vim.health.ok(('client %d: %s, %s, buffers: %d'):format(client.id, root, client.offset_encoding, count))
  end
end

function M.check()
  local client = clients.all()[1]
  local config = client and client.config or require('graphlift.config').current()
  local folder = cli.root(client)
  check_neovim()
  if check_server(config, folder) then
    check_environment(config, folder)
  end
  check_clients()
end

return M
