import type { Command } from 'commander'
import { createAction } from '../kit/invocation.ts'
import { createCommand } from '../kit/options.ts'
import { printTable } from '../terminal/table.ts'
import { safeText } from '../terminal/width.ts'
import { CONFIG_OPTION, readAgents } from './readAgents.ts'
import type { AgentsOptions } from './readAgents.ts'

/** `pawl agents list`: the agents of the worker's settings and the presets, and what is installed of them. */
export function agentsListCommand(): Command {
  return createCommand('list', 'list agents by role and preset, and what is installed of them', [
    'pawl agents list',
  ])
    .option(...CONFIG_OPTION)
    .action(
      createAction<AgentsOptions>(async (invocation, options) => {
        const { config, agents } = await readAgents(options)
        const { findInstalled } = await import('../../worker/agent/installedAgents.ts')
        const found = await Promise.all(
          agents.map(async ({ name, isPreset, definition }) => ({
            name,
            kind: isPreset ? 'PRESET' : 'ROLE',
            adapter: definition.adapter,
            command: definition.command,
            installed: await findInstalled(definition, config, process.env),
          })),
        )
        return invocation.answer(found, (printer) => {
          const rows = found.map(({ name, kind, adapter, command, installed }) => [
            safeText(name),
            kind.toLowerCase(),
            adapter,
            safeText(command[0] ?? ''),
            installed === null ? 'no' : (installed.version ?? 'yes'),
            installed?.tried ?? '',
          ])
          printTable(printer, ['NAME', 'KIND', 'ADAPTER', 'PROGRAM', 'INSTALLED', 'TRIED WITH'], rows)
        })
      }),
    )
}
