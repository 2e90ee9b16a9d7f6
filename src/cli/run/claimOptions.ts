import { quoteWord } from '../../text/quoteCommand.ts'
import { Option } from 'commander'
import type { Lease, Run } from '@pawl/sdk'
import { findServer } from '../kit/connect.ts'
import type { Invocation } from '../kit/invocation.ts'
import { defaultOwner, parseSeconds } from '../kit/options.ts'
import { formatTime } from '../terminal/times.ts'
import { safeText } from '../terminal/width.ts'

/** Options for claiming a run. */
export interface ClaimOptions {
  readonly owner?: string
  readonly lease?: number
  readonly env?: boolean
}

/** The options of every command that may claim. */
export function claimOptions(): Option[] {
  return [
    new Option('--owner <name>', 'name of the owner, shown to others (default: user@machine)'),
    new Option(
      '--lease <time>',
      'claim under a lease of this length, 5s to 1h, which expires unless renewed; 0 (the default): ' +
        'without a lease, until the run settles or is released',
    ).argParser(parseSeconds),
    new Option('--env', 'claim, and print variables that make this shell the agent of the run'),
  ]
}

/** The claim that the options ask for. */
export function claimOf({ owner, lease }: ClaimOptions): { owner: string; leaseSeconds: number } {
  return { owner: owner ?? defaultOwner(), leaseSeconds: lease ?? 0 }
}

/** An answer that may carry a claim. */
interface Claimed {
  readonly run: Run
  readonly lease: Lease | null
  readonly agentToken: string | null
}

/** Prints who owns the run now and until when; with `--env`, only lines for a shell's `eval`. */
export function printClaim(
  invocation: Invocation,
  { run, lease, agentToken }: Claimed,
  options: ClaimOptions,
): void {
  const { out, env } = invocation
  if (options.env) {
    const { url } = findServer(env, invocation.options)
    const lines = { PAWL_URL: url, PAWL_RUN_ID: run.id, PAWL_TOKEN: agentToken }
    for (const [name, value] of Object.entries(lines))
      if (value) out.line(`export ${name}=${quoteWord(value)}`)
    out.line('unset PAWL_EXECUTION_ID')
    return
  }
  if (!lease) return
  const until = lease.expiresAt ? `until ${formatTime(lease.expiresAt)}` : 'until it settles or is released'
  out.line(`claimed by ${safeText(lease.owner)} under fence ${lease.fence}, ${until}`)
}
