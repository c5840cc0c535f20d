std = 'luajit'
globals = { 'vim' }
max_line_length = 110
max_comment_line_length = 120
