import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as sdk from '@pawl/sdk'
import { build } from 'tsdown'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startScriptedServer } from './scriptedServer.ts'
import { makeFrame } from './words.ts'

const run = promisify(execFile)
let outDir: string

beforeAll(async () => {
  outDir = await mkdtemp(join(tmpdir(), 'pawl-sdk-'))
  await build({
    config: false,
    cwd: fileURLToPath(new URL('../../../sdk', import.meta.url)),
    entry: 'index.ts',
    format: ['esm', 'cjs'],
    platform: 'neutral',
    target: 'es2022',
    tsconfig: '../tsconfig.json',
    fixedExtension: true,
    dts: false,
    outDir,
    logLevel: 'error',
  })
})
afterAll(() => rm(outDir, { recursive: true, force: true }))

const body = `
  const pawl = sdk.createPawl({ url: process.argv[1], token: 't' })
  const statuses = []
  for await (const frame of pawl.runs.watch('run_01')) statuses.push(frame.status)
  const { name } = await pawl.viewer()
  console.log(JSON.stringify({ name, statuses, exports: Object.keys(sdk).sort() }))`

describe('the built SDK', () => {
  it.each([
    [
      'ESM',
      'index.mjs',
      (file: string) => ['--input-type=module', '-e', `import * as sdk from '${file}'; ${body}`],
    ],
    [
      'CJS',
      'index.cjs',
      (file: string) => ['-e', `const sdk = require('${file}'); (async () => {${body}})()`],
    ],
  ])('works in Node as %s, with fetch alone, and lets the process end', async (_, name, command) => {
    const server = await startScriptedServer({
      Query: { viewer: () => ({ name: 'ann', role: 'VIEWER' }) },
      Subscription: {
        runChanged: {
          async *subscribe() {
            yield makeFrame(2, 'COMPLETED')
            await new Promise(() => {})
          },
        },
      },
    })
    const { stdout } = await run(process.execPath, [...command(join(outDir, name)), server.url]).finally(
      server.stop,
    )
    expect(JSON.parse(stdout)).toEqual({
      name: 'ann',
      statuses: ['COMPLETED'],
      exports: Object.keys(sdk).toSorted(),
    })
  })

  it('brings everything it needs, and loads nothing but its own files', async () => {
    const files = await readdir(outDir)
    const programs = files.filter((file) => /\.[cm]js$/.test(file))
    expect(programs).toContain('index.mjs')
    for (const file of programs) {
      const code = await readFile(join(outDir, file), 'utf8')
      const loaded = [...code.matchAll(/(?:\bfrom |^import |\bimport\(|\brequire\()["']([^"']+)/gm)]
      expect(loaded.map(([, name = '']) => name).filter((name) => !files.includes(basename(name)))).toEqual(
        [],
      )
      expect(loaded.every(([, name]) => name?.startsWith('./'))).toBe(true)
    }
  })

  it('loads sockets, workers, what keeps a lease and waiting for operations only where they are used', async () => {
    const code = await readFile(join(outDir, 'index.mjs'), 'utf8')
    const later = [...code.matchAll(/\bimport\("\.\/(\w+)-/g)].map(([, name]) => name)
    expect(later.toSorted()).toEqual(['claimLoop', 'leaseKeeper', 'performOperation', 'socket', 'sse'])
  })
})
