import type { Command } from 'commander'
import type { DoctorReport, Pawl } from '@pawl/sdk'
import { EXIT } from './kit/exitCodes.ts'
import { createAction } from './kit/invocation.ts'
import type { CommonOptions } from './kit/invocation.ts'
import { createCommand } from './kit/options.ts'
import { printTable } from './terminal/table.ts'
import { safeText } from './terminal/width.ts'

/** `pawl doctor`: checks that every run equals the fold of its events. Exits with 1 if one does not. */
export function doctorCommand(): Command {
  return createCommand('doctor', 'check every run against its event log', [
    'pawl doctor && echo sound',
  ]).action(
    createAction<CommonOptions>(async (invocation) => {
      const { server, viewer, report } = await examine(invocation.pawl)
      invocation.answer({ server, viewer, ...report }, (printer) => {
        if (report.violations.length > 0) {
          const rows = report.violations.map(({ guarantee, runId, detail }) => [
            guarantee,
            runId,
            safeText(detail),
          ])
          printTable(printer, ['GUARANTEE', 'RUN', 'DETAIL'], rows)
        }
        for (const { runId, continuesId } of report.forks)
          printer.line(
            `${runId} continues ${continuesId} beside another run that continues it: they share a workspace, work on one of them alone`,
          )
        printer.line(`Pawl ${server.version}, asked as ${safeText(viewer.name)} (${viewer.role})`)
        const runs = `${report.runsChecked} ${report.runsChecked === 1 ? 'run' : 'runs'} checked`
        printer.line(`${runs}, ${report.violations.length || 'no'} violations`)
      })
      return report.violations.length > 0 ? EXIT.fault : EXIT.done
    }),
  )
}

async function examine(pawl: Pawl) {
  const [server, viewer] = await Promise.all([pawl.server(), pawl.viewer()])
  const report = {
    runsChecked: 0,
    violations: [] as DoctorReport['violations'],
    forks: [] as DoctorReport['forks'],
  }
  let after: string | undefined
  for (;;) {
    const page = await pawl.doctor({ first: 500, after })
    report.runsChecked += page.runsChecked
    report.violations.push(...page.violations)
    report.forks.push(...page.forks)
    if (!page.pageInfo.hasNextPage || !page.pageInfo.endCursor) return { server, viewer, report }
    after = page.pageInfo.endCursor
  }
}
