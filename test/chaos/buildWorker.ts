import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'tsdown'

/** A worker as a program that starts fast. */
export interface BuiltWorker {
  readonly program: string
  readonly remove: () => Promise<void>
}

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Builds `workerProcess.ts` from the present source, in a folder of its own. */
export async function buildWorker(): Promise<BuiltWorker> {
  const cache = join(root, 'node_modules/.cache')
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(join(cache, 'worker-'))
  await build({
    config: false,
    cwd: root,
    entry: { worker: 'test/chaos/workerProcess.ts' },
    outDir: folder,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    fixedExtension: false,
    dts: false,
    logLevel: 'warn',
    deps: { alwaysBundle: ['@pawl/sdk'] },
    inputOptions: { resolve: { conditionNames: ['source', 'import', 'node', 'default'] } },
  })
  return { program: join(folder, 'worker.js'), remove: () => rm(folder, { recursive: true, force: true }) }
}
