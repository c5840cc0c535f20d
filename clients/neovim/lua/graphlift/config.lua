local M = {}

---The names of the server's analysis settings (docs/configuration.md), for completion in Lua. Those of
---`graphlift.toml` and `pyproject.toml` are the same; what is set here wins.
---@class graphlift.Settings
---@field codeLens? 'actionable'|'all'|'off' which code lenses the server offers
---@field diagnosticMode? 'workspace'|'open-files' of which files the diagnostics are shown
---@field inlayHints? { tensors?: boolean, parameters?: boolean, returns?: boolean } which shapes it shows
---@field interpreter? string the Python whose installed packages the code uses
---@field tensorflow? string the TensorFlow release to assume, such as "2.15"
---@field keras? 2|3 the major version of Keras to assume
---@field exclude? string[] gitignore patterns of what is left out
---@field respectGitignore? boolean whether `.gitignore` files leave files out too
---@field select? string[] the only rules whose findings are shown
---@field ignore? string[] rules whose findings are not shown
---@field rules? table<string, 'off'|'hint'|'information'|'warning'|'error'> severities of rules
---@field perPath? table<string, table> `select`, `ignore` and `rules` for some files
---@field maxFiles? integer how many files are analysed at most
---@field verify? graphlift.Verify what `:Graphlift verify` runs

---@class graphlift.Verify
---@field run? string the script to run; the function's own file unless set
---@field module? string the module to run instead
---@field args? string[] its arguments
---@field inputs? string[] files and directories to copy into the empty directory that it runs in
---@field seconds? integer processor time that one run may take
---@field memory? integer mebibytes that one run may take besides TensorFlow's own

---What `setup` and `vim.lsp.config('graphlift', …)` take: what every client can be given, and these.
---@class graphlift.Config: vim.lsp.ClientConfig
---@field cmd? string[]|fun(dispatchers: vim.lsp.rpc.Dispatchers): vim.lsp.rpc.PublicClient
---@field filetypes? string[] the buffers that the server is told of
---@field root_markers? string[] files of a project's folder; the first one that is found upwards counts
---@field settings? { graphlift: graphlift.Settings }

---@type graphlift.Config
M.defaults = {
  name = 'graphlift',
  cmd = { 'graphlift', 'server' },
  filetypes = { 'python' },
  root_markers = {
    'graphlift.toml',
    'pyproject.toml',
    'setup.cfg',
    'setup.py',
    'requirements.txt',
    '.git',
  },
  commands = {
    ['graphlift.explain'] = function(command, context)
      require('graphlift.commands').show(command, context)
    end,
    ['graphlift.verify'] = function(command, context)
      require('graphlift.commands').show(command, context)
    end,
  },
  handlers = {
    ['window/logMessage'] = function(...)
      return require('graphlift.log').handle(...)
    end,
  },
}

---The configuration that clients are started with: the defaults with the user's over them.
---@return graphlift.Config
function M.current()
  if vim.fn.has('nvim-0.11') == 1 then
    return vim.lsp.config.graphlift
  end
  return require('graphlift').configured
end

return M
