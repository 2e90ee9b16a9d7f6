import type { Role } from './enums.ts'

/** The acting principal: its id, its name, and the role of the token it presented. */
export interface Actor {
  readonly id: string
  readonly name: string
  readonly role: Role
}

/** The server, for changes it makes itself. */
export const SYSTEM_ACTOR: Actor = { id: 'system', name: 'system', role: 'ADMIN' }

/** Who can act: somebody with a token, the agent of a claim, the server. */
export const ACTOR_KINDS = ['PRINCIPAL', 'AGENT', 'SYSTEM'] as const
export type ActorKind = (typeof ACTOR_KINDS)[number]

/** The kind of an actor by its name: those of agents and of the server are reserved. */
export function kindOfActor(name: string): ActorKind {
  if (name === SYSTEM_ACTOR.name) return 'SYSTEM'
  return name.startsWith('agent#') ? 'AGENT' : 'PRINCIPAL'
}

/** True for a name that no token can have: the server's own names and those of AGENT tokens. */
export function isReservedName(name: string): boolean {
  return /^(system|local|agent#.*)$/iu.test(name.trim())
}
