// Bundles the stories of the simulator from the sources as they are, so that no package has to be built.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** @param {{ file: string, find: string, replace: string }} [fault] planted into what is bundled */
export async function bundleSim(outfile, fault, entry = 'main') {
  await build({
    absWorkingDir: fileURLToPath(new URL('../../', import.meta.url)),
    entryPoints: [`interop/sim/${entry}.ts`],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    sourcemap: 'inline',
    tsconfig: 'tools/tsconfig.base.json',
    define: { 'import.meta.url': '"file:///sim"' },
    logLevel: 'error',
    plugins: fault === undefined ? [] : [planting(fault)],
  })
}

/** The source of a file with a fault in it. @throws when it cannot be planted in exactly one place */
export function planted({ file, find, replace }) {
  const source = readFileSync(new URL(`../../packages/${file}`, import.meta.url), 'utf8')
  const places = source.split(find).length - 1
  if (places !== 1) throw new Error(`${file} has ${places} places for a fault that needs one:\n${find}`)
  return source.replace(find, () => replace)
}

function planting(fault) {
  return {
    name: 'planted-fault',
    setup(run) {
      run.onLoad({ filter: new RegExp(`packages/${fault.file.replaceAll('.', '\\.')}$`) }, () => ({
        contents: planted(fault),
        loader: 'ts',
      }))
    },
  }
}
