import { defineConfig } from 'tsup'

// Only its types: the packages bundle its code from the sources, and its types from this one file.
export default defineConfig({
  entry: { index: 'src/index.ts' },
  format: 'esm',
  dts: { only: true, compilerOptions: { ignoreDeprecations: '6.0', paths: {}, rootDir: '../..' } },
})
