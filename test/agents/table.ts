import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { RealAgent } from './agents.ts'
import type { Scenario } from './scenarios.ts'

/** The page that holds the table, and the marks around it. */
const PAGE = fileURLToPath(new URL('../../docs/agents/abilities.md', import.meta.url))
const BEGIN = '<!-- abilities: npm run test:agents -- --write -->\n'
const END = '<!-- end of abilities -->\n'

/** What came of a scenario: by its own words where it is more, or less, than a plain yes. */
export type Result =
  | { readonly outcome: 'YES'; readonly words: string | undefined }
  | { readonly outcome: 'NO'; readonly words: string }
  | { readonly outcome: 'NOT_RUN' }

/** The results by ability and agent. */
export type Results = ReadonlyMap<Scenario, ReadonlyMap<RealAgent, Result>>

/** The table in Markdown. */
export function composeTable(agents: readonly RealAgent[], results: Results): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`
  return [
    row(['', ...agents.map(({ name, version }) => `${name} ${version}`)]),
    row(['---', ...agents.map(() => '---')]),
    ...[...results].map(([{ ability }, byAgent]) =>
      row([ability, ...agents.map((agent) => cellOf(byAgent.get(agent)))]),
    ),
  ].join('')
}

/** Puts the table into the page. */
export function writeTable(table: string): void {
  const page = readFileSync(PAGE, 'utf8')
  const start = page.indexOf(BEGIN)
  const end = page.indexOf(END)
  if (start < 0 || end < start) throw new Error(`${PAGE} has no place for the table`)
  writeFileSync(PAGE, `${page.slice(0, start + BEGIN.length)}\n${table}\n${page.slice(end)}`)
}

function cellOf(result: Result | undefined): string {
  switch (result?.outcome) {
    case 'YES':
      return result.words === undefined ? 'yes' : `yes, ${result.words}`
    case 'NO':
      return `no: ${result.words.split('\n')[0]?.replaceAll('|', '\\|').slice(0, 160)}`
    default:
      return 'not run'
  }
}
