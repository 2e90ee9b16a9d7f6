/**
 * Writes the parts of a packed package as CycloneDX, from its tarball alone: what npm installs beside it, and what its bundles contain.
 *
 * tsx scripts/sbom.ts TARBALL FILE
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { BUNDLED_LIST } from './listBundled.ts'
import type { BundledPackage } from './listBundled.ts'

/** The part of CycloneDX 1.5 that is written here. */
interface Component {
  readonly 'bom-ref': string
  readonly type: 'library'
  readonly name: string
  readonly version: string
  readonly purl: string
  readonly licenses?: readonly { readonly expression: string }[]
  readonly externalReferences?: readonly unknown[]
}

interface Sbom {
  readonly metadata: { readonly component: Component }
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
}

const [tarball, file] = process.argv.slice(2)
if (tarball === undefined || file === undefined) {
  console.error('usage: npm run sbom -- TARBALL FILE')
  process.exitCode = 2
} else writeFileSync(file, `${JSON.stringify(await describe(resolve(tarball)), null, 2)}\n`)

async function describe(packed: string): Promise<Sbom> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-sbom-'))
  try {
    // npm describes no package without a version.
    const consumer = { name: 'consumer', version: '0.0.0', private: true }
    await writeFile(join(folder, 'package.json'), JSON.stringify(consumer))
    const npm = (...words: string[]) =>
      execFileSync('npm', words, { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
    npm('install', '--ignore-scripts', '--no-audit', '--no-fund', packed)
    const sbom = JSON.parse(npm('sbom', '--sbom-format=cyclonedx')) as Sbom
    return aboutPackage(sbom, listBundled(join(folder, 'node_modules')).map(componentOf))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The list as one of the packed package, which npm's list is not: that is one of the folder that depends on it alone. */
function aboutPackage(sbom: Sbom, bundled: readonly Component[]): Sbom {
  const consumer = sbom.metadata.component['bom-ref']
  const [ref] = sbom.dependencies.find((node) => node.ref === consumer)?.dependsOn ?? []
  const component = sbom.components.find((part) => part['bom-ref'] === ref)
  if (ref === undefined || component === undefined) throw new Error('npm lists no packed package')
  const parts = sbom.components.filter((part) => part !== component)
  const added = bundled.filter(
    (part) => !sbom.components.some((known) => known['bom-ref'] === part['bom-ref']),
  )
  const { externalReferences: _places, ...described } = component
  return {
    ...sbom,
    metadata: { ...sbom.metadata, component: described },
    components: [...parts, ...added],
    dependencies: [
      ...sbom.dependencies
        .filter((node) => node.ref !== consumer)
        .map((node) =>
          node.ref === ref
            ? { ref, dependsOn: [...node.dependsOn, ...added.map((part) => part['bom-ref'])] }
            : node,
        ),
      ...added.map((part) => ({ ref: part['bom-ref'], dependsOn: [] })),
    ],
  }
}

/** What the bundles of our packages contain, each version once. */
function listBundled(modules: string): BundledPackage[] {
  const own = ['pawl', '@pawl/sdk'].map((name) => join(modules, name)).filter(existsSync)
  const lists = own.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith(BUNDLED_LIST))
      .flatMap((path) => JSON.parse(readFileSync(join(folder, path), 'utf8')) as BundledPackage[]),
  )
  return [...new Map(lists.map((found) => [`${found.name}@${found.version}`, found])).values()]
}

function componentOf({ name, version, identifier }: BundledPackage): Component {
  return {
    'bom-ref': `${name}@${version}`,
    type: 'library',
    name,
    version,
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    licenses: [{ expression: identifier.replace(/^\((.*)\)$/, '$1') }],
  }
}
