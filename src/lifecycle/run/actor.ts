import type { Role } from './words.ts'

/** Who acts: a principal, by its id and its name, in the role of the token that it presented. */
export interface Actor {
  readonly id: string
  readonly name: string
  readonly role: Role
}

/** The server, for what it does by itself. */
export const SYSTEM_ACTOR: Actor = { id: 'system', name: 'system', role: 'ADMIN' }

/** True for a name that no token may be given: the server's own, and those of AGENT tokens. */
export function isReservedName(name: string): boolean {
  return /^(system|local|agent#.*)$/iu.test(name.trim())
}
