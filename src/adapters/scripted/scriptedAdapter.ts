import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AgentError } from '../kit/adapter.ts'
import type { Adapter, AgentContext } from '../kit/adapter.ts'
import type { AgentDefinition } from '../kit/agentDefinition.ts'
import { processAdapter } from '../process/processAdapter.ts'
import { scriptSchema } from './script.ts'

/** The program, beside this file both in the source and in what is built of it. */
const PROGRAM = fileURLToPath(new URL('./scriptedAgent.js', import.meta.url))

/** The command of an agent that follows this script, in a process or in a terminal. */
export function commandOf(script: string, state: string, terminal = false): string[] {
  return [process.execPath, PROGRAM, script, state, ...(terminal ? ['--terminal'] : [])]
}

/**
 * Agents that follow a script, for tests and demonstrations: a definition's `command` is the script's file, relative to the
 * workspace. They are processes like any other, so all else is as for those.
 */
export const scriptedAdapter: Adapter = {
  name: 'scripted',
  staysBetweenPrompts: false,
  open(context) {
    return processAdapter.open({ ...context, definition: definitionFor(context) })
  },
}

function definitionFor({ definition, workspace, stateDir }: AgentContext): AgentDefinition {
  const script = resolve(workspace, definition.command[0] ?? '')
  checkScript(script)
  const command = commandOf(script, join(stateDir, 'script.json'))
  return { ...definition, adapter: 'process', command, prompt: 'stdin', resume: null }
}

function checkScript(path: string): void {
  try {
    scriptSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    throw new AgentError(
      'HUMAN_REQUIRED',
      'SCRIPT_UNREADABLE',
      `${path} is no script of an agent: ${error instanceof Error ? error.message : String(error)}`,
      'Correct the script, then decide for a retry.',
      { cause: error },
    )
  }
}
