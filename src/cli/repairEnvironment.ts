import { accessSync, constants, statSync } from 'node:fs'

/** What programs look at for a folder of temporary files, the first before the others. */
const TEMPORARY = ['TMPDIR', 'TMP', 'TEMP'] as const

/**
 * Forgets variables that name a folder for temporary files which is not there, or can't be written to: what is left over from an
 * ended login session would fail whatever makes a temporary file, here and in every process started from here.
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
