import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

/** KiB of script, uncompressed and with gzip. */
export interface ScriptSize {
  readonly raw: number
  readonly gzipped: number
}

const built = new URL('../../dist/web/', import.meta.url)

/** The size of the scripts that the built dashboard loads at once, and of all; null if it was not built. */
export async function measureScript(): Promise<{
  readonly first: ScriptSize
  readonly all: ScriptSize
} | null> {
  const document = await readFile(new URL('index.html', built), 'utf8').catch(() => null)
  if (document === null) return null
  const names = await readdir(fileURLToPath(new URL('assets/', built)))
  const scripts = names.filter((name) => name.endsWith('.js'))
  return {
    first: await measureFiles(scripts.filter((name) => document.includes(name))),
    all: await measureFiles(scripts),
  }
}

async function measureFiles(names: readonly string[]): Promise<ScriptSize> {
  const files = await Promise.all(names.map((name) => readFile(new URL(`assets/${name}`, built))))
  const kibibytes = (sizes: readonly number[]) => sizes.reduce((sum, size) => sum + size, 0) / 1024
  return {
    raw: kibibytes(files.map((file) => file.length)),
    gzipped: kibibytes(files.map((file) => gzipSync(file).length)),
  }
}
