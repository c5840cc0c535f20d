-- Read by Neovim 0.11 and later for `vim.lsp.enable('graphlift')`. Change it with `vim.lsp.config('graphlift', {…})`.
return require('graphlift.config').defaults
