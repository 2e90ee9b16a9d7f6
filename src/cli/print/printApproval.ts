import type { Approval, ApprovalDetail, ApprovalStatus, Artifact, ArtifactDetail } from '@pawl/sdk'
import type { Colors, Printer } from '../terminal/printer.ts'
import { printPairs, printTable } from '../terminal/table.ts'
import { formatTime } from '../terminal/times.ts'
import { safeText, safeLines } from '../terminal/width.ts'
import { describeRemoval } from './printRemoval.ts'

type Paint = (colors: Colors, text: string) => string

const PAINT: Readonly<Record<ApprovalStatus, Paint>> = {
  PENDING: (c, text) => c.yellow(text),
  APPROVED: (c, text) => c.green(text),
  RETRIED: (c, text) => c.green(text),
  ALLOWED: (c, text) => c.green(text),
  ALLOWED_ALWAYS: (c, text) => c.green(text),
  ANSWERED: (c, text) => c.green(text),
  DENIED: (c, text) => c.red(text),
  DECLINED: (c, text) => c.red(text),
  REJECTED: (c, text) => c.red(text),
  ABORTED: (c, text) => c.red(text),
  EXPIRED: (c, text) => c.dim(text),
  VOID: (c, text) => c.dim(text),
}

/** An approval's status in its colour; none for a status that only a newer server knows. */
export function paintApproval(colors: Colors, status: ApprovalStatus): string {
  return PAINT[status]?.(colors, status) ?? status
}

/** Approvals, one a line. */
export function printApprovals(printer: Printer, approvals: readonly Approval[]): void {
  const rows = approvals.map((approval) => [
    printer.ids(approval.id),
    paintApproval(printer.colors, approval.status),
    approval.kind,
    safeText(approval.gate),
    printer.ids(approval.run.id),
    formatTime(approval.requestedAt),
    safeText(approval.question),
  ])
  printTable(printer, ['APPROVAL', 'STATUS', 'KIND', 'GATE', 'RUN', 'ASKED', 'QUESTION'], rows, {
    givesWay: ['ASKED', 'STATUS', 'GATE', 'KIND'],
  })
}

/** What a permission is asked for: what ALLOW_ALWAYS is bound to. */
function describePermission({ kind, program, path }: NonNullable<Approval['permission']>): string {
  const parts = [program && `program ${safeText(program)}`, path && `path ${safeText(path)}`].filter(Boolean)
  return [kind, ...parts].join('  ')
}

/** Everything that a person decides about. */
export interface Question {
  readonly approval: ApprovalDetail
  /** The file it is about; null if there is none. */
  readonly artifact: ArtifactDetail | Artifact | null
  /** Whether the digest computed from what is shown equals the approval's. */
  readonly isProven: boolean
}

/** Prints everything that a decision is about, with invisible characters escaped. */
export function printQuestion(printer: Printer, { approval, artifact, isProven }: Question): void {
  const { bold, dim, yellow } = printer.colors
  const { run, phase, attempt } = approval
  printer.line(
    `${bold(printer.ids(approval.id))}  ${paintApproval(printer.colors, approval.status)}  ${approval.kind}`,
  )
  printPairs(printer, [
    ['run', `${printer.ids(run.id)}  ${run.status}${run.title ? `  ${safeText(run.title)}` : ''}`],
    ['phase', phase && `${phase.key}, round ${phase.round}${attempt === null ? '' : `, attempt ${attempt}`}`],
    ['gate', safeText(approval.gate)],
    ['tree', approval.tree],
    ['asked', `by ${safeText(approval.requestedBy)} at ${formatTime(approval.requestedAt)}`],
    ['asks for', approval.permission && describePermission(approval.permission)],
    ['expires', approval.expiresAt && `${formatTime(approval.expiresAt)}, then ${approval.onExpiry}`],
    ['approvers', approval.approvers.map(safeText).join(', ')],
    ['decided', approval.decidedBy && `by ${safeText(approval.decidedBy)}`],
    ['comment', approval.comment && safeText(approval.comment)],
    ['answer', approval.answer === null ? null : safeText(JSON.stringify(approval.answer))],
  ])
  printer.line()
  for (const line of safeLines(approval.question)) printer.line(bold(line))
  if (approval.payload !== null) printBlock(printer, 'payload', JSON.stringify(approval.payload, null, 2))
  if (approval.answerSchema !== null)
    printBlock(printer, 'answer by', JSON.stringify(approval.answerSchema, null, 2))
  if (artifact) {
    const name = `${safeText(artifact.path)}  ${artifact.size} bytes, sha256 ${artifact.sha256}`
    const content = 'content' in artifact ? artifact.content : null
    printBlock(printer, name, content ?? '(its content is not kept)')
  }
  if (run.contentRemoval) {
    printer.line()
    printer.line(
      yellow(`The content ${describeRemoval(run.contentRemoval)}. The digest is of what was asked.`),
    )
  }
  printer.line()
  printer.line(`${dim('digest')}  ${approval.digest}`)
  if (!isProven && !run.contentRemoval) printer.line(yellow('What is shown does not match this digest.'))
}

function printBlock(printer: Printer, name: string, text: string): void {
  const { dim } = printer.colors
  printer.line(`\n${dim(`┌ ${name}`)}`)
  for (const line of safeLines(text)) printer.line(`${dim('│')} ${line}`)
  printer.line(dim('└'))
}
