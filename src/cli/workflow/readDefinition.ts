import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { JsonValue } from '@pawl/sdk'
import { EXIT, UsageError } from '../kit/exitCodes.ts'
import { checkExact, readText } from '../kit/options.ts'

const JAVASCRIPT = ['.js', '.mjs', '.cjs']
const TYPESCRIPT = ['.ts', '.mts', '.cts']

/**
 * Reads a workflow's definition from a file: YAML, JSON, or a JavaScript or TypeScript module, of which the export `workflow` or the
 * default export is used. A module is executed.
 *
 * @throws UsageError if the file can't be read as what its extension says.
 */
export async function readDefinition(file: string): Promise<JsonValue> {
  const kind = extname(file)
  if (file !== '-' && [...JAVASCRIPT, ...TYPESCRIPT].includes(kind)) return readModule(file)
  return parseDefinition(readText(file === '-' ? file : `@${file}`), file)
}

/** JSON is YAML, too: one parser reads both. It is loaded on demand, since loading takes longer than most commands. */
async function parseDefinition(text: string, file: string): Promise<JsonValue> {
  const { parse } = await import('yaml')
  try {
    return checkExact(parse(text), file)
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`${file} is neither YAML nor JSON: ${(error as Error).message}`, EXIT.invalid)
  }
}

async function readModule(file: string): Promise<JsonValue> {
  const path = resolve(file)
  let exported: ModuleExports
  try {
    exported = TYPESCRIPT.includes(extname(path)) ? await importTypeScript(path) : await importFile(path)
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`${file} could not be loaded: ${(error as Error).message}`, EXIT.invalid)
  }
  const found = exported.workflow ?? unwrapDefault(exported)
  if (typeof found !== 'object' || found === null)
    throw new UsageError(
      `${file} exports no workflow: export one by default, or as \`workflow\``,
      EXIT.invalid,
    )
  // functions and the like are left out, as JSON.stringify does; a number that JSON can't represent is an error
  const refuseInexact = (key: string, value: unknown) =>
    typeof value === 'number' ? checkExact(value, `${file}: ${key}`) : value
  return checkExact(JSON.parse(JSON.stringify(found, refuseInexact)), file)
}

interface ModuleExports {
  readonly workflow?: unknown
  readonly default?: unknown
}

/** The default export; also of a module that was compiled to CommonJS. */
function unwrapDefault({ default: found }: ModuleExports): unknown {
  if (typeof found !== 'object' || found === null || !('__esModule' in found)) return found
  const { workflow, default: inner } = found as ModuleExports
  return workflow ?? inner
}

function importFile(path: string): Promise<ModuleExports> {
  return import(pathToFileURL(path).href) as Promise<ModuleExports>
}

/**
 * Node reads TypeScript by itself from 22.18 on. Before that `tsx` is used: the one of the file's project, else the one installed
 * beside Pawl.
 */
async function importTypeScript(path: string): Promise<ModuleExports> {
  const { features } = process as { features: { typescript?: unknown } }
  if (features.typescript) return importFile(path)
  const loader = findTsx(path)
  if (loader === undefined) {
    throw new UsageError(
      "This version of Node can't read TypeScript.\nUse Node 22.18 or later, or add tsx to the project: npm install --save-dev tsx",
      EXIT.invalid,
    )
  }
  const { tsImport } = (await import(pathToFileURL(loader).href)) as {
    tsImport: (specifier: string, parent: string) => Promise<ModuleExports>
  }
  return tsImport(pathToFileURL(path).href, import.meta.url)
}

/** The file of tsx's API for ES modules; `require.resolve` by itself would find the one for CommonJS. */
function findTsx(path: string): string | undefined {
  for (const from of [path, import.meta.url]) {
    try {
      const manifest = createRequire(from).resolve('tsx/package.json')
      const { exports } = JSON.parse(readFileSync(manifest, 'utf8')) as {
        exports: Readonly<Record<string, { readonly import: { readonly default: string } }>>
      }
      const api = exports['./esm/api']
      if (api) return join(dirname(manifest), api.import.default)
    } catch {
      // not installed there
    }
  }
  return undefined
}
