import { accessSync, constants, statSync } from 'node:fs'

/** Variables that name the folder for temporary files, by precedence. */
const TEMPORARY = ['TMPDIR', 'TMP', 'TEMP'] as const

/**
 * Removes variables that name a folder for temporary files which does not exist or is not writable, as left over from an ended login
 * session: they would fail whatever creates a temporary file, in this process and in its children.
 */
export function repairEnvironment(env: NodeJS.ProcessEnv): void {
  for (const name of TEMPORARY) if (!isUsable(env[name])) delete env[name]
}

function isUsable(folder: string | undefined): boolean {
  if (!folder) return false
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
    return statSync(folder).isDirectory()
  } catch {
    return false
  }
}
