import { extname } from 'node:path'
import type { Change } from './change.ts'
import { LENSES, isCode, isGenerated, isTest } from './lenses.ts'
import type { Finding } from './lenses.ts'

/** What a finished review hands over. */
export interface Report {
  readonly title: string
  readonly verdict: string
  readonly findings: readonly Finding[]
  readonly markdown: string
}

/**
 * A review, phase by phase. Each phase returns its report as text and works from the change alone, so that an agent that
 * takes a run up again in the middle can go on from there.
 */
export class Review {
  readonly #change: Change

  constructor(change: Change) {
    this.#change = change
  }

  /** What is looked at. */
  context(): string {
    const { name, commits } = this.#change
    const authors = new Set(commits.map(({ author }) => author))
    return `${name}: the last ${count(commits.length, 'commit')} by ${count(authors.size, 'author')}`
  }

  /** What was changed: the files that moved most. */
  changeContext(): string {
    const { files } = this.#change
    const added = sum(files.map((file) => file.added))
    const deleted = sum(files.map((file) => file.deleted))
    const churn = [...files].toSorted((a, b) => b.added + b.deleted - a.added - a.deleted).slice(0, 3)
    const most = churn.map((file) => `${file.path} (+${file.added} -${file.deleted})`).join(', ')
    return `${count(files.length, 'file')} changed, +${added} -${deleted}; most in ${most || 'none'}`
  }

  /** What kind of change it is. */
  analysis(): string {
    const { files } = this.#change
    const tests = files.filter(({ path }) => isTest(path)).length
    const code = files.filter(({ path }) => isCode(path) && !isTest(path)).length
    const kinds = new Map<string, number>()
    for (const { path } of files)
      kinds.set(extname(path) || 'none', (kinds.get(extname(path) || 'none') ?? 0) + 1)
    const most = [...kinds].toSorted(([, a], [, b]) => b - a).slice(0, 4)
    const share = most.map(([kind, number]) => `${kind} ${number}`).join(', ')
    return `${count(code, 'source file')}, ${count(tests, 'test file')} (${share})`
  }

  /** What each lens finds. */
  reviews(): string {
    return Object.entries(LENSES)
      .map(([name, look]) => `${name} ${look(this.#change).length}`)
      .join(', ')
  }

  /** All findings, those of one file together. */
  aggregation(): string {
    const all = this.#all()
    const files = new Set(all.map(({ path }) => path))
    return `${count(all.length, 'finding')} in ${count(files.size, 'place')}`
  }

  /** What is dropped, and why. */
  discourse(): string {
    const dropped = this.#all().length - this.#kept().length
    return `${count(dropped, 'finding')} dropped: tests may be long and untested, generated files are nobody's prose`
  }

  /** What it comes to. */
  synthesis(): Report {
    const findings = this.#kept().toSorted((a, b) => b.weight - a.weight || a.path.localeCompare(b.path))
    const grave = findings.filter(({ weight }) => weight === 3).length
    const verdict =
      grave > 0
        ? `${count(grave, 'finding')} should be changed first`
        : findings.length > 0
          ? `nothing stands in the way; ${count(findings.length, 'finding')} worth a look`
          : 'nothing to say'
    return { title: this.context(), verdict, findings, markdown: this.#toMarkdown(verdict, findings) }
  }

  #all(): Finding[] {
    return Object.values(LENSES).flatMap((look) => look(this.#change))
  }

  #kept(): Finding[] {
    return this.#all().filter(
      ({ path, lens }) =>
        !isGenerated(path) && !(isTest(path) && ['tests', 'size', 'functions', 'docs'].includes(lens)),
    )
  }

  #toMarkdown(verdict: string, findings: readonly Finding[]): string {
    const items = findings.map(({ path, line, says }) => `- \`${path}${line ? `:${line}` : ''}\` ${says}`)
    const commits = this.#change.commits.map(({ hash, subject }) => `- ${hash} ${subject}`)
    const sections = [
      '# Review',
      this.context(),
      this.changeContext(),
      `**${verdict}**`,
      '## Findings',
      ...items,
    ]
    return [...sections, '## Commits', ...commits].join('\n')
  }
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
