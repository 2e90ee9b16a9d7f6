import { createInterface } from 'node:readline/promises'
import { Option } from 'commander'
import type { Command } from 'commander'
import type { ApprovalKind, Decision } from '@pawl/sdk'
import { EXIT, UsageError } from '../kit/exitCodes.ts'
import { createAction } from '../kit/invocation.ts'
import type { CommonOptions, Invocation } from '../kit/invocation.ts'
import { createCommand, keyOption } from '../kit/options.ts'
import { printRunLine } from '../print/printRun.ts'
import { withInterrupt } from '../kit/withInterrupt.ts'
import { approvalArgument, chooseApproval } from './argument.ts'
import { paintApproval, printQuestion } from '../print/printApproval.ts'

interface Options extends CommonOptions {
  readonly approve?: boolean
  readonly reject?: boolean
  readonly retry?: boolean
  readonly abort?: boolean
  readonly comment?: string
  readonly digest?: string
  readonly idempotencyKey?: string
}

/** `pawl approval decide`: decides an approval, with the digest of what was shown. */
export function approvalDecideCommand(): Command {
  return createCommand('decide', 'show an approval and decide it; a decision is final', [
    'pawl approval decide                     # show it, then ask',
    "pawl approval decide apr_01k9… --reject --comment 'split it in two'",
    'pawl approval decide apr_01k9… --approve --digest 9f86d0…   # refuse if it has changed',
  ])
    .addArgument(approvalArgument())
    .addOption(decisionOption('approve', 'a REVIEW: the work is good'))
    .addOption(decisionOption('reject', 'a REVIEW: the phase has to be repeated'))
    .addOption(decisionOption('retry', 'a RECOVERY: the phase may be started again'))
    .addOption(decisionOption('abort', 'a RECOVERY: the run fails'))
    .option('--comment <text>', 'comment; whoever repeats the work reads it')
    .option('--digest <digest>', 'refuse unless this is the digest (default: digest of what is shown)')
    .addOption(keyOption())
    .action(
      createAction<Options, [string | undefined]>((invocation, options, id) =>
        withInterrupt((signal) => decide(invocation, options, id, signal)),
      ),
    )
}

async function decide(
  invocation: Invocation,
  options: Options,
  id: string | undefined,
  signal: AbortSignal,
): Promise<number> {
  const { comment, idempotencyKey } = options
  const given = givenDecision(options)
  const question = await chooseApproval(invocation, id)
  const { approval } = question
  // stdout is for the decision only.
  printQuestion(invocation.err, question)
  invocation.err.line()
  const answer =
    given !== undefined
      ? { decision: given, comment }
      : await askPerson(invocation, approval.kind, approval.status === 'PENDING', comment, signal)
  if (!answer) {
    invocation.note('nothing was decided')
    return EXIT.done
  }
  const digest = options.digest ?? approval.digest
  const result = await invocation.pawl.approvals.decide(approval.id, { ...answer, digest, idempotencyKey })
  return invocation.answerResult(result, (success, printer) => {
    printer.line(
      `${printer.colors.bold(success.approval.id)}  ${paintApproval(printer.colors, success.approval.status)}`,
    )
    printRunLine(printer, success.run)
  })
}

const DECISIONS = {
  approve: 'APPROVE',
  reject: 'REJECT',
  retry: 'RETRY',
  abort: 'ABORT',
} as const satisfies Record<string, Decision>
type Word = keyof typeof DECISIONS
const WORDS = Object.keys(DECISIONS) as Word[]

function decisionOption(word: Word, description: string): Option {
  return new Option(`--${word}`, description).conflicts(WORDS.filter((other) => other !== word))
}

function givenDecision(options: Options): Decision | undefined {
  const word = WORDS.find((each) => options[each])
  return word && DECISIONS[word]
}

/** What y and n mean. */
const ANSWERS: Readonly<Record<ApprovalKind, readonly [yes: Decision, no: Decision]>> = {
  REVIEW: ['APPROVE', 'REJECT'],
  RECOVERY: ['RETRY', 'ABORT'],
}

interface Answer {
  readonly decision: Decision
  readonly comment: string | undefined
}

/** Asks on the terminal; undefined if the person does not decide. */
async function askPerson(
  invocation: Invocation,
  kind: ApprovalKind,
  isPending: boolean,
  comment: string | undefined,
  signal: AbortSignal,
): Promise<Answer | undefined> {
  if (!isPending || invocation.isJson || !process.stdin.isTTY || !invocation.err.isTerminal) {
    const words = ANSWERS[kind].map((decision) => `--${decision.toLowerCase()}`)
    throw new UsageError(`decide with ${words.join(' or ')}`)
  }
  const [yes, no] = ANSWERS[kind]
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  // While readline waits for an answer, it receives Ctrl-C instead of the process.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  try {
    const typed = await terminal.question(
      `${yes.toLowerCase()}? [y]es, [n]o (${no.toLowerCase()}), anything else decides nothing: `,
      { signal },
    )
    const decision = /^y(es)?$/i.test(typed.trim()) ? yes : /^no?$/i.test(typed.trim()) ? no : undefined
    if (!decision) return undefined
    const said = comment ?? (await terminal.question('comment (optional): ', { signal }))
    return { decision, comment: said.trim() || undefined }
  } finally {
    terminal.close()
  }
}
