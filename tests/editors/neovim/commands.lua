-- `:Graphlift` and the code lens: what no code action does.
local t = dofile(vim.env.GRAPHLIFT_HARNESS)

local messages = {}

---@diagnostic disable-next-line: duplicate-set-field
vim.notify = function(message)
  messages[#messages + 1] = message
end

---Waits for a message with this part.
local function told(part)
  t.until_('the message ' .. part, function()
    return table.concat(messages, '\n'):find(part, 1, true)
  end)
end

t.run(function()
  t.enable({ settings = { graphlift = { codeLens = 'all' } } })
  local buffer = t.open('train.py')
  t.diagnosed(buffer, 'convertible', 'train_step')

  t.equal(
    vim.fn.getcompletion('Graphlift ', 'cmdline'),
    { 'convertAll', 'logs', 'report', 'restart', 'verify' },
    'completion'
  )
  vim.cmd.Graphlift('nonsense')
  told('there is no command nonsense')

  -- The lens, which is there because the settings reach the server, explains in a floating window.
  if vim.lsp.codelens.enable then
    vim.lsp.codelens.enable(true, { bufnr = buffer })
  else
    vim.lsp.codelens.refresh({ bufnr = buffer })
  end
  t.until_('code lenses', function()
    return #vim.lsp.codelens.get(vim.lsp.codelens.enable and { bufnr = buffer } or buffer) > 0
  end)
  ---@diagnostic disable-next-line: duplicate-set-field
  vim.ui.select = function(lenses, options, choose)
    for _, lens in ipairs(lenses) do
      if options.format_item(lens):find('Must stay eager', 1, true) then
        return choose(lens)
      end
    end
    error('no lens explains ' .. vim.inspect(vim.tbl_map(options.format_item, lenses)))
  end
  t.go_to('noted_error', 'def ')
  vim.lsp.codelens.run()
  t.contains(t.float(), 'journal.py:11')

  -- What is not saved can't be run.
  vim.api.nvim_buf_set_lines(buffer, -1, -1, false, { '# more' })
  vim.cmd.Graphlift('verify')
  told('save train.py first')
  vim.cmd.undo()

  -- What is saved is run both ways, and what came out is shown in a floating window.
  t.go_to('predict', 'def ')
  vim.cmd.Graphlift('verify')
  t.contains(t.float(), '`predict` behaves the same as a graph')

  -- The log is what the server has said, and what it says then.
  vim.cmd.Graphlift('logs')
  local log = vim.api.nvim_get_current_buf()
  t.until_('the log', function()
    return t.text(log):find('%[INFO%] Analysed 3 files')
  end)
  vim.cmd.close()

  -- Another server, which finds the same.
  local client = t.client()
  vim.cmd.Graphlift('restart')
  t.equal(vim.lsp.get_client_by_id(client.id), nil, 'the former client')
  t.until_('another client', function()
    return t.client() and t.client().attached_buffers[buffer]
  end)
  t.diagnosed(buffer, 'convertible', 'train_step')

  -- The whole project in the quickfix list, as it is saved.
  vim.cmd.Graphlift('report')
  t.until_('the quickfix window', function()
    return vim.fn.getqflist({ winid = 0 }).winid ~= 0
  end)
  local listed = {}
  for _, item in ipairs(vim.fn.getqflist()) do
    vim.fn.bufload(item.bufnr)
    local place = { bufnr = item.bufnr, lnum = item.lnum - 1, col = item.col - 1 }
    place.end_lnum, place.end_col = item.end_lnum - 1, item.end_col - 1
    local name = vim.fs.basename(vim.api.nvim_buf_get_name(item.bufnr))
    listed[#listed + 1] = ('%s %s %s: %s'):format(item.type, name, t.underlined(item.bufnr, place), item.text)
  end
  local list = table.concat(listed, '\n')
  t.contains(list, 'N network.py __call__: `Network.__call__` can run as a graph [convertible]')
  t.contains(list, 'W train.py schedule: computes nothing with TensorFlow [no-tensor-computation]')
  vim.cmd.cclose()

  -- All conversions, in buffers that nobody has saved yet.
  vim.cmd.buffer(buffer)
  vim.cmd.Graphlift('convertAll')
  told('`:wall` saves them')
  t.contains(t.text(buffer), '@tf.function\ndef train_step')
  t.equal(vim.bo[buffer].modified, true, 'modified')

  -- A server that is gone is started by the same command.
  t.stop()
  vim.cmd.Graphlift('convertAll')
  told('the language server does not run')
  vim.cmd.Graphlift('restart')
  t.until_('the client', function()
    return t.client() and t.client().attached_buffers[buffer]
  end)
end)
