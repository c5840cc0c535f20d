-- `:checkhealth graphlift`, with a server running and with one that can't be found.
local t = dofile(vim.env.GRAPHLIFT_HARNESS)

local function report()
  vim.cmd.checkhealth('graphlift')
  local text = t.until_('the report', function()
    local text = t.text()
    return vim.bo.filetype == 'checkhealth' and text:find('Clients', 1, true) and text
  end)
  vim.cmd.bwipeout()
  return text
end

t.run(function()
  t.enable()
  t.open('train.py')
  local healthy = report()
  for _, part in ipairs({ 'Neovim', 'graphlift ', 'Python 3', 'TensorFlow 2', 'client 1: ' }) do
    t.contains(healthy, 'OK ' .. part)
  end
  t.contains(healthy, vim.env.GRAPHLIFT_PROJECT)
  for _, bad in ipairs({ 'WARNING', 'ERROR' }) do
    t.equal(healthy:find(bad, 1, true), nil, healthy)
  end

  t.stop()
  local cmd = { 'no-such-graphlift', 'server' }
  if vim.fn.has('nvim-0.11') == 1 then
    vim.lsp.config('graphlift', { cmd = cmd })
  else
    require('graphlift').configured.cmd = cmd
  end
  local sick = report()
  t.contains(sick, 'ERROR `no-such-graphlift` is not found')
  t.contains(sick, 'pipx install graphlift')
  t.contains(sick, 'none runs')
end)
