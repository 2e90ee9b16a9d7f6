/**
 * Writes what docs/lifecycle.md takes from the code: the state diagram and the table of transitions, between the
 * marks that say so.
 *
 *   npm run generate
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { TRANSITIONS } from '../src/lifecycle/transitions.ts'
import { FINAL_STATUSES, RUN_STATUSES, type RunStatus } from '../src/lifecycle/words.ts'

const FILE = new URL('../docs/lifecycle.md', import.meta.url)
const COMMANDS = Object.keys(TRANSITIONS) as (keyof typeof TRANSITIONS)[]

/** Every way from one status to another, with the commands that lead along it. */
function drawDiagram(): string {
  const ways = new Map<string, string[]>()
  for (const command of COMMANDS)
    RUN_STATUSES.forEach((from, column) => {
      const targets: readonly RunStatus[] = TRANSITIONS[command][column] ?? []
      for (const to of targets.filter((target) => target !== from)) {
        const way = `${from} --> ${to}`
        ways.set(way, [...(ways.get(way) ?? []), command.toLowerCase().replaceAll('_', ' ')])
      }
    })
  const lines = [...ways].map(([way, commands]) => `  ${way}: ${commands.join(', ')}`)
  const ends = FINAL_STATUSES.map((status) => `  ${status} --> [*]`)
  return ['```mermaid', 'stateDiagram-v2', '  [*] --> QUEUED: start', ...lines, ...ends, '```'].join('\n')
}

/** For every command the statuses that admit it, and where it may lead. */
function drawTable(): string {
  const head = ['command', ...RUN_STATUSES]
  const rows = COMMANDS.map((command) => [
    command,
    ...RUN_STATUSES.map((from, column) => {
      const targets: readonly RunStatus[] = TRANSITIONS[command][column] ?? []
      return targets.map((to) => (to === from ? 'stays' : to)).join(' or ')
    }),
  ])
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function replaceBetween(text: string, mark: string, content: string): string {
  const [open, close] = [`<!-- generated: ${mark} -->`, `<!-- end of ${mark} -->`]
  const [before, rest] = text.split(open)
  const after = rest?.split(close)[1]
  if (before === undefined || after === undefined)
    throw new Error(`docs/lifecycle.md lacks the marks of ${mark}`)
  return `${before}${open}\n\n${content}\n\n${close}${after}`
}

const text = readFileSync(FILE, 'utf8')
writeFileSync(FILE, replaceBetween(replaceBetween(text, 'diagram', drawDiagram()), 'table', drawTable()))
