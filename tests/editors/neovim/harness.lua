-- What the scenarios share: an editor with the plugin, waiting for conditions, and an end that leaves no server behind.
local M = {}

local PATIENCE = 120000 -- milliseconds until something that doesn't happen fails the scenario

---Waits until a condition gives something true; that value. `what` says in the failure what was waited for.
function M.until_(what, condition)
  local value
  vim.wait(PATIENCE, function()
    value = condition()
    return value
  end, 10)
  if not value then
    error('waited in vain for ' .. what, 2)
  end
  return value
end

function M.equal(found, expected, what)
  if not vim.deep_equal(found, expected) then
    local shown = ('%s: expected %s, found %s'):format(what, vim.inspect(expected), vim.inspect(found))
    error(shown, 2)
  end
end

function M.contains(text, part)
  if not text:find(part, 1, true) then
    error(('%q is not in:\n%s'):format(part, text), 2)
  end
end

---Turns the plugin on as its users do: by `setup` with options, else `vim.lsp.enable` where there is one.
function M.enable(options)
  vim.opt.runtimepath:prepend(vim.env.GRAPHLIFT_PLUGIN)
  vim.cmd('filetype plugin on')
  vim.cmd.runtime({ 'plugin/graphlift.lua', bang = true })
  if vim.fn.has('nvim-0.11') == 1 and options == nil then
    vim.lsp.enable('graphlift')
  else
    require('graphlift').setup(options)
  end
end

function M.client()
  local client = vim.lsp.get_clients({ name = 'graphlift' })[1]
  return client and client.initialized and client or nil
end

---Opens a file of the project; its buffer, as soon as the server knows of it.
function M.open(name)
  vim.cmd.edit(vim.fs.joinpath(vim.env.GRAPHLIFT_PROJECT, name))
  local bufnr = vim.api.nvim_get_current_buf()
  M.until_('a client for ' .. name, function()
    local client = M.client()
    return client and client.attached_buffers[bufnr]
  end)
  return bufnr
end

function M.text(bufnr)
  return table.concat(vim.api.nvim_buf_get_lines(bufnr or 0, 0, -1, false), '\n') .. '\n'
end

function M.file(name)
  return table.concat(vim.fn.readfile(vim.fs.joinpath(vim.env.GRAPHLIFT_PROJECT, name)), '\n') .. '\n'
end

---The text that a diagnostic underlines.
function M.underlined(bufnr, diagnostic)
  local found = vim.api.nvim_buf_get_text(
    bufnr,
    diagnostic.lnum,
    diagnostic.col,
    diagnostic.end_lnum,
    diagnostic.end_col,
    {}
  )
  return table.concat(found, '\n')
end

---The diagnostics of a rule, by the text that each underlines.
function M.found(bufnr, rule)
  local found = {}
  for _, each in ipairs(vim.diagnostic.get(bufnr)) do
    if each.code == rule then
      found[M.underlined(bufnr, each)] = each
    end
  end
  return found
end

---Waits for a diagnostic on this very text.
function M.diagnosed(bufnr, rule, word)
  return M.until_(('%s on %s'):format(rule, word), function()
    return M.found(bufnr, rule)[word]
  end)
end

---Puts the cursor on the first character of the first `word`; `line` with that text narrows the search.
function M.go_to(word, line)
  for number, text in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, false)) do
    local column = text:find(word, 1, true)
    if column and (line == nil or text:find(line, 1, true)) then
      vim.api.nvim_win_set_cursor(0, { number, column - 1 })
      return
    end
  end
  error(word .. ' is nowhere in the buffer', 2)
end

---Chooses a code action at the cursor, the preferred quick fix unless told, and waits until it has changed the buffer.
function M.fix(chosen)
  local before = vim.api.nvim_buf_get_changedtick(0)
  vim.lsp.buf.code_action({
    apply = true,
    filter = chosen or function(action)
      return action.isPreferred and action.kind == 'quickfix'
    end,
  })
  M.until_('the fix', function()
    return vim.api.nvim_buf_get_changedtick(0) ~= before
  end)
end

---The text of the floating window, as soon as there is one; it is closed then.
function M.float()
  return M.until_('a floating window', function()
    for _, window in ipairs(vim.api.nvim_list_wins()) do
      if vim.api.nvim_win_get_config(window).relative ~= '' then
        local text = M.text(vim.api.nvim_win_get_buf(window))
        vim.api.nvim_win_close(window, true)
        return text
      end
    end
  end)
end

function M.stop()
  for _, client in ipairs(vim.lsp.get_clients()) do
    if vim.fn.has('nvim-0.11') == 1 then
      client:stop()
    else
      client.stop()
    end
  end
  M.until_('the end of all servers', function()
    return #vim.lsp.get_clients() == 0
  end)
end

---Runs a scenario; its failure is the process's.
function M.run(scenario)
  local ok, failure = xpcall(scenario, debug.traceback)
  if not ok then
    io.stderr:write(failure, '\n', vim.fn.execute('messages'), '\n')
  end
  local stopped, left = pcall(M.stop)
  if not stopped then
    io.stderr:write(left, '\n')
  end
  os.exit(ok and stopped and 0 or 1)
end

return M
