import { formatCost, type RunUsage, type Usage } from '@pawl/sdk'
import type { Printer } from '../terminal/printer.ts'
import { printTable } from '../terminal/table.ts'
import { formatDuration } from '../terminal/times.ts'
import { safeText } from '../terminal/width.ts'

/** Tells that there was more of something than is known. */
const AT_LEAST = '≥ '

/** What a run used: in all, and by phase, session and model. */
export function printUsage(printer: Printer, { usage, phases, sessions }: RunUsage): void {
  if (usage === null) return printer.line(printer.colors.dim('no agent has told what it used'))
  const rows: (readonly [string, Usage | Usage['models'][number] | null])[] = [
    ['run', usage],
    ...phases.map(({ key, round, usage }) => [`phase ${key}, round ${round}`, usage] as const),
    ...sessions.map(({ role, id, usage }) => [`session ${role} ${id}`, usage] as const),
    ...usage.models.map((model) => [`model ${nameModel(model)}`, model] as const),
  ]
  printTable(
    printer,
    ['USED BY', 'INPUT', 'CACHED', 'OUTPUT', 'REASONING', 'TIME', 'COST'],
    rows.flatMap(([name, sums]) => (sums ? [[safeText(name), ...cellsOf(sums)]] : [])),
  )
}

type Sums = Usage | Usage['models'][number]

function cellsOf(sums: Sums): string[] {
  const isLeast = (figure: Sums['lacks'][number]) => (sums.lacks.includes(figure) ? AT_LEAST : '')
  const count = (value: number | null, figure: Sums['lacks'][number]) =>
    value === null ? '' : `${isLeast(figure)}${value.toLocaleString('en')}`
  const costs = sums.costs.map((cost) => safeText(formatCost(cost))).join(' + ')
  return [
    count(sums.inputTokens, 'INPUT_TOKENS'),
    count(sums.cachedTokens, 'CACHED_TOKENS'),
    count(sums.outputTokens, 'OUTPUT_TOKENS'),
    count(sums.reasoningTokens, 'REASONING_TOKENS'),
    sums.durationMs === null ? '' : `${isLeast('DURATION')}${formatDuration(sums.durationMs)}`,
    costs === '' ? '' : `${isLeast('COST')}${costs}`,
  ]
}

function nameModel({ provider, model }: Usage['models'][number]): string {
  return [provider, model ?? 'that was not named'].filter(Boolean).join('/')
}
