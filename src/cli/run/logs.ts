import { InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'
import { entryText, TranscriptFold } from '@pawl/sdk'
import type { EntryKind, Session } from '@pawl/sdk'
import { chooseRun } from '../kit/chooseRun.ts'
import { EXIT, UsageError } from '../kit/exitCodes.ts'
import { createAction } from '../kit/invocation.ts'
import type { CommonOptions, Invocation } from '../kit/invocation.ts'
import { createCommand, runArgument } from '../kit/options.ts'
import { withInterrupt } from '../kit/withInterrupt.ts'
import { entryLines, isShown } from '../print/entryLines.ts'
import { describeRemoval } from '../print/printRemoval.ts'
import { formatTime } from '../terminal/times.ts'
import { isShortId } from '../terminal/shortId.ts'
import { safeLines, safeText } from '../terminal/width.ts'
import { followSessions, readSessions } from './logSessions.ts'
import type { SessionEntry } from './logSessions.ts'

interface Options extends CommonOptions {
  readonly follow?: boolean
  readonly session?: string
  readonly kind?: EntryKind[]
  readonly text?: boolean
  readonly search?: string
}

const KINDS: Readonly<Record<string, EntryKind>> = {
  prompt: 'PROMPT',
  message: 'MESSAGE',
  thought: 'THOUGHT',
  'tool-call': 'TOOL_CALL',
  diff: 'DIFF',
  plan: 'PLAN',
  permission: 'PERMISSION',
  usage: 'USAGE',
  error: 'ERROR',
  output: 'OUTPUT',
}

/** `pawl logs`: what the agents of a run say. */
export function logsCommand(): Command {
  return createCommand('logs', 'print what the agents of a run said and put out', [
    'pawl logs run_01k9… --follow',
    'pawl logs --kind message --kind error',
    "pawl logs run_01k9… --search 'npm test'",
    'pawl logs run_01k9… --text > transcript.txt',
  ])
    .addArgument(runArgument())
    .option('-f, --follow', 'also print what is said from now on, until the run has settled')
    .option('--session <id>', 'only this session, by its id or the end of it (default: all of the run)')
    .addOption(
      new Option('--kind <kind>', `only entries of this kind; may be repeated`)
        .choices(Object.keys(KINDS))
        .argParser(addKind),
    )
    .option('--text', 'print the bare text')
    .option('--search <text>', 'print where this text was said, the newest first, instead', parseSearch)
    .action(
      createAction<Options, [string | undefined]>(async (invocation, options, id) => {
        const { run } = await chooseRun(invocation, id)
        const { search } = options
        if (run.contentRemoval) {
          const what = `what the agents of ${run.id} said ${describeRemoval(run.contentRemoval)}`
          throw new UsageError(
            `${what}; what happened is kept: pawl run events ${run.id}`,
            EXIT.notFound,
            'NotFound',
          )
        }
        return withInterrupt((signal) =>
          search === undefined
            ? printSessions(invocation, run.id, options, signal)
            : printMatches(invocation, run.id, { ...options, search }, signal),
        )
      }),
    )
}

function addKind(word: string, before: EntryKind[] = []): EntryKind[] {
  const kind = KINDS[word]
  if (!kind) throw new InvalidArgumentError(`Allowed are ${Object.keys(KINDS).join(', ')}.`)
  return [...before, kind]
}

/** Texts that the server searches for. */
function parseSearch(text: string): string {
  if (text.length >= 3 && text.length <= 200) return text
  throw new InvalidArgumentError('It has 3 to 200 characters.')
}

async function printSessions(
  invocation: Invocation,
  runId: string,
  { follow, session: named, kind: kinds, text }: Options,
  signal: AbortSignal,
): Promise<number> {
  const { pawl } = invocation
  const isMeant = (session: Session) =>
    named === undefined || session.id === named || (isShortId(named) && session.id.endsWith(named))
  const sessions: Session[] = []
  for await (const session of pawl.sessions.all(runId, { signal }))
    if (isMeant(session)) sessions.unshift(session)
  if (named !== undefined && sessions.length === 0) {
    invocation.note(`the run has no session ${safeText(named)}`)
    return EXIT.notFound
  }
  const view = new LogView(invocation, { isText: text ?? false, isAlone: named !== undefined })
  const after = new Map<string, number>()
  for await (const said of readSessions(pawl, sessions, { kinds, signal })) {
    view.print(said)
    after.set(said.session.id, said.entry.seq)
  }
  if (follow) {
    const onEntry = (said: SessionEntry) => {
      if (!kinds || kinds.includes(said.entry.kind)) view.print(said)
    }
    await followSessions(pawl, runId, { after, isMeant, signal, onEntry })
  } else if (after.size === 0) invocation.note('nothing was said yet')
  view.end()
  return EXIT.done
}

/** Prints entries of several sessions as they come. */
class LogView {
  readonly #invocation: Invocation
  readonly #isText: boolean
  readonly #isAlone: boolean
  readonly #folds = new Map<string, TranscriptFold>()
  /** The session that spoke last. */
  #speaking: string | undefined
  /** Output of that session whose line is not complete. */
  #line = ''

  constructor(
    invocation: Invocation,
    { isText, isAlone }: { readonly isText: boolean; readonly isAlone: boolean },
  ) {
    this.#invocation = invocation
    this.#isText = isText
    this.#isAlone = isAlone
  }

  print({ session, entry }: SessionEntry): void {
    const { out, isJson } = this.#invocation
    if (isJson) {
      out.line(JSON.stringify({ sessionId: session.id, role: session.role, ...entry }))
      return
    }
    if (session.id !== this.#speaking) {
      this.end()
      this.#speaking = session.id
      if (!this.#isAlone && !this.#isText)
        out.line(out.colors.bold(`── ${safeText(session.role)} (${out.ids(session.id)})`))
    }
    if (entry.kind === 'OUTPUT') return this.#printOutput(entry.text)
    this.end()
    if (this.#isText) {
      const said = entryText(entry)
      if (said !== '') this.#printText(`${said.replace(/\n+$/, '')}\n`)
      return
    }
    const fold = this.#folds.get(session.id) ?? new TranscriptFold()
    this.#folds.set(session.id, fold)
    for (const folded of fold.add([entry]))
      if (isShown(folded, folded.seq !== entry.seq))
        for (const line of entryLines(out.colors, folded, out.columns)) out.line(line)
  }

  /** Ends the line of output that is not complete. */
  end(): void {
    if (this.#line !== '') this.#invocation.out.line(this.#line)
    this.#line = ''
  }

  #printOutput(text: string): void {
    if (this.#isText) return this.#printText(text)
    const lines = (this.#line + text).split('\n')
    this.#line = lines.pop() ?? ''
    for (const line of lines) this.#invocation.out.line(safeLines(line).join(' '))
    this.#line = safeLines(this.#line).join(' ')
  }

  /** The text as it is for a pipe, and without what a terminal obeys on one. */
  #printText(text: string): void {
    const { out } = this.#invocation
    out.write(out.isTerminal ? text.split('\n').map(safeText).join('\n') : text)
  }
}

async function printMatches(
  invocation: Invocation,
  runId: string,
  { search, session: sessionId, kind: kinds }: Options & { readonly search: string },
  signal: AbortSignal,
): Promise<number> {
  const { pawl, out, isJson } = invocation
  const page = await pawl.sessions.search(search, { runId, sessionId, kinds, first: 100, signal })
  for (const match of page.nodes) {
    const { at, seq, kind, excerpt } = match
    const { dim, cyan } = out.colors
    out.line(
      isJson
        ? JSON.stringify(match)
        : `${dim(`${formatTime(at)} ${out.ids(match.sessionId)} ${seq}`)}  ${cyan(kind)}  ${safeText(excerpt).trim()}`,
    )
  }
  if (page.nodes.length > 0) return EXIT.done
  invocation.note(`${safeText(search)} was not said`)
  return EXIT.notFound
}
