import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A package whose code is in a bundle, as Vite's `build.license` tells it too. */
export interface BundledPackage {
  readonly name: string
  readonly version: string
  /** An SPDX expression. */
  readonly identifier: string
  /** The text of the license. */
  readonly text: string
}

/** The name of the list beside a bundle. */
export const BUNDLED_LIST = 'bundled.json'

/** What the plugin needs of a bundle. */
interface Bundler {
  emitFile(file: { type: 'asset'; fileName: string; source: string }): string
}

type Bundle = Readonly<Record<string, { readonly type: string; readonly moduleIds?: readonly string[] }>>

/**
 * A plugin that writes beside a bundle which packages it contains, with their licenses: whoever receives the bundle must receive
 * those, and no list of dependencies names them any more.
 */
export function listBundled() {
  return {
    name: 'list-bundled',
    generateBundle(this: Bundler, _options: unknown, bundle: Bundle): void {
      const modules = Object.values(bundle).flatMap(({ moduleIds = [] }) => moduleIds)
      const folders = [...new Set(modules.flatMap((id) => packageFolder(id) ?? []))]
      const packages = folders
        .map(readPackage)
        .toSorted((a, b) => compare(a.name, b.name) || compare(a.version, b.version))
      this.emitFile({
        type: 'asset',
        fileName: BUNDLED_LIST,
        source: `${JSON.stringify(packages, null, 2)}\n`,
      })
    },
  }
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** The folder of the package that a module belongs to; undefined for a module of this repository. */
function packageFolder(id: string): string | undefined {
  return /^\0?(?<folder>.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id.replaceAll('\\', '/'))?.groups?.[
    'folder'
  ]
}

function readPackage(folder: string): BundledPackage {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly name: string
    readonly version: string
    readonly license?: unknown
  }
  const { name, version, license } = manifest
  if (typeof license !== 'string') throw new Error(`${name} names no license, so it can't be bundled`)
  return { name, version, identifier: license, text: readLicense(folder) }
}

/** The license file of a package, or the one of the folder above it, where packages of one repository share theirs. */
function readLicense(folder: string): string {
  for (const from of [folder, dirname(folder)]) {
    const file = readdirSync(from).find((name) => /^(?:licen[cs]e|copying)(?:\.\w+)?$/i.test(name))
    if (file) return readFileSync(join(from, file), 'utf8').trim()
  }
  return ''
}
