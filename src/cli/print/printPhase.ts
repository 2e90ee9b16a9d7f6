import type { Phase, Run } from '@pawl/sdk'
import type { Printer } from '../terminal/printer.ts'
import { phaseMark } from '../terminal/words.ts'

/** One line about a changed phase, and the phases that may follow it. */
export function printPhaseLine(printer: Printer, { phase, run }: { phase: Phase; run: Run }): void {
  const { colors } = printer
  const attempt = phase.attempts > 1 ? ` (attempt ${phase.attempts})` : ''
  const next = phase.nextPhases.length > 0 ? `, then ${phase.nextPhases.join(' or ')}` : ''
  printer.line(
    `${phaseMark(colors, phase.status)} ${colors.bold(phase.key)} ${phase.status}${attempt}` +
      colors.dim(`  round ${run.round}${next}`),
  )
}
