import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** The command `pawl`, built from the current source for a measurement or a test. */
export interface BuiltServer {
  readonly program: string
  readonly remove: () => Promise<void>
}

const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * Builds the command as it is published, in a separate folder: it starts faster than from source, and no other build
 * overwrites it.
 */
export async function buildServer(): Promise<BuiltServer> {
  const cache = join(root, 'node_modules/.cache')
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(join(cache, 'pawl-'))
  const tsdown = join(root, 'node_modules/.bin/tsdown')
  // what the build would clean is `dist` of this repository, which other programs use
  const options = ['--filter', 'cli', '--out-dir', folder, '--no-clean', '--log-level', 'warn']
  await promisify(execFile)(tsdown, options, { cwd: root })
  return { program: join(folder, 'pawl.js'), remove: () => rm(folder, { recursive: true, force: true }) }
}
