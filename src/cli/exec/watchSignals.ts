import type { Invocation } from '../kit/invocation.ts'
import type { ProcessGroup } from '../../processes/processGroup.ts'

/** Signals sent to the supervisor, meant for its command. */
export interface Signals {
  /** The last one that asked to end; undefined while there is none. */
  readonly asked: NodeJS.Signals | undefined
  /** Passes signals on to the group from now on, those that came before as well; `stop` is called where one insists. */
  forwardTo(group: ProcessGroup, stop: () => void): void
  /** Gives signals back to the system. */
  end(): void
}

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const
/** About the terminal, which the command's own process group does not hear of. */
const FORWARDED_SIGNALS = ['SIGWINCH', 'SIGUSR2'] as const

/**
 * Takes the signals that would end the supervisor: they go to the command, whose end ends the supervisor. Ctrl-C leaves the
 * command the choice; asked twice, or by SIGTERM or SIGHUP, it is stopped.
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
    invocation.note('not suspended: the lease would end while the command lives on'),
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
