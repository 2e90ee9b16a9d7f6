import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'tsdown'
import { inject } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** What tests start as processes of their own, built once for a run of tests: started from source, each would be compiled anew. */
const PROGRAMS = {
  serve: 'test/support/serveProcess.ts',
  workerProcess: 'test/chaos/workerProcess.ts',
  openDatabase: 'src/database/openDatabase.ts',
  holdDatabase: 'test/integration/database/holdDatabase.ts',
  migrate: 'test/integration/database/runMigrate.ts',
  openElsewhere: 'test/integration/workspaces/openElsewhere.ts',
  previewElsewhere: 'test/integration/workspaces/previewElsewhere.ts',
  frozenOwner: 'test/integration/races/frozenOwner.ts',
  adapterOwner: 'test/conformance/adapters/ownerProcess.ts',
  // started by those above, from files beside them
  worker: 'src/validation/worker.js',
  scriptedAgent: 'src/adapters/scripted/scriptedAgent.js',
} as const

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of the built programs. */
    programs: string
  }
}

/** The file of a program, for `process.execPath` to start. */
export function programFile(name: keyof typeof PROGRAMS): string {
  return join(inject('programs'), `${name}.js`)
}

/** Builds all programs from the present source, in a folder of their own. */
export async function buildPrograms(): Promise<{ folder: string; remove: () => Promise<void> }> {
  const cache = join(root, 'node_modules/.cache')
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(join(cache, 'programs-'))
  // some of them are started by another user
  await chmod(folder, 0o755)
  await build({
    config: false,
    cwd: root,
    entry: { ...PROGRAMS },
    outDir: folder,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    fixedExtension: false,
    dts: false,
    logLevel: 'error',
    deps: { alwaysBundle: ['@pawl/sdk'] },
    inputOptions: { resolve: { conditionNames: ['source', 'import', 'node', 'default'] } },
  })
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) }
}
