import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { AGENTS } from './agents.ts'
import type { RealAgent } from './agents.ts'
import { findFault } from './knownFaults.ts'
import { SCENARIOS } from './scenarios/scenarios.ts'
import type { Scenario } from './scenarios/scenario.ts'

/** The page that holds the table, and the marks around it. */
const PAGE = fileURLToPath(new URL('../../docs/agents/abilities.md', import.meta.url))
const BEGIN = '<!-- abilities: npm run test:agents -- --write -->\n'
const END = '<!-- end of abilities -->\n'

/** What a cell says that was never tried. */
export const NOT_RUN = 'not run'

/** An agent in a scenario. */
export interface Cell {
  readonly agent: RealAgent
  readonly scenario: Scenario
}

/** What came of a cell. */
export type Result =
  | { readonly outcome: 'YES' }
  /** Done, but for what these words say. */
  | { readonly outcome: 'LACKS'; readonly words: string }
  | { readonly outcome: 'NO'; readonly words: string }

/** Results by what {@link keyOf} returns. */
export type Results = ReadonlyMap<string, Result>

export const keyOf = ({ agent, scenario }: Cell): string => `${agent.name} ${scenario.id}`

/** Whether an agent can be tried with a scenario at all. */
export function applies({ agent, scenario }: Cell): boolean {
  return agent.isAcp || scenario.needsAcp !== true
}

/** What is not as it is known to be; null where all is. */
export function findSurprise(cell: Cell, result: Result, fault = findFault(cell)): string | null {
  if (result.outcome === 'YES')
    return fault ? `it can by now, though the known fault says: ${fault.reason}` : null
  return fault?.outcome === result.outcome && fault.seen.test(result.words) ? null : result.words
}

/** What a cell says where nothing else than what is known was seen. */
export function expectedCell(cell: Cell): string {
  if (!applies(cell)) return '–'
  const fault = findFault(cell)
  if (!fault) return 'yes'
  return fault.outcome === 'NO' ? `no: ${fault.reason}` : `yes, ${fault.reason}`
}

/** The table in Markdown: by the results, and where there is none as the page has it. */
export function composeTable(results: Results): string {
  const kept = readCells()
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`
  return [
    row(['', ...AGENTS.map(({ name, version }) => `${name} ${version}`)]),
    row(['---', ...AGENTS.map(() => '---')]),
    ...SCENARIOS.map((scenario) =>
      row([scenario.ability, ...AGENTS.map((agent) => composeCell({ agent, scenario }, results, kept))]),
    ),
  ].join('')
}

/** The cells of the page, by what {@link keyOf} returns; those of agents in another version are left out. */
export function readCells(): ReadonlyMap<string, string> {
  const { page, start, end } = readPage()
  const lines = page.slice(start, end).trim().split('\n')
  const [names = [], , ...rows] = lines.map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()))
  const cells = rows.flatMap((row) =>
    AGENTS.flatMap((agent) => {
      const cell = row[names.indexOf(`${agent.name} ${agent.version}`)]
      const scenario = SCENARIOS.find(({ ability }) => ability === row[1])
      return scenario && cell !== undefined ? [[keyOf({ agent, scenario }), cell] as const] : []
    }),
  )
  return new Map(cells)
}

/** Puts the table into the page. */
export function writeTable(table: string): void {
  const { page, start, end } = readPage()
  writeFileSync(PAGE, `${page.slice(0, start)}\n${table}\n${page.slice(end)}`)
}

function readPage() {
  const page = readFileSync(PAGE, 'utf8')
  const start = page.indexOf(BEGIN) + BEGIN.length
  const end = page.indexOf(END)
  if (start < BEGIN.length || end < start) throw new Error(`${PAGE} has no place for the table`)
  return { page, start, end }
}

function composeCell(cell: Cell, results: Results, kept: ReadonlyMap<string, string>): string {
  const result = results.get(keyOf(cell))
  if (!applies(cell)) return expectedCell(cell)
  if (!result) return kept.get(keyOf(cell)) ?? NOT_RUN
  if (findSurprise(cell, result) === null) return expectedCell(cell)
  if (result.outcome === 'YES') return 'yes'
  const words = result.words.split('\n')[0]?.replaceAll('|', '\\|').slice(0, 160)
  return result.outcome === 'NO' ? `no: ${words}` : `yes, ${words}`
}
