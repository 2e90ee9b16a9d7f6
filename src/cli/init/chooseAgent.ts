import { findCommand } from '../../processes/findCommand.ts'
import { UsageError } from '../kit/exitCodes.ts'

/** What is asked on a terminal; null where nobody is asked. */
export type Ask = ((question: string) => Promise<string>) | null

/** An agent over ACP would ask a person about each of these: it works in a directory of its own, as the other presets' agents do. */
const PERMISSIONS = 'permissions: { edit: allow, execute: allow, fetch: deny, mcp: allow, other: deny }'

/** The agent for every role, as YAML on one line. @throws UsageError where none is named, and none is found */
export async function chooseAgent(
  named: { readonly agent?: string | undefined; readonly command?: string | undefined },
  ask: Ask,
  say: (line: string) => void,
): Promise<string> {
  if (named.command !== undefined) return ownCommand(named.command)
  const { listNamedAgents } = await import('../../worker/config/namedAgents.ts')
  const presets = listNamedAgents({ agents: {} }).filter(({ definition }) => definition.adapter !== 'tmux')
  const found = presets.filter(
    ({ definition }) => findCommand(definition.command[0] ?? '', process.env) !== null,
  )
  const names = found.map(({ name }) => name)
  say(`agents on the PATH: ${names.join(', ') || 'none of those that are known'}`)
  let name = named.agent
  if (name === undefined && ask && found.length !== 1) {
    const answer = await ask(
      names.length > 0
        ? `Which agent works on runs? (${names.join(', ')}, or a command) [${names[0]}] `
        : 'Which command is the agent? It gets its task on standard input: ',
    )
    if (answer !== '' && !presets.some((preset) => preset.name === answer)) return ownCommand(answer)
    name = answer || names[0]
  }
  name ??= names[0]
  if (name === undefined)
    throw new UsageError('no agent is installed that is known: name its command with --command')
  const preset = presets.find((each) => each.name === name)
  if (!preset)
    throw new UsageError(`there is no agent ${name} (known: ${presets.map((each) => each.name).join(', ')})`)
  return preset.definition.adapter === 'acp' ? `{ preset: ${name}, ${PERMISSIONS} }` : `{ preset: ${name} }`
}

/** A command of one's own, which gets its prompt on standard input. */
function ownCommand(text: string): string {
  const words = text.trim().split(/\s+/)
  if (words[0] === '') throw new UsageError('the command of the agent is empty')
  return `{ adapter: process, command: ${JSON.stringify(words)}, prompt: stdin }`
}
