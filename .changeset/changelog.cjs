// All packages share one version: a changelog tells what changed in its package, not that its neighbours have the new version.
const { default: git } = require('@changesets/cli/changelog')

module.exports = { getReleaseLine: git.getReleaseLine, getDependencyReleaseLine: async () => '' }
