import { Option } from 'commander'
import type { Command } from 'commander'
import type { Role, TokenPrincipalInput } from '@pawl/sdk'
import { answerToken } from './answerToken.ts'
import { UsageError } from '../kit/exitCodes.ts'
import { createAction } from '../kit/invocation.ts'
import type { CommonOptions } from '../kit/invocation.ts'
import { collect, createCommand, parseWord, timeOption } from '../kit/options.ts'

interface Options extends CommonOptions {
  readonly role: Role
  readonly principal?: string
  readonly project?: string[]
  readonly expires?: number
}

const ROLES: readonly Role[] = ['VIEWER', 'OPERATOR', 'WORKER', 'ADMIN']

/** `pawl token create`: creates a token; its secret is shown once. */
export function tokenCreateCommand(): Command {
  return createCommand('create', 'create a token; its secret is shown only once', [
    'pawl token create board --role VIEWER --expires 30d',
    'PAWL_TOKEN=$(pawl token create ci --role WORKER --project web)',
  ])
    .argument('[name]', 'name of a new principal, as the log shows it; a name is never used twice')
    .addOption(
      new Option('--role <role>', `role of the token: ${ROLES.join(', ')}`)
        .argParser(parseWord(ROLES))
        .makeOptionMandatory(),
    )
    .option('--principal <id>', 'id of an existing principal, instead of a name; `pawl token list` shows it')
    .option('--project <name>', 'only for this project; may be given several times', collect)
    .addOption(
      timeOption('--expires <time>', 'how long it is valid, like 12h or 30d (default: until revoked)'),
    )
    .action(
      createAction<Options, [string | undefined]>(
        async (invocation, { role, principal, project, expires }, name) => {
          const result = await invocation.pawl.tokens.create({
            principal: readPrincipal(name, principal),
            role,
            projects: project,
            expiresInSeconds: expires,
          })
          return answerToken(invocation, result)
        },
      ),
    )
}

/** Whom the token is for, by exactly one of the two. */
function readPrincipal(name: string | undefined, id: string | undefined): TokenPrincipalInput {
  if (name !== undefined && id === undefined) return { name }
  if (id !== undefined && name === undefined) return { id }
  throw new UsageError('give either the name of a new principal, or the id of an existing one as --principal')
}
