import { type CommandName, COMMANDS } from './commands.ts'
import type { Role } from './words.ts'

/** Queries that show more than runs, and who may ask them. */
const QUERIES = { doctor: ['ADMIN'], tokens: ['ADMIN'] } as const satisfies {
  readonly [name: string]: readonly [Role, ...Role[]]
}

/** Everything a caller may ask for that not every role may: a command, or a query that shows more than runs. */
export type Operation = CommandName | keyof typeof QUERIES

function rolesFor(operation: Operation): readonly [Role, ...Role[]] {
  return operation in QUERIES
    ? QUERIES[operation as keyof typeof QUERIES]
    : COMMANDS[operation as CommandName].roles
}

/** True where the role may ask for the operation at all. */
export function mayDo(role: Role, operation: Operation): boolean {
  return rolesFor(operation).includes(role)
}

/** The least role that may ask for the operation. */
export function roleFor(operation: Operation): Role {
  return rolesFor(operation)[0]
}
