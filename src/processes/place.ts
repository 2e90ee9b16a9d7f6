import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** The scope in which process ids are valid: one boot of a machine and, on Linux, one pid namespace of it. */
export interface Place {
  readonly host: string
  /** The boot id; empty where the system does not report one. */
  readonly boot: string
  /** The pid namespace; empty where the system has only one. */
  readonly space: string
}

/** Returns the place of this process. */
export function findPlace(): Place {
  return {
    host: hostname(),
    boot: ask(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    space: ask(() => readlinkSync('/proc/self/ns/pid')),
  }
}

function ask(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}
