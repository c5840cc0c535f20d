-- `:help graphlift`: the tags build, no link leads nowhere, and all commands are described.
local t = dofile(vim.env.GRAPHLIFT_HARNESS)

t.run(function()
  vim.opt.runtimepath:prepend(vim.env.GRAPHLIFT_PLUGIN)
  vim.cmd.runtime('plugin/graphlift.lua')
  vim.cmd.helptags(vim.fs.joinpath(vim.env.GRAPHLIFT_PLUGIN, 'doc'))
  vim.cmd.help('graphlift')
  t.equal(vim.fs.basename(vim.api.nvim_buf_get_name(0)), 'graphlift.txt', 'the help file')
  local text = t.text()
  for link in text:gmatch('|([^|%s]+)|') do
    t.equal(#vim.fn.getcompletion(link, 'help') > 0, true, 'a topic ' .. link)
  end
  for _, name in ipairs(vim.fn.getcompletion('Graphlift ', 'cmdline')) do
    t.contains(text, '*:Graphlift-' .. name .. '*')
  end
  for _, line in ipairs(vim.split(text, '\n')) do
    t.equal(vim.fn.strdisplaywidth(line) <= 78, true, 'at most 78 columns: ' .. line)
  end
end)
