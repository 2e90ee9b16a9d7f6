import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type Rolldown } from 'tsdown'

/** What pages import, and the size budgets of it, minified and gzipped, in KiB: what is loaded at once, and all of it. */
const IMPORTS = [
  // A third of it is the documents of 80 operations.
  {
    name: 'createPawl of @pawl/sdk',
    code: `export { createPawl } from '{sdk}/index.ts'`,
    now: 11.6,
    all: 19.7,
  },
  { name: 'all of @pawl/sdk', code: `export * from '{sdk}/index.ts'`, now: 13.6, all: 21.5 },
  // In addition to `@pawl/sdk` and React. Twelve hooks: a quarter of it reads approvals, messages, sessions and workspaces.
  { name: '@pawl/sdk/react', code: `export * from '{sdk}/react/index.ts'`, now: 5, all: 5 },
]

const kib = (bytes: number) => `${(bytes / 1024).toFixed(1)} KiB`

/** Bundles a page's import of the SDK, without the code of `@pawl/sdk` that its other entries use. */
async function bundle(code: string): Promise<Rolldown.OutputChunk[]> {
  const folder = mkdtempSync(join(tmpdir(), 'pawl-size-'))
  const entry = join(folder, 'page.ts')
  writeFileSync(entry, code.replace('{sdk}', resolve('sdk')))
  try {
    const bundles = await build({
      config: false,
      cwd: 'sdk',
      entry,
      format: 'esm',
      platform: 'neutral',
      target: 'es2022',
      tsconfig: '../tsconfig.json',
      dts: false,
      minify: true,
      write: false,
      clean: false,
      logLevel: 'error',
      // As for a page, whose entry nobody imports: what is loaded at once is one file.
      inputOptions: { preserveEntrySignatures: 'allow-extension' },
      deps: { neverBundle: ['@pawl/sdk', 'react'] },
    })
    return bundles.flatMap(({ chunks }) => chunks).filter((chunk) => chunk.type === 'chunk')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The chunks that are loaded with the entry. */
function loadedAtOnce(chunks: readonly Rolldown.OutputChunk[]): Set<Rolldown.OutputChunk> {
  const loaded = new Set(chunks.filter(({ isEntry, isDynamicEntry }) => isEntry && !isDynamicEntry))
  for (const { imports } of loaded)
    for (const chunk of chunks) if (imports.includes(chunk.fileName)) loaded.add(chunk)
  return loaded
}

function sizeOf(chunks: Iterable<Rolldown.OutputChunk>): number {
  return [...chunks].reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).length, 0)
}

for (const { name, code, now, all } of IMPORTS) {
  const chunks = await bundle(code)
  const first = sizeOf(loadedAtOnce(chunks))
  const total = sizeOf(chunks)
  if (first === 0) throw new Error(`${name} was bundled to nothing`)
  console.log(
    `${name}: ${kib(first)} gzipped of ${now} KiB allowed, with what is loaded later ${kib(total)} of ${all}`,
  )
  if (first > now * 1024 || total > all * 1024) process.exitCode = 1
}
