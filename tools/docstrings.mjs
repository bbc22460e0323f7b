// Every export of every package has a docstring, and what docstrings link to exists.
import { Application, ReflectionKind } from 'typedoc'

const app = await Application.bootstrapWithPlugins({
  options: 'typedoc.json',
  // One program for all packages: a tenth of the time that a page of each takes.
  entryPointStrategy: 'resolve',
  entryPoints: ['packages/!(kit)/src/index.ts'],
  tsconfig: 'tools/tsconfig.docs.json',
  packageOptions: {},
})
const project = await app.convert()
if (project === undefined) process.exit(1)
app.validate(project)

for (const module of project.children ?? []) {
  for (const each of module.children ?? []) {
    // What a package hands on from another one is looked at there.
    if (each.isReference() || each.hasComment() || each.signatures?.some((signature) => signature.hasComment()))
      continue
    app.logger.error(`${module.name}: ${ReflectionKind.singularString(each.kind)} ${each.name} has no docstring`)
  }
}
process.exit(app.logger.hasErrors() || app.logger.hasWarnings() ? 1 : 0)
