import type { Phase, Run } from '@pawl/sdk'
import type { Paper } from '../terminal/paper.ts'
import { phaseMark } from '../terminal/words.ts'

/** One line about a phase that was changed, and what may follow it. */
export function printPhaseLine(paper: Paper, { phase, run }: { phase: Phase; run: Run }): void {
  const { colors } = paper
  const attempt = phase.attempts > 1 ? ` (attempt ${phase.attempts})` : ''
  const next = phase.nextPhases.length > 0 ? `, then ${phase.nextPhases.join(' or ')}` : ''
  paper.line(
    `${phaseMark(colors, phase.status)} ${colors.bold(phase.key)} ${phase.status}${attempt}` +
      colors.dim(`  round ${run.round}${next}`),
  )
}
