[inputs: ["{lib,test}/**/*.{ex,exs}", "mix.exs", ".formatter.exs"], line_length: 120]
