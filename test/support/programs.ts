import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'tsdown'
import { inject } from 'vitest'
import { NODE_PROGRAM, STARTED_BESIDE } from '../../tsdown.config.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * The programs that tests start as separate processes, built once per test run: from source, each start would compile
 * them again.
 */
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
} as const

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of the built programs. */
    programs: string
  }
}

/** The path of a program, to be run with `process.execPath`. */
export function programFile(name: keyof typeof PROGRAMS): string {
  return join(inject('programs'), `${name}.js`)
}

/** Builds all programs from the current source, in a separate folder. */
export async function buildPrograms(): Promise<{ folder: string; remove: () => Promise<void> }> {
  const cache = join(root, 'node_modules/.cache')
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(join(cache, 'programs-'))
  // Some of them are started by another user.
  await chmod(folder, 0o755)
  await build({
    ...NODE_PROGRAM,
    // They run beside node_modules, so only the SDK, which may not be built, is put into them.
    deps: { neverBundle: /^(?!@pawl\/sdk)[@a-z]/ },
    config: false,
    cwd: root,
    entry: { ...PROGRAMS, ...STARTED_BESIDE },
    outDir: folder,
    logLevel: 'error',
  })
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) }
}
