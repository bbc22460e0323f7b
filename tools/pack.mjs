// Packs every public package into `tarballs/`, with `order.txt`: file, name and version, lower layers first.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { build } from './build.mjs'

const FOLDER = 'tarballs'
const read = (path) => JSON.parse(readFileSync(path, 'utf8'))

await build()
rmSync(FOLDER, { recursive: true, force: true })
mkdirSync(FOLDER)
const packages = readdirSync('packages')
  .map((folder) => ({ folder: `packages/${folder}`, ...read(`packages/${folder}/package.json`) }))
  .filter(({ private: hidden }) => hidden !== true)
  .map(({ folder, name }) => ({ folder, name, layer: read(`${folder}/turbo.json`).tags[0] }))
  .sort((a, b) => a.layer.localeCompare(b.layer) || a.name.localeCompare(b.name))
const lines = packages.map(({ folder, name }) => {
  const { status, stdout, stderr } = spawnSync('npm', ['pack', `./${folder}`, '--json', '--pack-destination', FOLDER], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`npm pack of ${name} failed:\n${stderr}`)
  const [{ filename, version }] = JSON.parse(stdout)
  return `${filename} ${name} ${version}`
})
writeFileSync(`${FOLDER}/order.txt`, `${lines.join('\n')}\n`)
console.log(lines.join('\n'))
