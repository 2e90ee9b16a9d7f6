import { Option } from 'commander'
import type { Command } from 'commander'
import type { Decision } from '@pawl/sdk'
import { EXIT } from '../kit/exitCodes.ts'
import { createAction } from '../kit/invocation.ts'
import type { CommonOptions, Invocation } from '../kit/invocation.ts'
import { createCommand, keyOption } from '../kit/options.ts'
import { printRunLine } from '../print/printRun.ts'
import { withInterrupt } from '../kit/withInterrupt.ts'
import { approvalArgument, chooseApproval } from './argument.ts'
import { askPerson, type Decided } from './askPerson.ts'
import { answerFields, readAnswer } from './readAnswer.ts'
import { paintApproval, printQuestion, type Question } from '../print/printApproval.ts'

interface Options extends CommonOptions {
  readonly approve?: boolean
  readonly reject?: boolean
  readonly retry?: boolean
  readonly abort?: boolean
  readonly allow?: boolean
  readonly always?: boolean
  readonly deny?: boolean
  readonly answer?: string[]
  readonly decline?: boolean
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
    "pawl approval decide apr_01k9… --deny --comment 'not outside of src'",
    'pawl approval decide apr_01k9… --answer colour=red --answer copies=2',
  ])
    .addArgument(approvalArgument())
    .addOption(decisionOption('approve', 'a REVIEW: the work is good'))
    .addOption(decisionOption('reject', 'a REVIEW: the phase has to be repeated'))
    .addOption(decisionOption('retry', 'a RECOVERY: the phase may be started again'))
    .addOption(decisionOption('abort', 'a RECOVERY: the run fails'))
    .addOption(decisionOption('allow', 'a PERMISSION: the agent may do it, this time'))
    .addOption(decisionOption('always', 'a PERMISSION: also for the rest of the session'))
    .addOption(decisionOption('deny', 'a PERMISSION: the agent may not do it'))
    .addOption(
      decisionOption(
        'answer <value>',
        'a QUESTION: the answer, field=value for each field, the value of the only one, or a JSON object',
      ).argParser(addAnswer),
    )
    .addOption(decisionOption('decline', 'a QUESTION: no answer is given'))
    .option('--comment <text>', 'comment for the agent that repeats the work, or that asked')
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
  const question = await chooseApproval(invocation, id)
  const { approval } = question
  // stdout is for the decision only.
  printQuestion(invocation.err, question)
  invocation.err.line()
  const decided = givenDecision(options, question) ?? (await askPerson(invocation, approval, comment, signal))
  if (!decided) {
    invocation.note('nothing was decided')
    return EXIT.done
  }
  const digest = options.digest ?? approval.digest
  const result = await invocation.pawl.approvals.decide(approval.id, { ...decided, digest, idempotencyKey })
  return invocation.answerResult(result, (success, printer) => {
    printer.line(
      `${printer.colors.bold(printer.ids(success.approval.id))}  ${paintApproval(printer.colors, success.approval.status)}`,
    )
    printRunLine(printer, success.run)
  })
}

const DECISIONS = {
  approve: 'APPROVE',
  reject: 'REJECT',
  retry: 'RETRY',
  abort: 'ABORT',
  allow: 'ALLOW',
  always: 'ALLOW_ALWAYS',
  deny: 'DENY',
  answer: 'ANSWER',
  decline: 'DECLINE',
} as const satisfies Record<string, Decision>
type Word = keyof typeof DECISIONS
const WORDS = Object.keys(DECISIONS) as Word[]

/** An answer may hold commas: each option is one. */
const addAnswer = (text: string, before: readonly string[] = []): readonly string[] => [...before, text]

function decisionOption(flag: Word | 'answer <value>', description: string): Option {
  const [word] = flag.split(' ')
  return new Option(`--${flag}`, description).conflicts(WORDS.filter((other) => other !== word))
}

/** The decision that the options make; undefined if they make none. */
function givenDecision(options: Options, { approval }: Question): Decided | undefined {
  const word = WORDS.find((each) => options[each])
  if (!word) return undefined
  const answer = options.answer && readAnswer(answerFields(approval), options.answer)
  return { decision: DECISIONS[word], comment: options.comment, answer }
}
