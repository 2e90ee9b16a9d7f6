import type { Role } from './enums.ts'

/** The acting principal: its id, its name, and the role of the token it presented. */
export interface Actor {
  readonly id: string
  readonly name: string
  readonly role: Role
}

/** The server, for changes it makes itself. */
export const SYSTEM_ACTOR: Actor = { id: 'system', name: 'system', role: 'ADMIN' }

/** True for a name that no token can have: the server's own names and those of AGENT tokens. */
export function isReservedName(name: string): boolean {
  return /^(system|local|agent#.*)$/iu.test(name.trim())
}
