/**
 * Writes the generated parts of docs/lifecycle.md between their markers: the state diagram, the table of transitions,
 * and the tests that verify each guarantee.
 *
 * npm run generate
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { targetsOf, TRANSITION_NAMES } from '../src/lifecycle/run/transitions.ts'
import { FINAL_STATUSES, RUN_STATES, type RunState, type RunStatus } from '../src/lifecycle/run/enums.ts'

const FILE = new URL('../docs/lifecycle.md', import.meta.url)

/** Every transition between two statuses, with the commands that cause it. */
function drawDiagram(): string {
  const ways = new Map<string, string[]>()
  for (const name of TRANSITION_NAMES)
    RUN_STATES.forEach((state) => {
      const from = statusOf(state)
      for (const to of targetsOf(name, state).filter((target) => target !== from)) {
        const way = `${from} --> ${to}`
        ways.set(way, [...new Set([...(ways.get(way) ?? []), name])])
      }
    })
  const lines = [...ways].map(([way, commands]) => `  ${way}: ${commands.join(', ')}`)
  const ends = FINAL_STATUSES.map((status) => `  ${status} --> [*]`)
  return ['```mermaid', 'stateDiagram-v2', '  [*] --> QUEUED: start', ...lines, ...ends, '```'].join('\n')
}

/** The status of a run in this state of the table. */
function statusOf(state: RunState): RunStatus {
  return state === 'ASKING' ? 'AWAITING_APPROVAL' : state
}

/** For every command, the states that allow it and the statuses it leads to. */
function drawTable(): string {
  const head = ['command', ...RUN_STATES]
  const rows = TRANSITION_NAMES.map((name) => [
    name,
    ...RUN_STATES.map((state) =>
      targetsOf(name, state)
        .map((to) => (to === statusOf(state) ? 'stays' : to))
        .join(' or '),
    ),
  ])
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

const TITLE =
  /\b(?:test|it|describe)(?:\.each\([^)]*\))?\(\s*(['"`])((?:(?!\1)[\s\S])*?\((?:G\d+(?:, )?)+\)(?:(?!\1)[\s\S])*?)\1/g
const GUARANTEES = Array.from({ length: 10 }, (_, index) => `G${index + 1}`)

const DESCRIBE = /^( *)describe(?:\.each\([^)]*\))?\(\s*(['"`])((?:(?!\2)[\s\S])*?)\2/gm

/** The full name of a test: the titles of the suites around it, then its own. */
function toSentence(source: string, { index, 2: title = '' }: RegExpMatchArray): string {
  const before = source.slice(0, index)
  const indent = before.length - before.lastIndexOf('\n') - 1
  const suites: { indent: number; title: string }[] = []
  for (const [, spaces = '', , suite = ''] of before.matchAll(DESCRIBE)) {
    while ((suites.at(-1)?.indent ?? -1) >= spaces.length) suites.pop()
    suites.push({ indent: spaces.length, title: suite })
  }
  const around = suites.filter((suite) => suite.indent < indent).map((suite) => suite.title)
  return [...around, title].join(' ')
}

/** For every guarantee, the tests whose titles name it. Throws if a guarantee has none. */
function listTests(): string {
  const root = new URL('../test/', import.meta.url)
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.test.ts'),
  )
  const titles = files.toSorted().flatMap((file) => {
    const source = readFileSync(new URL(file, root), 'utf8')
    return [...source.matchAll(TITLE)].map((match) => ({ file, title: toSentence(source, match) }))
  })
  const rows = GUARANTEES.map((guarantee) => {
    const held = titles.filter(({ title }) => new RegExp(`\\b${guarantee}\\b`).test(title))
    if (held.length === 0) throw new Error(`no test names ${guarantee} in its title`)
    return [
      guarantee,
      held.map(({ file, title }) => `\`${file}\`: ${title.replaceAll('|', ' ')}`).join('<br>'),
    ]
  })
  return [['guarantee', 'tests, below `test/`'], ['---', '---'], ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
}

function replaceBetween(text: string, mark: string, content: string): string {
  const [open, close] = [`<!-- generated: ${mark} -->`, `<!-- end of ${mark} -->`]
  const [before, rest] = text.split(open)
  const after = rest?.split(close)[1]
  if (before === undefined || after === undefined)
    throw new Error(`docs/lifecycle.md lacks the marks of ${mark}`)
  return `${before}${open}\n\n${content}\n\n${close}${after}`
}

const parts = { diagram: drawDiagram(), table: drawTable(), tests: listTests() }
const page = Object.entries(parts).reduce(
  (text, [mark, content]) => replaceBetween(text, mark, content),
  readFileSync(FILE, 'utf8'),
)
writeFileSync(FILE, page)
