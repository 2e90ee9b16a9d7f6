import type { Invocation } from '../kit/invocation.ts'
import type { ProcessGroup } from '../../processes/processGroup.ts'

/** Signals sent to `pawl exec` that are meant for its command. */
export interface Signals {
  /** The last stop signal; undefined if there was none. */
  readonly asked: NodeJS.Signals | undefined
  /** Forwards signals to the process group, including earlier ones; calls `stop` when the command must end. */
  forwardTo(group: ProcessGroup, stop: () => void): void
  /** Restores the default handling of signals. */
  end(): void
}

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const
/** Signals about the terminal, which the command's own process group does not receive. */
const FORWARDED_SIGNALS = ['SIGWINCH', 'SIGUSR2'] as const

/**
 * Handles the signals that would end `pawl exec`: they are forwarded to the command, and `pawl exec` ends when the command does. Ctrl-C
 * leaves the decision to the command; a second one, SIGTERM or SIGHUP stops it.
 */
export function watchSignals(invocation: Invocation): Signals {
  let asked: NodeJS.Signals | undefined
  let target: { group: ProcessGroup; stop: () => void } | undefined
  const deliver = (name: NodeJS.Signals, insists: boolean) => {
    target?.group.signal(name)
    if (insists) target?.stop()
  }
  const handlers = new Map<NodeJS.Signals, () => void>()
  for (const name of STOP_SIGNALS) {
    handlers.set(name, () => {
      const insists = asked !== undefined || name === 'SIGTERM' || name === 'SIGHUP'
      asked = name
      deliver(name, insists)
    })
  }
  for (const name of FORWARDED_SIGNALS) handlers.set(name, () => target?.group.signal(name))
  handlers.set('SIGTSTP', () =>
    invocation.note('not suspended: the lease would expire while the command keeps running'),
  )
  for (const [name, handle] of handlers) process.on(name, handle)
  return {
    get asked() {
      return asked
    },
    forwardTo(group, stop) {
      target = { group, stop }
      if (asked) deliver(asked, true)
    },
    end() {
      for (const [name, handle] of handlers) process.off(name, handle)
    },
  }
}
