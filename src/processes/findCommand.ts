import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'

/** Why a command can't be started, with the exit code that shells give it. */
export interface Unstartable {
  readonly exitCode: 126 | 127
  readonly message: string
}

/** Looks for a command as a shell in that folder does, by default in this process's; null where it can be started. */
export function whyUnstartable(
  command: string,
  env: NodeJS.ProcessEnv,
  folder = process.cwd(),
): Unstartable | null {
  const folders = (env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin').split(delimiter)
  const candidates = command.includes('/') ? [command] : folders.map((path) => join(path || '.', command))
  const found = candidates.filter((path) => isFile(resolve(folder, path)))
  if (found.some((path) => isExecutable(resolve(folder, path)))) return null
  return found[0] === undefined
    ? { exitCode: 127, message: `${command}: command not found` }
    : { exitCode: 126, message: `${found[0]}: not executable` }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
