/**
 * Writes docs/refusals.md: every refusal, by status or case, with its message.
 *
 * npm run generate
 */
import { listRefusals, type ShownRefusal } from '../src/commands/refusalExamples.ts'
import { writeGenerated } from './writeGenerated.ts'

const HEAD = `# Refusals

What is refused is a value: a typed problem with the truth as it is now, and a sentence for whoever gets it, which says what is so and
what to do. This page is printed from the code, each refusal with its sentence in every status or case; programs go by the fields, which
the schema describes. Those of workspaces are with [the worker](worker.md).
`

function drawTable(name: string, shown: readonly ShownRefusal[]): string {
  const rows = shown.map(({ when, sentence }) => `| ${when} | ${sentence.replaceAll('|', '\\\\|')} |`)
  return [`## ${name}`, '', '| when | what is said |', '|---|---|', ...rows].join('\n')
}

const sections = [...listRefusals()].map(([name, shown]) => drawTable(name, shown))
await writeGenerated('docs/refusals.md', [HEAD, ...sections.map((section) => `${section}\n`)].join('\n'))
