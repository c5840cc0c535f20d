-- What this Neovim announces to every server, as JSON: `nvim --clean --headless -l capabilities.lua`.
io.stdout:write(vim.json.encode(vim.lsp.protocol.make_client_capabilities()))
os.exit(0)
