import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** A commit as release notes tell it. */
export interface Entry {
  readonly hash: string
  readonly subject: string
}

/** Release notes: entries under headings. */
export type Sections = ReadonlyMap<string, readonly Entry[]>

/** The last commits of the repository in the folder, or those of the bundled sample where there is no history. */
export function readEntries(folder: string, commits: number): readonly Entry[] {
  const sample = new URL('../review-agent/sample/log.txt', import.meta.url)
  return readLog(folder, commits) ?? parse(readFileSync(sample, 'utf8').replace(/\|.*?\|/g, ' '))
}

function readLog(folder: string, commits: number): readonly Entry[] | null {
  try {
    const words = ['log', '--no-merges', `-${commits}`, '--format=%h %s']
    const log = execFileSync('git', words, {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return parse(log)
  } catch {
    // No git, no repository, or one without a commit.
    return null
  }
}

function parse(log: string): Entry[] {
  const lines = log.split('\n').filter(Boolean)
  return lines.map((line) => {
    const [hash = '', ...subject] = line.split(' ')
    return { hash, subject: subject.join(' ') }
  })
}

/** Which heading the first word of a subject stands for; any other word stands for a change. */
const HEADINGS: readonly (readonly [heading: string, words: RegExp])[] = [
  ['Added', /^(add|serve|let|reach|register|offer|print|draw|keep|show|tell|hand|give)\b/i],
  ['Fixed', /^(fix|correct|repair|stop|refuse|leave|wait|close|end)\b/i],
  ['Tests', /^(test|prove|hold|try|measure|bench|run)\b/i],
  ['Documentation', /^(document|note|describe|explain|settle|write)\b/i],
]

/** The entries under their headings, in the order of these; headings without entries are left out. */
export function sortEntries(entries: readonly Entry[]): Sections {
  const headingOf = ({ subject }: Entry) =>
    HEADINGS.find(([, words]) => words.test(subject))?.[0] ?? 'Changed'
  const sections = new Map<string, Entry[]>()
  for (const heading of ['Added', 'Changed', 'Fixed', 'Documentation', 'Tests']) {
    const found = entries.filter((entry) => headingOf(entry) === heading)
    if (found.length > 0) sections.set(heading, found)
  }
  return sections
}

/** The notes in Markdown. */
export function writeNotes(title: string, sections: Sections): string {
  const blocks = [...sections].map(([heading, entries]) =>
    [`## ${heading}`, '', ...entries.map(({ hash, subject }) => `- ${subject} (${hash})`)].join('\n'),
  )
  return `${[`# ${title}`, ...blocks].join('\n\n')}\n`
}

/** How many entries notes hold, read from the notes themselves. */
export function countEntries(notes: string): number {
  return notes.split('\n').filter((line) => line.startsWith('- ')).length
}

/** SHA-256 of a text in UTF-8, in hex, as the server computes it. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
