-- The example project: a hint, its conversion, what then becomes of it, a removal, and the hover that names a cause.
local t = dofile(vim.env.GRAPHLIFT_HARNESS)

t.run(function()
  t.enable()
  local buffer = t.open('train.py')

  local hint = t.diagnosed(buffer, 'convertible', 'train_step')
  t.equal(hint.severity, vim.diagnostic.severity.HINT, 'severity')
  t.equal(hint.source, 'graphlift', 'source')

  local before = t.text()
  t.go_to('train_step', 'def ')
  t.fix()
  local converted = before:gsub('def train_step', '@tf.function\ndef train_step')
  t.equal(t.text(), converted, 'the buffer after the conversion')
  t.until_('the hint to go', function()
    return t.found(buffer, 'convertible').train_step == nil
  end)

  t.diagnosed(buffer, 'no-tensor-computation', 'schedule')
  t.go_to('schedule', 'def ')
  t.fix()
  local removed = converted:gsub('@tf.function\ndef schedule', 'def schedule')
  t.equal(t.text(), removed, 'the buffer after the removal')
  vim.cmd.write()
  t.equal(t.file('train.py'), removed, 'the file')

  t.go_to('noted_error', 'def ')
  vim.lsp.buf.hover()
  local hover = t.float()
  t.contains(hover, 'Not convertible')
  t.contains(hover, 'journal.py:11')
end)
