import { gzipSync } from 'node:zlib'
import { build } from 'tsdown'

/** The size budgets of the packages for web pages, minified and gzipped, in KiB. */
const PACKAGES = [
  // Half of it is the documents of 78 operations.
  { name: '@pawl/sdk', entry: 'index.ts', budget: 18 },
  // In addition to `@pawl/sdk` and React.
  { name: '@pawl/sdk/react', entry: 'react/index.ts', budget: 4 },
]

const kib = (bytes: number) => `${(bytes / 1024).toFixed(1)} KiB`

/** Bundles one entry of the SDK without the code shared with the others. */
async function bundle(entry: string): Promise<Buffer> {
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
    deps: { neverBundle: ['@pawl/sdk', 'react'] },
  })
  const code = bundles.flatMap(({ chunks }) => chunks).map((chunk) => ('code' in chunk ? chunk.code : ''))
  return Buffer.from(code.join(''))
}

for (const { name, entry, budget } of PACKAGES) {
  const minified = await bundle(entry)
  if (minified.length === 0) throw new Error(`${name} was bundled to nothing`)
  const gzipped = gzipSync(minified, { level: 9 }).length
  console.log(`${name}: ${kib(minified.length)} minified, ${kib(gzipped)} gzipped, of ${budget} KiB allowed`)
  if (gzipped > budget * 1024) process.exitCode = 1
}
