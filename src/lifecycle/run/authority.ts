import { type CommandName, COMMANDS } from './commands.ts'
import type { Role } from './enums.ts'

/** Queries restricted by role because they show more than runs, with their roles. */
const QUERIES = { doctor: ['ADMIN'], tokens: ['ADMIN'] } as const satisfies {
  readonly [name: string]: readonly [Role, ...Role[]]
}

/** Everything that is restricted by role: a command, or a query that shows more than runs. */
export type Operation = CommandName | keyof typeof QUERIES

function rolesFor(operation: Operation): readonly [Role, ...Role[]] {
  return operation in QUERIES
    ? QUERIES[operation as keyof typeof QUERIES]
    : COMMANDS[operation as CommandName].roles
}

/** True if the role may request the operation at all. */
export function mayDo(role: Role, operation: Operation): boolean {
  return rolesFor(operation).includes(role)
}

/** Returns the least role that may request the operation. */
export function roleFor(operation: Operation): Role {
  return rolesFor(operation)[0]
}
