import type { Interface } from 'node:readline/promises'
import type { Approval, Decision, JsonValue } from '@pawl/sdk'
import { UsageError } from '../kit/exitCodes.ts'
import type { Invocation } from '../kit/invocation.ts'
import { safeText } from '../terminal/width.ts'
import { withPrompt } from '../terminal/withPrompt.ts'
import { printDiff, readDiff } from './readDiff.ts'
import { type AnswerField, answerFields, toValue } from './readAnswer.ts'

/** A person's decision, with what goes with it. */
export interface Decided {
  readonly decision: Decision
  readonly comment: string | undefined
  readonly answer?: JsonValue | undefined
}

/** The letters that a person types, with the decisions they mean; `[n]o` is said as the word of its decision. */
const LETTERS: { readonly [D in Decision]: string } = {
  APPROVE: 'y',
  RETRY: 'y',
  ALLOW: 'y',
  ANSWER: 'y',
  ALLOW_ALWAYS: 'a',
  REJECT: 'n',
  ABORT: 'n',
  DENY: 'n',
  DECLINE: 'n',
}
const WORDS: Readonly<Record<string, string>> = { y: 'yes', n: 'no', a: 'always' }

/**
 * Shows what the run has changed, and asks on the terminal; undefined if the person does not decide.
 *
 * @throws UsageError if nobody can be asked
 */
export async function askPerson(
  invocation: Invocation,
  approval: Approval,
  comment: string | undefined,
  signal: AbortSignal,
): Promise<Decided | undefined> {
  const { decisions, status } = approval
  const isPending = status === 'PENDING'
  if (!isPending || invocation.isJson || !process.stdin.isTTY || !invocation.err.isTerminal) {
    const words = decisions.map((decision) => OPTIONS[decision] ?? `--${decision.toLowerCase()}`)
    throw new UsageError(`decide with ${words.join(' or ')}`)
  }
  const diff = await readDiff(invocation, approval, signal)
  if (diff) printDiff(invocation.err, diff, approval)
  const [yes = 'APPROVE', ...others] = decisions
  return withPrompt({ output: process.stderr }, async (terminal) => {
    const choices = others.map((decision) => {
      const letter = LETTERS[decision]
      return letter === 'n' ? `[n]o (${decision.toLowerCase()})` : `[${letter}]${WORDS[letter]?.slice(1)}`
    })
    const asked = `${yes.toLowerCase()}? ${['[y]es', ...choices].join(', ')}, anything else decides nothing: `
    const typed = (await terminal.question(asked, { signal })).trim().toLowerCase()
    const decision = decisions.find((each) => typed === LETTERS[each] || typed === WORDS[LETTERS[each]])
    if (!decision) return undefined
    const answer =
      decision === 'ANSWER' ? await askFields(terminal, answerFields(approval), signal) : undefined
    const said = comment ?? (await terminal.question('comment (optional): ', { signal }))
    return { decision, comment: said.trim() || undefined, answer }
  })
}

/** How the decisions are written whose option is not their word. */
const OPTIONS: { readonly [D in Decision]?: string } = {
  ALLOW_ALWAYS: '--always',
  ANSWER: '--answer VALUE',
}

async function askFields(
  terminal: Interface,
  fields: readonly AnswerField[],
  signal: AbortSignal,
): Promise<JsonValue> {
  const answer: { [field: string]: JsonValue } = {}
  for (const field of fields) {
    const choices = field.choices ? ` (${field.choices.map(safeText).join(', ')})` : ''
    const optional = field.isRequired ? '' : ' (optional)'
    const name = safeText(field.title ?? field.name)
    const typed = await terminal.question(`${name}${choices}${optional}: `, { signal })
    if (typed !== '' || field.isRequired) answer[field.name] = toValue(field, typed)
  }
  return answer
}
