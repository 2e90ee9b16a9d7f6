import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** Where process ids mean something: a machine, since it was started, and on Linux a namespace of it. */
export interface Place {
  readonly host: string
  /** Which start of the machine; empty where the system does not tell. */
  readonly boot: string
  /** Which set of processes is seen; empty where there is but one. */
  readonly space: string
}

/** The place of this process. */
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
