import { gzipSync } from 'node:zlib'
import { build } from 'tsdown'

/** What a web page may have to load for the whole SDK, minified and gzipped: half of it are the documents of 74 operations. */
const BUDGET_KIB = 16

const bundles = await build({
  config: false,
  cwd: 'sdk',
  entry: 'index.ts',
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  tsconfig: '../tsconfig.json',
  dts: false,
  minify: true,
  write: false,
  logLevel: 'error',
})
const code = bundles.flatMap(({ chunks }) => chunks).map((chunk) => ('code' in chunk ? chunk.code : ''))
const minified = Buffer.from(code.join(''))
if (minified.length === 0) throw new Error('The SDK was bundled to nothing')
const kib = (bytes: number) => `${(bytes / 1024).toFixed(1)} KiB`
const gzipped = gzipSync(minified, { level: 9 }).length
console.log(
  `@pawl/sdk: ${kib(minified.length)} minified, ${kib(gzipped)} gzipped, of ${BUDGET_KIB} KiB allowed`,
)
if (gzipped > BUDGET_KIB * 1024) process.exitCode = 1
