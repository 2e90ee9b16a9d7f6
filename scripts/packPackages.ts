import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'

/** A package as it is published. */
export interface PackedPackage {
  readonly name: string
  readonly version: string
  /** The path of its tarball. */
  readonly file: string
  /** Of the tarball, in bytes. */
  readonly size: number
  /** Of its content, in bytes. */
  readonly unpackedSize: number
  /** Its published manifest. */
  readonly manifest: Manifest
}

/** The part of a manifest that is read here. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly license?: string
  readonly repository?: { readonly url: string }
  readonly engines?: { readonly node: string }
  readonly files?: readonly string[]
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** What npm tells of a package that it packed. */
interface Packed {
  readonly name: string
  readonly version: string
  readonly filename: string
  readonly size: number
  readonly unpackedSize: number
  readonly files: readonly { readonly path: string }[]
}

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** The folders of the packages that are published. */
const PACKAGES = ['.', 'sdk']

/** The parts of a manifest that only serve who works in the repository; npm would warn its users about the scripts. */
const OWN_FIELDS = ['scripts', 'devDependencies', 'overrides', 'workspaces', 'allowScripts']

/**
 * Packs both packages, built before, into this folder: what is published, what is tested, and what the list of its parts is made of are
 * the same files.
 */
export async function packPackages(to: string): Promise<{ pawl: PackedPackage; sdk: PackedPackage }> {
  await mkdir(to, { recursive: true })
  const stage = await mkdtemp(join(tmpdir(), 'pawl-pack-'))
  try {
    const [pawl, sdk] = await Promise.all(
      PACKAGES.map((folder, index) => pack(folder, join(stage, String(index)), resolve(to))),
    )
    if (!pawl || !sdk) throw new Error('npm packed nothing')
    return { pawl, sdk }
  } finally {
    await rm(stage, { recursive: true, force: true })
  }
}

async function pack(folder: string, stage: string, to: string): Promise<PackedPackage> {
  const source = join(ROOT, folder)
  const [listed] = await npmPack(source, ['--dry-run'])
  for (const { path } of listed.files) await cp(join(source, path), join(stage, path))
  const { name, version, ...rest } = JSON.parse(
    await readFile(join(source, 'package.json'), 'utf8'),
  ) as Manifest
  const published = Object.entries(rest).filter(([field]) => !OWN_FIELDS.includes(field))
  const manifest: Manifest = { name, version, ...Object.fromEntries(published) }
  await writeFile(join(stage, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  const [{ filename, size, unpackedSize }] = await npmPack(stage, ['--pack-destination', to])
  return { name, version, file: join(to, filename), size, unpackedSize, manifest }
}

async function npmPack(folder: string, options: readonly string[]): Promise<[Packed]> {
  const words = ['pack', '--json', '--ignore-scripts', ...options]
  const { stdout } = await promisify(execFile)('npm', words, { cwd: folder, maxBuffer: 64 * 1024 * 1024 })
  const told = JSON.parse(stdout) as [Packed] | Record<string, Packed>
  return Object.values(told) as [Packed]
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { positionals } = parseArgs({ allowPositionals: true })
  const [to = join(ROOT, 'dist/packages')] = positionals
  await rm(join(ROOT, 'dist/packages'), { recursive: true, force: true })
  for (const { name, version, file } of Object.values(await packPackages(to)))
    console.log(`${name} ${version}: ${file}`)
}
