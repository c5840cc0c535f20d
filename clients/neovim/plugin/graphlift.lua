if vim.g.loaded_graphlift then
  return
end
vim.g.loaded_graphlift = true

vim.api.nvim_create_user_command('Graphlift', function(args)
  require('graphlift.commands').run(args)
end, {
  nargs = '+',
  bang = true,
  complete = function(lead, line)
    return require('graphlift.commands').complete(lead, line)
  end,
  desc = 'Graphlift: restart, verify, logs, report, convertAll',
})
