---Starts the Graphlift language server. Neovim 0.11 and later can do without this module:
---`vim.lsp.enable('graphlift')` is enough there.
local M = {}

---The configuration on Neovim 0.10, which has no `vim.lsp.config` to keep it.
---@type graphlift.Config
M.configured = require('graphlift.config').defaults

---The folder of the project that a buffer belongs to. Earlier markers win over nearer ones, as
---`root_markers` do in Neovim 0.11.
---@param bufnr integer
---@param markers string[]
---@return string?
local function root_of(bufnr, markers)
  for _, marker in ipairs(markers) do
    local root = vim.fs.root(bufnr, marker)
    if root then
      return root
    end
  end
end

---Starts or reuses a client for a buffer, on Neovim 0.10.
---@param bufnr integer
local function start(bufnr)
  local config = M.configured
  if vim.bo[bufnr].buftype ~= '' or not vim.list_contains(config.filetypes, vim.bo[bufnr].filetype) then
    return
  end
  local root = config.root_dir or root_of(bufnr, config.root_markers)
  vim.lsp.start(vim.tbl_extend('force', config, { root_dir = root }), { bufnr = bufnr })
end

---Lets the server look at all buffers that are open, where none does.
function M.start()
  if vim.fn.has('nvim-0.11') == 1 then
    vim.lsp.enable('graphlift')
    return
  end
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(bufnr) then
      start(bufnr)
    end
  end
end

---Configures and enables Graphlift, on every Neovim from 0.10 on.
---@param options? graphlift.Config what differs from the defaults
function M.setup(options)
  options = options or {}
  if vim.fn.has('nvim-0.11') == 1 then
    vim.lsp.config('graphlift', options)
  else
    M.configured = vim.tbl_deep_extend('force', require('graphlift.config').defaults, options)
    vim.api.nvim_create_autocmd('FileType', {
      group = vim.api.nvim_create_augroup('graphlift', {}),
      callback = function(event)
        start(event.buf)
      end,
      desc = 'Graphlift: start the language server',
    })
  end
  M.start()
end

return M
