-- Characters of two, three and four bytes before and inside names: the same places in UTF-8 and UTF-16.
local t = dofile(vim.env.GRAPHLIFT_HARNESS)

t.run(function()
  t.enable()
  local buffer = t.open('größen.py')
  local expected = vim.fn.has('nvim-0.11') == 1 and 'utf-8' or 'utf-16'
  t.equal(t.client().offset_encoding, expected, 'position encoding')

  -- The rows differ in what stands before the name: nothing, umlauts, and a character outside the basic plane.
  t.diagnosed(buffer, 'python-side-effect', 'PROTOKOLL.append("😀 größe")')
  t.diagnosed(buffer, 'convertible', 'länge_maß')

  -- An edit behind such characters reaches the server where it was made.
  t.go_to('größe"', '😀')
  vim.cmd.normal({ 'ix😀', bang = true })
  t.diagnosed(buffer, 'python-side-effect', 'PROTOKOLL.append("😀 x😀größe")')

  -- An edit of the server's, at the end of that line.
  t.go_to('PROTOKOLL', '😀')
  t.fix(function(action)
    return action.title:find('Ignore `python-side-effect`', 1, true) ~= nil
  end)
  t.contains(
    t.text(),
    '"→ 😀"; PROTOKOLL.append("😀 x😀größe")  # graphlift: ignore[python-side-effect]\n'
  )

  local before = t.text()
  t.go_to('länge_maß', 'def ')
  t.fix()
  local converted = before:gsub('( *)def länge_maß', '%1@tf.function\n%1def länge_maß')
  t.equal(t.text(), converted, 'the buffer after the conversion')
  vim.cmd.write()
  t.equal(t.file('größen.py'), converted, 'the file')

  t.go_to('größe)', 'cos')
  vim.lsp.buf.hover()
  t.contains(t.float(), 'tf.TensorSpec(shape=(3, 4)')
end)
