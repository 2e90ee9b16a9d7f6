import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('./acpAgent.js', import.meta.url))

/** The command of an agent that speaks the Agent Client Protocol and follows this script. */
export function acpCommand(script: string, state: string): string[] {
  return [process.execPath, PROGRAM, script, state]
}
