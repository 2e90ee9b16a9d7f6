import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'

/** Why a command can't be started, with the exit code that shells report for it. */
export interface Unstartable {
  readonly exitCode: 126 | 127
  readonly message: string
}

/**
 * Looks up a command as a shell in the given folder does (default: this process's working directory). Returns null
 * where it can be started.
 */
export function whyUnstartable(
  command: string,
  env: NodeJS.ProcessEnv,
  folder = process.cwd(),
): Unstartable | null {
  const found = candidatesOf(command, env).filter((path) => isFile(resolve(folder, path)))
  if (found.some((path) => isExecutable(resolve(folder, path)))) return null
  return found[0] === undefined
    ? { exitCode: 127, message: `${command}: command not found` }
    : { exitCode: 126, message: `${found[0]}: not executable` }
}

/** The program that this command starts, as an absolute path; null where there is none. */
export function findCommand(command: string, env: NodeJS.ProcessEnv, folder = process.cwd()): string | null {
  const paths = candidatesOf(command, env).map((path) => resolve(folder, path))
  return paths.find((path) => isFile(path) && isExecutable(path)) ?? null
}

function candidatesOf(command: string, env: NodeJS.ProcessEnv): string[] {
  const folders = (env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin').split(delimiter)
  return command.includes('/') ? [command] : folders.map((path) => join(path || '.', command))
}

/** A folder of the PATH that can't be read holds no command, as in a shell. */
function isFile(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch {
    return false
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
