/**
 * Refuses a release whose tag, versions, repository and changelog disagree, before anything is published.
 *
 * tsx scripts/releaseCheck.ts TAG OWNER/REPOSITORY
 */
import { readFileSync } from 'node:fs'
import type { Manifest } from './packPackages.ts'

const [tag = '', repository = ''] = process.argv.slice(2)
const read = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as Manifest
const problems: string[] = []

/** A version by semver, with an optional pre-release such as `-rc.1`. */
const VERSION = /^v\d+\.\d+\.\d+(?:-[a-z]+\.\d+)?$/
if (!VERSION.test(tag)) problems.push(`${tag} is no tag of a version, such as v1.2.3 or v1.2.3-rc.1`)

for (const manifest of [read('package.json'), read('sdk/package.json')]) {
  if (`v${manifest.version}` !== tag)
    problems.push(`${manifest.name} is ${manifest.version}, and the tag is ${tag}`)
  // npm accepts provenance only from the repository that the manifest names.
  if (!manifest.repository?.url.endsWith(`/${repository}.git`))
    problems.push(
      `${manifest.name} names the repository ${manifest.repository?.url}, and this is ${repository}`,
    )
}
if (!readFileSync('CHANGELOG.md', 'utf8').includes(`## ${tag.slice(1)}`))
  problems.push(`CHANGELOG.md has no section “## ${tag.slice(1)}”`)

for (const problem of problems) console.error(problem)
process.exitCode = problems.length === 0 ? 0 : 1
